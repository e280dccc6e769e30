//! Facts to graph: what hangs on what, what a failure would reach, and trees of it to draw. Pure.
//!
//! | part | holds |
//! | --- | --- |
//! | [`Graph`] | nodes and edges of one snapshot; an edge runs from what carries to what depends on it |
//! | [`network_tree`], [`overview_tree`] | uplink → bridge → network → VMs, and each VM's disks below it |
//! | [`storage_tree`] | pool → images → what is built on them → the disks of VMs |
//!
//! Trees are rows from top to bottom, ready to be drawn; which branches are open is given in [`Folds`].

mod basis;
mod build;
mod forest;
mod graph;
mod network;
mod node;
mod storage;
#[cfg(test)]
mod tests;

pub use forest::{Folds, Guides, RowKey, TreeRow};
pub use graph::Graph;
pub use network::{network_tree, overview_tree};
pub use node::{Edge, EdgeKind, Group, Node, NodeId, NodeKind, NodeState};
pub use storage::storage_tree;
