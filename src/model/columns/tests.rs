use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::fixture;
use crate::model::id::VmId;
use crate::model::metric::{Entity, metrics_of};
use crate::model::series::Readings;
use crate::model::time::Timestamp;
use crate::model::units::Unit;
use crate::model::vm::{
    DeviceView, DiskDefinition, DiskSource, NicDefinition, NicSource, PauseReason, Vm, VmDefinition, VmState,
};

fn vm(name: &str, state: VmState) -> Vm {
    Vm {
        id: VmId::from_bytes([7; 16]),
        state,
        state_since: Some(Timestamp::from_seconds(40)),
        ..fixture::vm(7, name)
    }
}

fn context() -> Context<'static> {
    Context::of_vms(&[], Timestamp::from_seconds(100))
}

fn column(id: &str) -> &'static Column<Vm> {
    find(VM_COLUMNS, id).unwrap()
}

fn check<T>(columns: &'static [Column<T>], entity: Option<Entity>) {
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    for c in columns {
        let key = c.key();
        assert!(ids.insert(c.id), "id {} stands twice", c.id);
        assert!(keys.insert(key.clone()), "key {key} stands twice");
        assert!(c.id.chars().all(|x| x.is_ascii_lowercase() || x == '-'), "{} is not kebab-case", c.id);
        assert!(key.chars().all(|x| x.is_ascii_lowercase() || x == '_'), "{key} is not snake_case");
        assert!(c.doc.ends_with('.'), "{}: a doc is a sentence", c.id);
        assert!(c.label.len() <= 10 && c.label.len() <= usize::from(c.width), "{}: label too wide", c.id);
        assert!(!c.overview || c.default, "{}: on the Overview but not on its screen", c.id);
        assert!(std::ptr::eq(find(columns, c.id).unwrap(), c));
    }
    assert_eq!(columns[0].priority, 0, "the first column always stays");
    // An id that is another column's key would make a name mean two things.
    for c in columns {
        assert!(!columns.iter().any(|o| o.key() == c.id && o.id != c.id && c.key() != c.id), "{}", c.id);
    }
    for m in entity.into_iter().flat_map(metrics_of) {
        assert_eq!(columns.iter().filter(|c| c.metric() == Some(m.id)).count(), 1, "metric {}", m.key());
    }
}

#[test]
fn every_table_is_consistent_and_shows_every_metric() {
    check(VM_COLUMNS, Some(Entity::Vm));
    check(DISK_COLUMNS, Some(Entity::Disk));
    check(NIC_COLUMNS, Some(Entity::Nic));
    check(POOL_COLUMNS, Some(Entity::Pool));
    check(VOLUME_COLUMNS, None);
    check(NETWORK_COLUMNS, None);
}

#[test]
fn a_vm_that_is_off_has_no_measured_value_left() {
    let mut v = vm("web01", VmState::Running);
    for m in metrics_of(Entity::Vm) {
        v.now.set(m.id, Some(1.5));
    }
    for state in [VmState::ShutOff, VmState::Crashed] {
        v.state = state;
        for c in VM_COLUMNS.iter().filter(|c| c.metric().is_some()) {
            assert_eq!(c.value(&v, &context()).json(), json!(null), "{}", c.id);
        }
    }
    v.state = VmState::Paused(PauseReason::User);
    assert_eq!(column("cpu").value(&v, &context()).json(), json!(1.5));
}

#[test]
fn memory_is_used_of_what_the_guest_has() {
    let gib = 1024f64.powi(3);
    let mut v = vm("db", VmState::Running);
    let memory = column("memory");
    assert_eq!(memory.value(&v, &context()), Value::Unknown);
    v.definition = Some(Arc::new(VmDefinition { memory: 4 << 30, ..VmDefinition::default() }));
    assert_eq!(memory.value(&v, &context()).cell(), "–/4.0G");
    assert_eq!(memory.value(&v, &context()).json(), json!(null));
    v.now.set(MetricId::VmMemory, Some(2.1 * gib));
    v.now.set(MetricId::VmMemoryAvailable, Some(3.8 * gib));
    assert_eq!(memory.value(&v, &context()).cell(), "2.1/3.8G");
    assert_eq!(memory.key(), "memory_used_bytes");
    assert_eq!(memory.value(&v, &context()).json(), json!((2.1 * gib).round() as i64));
}

