use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::fixture::{defined, disk, network, pool, snapshot, vm};
use crate::model::host::{Bridge, HostView, Machine};
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::network::{Forward, NetworkDefinition};
use crate::model::snapshot::Snapshot;
use crate::model::storage::{Pool, PoolTrouble, Volume};
use crate::model::time::Timestamp;
use crate::model::vm::{
    AddressSource, BackingLayer, DiskDefinition, DiskSource, GuestAddress, NicDefinition, NicSource,
    PauseReason, Vm, VmDefinition, VmState,
};

fn nic(source: NicSource) -> NicDefinition {
    NicDefinition { source, mac: "52:54:00:00:00:01".into(), link_up: true, ..NicDefinition::default() }
}

fn machine(number: u64, name: &str, nics: Vec<NicSource>, disks: Vec<DiskDefinition>) -> Vm {
    let nics = nics.into_iter().map(nic).collect();
    defined(number, name, VmDefinition { disks, nics, ..VmDefinition::default() })
}

fn on_network(name: &str) -> NicSource {
    NicSource::Network(name.into())
}

fn bridged(bridge: &str, device: Option<&str>, forward: Forward) -> NetworkDefinition {
    NetworkDefinition {
        forward,
        forward_device: device.map(Into::into),
        bridge: Some(bridge.into()),
        ..NetworkDefinition::default()
    }
}

/// A pool whose volumes' formats were read.
fn read(mut pool: Pool) -> Pool {
    let volumes = pool.volumes.iter().flat_map(|v| v.iter().cloned());
    pool.volumes = Some(volumes.map(|v| Volume { format: Some("qcow2".into()), ..v }).collect());
    pool
}

fn host() -> Snapshot {
    let mut web = machine(1, "web1", vec![on_network("default")], vec![disk("vda", "/images/web1.qcow2")]);
    web.addresses.push(GuestAddress {
        mac: Some("52:54:00:00:00:01".into()),
        address: "10.0.0.5".parse().unwrap(),
        prefix: 24,
        source: AddressSource::Lease,
    });
    let layered = DiskDefinition {
        backing: vec![BackingLayer { format: None, source: DiskSource::File("/images/base.qcow2".into()) }],
        ..disk("vda", "/fast/db.qcow2")
    };
    let mut db = machine(2, "db", vec![on_network("lan"), NicSource::Bridge("br0".into())], vec![layered]);
    db.state = VmState::Paused(PauseReason::IoError);
    let volume = DiskDefinition {
        target: "sda".into(),
        device: "cdrom".into(),
        source: Some(DiskSource::Volume { pool: "gone".into(), volume: "x.iso".into() }),
        ..DiskDefinition::default()
    };
    let empty = DiskDefinition { target: "sdb".into(), device: "cdrom".into(), ..DiskDefinition::default() };
    let odd = machine(3, "odd", vec![on_network("nowhere"), NicSource::User], vec![volume, empty]);
    let alone =
        machine(4, "alone", vec![], vec![disk("hda", "/root/alone.img"), disk("hdb", "/images/new.raw")]);
    snapshot(
        vec![
            alone,
            db,
            vm(5, "fresh"),
            odd,
            web,
            machine(6, "web10", vec![on_network("default")], vec![]),
            machine(7, "web2", vec![on_network("default")], vec![]),
        ],
        vec![
            read(pool(
                "default",
                "/images",
                &[
                    ("/images/base.qcow2", None),
                    ("/images/web1.qcow2", Some("/images/base.qcow2")),
                    ("/images/old.iso", None),
                ],
            )),
            read(pool("fast", "/fast", &[("/fast/db.qcow2", None)])),
        ],
        vec![
            network("default", bridged("virbr0", None, Forward::Nat)),
            network("empty", NetworkDefinition::default()),
            network("lan", bridged("br0", Some("eth0"), Forward::Bridge)),
        ],
    )
}

