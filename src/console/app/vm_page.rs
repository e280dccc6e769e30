//! A VM's own screen.

use std::sync::Arc;

use super::place::VmTab;
use crate::model::id::VmId;

/// State of the page.
#[derive(Clone, Debug)]
pub struct VmPage {
    /// Whose.
    pub id: VmId,
    /// Name when it was opened, for when it is gone.
    pub name: String,
    /// The tab shown.
    pub tab: VmTab,
    /// First line shown, where the tab scrolls.
    pub scroll: usize,
    /// Its XML.
    pub xml: Fetched,
}

/// Something fetched on demand.
#[derive(Clone, Debug, Default)]
pub enum Fetched {
    /// Not asked for.
    #[default]
    NotAsked,
    /// On its way.
    Loading,
    /// Here, as tokens fit to be drawn.
    Ready(Arc<str>),
    /// It failed, with a sentence.
    Failed(String),
}

impl VmPage {
    /// A page that was just opened.
    pub fn new(id: VmId, name: String, tab: VmTab) -> Self {
        Self { id, name, tab, scroll: 0, xml: Fetched::NotAsked }
    }
}