#[test]
fn cells_are_cleaned_and_json_keeps_names_as_they_are() {
    let v = vm("a\x1b[2Jb\u{202e}c", VmState::Paused(PauseReason::IoError));
    assert_eq!(column("name").value(&v, &context()).cell(), "a[2Jbc");
    assert_eq!(column("name").value(&v, &context()).json(), json!("a\x1b[2Jb\u{202e}c"));
    assert_eq!(column("state").value(&v, &context()).cell(), "paused: I/O error");
    assert_eq!(column("state").value(&v, &context()).json(), json!("paused"));
    assert_eq!(column("reason").value(&v, &context()).json(), json!("io_error"));
    assert_eq!(column("since").value(&v, &context()).json(), json!(60));
    assert_eq!(column("tags").value(&v, &context()).json(), json!(null));
    assert_eq!(column("autostart").value(&v, &context()).cell(), UNKNOWN);
}

#[test]
fn columns_are_found_by_id_and_by_key() {
    for name in ["cpu-host", "CPU_HOST", "cpu_host_percent", " cpu-host "] {
        assert_eq!(find(VM_COLUMNS, name).unwrap().id, "cpu-host");
    }
    assert!(find(VM_COLUMNS, "cpuu").is_none());
}

#[test]
fn numbers_in_json_are_as_precise_as_measured() {
    assert_eq!(Value::Number(38.204_7, Unit::Percent).json(), json!(38.2));
    assert_eq!(Value::Number(1024.4, Unit::Bytes).json(), json!(1024));
    assert_eq!(Value::Number(0.000_812_34, Unit::Seconds).json(), json!(0.000_812));
    assert_eq!(Value::Number(f64::NAN, Unit::Count).json(), json!(null));
}

#[test]
fn narrow_screens_drop_the_least_important_columns() {
    let all = defaults(VM_COLUMNS);
    assert_eq!(fitting(&all, 300, 2).len(), all.len());
    let narrow = fitting(&all, 64, 2);
    assert!(narrow.iter().map(|c| usize::from(c.width) + 2).sum::<usize>() <= 66);
    let ids: Vec<_> = narrow.iter().map(|c| c.id).collect();
    assert_eq!(ids, ["name", "state", "cpu", "memory", "disk", "net"]);
    assert_eq!(fitting(&all, 1, 2).len(), 1);
}

#[test]
fn a_hot_plugged_device_is_paired_by_name() {
    let view = |name: &str, rate: f64| {
        let mut now = Readings::default();
        now.set(MetricId::DiskRead, Some(rate));
        now.set(MetricId::NicRx, Some(rate));
        DeviceView { name: name.into(), now, track: Arc::new(crate::model::series::Track::new(&[])) }
    };
    let mut v = vm("web01", VmState::Running);
    let disk = |target: &str| DiskDefinition { target: target.into(), ..DiskDefinition::default() };
    v.definition = Some(Arc::new(VmDefinition {
        disks: vec![disk("vda"), disk("sda"), disk("vdb")],
        nics: vec![NicDefinition {
            device: Some("vnet1".into()),
            source: NicSource::Bridge("br0".into()),
            ..NicDefinition::default()
        }],
        ..VmDefinition::default()
    }));
    v.disks = vec![view("vda", 1.0), view("vdb", 2.0), view("vdz", 3.0)];
    v.nics = vec![view("vnet0", 4.0), view("vnet1", 5.0)];
    let v = Arc::new(v);
    let read = find(DISK_COLUMNS, "read").unwrap();
    let got: Vec<_> =
        disk_rows(&v).iter().map(|r| (r.target().to_owned(), read.value(r, &context()).json())).collect();
    let expected = [("vda", json!(1)), ("sda", json!(null)), ("vdb", json!(2)), ("vdz", json!(3))];
    assert_eq!(got, expected.map(|(t, j)| (t.to_owned(), j)));
    let nics = nic_rows(&v);
    assert_eq!(nics.len(), 2);
    assert_eq!(find(NIC_COLUMNS, "in").unwrap().value(&nics[0], &context()).json(), json!(5));
    assert_eq!(find(NIC_COLUMNS, "source").unwrap().value(&nics[0], &context()).cell(), "br0");
}

