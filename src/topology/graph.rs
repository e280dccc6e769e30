//! Nodes and edges, each node once.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::basis::Basis;
use super::node::{Edge, EdgeKind, Node, NodeId};
use crate::model::id::VmId;
use crate::model::snapshot::Snapshot;

/// What hangs on what, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    index: HashMap<NodeId, usize>,
    /// Edges out of and into each node, by index, in the order they were added.
    out: Vec<Vec<usize>>,
    into: Vec<Vec<usize>>,
    /// Pairs already joined by an edge of which one says it all.
    joined: HashSet<(usize, usize)>,
    /// Whether every VM's definition and every image's base is known.
    pub(super) complete: bool,
    pub(super) basis: Option<Basis>,
}

impl Graph {
    /// Whether every VM's definition and every image's base is known: only then is what nothing depends on
    /// used by none.
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether it would look the same built from this snapshot. Costs far less than building it again.
    pub fn is_current(&self, snapshot: &Snapshot) -> bool {
        self.basis.as_ref().is_some_and(|basis| basis.holds_for(snapshot))
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All edges.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The index of a node.
    pub fn find(&self, id: &NodeId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The node of this identity.
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.get(self.find(id)?)
    }

    /// What depends directly on a node: edges out of it.
    pub fn dependents(&self, node: usize) -> impl Iterator<Item = &Edge> + '_ {
        self.out.get(node).into_iter().flatten().map(|e| &self.edges[*e])
    }

    /// What a node directly depends on: edges into it.
    pub fn supports(&self, node: usize) -> impl Iterator<Item = &Edge> + '_ {
        self.into.get(node).into_iter().flatten().map(|e| &self.edges[*e])
    }

    /// The VMs that would feel it if this node failed; a VM's own is itself.
    pub fn blast_radius(&self, id: &NodeId) -> BTreeSet<VmId> {
        let mut seen = vec![false; self.nodes.len()];
        let mut next: Vec<usize> = self.find(id).into_iter().collect();
        let mut vms = BTreeSet::new();
        while let Some(node) = next.pop() {
            if std::mem::replace(&mut seen[node], true) {
                continue;
            }
            if let NodeId::Vm(vm) = self.nodes[node].id {
                vms.insert(vm);
            }
            next.extend(self.dependents(node).map(|e| e.to));
        }
        vms
    }

    /// The node of this identity, made when it is not there yet.
    pub(super) fn ensure(&mut self, id: &NodeId, make: impl FnOnce() -> Node) -> usize {
        if let Some(at) = self.find(id) {
            return at;
        }
        let at = self.nodes.len();
        self.nodes.push(make());
        self.index.insert(id.clone(), at);
        self.out.push(Vec::new());
        self.into.push(Vec::new());
        at
    }

    /// Joins two nodes; a second edge between them is left out, unless both are of NICs.
    pub(super) fn join(&mut self, from: usize, to: usize, kind: EdgeKind, label: String) {
        let is_new = self.joined.insert((from, to));
        if is_new || matches!(kind, EdgeKind::Plugs { .. }) {
            self.out[from].push(self.edges.len());
            self.into[to].push(self.edges.len());
            self.edges.push(Edge { from, to, kind, label });
        }
    }
}
