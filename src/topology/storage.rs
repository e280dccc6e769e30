//! Pool → images → what is built on them → disks of VMs.

use super::forest::{Folds, Forest, Item, TreeRow};
use super::graph::Graph;
use super::node::{EdgeKind, NodeId, NodeKind};

/// Pools with their images, images with those built on them and the disks they store; then images outside of
/// pools. An image stands once in its own pool; below a base in another pool it is only mentioned.
pub fn storage_tree(graph: &Graph, folds: &Folds) -> Vec<TreeRow> {
    let mut tree = Tree { forest: Forest::new(graph), placed: vec![false; graph.nodes().len()] };
    for (node, what) in graph.nodes().iter().enumerate() {
        let holds = || graph.dependents(node).any(|e| e.kind == EdgeKind::Holds);
        if what.id.kind() == NodeKind::Pool || what.id.kind() == NodeKind::Group && holds() {
            tree.owner(node);
        }
    }
    tree.forest.rows(folds)
}

struct Tree<'g> {
    forest: Forest<'g>,
    /// Images already in the tree.
    placed: Vec<bool>,
}

impl Tree<'_> {
    fn owner(&mut self, owner: usize) {
        let graph = self.forest.graph;
        let root = self.forest.add(None, Item { node: owner, ..Item::default() });
        let images = || graph.dependents(owner).filter(|e| e.kind == EdgeKind::Holds).map(|e| e.to);
        let is_built_here =
            |image: usize| base_of(graph, image).any(|base| owner_of(graph, base) == Some(owner));
        for image in images().filter(|image| !is_built_here(*image)) {
            self.image(root, owner, image);
        }
        // What is left is built on itself in a circle: it is shown all the same.
        for image in images() {
            self.image(root, owner, image);
        }
    }

    /// Places an image and all that is built on it, unless it stands already.
    fn image(&mut self, root: usize, owner: usize, image: usize) {
        let graph = self.forest.graph;
        let mut next = vec![(root, image)];
        while let Some((parent, image)) = next.pop() {
            if std::mem::replace(&mut self.placed[image], true) {
                continue;
            }
            let item = Item { node: image, detail: Some(detail(graph, image, owner)), ..Item::default() };
            let item = self.forest.add(Some(parent), item);
            for edge in graph.dependents(image) {
                match edge.kind {
                    EdgeKind::Stores => self.disk(item, edge.to),
                    EdgeKind::Backs if owner_of(graph, edge.to) == Some(owner) => next.push((item, edge.to)),
                    EdgeKind::Backs => self.mention(item, edge.to),
                    _ => {}
                }
            }
        }
    }

    /// A VM's disk, under the VM's name.
    fn disk(&mut self, parent: usize, disk: usize) {
        let graph = self.forest.graph;
        let node = &graph.nodes()[disk];
        let vm = node.id.vm().and_then(|vm| graph.node(&NodeId::Vm(vm)));
        let (name, state) = vm.map_or(("", ""), |vm| (vm.label.as_str(), vm.detail.as_str()));
        let parts = [node.label.as_str(), state, node.detail.as_str()].into_iter().filter(|p| !p.is_empty());
        let detail = Some(parts.collect::<Vec<_>>().join(" · "));
        self.forest
            .add(Some(parent), Item { node: disk, label: Some(name.into()), detail, ..Item::default() });
    }

    fn mention(&mut self, parent: usize, image: usize) {
        let graph = self.forest.graph;
        let owner = owner_of(graph, image).map_or("", |owner| graph.nodes()[owner].label.as_str());
        let detail = Some(format!("in {owner}"));
        self.forest.add(Some(parent), Item { node: image, detail, ..Item::default() });
    }
}

fn owner_of(graph: &Graph, image: usize) -> Option<usize> {
    graph.supports(image).find(|e| e.kind == EdgeKind::Holds).map(|e| e.from)
}

fn base_of(graph: &Graph, image: usize) -> impl Iterator<Item = usize> + '_ {
    graph.supports(image).filter(|e| e.kind == EdgeKind::Backs).map(|e| e.from)
}

/// The image's own words, the base it has elsewhere, and whether nothing uses it.
fn detail(graph: &Graph, image: usize, owner: usize) -> String {
    let mut parts = vec![graph.nodes()[image].detail.clone()];
    for base in base_of(graph, image) {
        if let Some(other) = owner_of(graph, base).filter(|other| *other != owner) {
            parts.push(format!("on {}/{}", graph.nodes()[other].label, graph.nodes()[base].label));
        }
    }
    if graph.is_complete()
        && !graph.dependents(image).any(|e| matches!(e.kind, EdgeKind::Stores | EdgeKind::Backs))
    {
        parts.push("used by none".into());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}