#[test]
fn a_volume_names_the_vms_that_build_on_it() {
    use crate::model::storage::{Pool, PoolRecord, PoolState, Volume};
    use crate::model::vm::BackingLayer;

    let volume = |name: &str| Volume {
        name: name.into(),
        key: name.into(),
        path: format!("/images/{name}"),
        kind: "file",
        format: None,
        capacity: 10,
        allocation: 5,
        backing: None,
    };
    let record = PoolRecord {
        id: uuid::Uuid::nil(),
        name: "default".into(),
        state: PoolState::Running,
        autostart: None,
        persistent: None,
        capacity: Some(100),
        allocation: Some(40),
        available: Some(60),
        kind: "dir".into(),
        path: None,
    };
    let pool = Arc::new(Pool {
        record,
        at: None,
        volumes: Some([volume("base.img"), volume("web.qcow2"), volume("spare.img")].into()),
        trouble: None,
        track: Arc::new(crate::model::series::Track::new(&[])),
    });
    let mut web = vm("web01", VmState::ShutOff);
    web.definition = Some(Arc::new(VmDefinition {
        disks: vec![DiskDefinition {
            source: Some(DiskSource::Volume { pool: "default".into(), volume: "web.qcow2".into() }),
            backing: vec![BackingLayer { format: None, source: DiskSource::File("/images/base.img".into()) }],
            ..DiskDefinition::default()
        }],
        ..VmDefinition::default()
    }));
    let used_by = find(VOLUME_COLUMNS, "used-by").unwrap();
    let rows = volume_rows(std::slice::from_ref(&pool));
    let users = |vms: &[Arc<Vm>]| -> Vec<_> {
        let context = Context::of_vms(vms, Timestamp(0));
        rows.iter().map(|r| used_by.value(r, &context).json()).collect()
    };
    let web = Arc::new(web);
    let disk = disk_rows(&web).remove(0);
    let volume = find(DISK_COLUMNS, "volume").unwrap();
    let pools = [Arc::clone(&pool)];
    let with = Context::of_vms(&[], Timestamp(0)).with_pools(&pools);
    assert_eq!(volume.value(&disk, &with).json(), json!("default/web.qcow2"));
    let image = DiskSource::File("/images/base.img".into());
    assert_eq!(with.volume_of(&image), Some(("default", "base.img")));
    assert_eq!(volume.value(&disk, &Context::of_vms(&[], Timestamp(0))).json(), json!(null));
    assert_eq!(users(&[Arc::clone(&web)]), [json!(["web01"]), json!(["web01"]), json!([])]);
    let unread = Arc::new(vm("new", VmState::ShutOff));
    assert_eq!(users(&[web, unread])[2], json!(null), "not yet known to be unused");
}

#[test]
fn names_sort_as_people_count() {
    let mut names = ["vm10", "vm2", "VM1", "a", "vm02", "10.0.0.10", "10.0.0.9"];
    names.sort_by(|a, b| natural(a, b));
    assert_eq!(names, ["10.0.0.9", "10.0.0.10", "a", "VM1", "vm02", "vm2", "vm10"]);
}

fn any_value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        Just(Value::Unknown),
        "[a-b0-2]{0,3}".prop_map(|t| Value::Text(t.into())),
        (0..4u32).prop_map(|n| Value::Number(f64::from(n), Unit::Count)),
        proptest::option::of(0..3u32).prop_map(|used| Value::Share { used: used.map(f64::from), total: 9.0 }),
        any::<bool>().prop_map(Value::Flag),
        (0..3u64).prop_map(|s| Value::Span(Duration::from_secs(s))),
        prop_oneof![Just(VmState::Running), Just(VmState::ShutOff)].prop_map(Value::State),
        proptest::collection::vec("[a-b0-1]{0,2}", 0..3).prop_map(Value::list),
    ]
}

proptest! {
    #[test]
    fn the_order_is_total_and_unknown_is_last(mut values in proptest::collection::vec(any_value(), 0..24)) {
        for descending in [false, true] {
            // `sort_by` panics on an order that is not total.
            values.sort_by(|a, b| a.compare(b, descending));
            let first_unknown = values.iter().position(Value::is_unknown).unwrap_or(values.len());
            prop_assert!(values[first_unknown..].iter().all(Value::is_unknown));
            for w in values.windows(2) {
                prop_assert_ne!(w[0].compare(&w[1], descending), Ordering::Greater);
                prop_assert_eq!(w[0].compare(&w[1], descending), w[1].compare(&w[0], descending).reverse());
            }
        }
    }

    #[test]
    fn natural_order_is_total(a in "[a-cA-C0-2]{0,6}", b in "[a-cA-C0-2]{0,6}", c in "[a-cA-C0-2]{0,6}") {
        prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
        prop_assert_eq!(natural(&a, &b).is_eq(), a == b);
        if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
            prop_assert!(natural(&a, &c).is_le());
        }
    }
}
