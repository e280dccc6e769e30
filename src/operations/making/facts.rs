//! What plans for new VMs rest on.

use crate::operations::{AgentFact, OtherVm};
use crate::xml::capabilities::Machine;

/// What was read for a new VM; what was not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MakingFacts {
    /// All VMs of the host.
    pub others: Vec<OtherVm>,
    /// All virtual networks, and whether each is started.
    pub networks: Vec<(String, bool)>,
    /// What the host can run.
    pub machine: Option<Machine>,
    /// The definition that the template holds.
    pub manifest: Option<String>,
    /// What the guest agent of the VM says that is copied while it runs.
    pub agent: AgentFact,
}
