//! A snapshot as a graph.

use std::collections::HashMap;
use std::sync::Arc;

use super::basis::Basis;
use super::graph::Graph;
use super::node::{EdgeKind, Group, Node, NodeId, NodeState};
use crate::model::host::{Bridge, Machine};
use crate::model::network::{Forward, Network};
use crate::model::placement::Placement;
use crate::model::snapshot::Snapshot;
use crate::model::storage::{Pool, PoolState, PoolTrouble, Volume};
use crate::model::text::clean;
use crate::model::units;
use crate::model::vm::{DiskDefinition, DiskSource, NicDefinition, NicSource, Vm, VmState};

impl Graph {
    /// The graph of everything in a snapshot.
    pub fn build(snapshot: &Snapshot) -> Self {
        let pools = snapshot.pools.as_deref().unwrap_or_default();
        let networks = snapshot.networks.as_deref();
        let mut builder = Builder {
            graph: Self::default(),
            host: 0,
            pools,
            placement: Placement::new(pools),
            pools_read: snapshot.pools.is_some(),
            networks_read: networks.is_some(),
            names: HashMap::new(),
        };
        builder.host = builder.add(&NodeId::Host, "host", NodeState::Plain, String::new());
        for network in networks.unwrap_or_default() {
            builder.network(network);
        }
        for pool in pools {
            builder.pool(pool);
        }
        for pool in pools {
            builder.backing_of_volumes(pool);
        }
        for vm in snapshot.vms.iter() {
            builder.vm(vm);
        }
        if let Some(machine) = &snapshot.host.machine {
            builder.ways_out(machine, networks.unwrap_or_default());
        }
        let mut graph = builder.graph;
        graph.basis = Some(Basis::of(snapshot));
        graph.complete =
            snapshot.vms.iter().all(|vm| vm.definition.is_some()) && pools.iter().all(|p| chains_known(p));
        graph
    }
}

/// Whether it is known what each image of a pool is built on: that stands in the same XML as its format.
fn chains_known(pool: &Pool) -> bool {
    pool.volumes.as_ref().is_some_and(|v| v.iter().all(|v| v.kind != "file" || v.format.is_some()))
}

struct Builder<'s> {
    graph: Graph,
    host: usize,
    pools: &'s [Arc<Pool>],
    placement: Placement<'s>,
    pools_read: bool,
    networks_read: bool,
    /// Each name once, however many nodes and rows carry it.
    names: HashMap<String, Arc<str>>,
}

