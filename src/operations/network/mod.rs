//! What can be done to virtual networks.

mod define;
mod edit;
mod facts;
mod power;
mod reserve;
mod subnet;
#[cfg(test)]
mod tests;

pub use facts::{LeaseFact, NetworkFact, NetworkFacts, NetworkUser, needs_users};

use super::build::Draft;
use super::facts::Facts;
use crate::model::operation::{NetworkOperation as Op, Operation, Target};
use crate::model::plan::{Act, NetworkAct, Planned, Refusal, RefusalKind};
use crate::model::text::clean;

pub(super) fn plan(name: &str, act: &Op, facts: &Facts) -> Planned {
    let on = On { name, act, facts };
    let made = match act {
        Op::Define(new) => define::define(&on, new),
        Op::Restore { xml, start, autostart } => define::restore(&on, xml, *start, *autostart),
        Op::Start => power::start(&on),
        Op::Stop => power::stop(&on),
        Op::Autostart { on: switch } => power::autostart(&on, *switch),
        Op::Undefine => power::undefine(&on),
        Op::Edit { xml } => edit::edit(&on, xml),
        Op::Reserve { who, address, hostname } => {
            reserve::reserve(&on, who, address.as_deref(), hostname.as_deref())
        }
        Op::Release { who } => reserve::release(&on, who),
    };
    made.unwrap_or_else(|no| no)
}

/// A plan, or early a refusal.
type Made = Result<Planned, Planned>;

/// An operation on a network, with what is known.
#[derive(Clone, Copy)]
struct On<'o> {
    name: &'o str,
    act: &'o Op,
    facts: &'o Facts,
}

impl<'o> On<'o> {
    const fn known(&self) -> &'o NetworkFacts {
        &self.facts.networks
    }

    fn operation(&self) -> Operation {
        Operation::network(self.name, self.act.clone())
    }

    fn title(&self) -> String {
        format!("{} {}", self.act.verb(), clean(self.name))
    }

    /// Begins a plan about a network that is not there yet.
    fn new_draft(&self) -> Draft {
        let verb = self.act.verb().trim_end_matches(" of network").trim_end_matches(" on network");
        Draft::new(self.operation(), Target::network(self.name), self.title(), verb)
    }

    /// Begins a plan; it rests on which network this is, and whether it runs.
    fn draft(&self, network: &NetworkFact) -> Draft {
        self.new_draft()
            .rests_on("its UUID", network.id.to_string())
            .rests_on("its state", state(network.active))
    }

    fn no(&self, kind: RefusalKind, reason: impl AsRef<str>, remedy: impl AsRef<str>) -> Planned {
        Planned::Refused(Box::new(Refusal {
            operation: self.operation(),
            target: Target::network(self.name),
            title: self.title(),
            reason: clean(reason.as_ref()).into_owned(),
            remedy: clean(remedy.as_ref()).into_owned(),
            kind,
        }))
    }

    fn bad(&self, reason: impl AsRef<str>, remedy: impl AsRef<str>) -> Planned {
        self.no(RefusalKind::BadRequest, reason, remedy)
    }

    fn there(&self) -> Result<&'o NetworkFact, Planned> {
        self.known().network(self.name).ok_or_else(|| {
            let reason = format!("There is no network {}.", self.name);
            self.no(RefusalKind::NotFound, reason, "`novacron list networks` shows all.")
        })
    }

    /// The network, where it has a definition that stays.
    fn defined(&self) -> Result<&'o NetworkFact, Planned> {
        let network = self.there()?;
        if network.persistent == Some(false) {
            let reason = "It is transient: it has no definition that would stay.";
            return Err(self.no(RefusalKind::State, reason, "Define it first."));
        }
        Ok(network)
    }

    /// `virsh` with the network as an option, so that no name is taken for one.
    fn virsh(&self, command: &str, rest: &[&str]) -> Vec<String> {
        let words = ["virsh", command, "--network", self.name];
        words.iter().chain(rest).map(|w| (*w).to_owned()).collect()
    }
}

const fn state(active: bool) -> &'static str {
    if active { "started" } else { "stopped" }
}

const fn act(act: NetworkAct) -> Act {
    Act::Network(act)
}

/// Names as a person reads them.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{text} and {} more", names.len() - SHOWN) } else { text }
}
