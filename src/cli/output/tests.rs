use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::*;
use crate::cli::commands::list::Choice;
use crate::cli::commands::show::{self, Thing};
use crate::cli::sample::{NOW, snapshot};
use crate::cli::{Exit, Failure};
use crate::model::columns::{Context, POOL_COLUMNS, VM_COLUMNS, VOLUME_COLUMNS, volume_rows};

fn text(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn list(columns: &[&str], sort: Option<&str>, format: Format, layout: Layout) -> String {
    let s = snapshot();
    let named: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
    let choice = Choice::new(VM_COLUMNS, &named, &[], sort, format).unwrap();
    let context = Context::new(&s, NOW);
    text(|out| choice.write(out, s.vms.iter().map(AsRef::as_ref).collect(), &context, format, layout))
}

fn shown(name: &str, format: Format) -> String {
    let s = snapshot();
    let thing = show::resolve(&s, name).unwrap();
    text(|out| show::write(out, &s, &thing, format, Layout::default()))
}

#[test]
fn a_table_is_aligned_and_cleaned() {
    let got = list(
        &["name", "state", "cpu", "memory", "address", "autostart"],
        None,
        Format::Table,
        Layout::default(),
    );
    let expected = "\
NAME        STATE              CPU        MEM  ADDRESS     AUTO
build[2J07  paused: I/O error    –   –/8.0G   –           –
db01        running           71.2  7.4/8.0G  10.99.0.3   no
web02       off                  –         –  –           –
web10       running            4.0  0.9/2.0G  10.99.0.21  yes
";
    let squeezed =
        |t: &str| t.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    assert_eq!(squeezed(&got), squeezed(expected));
    let lines: Vec<_> = got.lines().collect();
    assert!(lines.iter().all(|l| !l.ends_with(' ')));
    // Numbers end below their header's end.
    let end = lines[0].find("CPU").unwrap() + 3;
    for line in &lines[1..] {
        let cut: String = line.chars().take(end).collect();
        assert!(cut.ends_with(['–', '2', '0']), "{line:?}");
    }
}

#[test]
fn rows_sort_by_any_column_and_unknown_comes_last() {
    let names = |sort: &str| -> Vec<String> {
        let out = list(&["name"], Some(sort), Format::Csv, Layout::default());
        out.lines().skip(1).map(str::to_owned).collect()
    };
    assert_eq!(names("cpu"), ["db01", "web10", "build[2J07", "web02"], "numbers begin with the highest");
    assert_eq!(names("cpu:asc"), ["web10", "db01", "build[2J07", "web02"]);
    assert_eq!(names("name:desc"), ["web10", "web02", "db01", "build[2J07"]);
    assert_eq!(names("state"), ["build[2J07", "db01", "web10", "web02"], "what needs attention first");
}

#[test]
fn a_narrow_terminal_gets_fewer_columns_unless_they_were_chosen() {
    let narrow = Layout { width: Some(60), ascii: false };
    let usual = list(&[], None, Format::Table, narrow);
    assert!(usual.lines().all(|l| crate::model::text::width(l) <= 60), "{usual}");
    assert!(usual.starts_with("NAME"));
    let chosen = list(
        &["name", "uuid", "cpu", "address"],
        None,
        Format::Table,
        Layout { width: Some(50), ascii: false },
    );
    assert!(chosen.lines().all(|l| crate::model::text::width(l) <= 50), "{chosen}");
    assert!(chosen.contains("UUID") && chosen.contains("ADDRESS") && chosen.contains('…'), "{chosen}");
}

#[test]
fn ascii_output_is_ascii() {
    let out = list(&[], None, Format::Table, Layout { width: Some(80), ascii: true });
    assert!(out.is_ascii(), "{out}");
    assert!(out.contains("-/8.0G"), "{out}");
}

#[test]
fn json_is_an_array_of_objects_with_every_column() {
    let parsed: Vec<BTreeMap<String, Json>> =
        serde_json::from_str(&list(&[], None, Format::Json, Layout::default())).unwrap();
    assert_eq!(parsed.len(), 4);
    for row in &parsed {
        assert_eq!(row.len(), VM_COLUMNS.len());
    }
    let db = &parsed[1];
    assert_eq!(db["name"], json!("db01"));
    assert_eq!(db["cpu_percent"], json!(71.25));
    assert_eq!(db["memory_bytes"], json!(8u64 << 30));
    assert_eq!(db["disk_latency_seconds"], json!(0.000_812));
    assert_eq!(db["tags"], json!(["prod", "db"]));
    assert_eq!(db["autostart"], json!(false));
    assert_eq!(db["net_bytes_per_second"], json!(null));
    let off = &parsed[2];
    assert!(off.iter().filter(|(k, _)| k.ends_with("_percent")).all(|(_, v)| v.is_null()));
}

#[test]
fn json_reaches_a_terminal_without_acting_on_it() {
    let out = list(&["name"], None, Format::Json, Layout::default());
    assert!(!out.chars().any(|c| c.is_control() && c != '\n'), "{out:?}");
    assert!(out.contains("\\u001b[2J") && out.contains("\\u202e"), "{out}");
    let parsed: Vec<BTreeMap<String, String>> = serde_json::from_str(&out).unwrap();
    assert_eq!(parsed[0]["name"], "build\x1b[2J\u{202e}07", "and reads back as it is");
}

#[test]
fn csv_has_keys_first_and_quotes_what_must_be() {
    let out = list(&["name", "memory-size", "tags", "cpu", "title"], None, Format::Csv, Layout::default());
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[0], "name,memory_bytes,tags,cpu_percent,title");
    assert_eq!(lines[2], "db01,8589934592,prod;db,71.25,\"Main, old\"");
    assert_eq!(lines[3], "web02,,,,");
}

#[test]
fn an_unknown_column_is_a_usage_error_with_advice() {
    let wrong =
        |columns: &[String], sort| Choice::new(VM_COLUMNS, columns, &[], sort, Format::Table).err().unwrap();
    let e: Failure = wrong(&["cpuu".into()], None);
    assert_eq!(e.exit, Exit::Usage);
    assert!(
        e.to_string()
            .starts_with("novacron: there is no column \"cpuu\"; did you mean \"cpu\"?\n  Columns: name, ")
    );
    assert_eq!(wrong(&[], Some("cpu:up")).exit, Exit::Usage);
}

#[test]
fn pools_and_volumes_have_their_tables() {
    let s = snapshot();
    let context = Context::new(&s, NOW);
    let pools = s.pools.clone().unwrap();
    let choice = Choice::new(POOL_COLUMNS, &[], &[], None, Format::Table).unwrap();
    let rows = pools.iter().map(AsRef::as_ref).collect();
    let out = text(|out| choice.write(out, rows, &context, Format::Table, Layout::default()));
    assert!(out.contains("412/931G") && out.contains("no answer for 40 s"), "{out}");
    let volumes = volume_rows(&pools);
    let choice = Choice::new(VOLUME_COLUMNS, &[], &[], Some("capacity"), Format::Json).unwrap();
    let out =
        text(|out| choice.write(out, volumes.iter().collect(), &context, Format::Json, Layout::default()));
    let parsed: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(parsed[0]["name"], json!("db01.qcow2"));
    assert_eq!(parsed[0]["used_by"], json!(["db01"]));
    assert_eq!(parsed[1]["used_by"], json!(null), "web02 is not read yet: it may use it");
}

#[test]
fn a_vm_is_shown_with_its_devices() {
    let parsed: Json = serde_json::from_str(&shown("db01", Format::Json)).unwrap();
    assert_eq!(parsed["name"], json!("db01"));
    assert_eq!(parsed["description"], json!("Line one\nline two"));
    assert_eq!(parsed["disks"][0]["target"], json!("vda"));
    assert_eq!(parsed["disks"][0]["read_bytes_per_second"], json!(1_258_291.2));
    assert_eq!(parsed["nics"][0]["addresses"], json!(["10.99.0.3/24"]));
    let out = shown("db01", Format::Table);
    assert!(out.contains("7.40 GiB of 8.00 GiB (92 %)"), "{out}");
    assert!(out.contains("\nDisks\n") && out.contains("\nNetwork interfaces\n"), "{out}");
    let csv = shown("00000000-0000-0000-0000-000000000002", Format::Csv);
    assert_eq!(csv.lines().count(), 2);
    assert!(csv.contains("db01"));
}

#[test]
fn a_name_that_means_several_things_must_be_said_more_exactly() {
    let s = snapshot();
    let e = show::resolve(&s, "default").err().unwrap();
    assert_eq!(e.exit, Exit::Usage);
    assert_eq!(e.now, "Say which: pool:default or network:default.");
    assert!(matches!(show::resolve(&s, "network:default"), Ok(Thing::Network(_))));
    assert!(matches!(show::resolve(&s, "pool:default"), Ok(Thing::Pool(_))));
    assert!(matches!(show::resolve(&s, "default/db01.qcow2"), Ok(Thing::Volume(_))));
    assert!(matches!(show::resolve(&s, "host"), Ok(Thing::Host)));
    let e = show::resolve(&s, "web01").err().unwrap();
    assert_eq!(e.exit, Exit::NotFound);
    assert!(e.what.ends_with("did you mean \"web02\"?"), "{}", e.what);
    assert_eq!(show::resolve(&s, "vm:default").err().unwrap().exit, Exit::NotFound);
}

#[test]
fn the_host_is_shown_with_every_metric_and_what_is_missing() {
    let parsed: BTreeMap<String, Json> = serde_json::from_str(&shown("host", Format::Json)).unwrap();
    for m in crate::model::metric::metrics_of(crate::model::metric::Entity::Host) {
        assert!(parsed.contains_key(&m.key()), "{}", m.key());
    }
    assert_eq!(parsed["cpu_percent"], json!(34));
    assert_eq!(parsed["cpu_steal_percent"], json!(null));
    assert_eq!(parsed["libvirt_version"], json!("11.3.0"));
    assert_eq!(parsed["vms_running"], json!(2));
    assert_eq!(parsed["unavailable"], json!(["Guest agent: the connection is read-only"]));
    assert_eq!(parsed["alerts"][0]["condition"], json!("io_error"));
    let out = shown("host", Format::Table);
    assert!(out.contains("2 running, 1 paused, 1 off"), "{out}");
    assert!(out.contains("Not available here\n  Guest agent: "), "{out}");
    assert!(out.contains("12 d 4 h"), "{out}");
}

#[test]
fn failures_say_what_why_and_what_now() {
    use crate::hypervisor::{HvError, HvErrorKind};
    let e = HvError::new(HvErrorKind::PermissionDenied, "connect", "authentication\x1b unavailable")
        .of("qemu:///system");
    let f = Failure::from(&e);
    assert_eq!(f.exit, Exit::NoConnection);
    assert!(f.to_string().starts_with(
        "novacron: Could not connect of qemu:///system: authentication unavailable\n  Join group"
    ));
}