impl Builder<'_> {
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.names.insert(name.to_owned(), Arc::clone(&shared));
        shared
    }

    fn add(&mut self, id: &NodeId, label: &str, state: NodeState, detail: String) -> usize {
        self.graph.ensure(id, || Node { id: id.clone(), label: clean(label).into_owned(), state, detail })
    }

    fn join(&mut self, from: usize, to: usize, kind: EdgeKind) {
        self.graph.join(from, to, kind, String::new());
    }

    fn uplink(&mut self, device: &str) -> usize {
        let id = NodeId::Uplink(self.name(device));
        let uplink = self.add(&id, device, NodeState::Plain, String::new());
        self.join(self.host, uplink, EdgeKind::Has);
        uplink
    }

    fn bridge(&mut self, bridge: &str) -> usize {
        let id = NodeId::Bridge(self.name(bridge));
        let bridge = self.add(&id, bridge, NodeState::Plain, String::new());
        self.join(self.host, bridge, EdgeKind::Has);
        bridge
    }

    fn network(&mut self, network: &Network) {
        let definition = &network.definition;
        let state = if network.active { NodeState::Active } else { NodeState::Inactive };
        let id = NodeId::Network(self.name(&network.name));
        let node = self.add(&id, &network.name, state, network_detail(network));
        self.join(self.host, node, EdgeKind::Has);
        let uplink = definition.forward_device.as_deref().map(|device| self.uplink(device));
        if let Some(bridge) = definition.bridge.as_deref() {
            let bridge = self.bridge(bridge);
            self.join(bridge, node, EdgeKind::Serves);
            if let Some(uplink) = uplink {
                self.join(uplink, bridge, EdgeKind::Carries);
            }
        } else if let Some(uplink) = uplink {
            self.join(uplink, node, EdgeKind::Carries);
        }
    }

    /// What carries the bridges that guests use: their own ports, or the default route of what is routed.
    ///
    /// Only of bridges this machine has itself: a libvirt in a namespace of its own has others.
    fn ways_out(&mut self, machine: &Machine, networks: &[Arc<Network>]) {
        let route = machine.default_route.as_deref().map(|device| through(machine, device));
        for Bridge { name, ports } in &machine.bridges {
            let id = NodeId::Bridge(self.name(name));
            let Some(bridge) = self.graph.find(&id) else { continue };
            let routed = networks.iter().any(|n| routes_through(n, name));
            for device in ports.iter().map(String::as_str).chain(route.filter(|_| routed)) {
                let uplink = self.uplink(device);
                self.join(uplink, bridge, EdgeKind::Carries);
            }
        }
    }

    fn pool(&mut self, pool: &Pool) {
        let name = pool.record.name.as_str();
        let id = NodeId::Pool(self.name(name));
        let node = self.add(&id, name, pool_state(pool), pool_detail(pool));
        self.join(self.host, node, EdgeKind::Has);
        for volume in pool.volumes.iter().flat_map(|v| v.iter()) {
            let id = NodeId::Volume { pool: self.name(name), name: self.name(&volume.name) };
            let volume = self.add(&id, &volume.name, NodeState::Plain, volume_detail(volume));
            self.join(node, volume, EdgeKind::Holds);
        }
    }

    fn backing_of_volumes(&mut self, pool: &Pool) {
        for volume in pool.volumes.iter().flat_map(|v| v.iter()) {
            let Some(backing) = volume.backing.as_deref().filter(|path| !path.is_empty()) else { continue };
            let id = NodeId::Volume { pool: self.name(&pool.record.name), name: self.name(&volume.name) };
            let Some(upper) = self.graph.find(&id) else { continue };
            let lower = self.image(&DiskSource::File(backing.to_owned()));
            self.join(lower, upper, EdgeKind::Backs);
        }
    }

    fn vm(&mut self, vm: &Vm) {
        let node = self.add(&NodeId::Vm(vm.id), &vm.name, NodeState::Vm(vm.state), vm_detail(vm));
        self.join(self.host, node, EdgeKind::Has);
        let Some(definition) = &vm.definition else {
            return self.group_vm(Group::NotRead, node, 0, String::new());
        };
        for (number, nic) in definition.nics.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.plug(nic, number, node, nic_label(vm, nic));
        }
        if definition.nics.is_empty() {
            self.group_vm(Group::NoNetwork, node, 0, String::new());
        }
        for disk in &definition.disks {
            self.disk(vm, node, disk);
        }
    }

    fn plug(&mut self, nic: &NicDefinition, number: u32, vm: usize, label: String) {
        let into = match &nic.source {
            NicSource::Network(name) => {
                let id = NodeId::Network(self.name(name));
                let (state, detail) = referred_to(self.networks_read);
                self.add(&id, name, state, detail)
            }
            NicSource::Bridge(bridge) => self.bridge(bridge),
            NicSource::Direct(device) => self.uplink(device),
            NicSource::User => return self.group_vm(Group::UserNetworking, vm, number, label),
            NicSource::HostDevice => return self.group_vm(Group::PassedThrough, vm, number, label),
            NicSource::None => return self.group_vm(Group::Unplugged, vm, number, label),
            NicSource::Other(kind) => {
                let group = Group::OtherNetwork(self.name(kind));
                return self.group_vm(group, vm, number, label);
            }
        };
        self.graph.join(into, vm, EdgeKind::Plugs { nic: number }, label);
    }

    fn group(&mut self, group: Group) -> usize {
        let label = match &group {
            Group::UserNetworking => "user-mode networking".into(),
            Group::PassedThrough => "passed-through device".into(),
            Group::OtherNetwork(kind) => format!("{kind} networking"),
            Group::Unplugged => "not plugged in".into(),
            Group::NoNetwork => "no network".into(),
            Group::NotRead => "definition not read yet".into(),
            Group::OutsidePools => "outside of pools".into(),
            Group::PoolsNotRead => "pools not read yet".into(),
        };
        self.add(&NodeId::Group(group), &label, NodeState::Plain, String::new())
    }

    fn group_vm(&mut self, group: Group, vm: usize, nic: u32, label: String) {
        let group = self.group(group);
        self.graph.join(group, vm, EdgeKind::Plugs { nic }, label);
    }

    fn disk(&mut self, vm: &Vm, vm_node: usize, disk: &DiskDefinition) {
        let id = NodeId::Disk { vm: vm.id, target: self.name(&disk.target) };
        let node = self.add(&id, &disk.target, NodeState::Vm(vm.state), disk_detail(disk));
        self.join(node, vm_node, EdgeKind::Attaches);
        let Some(source) = &disk.source else { return };
        let mut upper = self.image(source);
        self.join(upper, node, EdgeKind::Stores);
        for layer in &disk.backing {
            let lower = self.image(&layer.source);
            if lower != upper {
                self.join(lower, upper, EdgeKind::Backs);
            }
            upper = lower;
        }
    }

    /// The image a source is: a pool's volume, or else one by its path.
    fn image(&mut self, source: &DiskSource) -> usize {
        let place = self.placement.locate(source);
        let pool = place.and_then(|place| self.pools.get(place.pool));
        let listed = place.and_then(|place| pool?.volumes.as_ref()?.get(place.volume?));
        match (pool, listed, source) {
            (Some(pool), Some(volume), _) => {
                let id = NodeId::Volume { pool: self.name(&pool.record.name), name: self.name(&volume.name) };
                self.add(&id, &volume.name, NodeState::Plain, volume_detail(volume))
            }
            (_, _, DiskSource::Volume { pool: name, volume }) => {
                let missing = self.pools_read && pool.is_none_or(|pool| pool.volumes.is_some());
                let (state, detail) =
                    if missing { (NodeState::Missing, "not in the pool") } else { (NodeState::Plain, "") };
                let pool = self.pool_named(name);
                let id = NodeId::Volume { pool: self.name(name), name: self.name(volume) };
                let image = self.add(&id, volume, state, detail.into());
                self.join(pool, image, EdgeKind::Holds);
                image
            }
            (pool, _, source) => {
                let path = source.describe();
                let owner = match pool {
                    Some(pool) => self.pool_named(&pool.record.name),
                    None if self.pools_read => self.group(Group::OutsidePools),
                    None => self.group(Group::PoolsNotRead),
                };
                // In a pool's folder the file name says it all.
                let label = pool.and_then(|_| path.rsplit('/').next()).unwrap_or(&path).to_owned();
                let id = NodeId::Image(self.name(&path));
                let image = self.add(&id, &label, NodeState::Plain, String::new());
                self.join(owner, image, EdgeKind::Holds);
                image
            }
        }
    }

    /// The pool of this name; one that does not exist is missing.
    fn pool_named(&mut self, name: &str) -> usize {
        let id = NodeId::Pool(self.name(name));
        let (state, detail) = referred_to(self.pools_read);
        self.add(&id, name, state, detail)
    }
}

