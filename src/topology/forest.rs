//! Trees as rows to draw: order, guides, and what is folded.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::graph::Graph;
use super::node::{NodeId, NodeKind, NodeState};
use crate::model::columns::natural;

/// Identity of a row: the node and the way down to it, since a VM stands under each of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey(u64);

/// Which rows are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// Rows above this depth are open unless toggled; the rest is closed unless toggled.
    pub open_depth: usize,
    /// Rows the user opened or closed against that.
    pub toggled: HashSet<RowKey>,
}

impl Folds {
    /// Everything open.
    pub fn all_open() -> Self {
        Self::open_to(usize::MAX)
    }

    /// Open down to this depth.
    pub fn open_to(open_depth: usize) -> Self {
        Self { open_depth, toggled: HashSet::new() }
    }

    /// Whether a row with children shows them.
    pub fn is_open(&self, key: RowKey, depth: usize) -> bool {
        (depth < self.open_depth) != self.toggled.contains(&key)
    }

    /// Opens a closed row, closes an open one.
    pub fn toggle(&mut self, key: RowKey) {
        if !self.toggled.remove(&key) {
            self.toggled.insert(key);
        }
    }
}

/// Which of a row's ancestors have more rows below: where a line goes on down past it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guides(u64);

impl Guides {
    /// Whether the ancestor (or the row itself) at this depth has a sibling below. Depths past 63 have none.
    pub const fn goes_on(self, depth: usize) -> bool {
        depth < 64 && self.0 >> depth & 1 == 1
    }

    const fn with(self, depth: usize, goes_on: bool) -> Self {
        if depth < 64 && goes_on { Self(self.0 | 1 << depth) } else { self }
    }
}

/// A row of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeRow {
    /// Identity of the row.
    pub key: RowKey,
    /// What it shows.
    pub node: NodeId,
    /// Its node's kind.
    pub kind: NodeKind,
    /// 0 for a root.
    pub depth: usize,
    /// Where lines go on below.
    pub guides: Guides,
    /// The node's name, cleaned.
    pub label: String,
    /// How it fares.
    pub state: NodeState,
    /// A few words more, cleaned; may be empty.
    pub detail: String,
    /// Rows directly below it when it is open.
    pub children: usize,
    /// Whether they are shown.
    pub open: bool,
}

impl TreeRow {
    /// Whether it is the last of its siblings.
    pub const fn is_last(&self) -> bool {
        !self.guides.goes_on(self.depth)
    }
}

/// An item of a tree that is being put together.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) node: usize,
    /// Tells items of one node under one parent apart.
    pub(super) ordinal: u32,
    /// Instead of the node's own.
    pub(super) label: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) children: Vec<usize>,
}

/// Items by index, and the roots among them.
pub(super) struct Forest<'g> {
    pub(super) graph: &'g Graph,
    items: Vec<Item>,
    roots: Vec<usize>,
}

impl<'g> Forest<'g> {
    pub(super) const fn new(graph: &'g Graph) -> Self {
        Self { graph, items: Vec::new(), roots: Vec::new() }
    }

    /// Adds an item below another one, or as a root.
    pub(super) fn add(&mut self, parent: Option<usize>, item: Item) -> usize {
        let at = self.items.len();
        self.items.push(item);
        match parent.and_then(|parent| self.items.get_mut(parent)) {
            Some(parent) => parent.children.push(at),
            None => self.roots.push(at),
        }
        at
    }

    /// The rows from top to bottom, siblings by kind, then by name as people count.
    pub(super) fn rows(mut self, folds: &Folds) -> Vec<TreeRow> {
        let mut roots = std::mem::take(&mut self.roots);
        self.sort(&mut roots);
        let mut rows = Vec::new();
        let mut next = Vec::new();
        push(&mut next, &roots, Guides::default(), 0, None);
        while let Some(Step { item: at, depth, guides, parent }) = next.pop() {
            let mut children = std::mem::take(&mut self.items[at].children);
            let (item, node) = (&self.items[at], &self.graph.nodes()[self.items[at].node]);
            let key = key(parent, &node.id, item.ordinal);
            let open = !children.is_empty() && folds.is_open(key, depth);
            rows.push(TreeRow {
                key,
                node: node.id.clone(),
                kind: node.id.kind(),
                depth,
                guides,
                label: item.label.clone().unwrap_or_else(|| node.label.clone()),
                state: node.state,
                detail: item.detail.clone().unwrap_or_else(|| node.detail.clone()),
                children: children.len(),
                open,
            });
            if open {
                self.sort(&mut children);
                push(&mut next, &children, guides, depth + 1, Some(key));
            }
        }
        rows
    }

    fn sort(&self, items: &mut [usize]) {
        let parts = |at: usize| {
            let item = &self.items[at];
            let node = &self.graph.nodes()[item.node];
            (node, item.label.as_deref().unwrap_or(&node.label), item.ordinal)
        };
        items.sort_by(|a, b| {
            let ((a, a_label, a_ordinal), (b, b_label, b_ordinal)) = (parts(*a), parts(*b));
            let by_name = natural(a_label, b_label).then_with(|| a.id.cmp(&b.id));
            a.id.kind().cmp(&b.id.kind()).then(by_name).then(a_ordinal.cmp(&b_ordinal))
        });
    }
}

struct Step {
    item: usize,
    depth: usize,
    guides: Guides,
    parent: Option<RowKey>,
}

/// Puts siblings on the stack, so that the first is taken first.
fn push(next: &mut Vec<Step>, items: &[usize], guides: Guides, depth: usize, parent: Option<RowKey>) {
    for (i, item) in items.iter().enumerate().rev() {
        let guides = guides.with(depth, i + 1 < items.len());
        next.push(Step { item: *item, depth, guides, parent });
    }
}

/// The same in every run: the hasher's keys are fixed.
fn key(parent: Option<RowKey>, node: &NodeId, ordinal: u32) -> RowKey {
    let mut hasher = DefaultHasher::new();
    (parent.map(|p| p.0), node, ordinal).hash(&mut hasher);
    RowKey(hasher.finish())
}
