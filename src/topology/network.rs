//! Uplink → bridge → network → VMs, and optionally what each VM's disks lie on.

use super::forest::{Folds, Forest, Item, TreeRow};
use super::graph::Graph;
use super::node::{Edge, EdgeKind, NodeId, NodeKind};

/// Uplinks with their bridges, bridges with their networks, networks with their VMs; then what is in none.
/// A VM stands there once for each NIC, or once when it has none.
pub fn network_tree(graph: &Graph, folds: &Folds) -> Vec<TreeRow> {
    forest(graph, false).rows(folds)
}

/// The same, with each VM's disks below it and where they lie.
pub fn overview_tree(graph: &Graph, folds: &Folds) -> Vec<TreeRow> {
    forest(graph, true).rows(folds)
}

fn forest(graph: &Graph, with_disks: bool) -> Forest<'_> {
    let mut forest = Forest::new(graph);
    // Carriers come before what they carry.
    let mut items = vec![None; graph.nodes().len()];
    for kind in [NodeKind::Uplink, NodeKind::Bridge, NodeKind::Network, NodeKind::Group] {
        for (node, what) in graph.nodes().iter().enumerate() {
            if what.id.kind() != kind || !holds_vms(graph, node) {
                continue;
            }
            let parent = carrier(graph, node).and_then(|carrier| items[carrier]);
            items[node] = Some(forest.add(parent, Item { node, ..Item::default() }));
        }
    }
    for edge in graph.edges() {
        if let (EdgeKind::Plugs { nic }, Some(parent)) = (edge.kind, items[edge.from]) {
            let vm = forest.add(Some(parent), vm_item(graph, edge, nic));
            if with_disks {
                add_disks(&mut forest, vm, edge.to);
            }
        }
    }
    forest
}

/// Whether a node belongs in this tree: groups of images do not.
fn holds_vms(graph: &Graph, node: usize) -> bool {
    graph.nodes()[node].id.kind() != NodeKind::Group
        || graph.dependents(node).any(|e| matches!(e.kind, EdgeKind::Plugs { .. }))
}

/// What a bridge or network hangs on: of several the first by name, so that it stands in one place.
fn carrier(graph: &Graph, node: usize) -> Option<usize> {
    let carries = |e: &&Edge| matches!(e.kind, EdgeKind::Carries | EdgeKind::Serves);
    graph.supports(node).filter(carries).map(|e| e.from).min_by_key(|at| &graph.nodes()[*at].id)
}

fn vm_item(graph: &Graph, edge: &Edge, nic: u32) -> Item {
    let state = graph.nodes()[edge.to].detail.as_str();
    let parts = [state, edge.label.as_str()].into_iter().filter(|p| !p.is_empty());
    let detail = parts.collect::<Vec<_>>().join(" · ");
    Item { node: edge.to, ordinal: nic, detail: Some(detail), ..Item::default() }
}

fn add_disks(forest: &mut Forest<'_>, vm_item: usize, vm: usize) {
    let graph = forest.graph;
    for disk in graph.supports(vm).filter(|e| e.kind == EdgeKind::Attaches).map(|e| e.from) {
        let own = graph.nodes()[disk].detail.as_str();
        let lies = where_it_lies(graph, disk).unwrap_or_default();
        let detail =
            [lies.as_str(), own].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · ");
        forest.add(Some(vm_item), Item { node: disk, detail: Some(detail), ..Item::default() });
    }
}

/// `→ default/web01.qcow2`, or the path of an image outside of pools.
fn where_it_lies(graph: &Graph, disk: usize) -> Option<String> {
    let image = graph.supports(disk).find(|e| e.kind == EdgeKind::Stores)?.from;
    let owner = graph.supports(image).find(|e| e.kind == EdgeKind::Holds)?.from;
    let (image, owner) = (&graph.nodes()[image], &graph.nodes()[owner]);
    Some(match owner.id {
        NodeId::Pool(_) => format!("→ {}/{}", owner.label, image.label),
        _ => format!("→ {}", image.label),
    })
}