/// The device itself, or the port of the bridge it is.
fn through<'m>(machine: &'m Machine, device: &'m str) -> &'m str {
    let bridge = machine.bridges.iter().find(|b| b.name == device);
    bridge.and_then(|b| b.ports.first()).map_or(device, String::as_str)
}

/// Whether the network sends its guests' packets on as the host's routes say.
fn routes_through(network: &Network, bridge: &str) -> bool {
    let d = &network.definition;
    network.active
        && matches!(d.forward, Forward::Nat | Forward::Route | Forward::Open)
        && d.forward_device.is_none()
        && d.bridge.as_deref() == Some(bridge)
}

/// State and words of what a VM refers to but no list has; before the lists were read that says nothing.
fn referred_to(lists_read: bool) -> (NodeState, String) {
    if lists_read { (NodeState::Missing, "not defined".into()) } else { (NodeState::Plain, String::new()) }
}

fn words(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    clean(&parts.join(" · ")).into_owned()
}

fn network_detail(network: &Network) -> String {
    let d = &network.definition;
    let dhcp = if d.dhcp { "dhcp" } else { "" };
    let active = if network.active { "" } else { "inactive" };
    // What is bridged has no addresses of its own; what has, says how it reaches out.
    let forward = if d.forward == Forward::Bridge { "bridged" } else { d.forward.word() };
    let own = [active.into(), forward.into(), d.addresses.join(", "), dhcp.into(), vlans(&d.vlans)];
    words(own)
}

fn vlans(tags: &[u16]) -> String {
    let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
    if tags.is_empty() { String::new() } else { format!("vlan {}", tags.join(",")) }
}

const fn pool_state(pool: &Pool) -> NodeState {
    match pool.record.state {
        _ if pool.trouble.is_some() => NodeState::Trouble,
        PoolState::Inactive => NodeState::Inactive,
        PoolState::Building | PoolState::Running => NodeState::Active,
        PoolState::Degraded | PoolState::Inaccessible => NodeState::Trouble,
    }
}

fn pool_detail(pool: &Pool) -> String {
    let r = &pool.record;
    let state = match &pool.trouble {
        Some(PoolTrouble::NoAnswer { .. }) => "no answer",
        Some(PoolTrouble::Failed { message }) => message,
        None if r.state == PoolState::Running => "",
        None => r.state.word(),
    };
    let used = r.capacity.map(|c| units::bytes_of(r.allocation.map(|a| a as f64), c as f64));
    words([state.into(), r.kind.clone(), used.unwrap_or_default()])
}

fn volume_detail(volume: &Volume) -> String {
    let (used, size) = (volume.allocation as f64, volume.capacity as f64);
    let space =
        if volume.capacity > 0 { units::bytes_of(Some(used), size) } else { units::bytes_short(used) };
    words([volume.format.clone().unwrap_or_default(), space])
}

/// Nothing where the state's glyph says it all.
fn vm_detail(vm: &Vm) -> String {
    match vm.state {
        VmState::Running | VmState::ShutOff => String::new(),
        other => other.phrase().into(),
    }
}

fn disk_detail(disk: &DiskDefinition) -> String {
    let device = if disk.device == "disk" { "" } else { disk.device.as_str() };
    let empty = if disk.source.is_none() { "empty" } else { "" };
    words([device.into(), disk.bus.clone(), disk.format.clone().unwrap_or_default(), empty.into()])
}

fn nic_label(vm: &Vm, nic: &NicDefinition) -> String {
    let device = nic.device.clone().unwrap_or_else(|| nic.mac.clone());
    let is_its = |mac: Option<&str>| mac.is_some_and(|mac| mac == nic.mac);
    let addresses = vm.addresses.iter().filter(|a| is_its(a.mac.as_deref()));
    let address = addresses.map(|a| a.address.to_string()).next().unwrap_or_default();
    let link = if nic.link_up { "" } else { "link down" };
    words([device, address, link.into(), vlans(&nic.vlans)])
}