/// A tree as a person would see it.
fn drawn(rows: &[TreeRow]) -> String {
    let line = |row: &TreeRow| {
        let past = (1..row.depth).map(|d| if row.guides.goes_on(d) { "│ " } else { "  " });
        let turn = if row.depth == 0 {
            ""
        } else if row.is_last() {
            "└ "
        } else {
            "├ "
        };
        let fold = if row.children > 0 && !row.open { " +" } else { "" };
        let detail = if row.detail.is_empty() { String::new() } else { format!("  {}", row.detail) };
        format!("{}{turn}{}{fold}{detail}", past.collect::<String>(), row.label)
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_network_tree_shows_every_vm_where_it_is_plugged_in() {
    let graph = Graph::build(&host());
    assert_eq!(
        drawn(&network_tree(&graph, &Folds::all_open())),
        "\
eth0
└ br0
  ├ lan  bridged
  │ └ db  paused: I/O error · 52:54:00:00:00:01
  └ db  paused: I/O error · 52:54:00:00:00:01
virbr0
└ default  nat
  ├ web1  52:54:00:00:00:01 · 10.0.0.5
  ├ web2  52:54:00:00:00:01
  └ web10  52:54:00:00:00:01
empty  isolated
nowhere  not defined
└ odd  52:54:00:00:00:01
definition not read yet
└ fresh
no network
└ alone
user-mode networking
└ odd  52:54:00:00:00:01"
    );
}

#[test]
fn bridges_hang_on_their_ports_and_routed_ones_on_the_default_route() {
    let mut host = host();
    let bridge = |name: &str, ports: &[&str]| Bridge {
        name: name.into(),
        ports: ports.iter().map(|p| (*p).to_owned()).collect(),
    };
    let view = HostView::clone(&host.host);
    let ways = |bridges: Vec<Bridge>, route: &str| {
        let machine = Machine { bridges, default_route: Some(route.into()), ..Machine::default() };
        Arc::new(HostView { machine: Some(Arc::new(machine)), ..view.clone() })
    };
    let before = Graph::build(&host);
    // br0 is a bridge of the host with a port; docker0 is nothing libvirt knows of.
    host.host =
        ways(vec![bridge("br0", &["eno1"]), bridge("docker0", &["veth1"]), bridge("virbr0", &[])], "br0");
    assert!(!before.is_current(&host));
    let graph = Graph::build(&host);
    let ups = |bridge: &str| {
        let at = graph.find(&NodeId::Bridge(bridge.into())).unwrap();
        let carried = graph.supports(at).filter(|e| e.kind == EdgeKind::Carries);
        carried.map(|e| graph.nodes()[e.from].label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ups("br0"), ["eth0", "eno1"], "as the network says, and as the kernel does");
    assert_eq!(ups("virbr0"), ["eno1"], "NAT goes out through the port of the bridge with the default route");
    assert!(graph.find(&NodeId::Bridge("docker0".into())).is_none());
    let web = graph.blast_radius(&NodeId::Uplink("eno1".into()));
    assert!(web.contains(&host.vms.iter().find(|v| v.name == "web1").unwrap().id));
    // A libvirt in another network namespace: its bridge is not this machine's.
    host.host = ways(vec![bridge("br0", &["eno1"])], "br0");
    let graph = Graph::build(&host);
    let at = graph.find(&NodeId::Bridge("virbr0".into())).unwrap();
    assert!(graph.supports(at).all(|e| e.kind != EdgeKind::Carries));
}

#[test]
fn the_storage_tree_shows_what_is_built_on_what() {
    let mut host = host();
    let all_read: Vec<Arc<Vm>> = host.vms.iter().filter(|v| v.definition.is_some()).cloned().collect();
    let known = Snapshot { vms: all_read.into(), ..host.clone() };
    let graph = Graph::build(&known);
    assert_eq!(
        drawn(&storage_tree(&graph, &Folds::all_open())),
        "\
default  dir · 40/100
├ base.qcow2  qcow2 · 0
│ ├ db.qcow2  in fast
│ └ web1.qcow2  qcow2 · 0
│   └ web1  vda
├ old.iso  qcow2 · 0 · used by none
└ new.raw
  └ alone  hdb
fast  dir · 40/100
└ db.qcow2  qcow2 · 0 · on default/base.qcow2
  └ db  vda · paused: I/O error
gone  not defined
└ x.iso  not in the pool
  └ odd  sda · cdrom
outside of pools
└ /root/alone.img
  └ alone  hda"
    );
    assert!(!drawn(&storage_tree(&Graph::build(&host), &Folds::all_open())).contains("used by none"));
    host.pools = None;
    assert_eq!(
        drawn(&storage_tree(&Graph::build(&host), &Folds::open_to(0))),
        "gone +\npools not read yet +",
        "before pools are read nothing is said to be missing or outside of them"
    );
}

#[test]
fn the_overview_adds_disks_and_where_they_lie() {
    let graph = Graph::build(&host());
    let rows = overview_tree(&graph, &Folds::all_open());
    let below = |name: &str| {
        let at = rows.iter().position(|r| r.label == name && r.kind == NodeKind::Vm).unwrap();
        let own = rows[at + 1..].iter().take_while(|r| r.depth > rows[at].depth);
        own.map(|r| format!("{} {}", r.label, r.detail)).collect::<Vec<_>>()
    };
    assert_eq!(below("web1"), ["vda → default/web1.qcow2"]);
    assert_eq!(below("db"), ["vda → fast/db.qcow2"]);
    assert_eq!(below("odd"), ["sda → gone/x.iso · cdrom", "sdb cdrom · empty"]);
    assert_eq!(below("alone"), ["hda → /root/alone.img", "hdb → default/new.raw"]);
    assert!(below("fresh").is_empty());
}

#[test]
fn folds_hide_rows_and_keys_stay() {
    let graph = Graph::build(&host());
    let mut folds = Folds::open_to(1);
    let rows = network_tree(&graph, &folds);
    assert!(rows.iter().all(|r| r.depth <= 1));
    let bridge = rows.iter().find(|r| r.label == "br0").unwrap();
    assert_eq!((bridge.children, bridge.open), (2, false));
    folds.toggle(bridge.key);
    let opened = network_tree(&graph, &folds);
    assert_eq!(opened.len(), rows.len() + 2);
    let again = opened.iter().find(|r| r.key == bridge.key).unwrap();
    assert!(again.open && again.node == bridge.node);
    folds.toggle(bridge.key);
    assert_eq!(network_tree(&graph, &folds), rows);
    let all: HashSet<_> = network_tree(&graph, &Folds::all_open()).iter().map(|r| r.key).collect();
    assert_eq!(all.len(), network_tree(&graph, &Folds::all_open()).len(), "every row has its own key");
    assert!(rows.iter().all(|r| all.contains(&r.key)), "a row's key does not depend on what is open");
}

#[test]
fn only_what_the_graph_shows_makes_it_stale() {
    let before = host();
    let graph = Graph::build(&before);
    assert!(graph.is_current(&before) && graph.is_current(&host()), "equal facts, other addresses");
    let with = |change: fn(&mut Vm)| {
        let mut vms: Vec<Vm> = before.vms.iter().map(|v| (**v).clone()).collect();
        change(&mut vms[1]);
        Snapshot { vms: vms.into_iter().map(Arc::new).collect(), ..before.clone() }
    };
    assert!(graph.is_current(&with(|vm| vm.now.set(MetricId::VmCpu, Some(1.0)))));
    assert!(!graph.is_current(&with(|vm| vm.state = VmState::Running)));
    assert!(!graph.is_current(&with(|vm| vm.definition = None)));
    assert!(!graph.is_current(&with(|vm| vm.name.push('x'))));
    assert!(!graph.is_current(&Snapshot { pools: None, ..before.clone() }));
    let mut sick: Vec<Pool> = before.pools.iter().flat_map(|p| p.iter()).map(|p| (**p).clone()).collect();
    sick[0].trouble = Some(PoolTrouble::NoAnswer { since: Timestamp(0) });
    assert!(
        !graph.is_current(&Snapshot {
            pools: Some(sick.into_iter().map(Arc::new).collect()),
            ..before.clone()
        })
    );
    let fewer = before.networks.iter().flat_map(|n| n.iter()).skip(1).cloned().collect();
    assert!(!graph.is_current(&Snapshot { networks: Some(fewer), ..before }));
}

#[test]
fn a_failure_reaches_what_hangs_on_it() {
    let graph = Graph::build(&host());
    let reached = |id: NodeId| -> Vec<u64> {
        graph.blast_radius(&id).into_iter().map(|vm| vm.0.as_u64_pair().1).collect()
    };
    let volume = |pool: &str, name: &str| NodeId::Volume { pool: pool.into(), name: name.into() };
    assert_eq!(reached(NodeId::Uplink("eth0".into())), [2]);
    assert_eq!(reached(NodeId::Bridge("virbr0".into())), [1, 6, 7]);
    assert_eq!(reached(NodeId::Network("nowhere".into())), [3]);
    assert_eq!(reached(volume("default", "base.qcow2")), [1, 2], "over pools, through layers");
    assert_eq!(reached(NodeId::Pool("default".into())), [1, 2, 4]);
    assert_eq!(reached(NodeId::Pool("fast".into())), [2]);
    assert_eq!(reached(NodeId::Host), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(reached(graph.nodes()[graph.find(&NodeId::Vm(host().vms[0].id)).unwrap()].id.clone()), [4]);
    assert_eq!(reached(NodeId::Pool("no such".into())), [] as [u64; 0]);
}

#[test]
fn trouble_and_bad_names_are_fit_to_be_drawn() {
    let mut sick = pool("sick\u{1b}[2J", "/sick", &[]);
    sick.trouble = Some(PoolTrouble::NoAnswer { since: Timestamp(0) });
    let evil = machine(
        1,
        "e\u{202e}vil\n",
        vec![NicSource::Other("x\u{7}".into())],
        vec![disk("v\u{9b}da", "/s\ti")],
    );
    let mut off = network("off", NetworkDefinition { vlans: vec![7], ..NetworkDefinition::default() });
    off.active = false;
    let graph = Graph::build(&snapshot(vec![evil], vec![sick], vec![off]));
    let mut rows = overview_tree(&graph, &Folds::all_open());
    rows.extend(storage_tree(&graph, &Folds::all_open()));
    for row in &rows {
        assert!(!row.label.chars().chain(row.detail.chars()).any(char::is_control), "{row:?}");
    }
    let find = |label: &str| rows.iter().find(|r| r.label == label).unwrap();
    assert_eq!(
        (find("sick[2J").state, find("sick[2J").detail.as_str()),
        (NodeState::Trouble, "no answer · dir · 40/100")
    );
    assert_eq!(
        (find("off").state, find("off").detail.as_str()),
        (NodeState::Inactive, "inactive · isolated · vlan 7")
    );
    assert_eq!(find("evil").kind, NodeKind::Vm);
}

/// A host drawn from few names, so that things meet: chains may run in circles, pools and networks be missing.
fn any_host() -> impl Strategy<Value = Snapshot> {
    let path = || (0..3usize, 0..5usize).prop_map(|(folder, file)| format!("/p{folder}/f{file}")).boxed();
    let name = || (0..4usize).prop_map(|n| n.to_string());
    let source = prop_oneof![
        3 => path().prop_map(DiskSource::File),
        1 => (name(), name()).prop_map(|(pool, volume)| DiskSource::Volume { pool: format!("p{pool}"), volume: format!("f{volume}") }),
        1 => Just(DiskSource::Other("nvme".into())),
    ]
    .boxed();
    let layers = proptest::collection::vec(source.clone(), 0..4);
    let disk =
        (0..3usize, proptest::option::of(source), layers).prop_map(|(n, source, layers)| DiskDefinition {
            target: format!("vd{n}"),
            device: "disk".into(),
            source,
            backing: layers.into_iter().map(|source| BackingLayer { format: None, source }).collect(),
            ..DiskDefinition::default()
        });
    let plug = prop_oneof![
        name().prop_map(|n| NicSource::Network(format!("n{n}"))),
        name().prop_map(|n| NicSource::Bridge(format!("b{n}"))),
        name().prop_map(|n| NicSource::Direct(format!("e{n}"))),
        Just(NicSource::User),
        Just(NicSource::None),
    ];
    let definition = (proptest::collection::vec(plug, 0..4), proptest::collection::vec(disk, 0..4));
    let vms = proptest::collection::vec((name(), proptest::option::of(definition)), 0..12);
    let volumes = proptest::collection::vec((path(), proptest::option::of(path())), 0..8);
    let pools = proptest::collection::vec(volumes, 0..3);
    let networks =
        proptest::collection::vec((proptest::option::of(name()), proptest::option::of(name())), 0..4);
    (vms, pools, networks, any::<bool>()).prop_map(|(vms, pools, networks, listed)| {
        let vms = vms.into_iter().enumerate().map(|(i, (name, definition))| match definition {
            Some((nics, disks)) => machine(i as u64, &name, nics, disks),
            None => vm(i as u64, &name),
        });
        let pools = pools.iter().enumerate().map(|(i, volumes)| {
            let volumes: Vec<_> = volumes.iter().map(|(p, b)| (p.as_str(), b.as_deref())).collect();
            pool(&format!("p{i}"), &format!("/p{i}"), &volumes)
        });
        let networks = networks.into_iter().enumerate().map(|(i, (bridge, device))| {
            let definition = NetworkDefinition {
                bridge: bridge.map(|b| format!("b{b}")),
                forward_device: device.map(|d| format!("e{d}")),
                ..NetworkDefinition::default()
            };
            network(&format!("n{i}"), definition)
        });
        let mut host = snapshot(vms.collect(), pools.collect(), networks.collect());
        if !listed {
            (host.pools, host.networks) = (None, None);
        }
        host
    })
}

/// Depths go down one at a time, guides agree with the rows below, children are counted.
fn check_shape(rows: &[TreeRow]) -> Result<(), TestCaseError> {
    let keys: HashSet<_> = rows.iter().map(|r| r.key).collect();
    prop_assert_eq!(keys.len(), rows.len());
    for (i, row) in rows.iter().enumerate() {
        prop_assert!(row.depth <= i.checked_sub(1).map_or(0, |before| rows[before].depth + 1));
        let own = rows[i + 1..].iter().take_while(|r| r.depth > row.depth);
        let shown = own.filter(|r| r.depth == row.depth + 1).count();
        prop_assert_eq!(shown, if row.open { row.children } else { 0 });
        let after = rows[i + 1..].iter().find(|r| r.depth <= row.depth);
        prop_assert_eq!(row.guides.goes_on(row.depth), after.is_some_and(|r| r.depth == row.depth));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_vm_stands_once_for_each_nic_or_once(host in any_host()) {
        let graph = Graph::build(&host);
        for rows in [network_tree(&graph, &Folds::all_open()), overview_tree(&graph, &Folds::all_open())] {
            check_shape(&rows)?;
            let mut stands: BTreeMap<VmId, usize> = BTreeMap::new();
            for row in rows.iter().filter(|r| r.kind == NodeKind::Vm) {
                *stands.entry(row.node.vm().unwrap()).or_default() += 1;
            }
            for vm in host.vms.iter() {
                let nics = vm.definition.as_ref().map_or(0, |d| d.nics.len());
                prop_assert_eq!(stands.get(&vm.id).copied(), Some(nics.max(1)));
            }
            let networks = rows.iter().filter(|r| r.kind == NodeKind::Network).count();
            prop_assert_eq!(networks, graph.nodes().iter().filter(|n| n.id.kind() == NodeKind::Network).count());
        }
    }

    #[test]
    fn every_image_and_disk_stands_in_the_storage_tree(host in any_host()) {
        let graph = Graph::build(&host);
        let rows = storage_tree(&graph, &Folds::all_open());
        check_shape(&rows)?;
        let shown: BTreeSet<_> = rows.iter().map(|r| r.node.clone()).collect();
        for (at, node) in graph.nodes().iter().enumerate() {
            let due = match node.id.kind() {
                NodeKind::Pool | NodeKind::Volume | NodeKind::Image => true,
                NodeKind::Disk => graph.supports(at).any(|e| e.kind == EdgeKind::Stores),
                _ => false,
            };
            if due {
                prop_assert!(shown.contains(&node.id), "{:?}", node.id);
            }
        }
    }

    #[test]
    fn trees_are_the_same_each_time_and_folds_only_hide(host in any_host(), depth in 0usize..4) {
        let (one, two) = (Graph::build(&host), Graph::build(&host));
        for tree in [network_tree, overview_tree, storage_tree] {
            let all = tree(&one, &Folds::all_open());
            prop_assert_eq!(&all, &tree(&two, &Folds::all_open()));
            let some = tree(&one, &Folds::open_to(depth));
            check_shape(&some)?;
            let keys: Vec<_> = some.iter().map(|r| r.key).collect();
            let kept: Vec<_> = all.iter().filter(|r| r.depth <= depth).map(|r| r.key).collect();
            prop_assert_eq!(keys, kept);
        }
    }

    #[test]
    fn a_failure_reaches_at_least_what_its_dependents_reach(host in any_host()) {
        let graph = Graph::build(&host);
        let all: BTreeSet<_> = host.vms.iter().map(|v| v.id).collect();
        prop_assert_eq!(graph.blast_radius(&NodeId::Host), all);
        for edge in graph.edges() {
            let (from, to) = (&graph.nodes()[edge.from].id, &graph.nodes()[edge.to].id);
            prop_assert!(graph.blast_radius(from).is_superset(&graph.blast_radius(to)));
        }
    }
}
