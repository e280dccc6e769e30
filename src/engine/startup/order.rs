//! In which order VMs are started, and when the next ones may follow. Pure: time and what is seen come in.

use std::collections::BTreeMap;

use crate::model::id::VmId;
use crate::model::vm::{StartGate, StartOrder};

/// A VM that has not come to count as started after this time holds up the others no longer, seconds.
pub(super) const PATIENCE_S: u64 = 180;

/// How a VM is seen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is off.
    Off,
    /// It could not be started, or is gone.
    Failed,
    /// It runs.
    Runs {
        /// Its guest agent is connected.
        agent: bool,
        /// An address of it is known.
        address: bool,
    },
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Start these.
    Start(Vec<VmId>),
    /// Nothing yet.
    Wait,
    /// These are waited for no longer; nothing else yet.
    GaveUp(Vec<VmId>),
    /// All were started.
    Over,
}

/// VMs of one order.
#[derive(Debug)]
struct Group {
    vms: Vec<(VmId, StartGate)>,
    /// The longest delay of them.
    delay_s: u32,
}

#[derive(Debug)]
enum Phase {
    /// The first group is to be started.
    Begin,
    /// The first group was started then; its gates are waited for.
    Gates(u64),
    /// The first group counts as started; until then nothing happens.
    Delay(u64),
}

/// The order, as far as it was gone through.
#[derive(Debug)]
pub(super) struct Order {
    groups: Vec<Group>,
    phase: Phase,
}

impl Order {
    /// Lower orders first, equal ones together.
    pub(super) fn new(vms: impl IntoIterator<Item = (VmId, StartOrder)>) -> Self {
        let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
        for (id, StartOrder { order, delay_s, gate }) in vms {
            let group = groups.entry(order).or_insert(Group { vms: Vec::new(), delay_s: 0 });
            group.vms.push((id, gate));
            group.delay_s = group.delay_s.max(delay_s);
        }
        // The first is the last: it is taken off the end.
        Self { groups: groups.into_values().rev().collect(), phase: Phase::Begin }
    }

    /// What comes next, at this time (microseconds of any clock that does not go back).
    pub(super) fn next(&mut self, now_us: u64, seen: impl Fn(VmId) -> Seen) -> Next {
        let Some(group) = self.groups.last() else { return Next::Over };
        match self.phase {
            Phase::Begin => {
                self.phase = Phase::Gates(now_us);
                let off = group.vms.iter().map(|(id, _)| *id).filter(|id| seen(*id) == Seen::Off).collect();
                Next::Start(off)
            }
            Phase::Gates(since) => {
                let shut: Vec<VmId> = group
                    .vms
                    .iter()
                    .filter(|(id, gate)| !is_open(*gate, seen(*id)))
                    .map(|(id, _)| *id)
                    .collect();
                let late = now_us.saturating_sub(since) >= PATIENCE_S * 1_000_000;
                if !shut.is_empty() && !late {
                    return Next::Wait;
                }
                self.phase = Phase::Delay(now_us + u64::from(group.delay_s) * 1_000_000);
                if shut.is_empty() { Next::Wait } else { Next::GaveUp(shut) }
            }
            Phase::Delay(until) if now_us < until => Next::Wait,
            Phase::Delay(_) => {
                self.groups.pop();
                self.phase = Phase::Begin;
                if self.groups.is_empty() { Next::Over } else { Next::Wait }
            }
        }
    }
}

/// Whether others may follow. One that failed holds up nobody.
const fn is_open(gate: StartGate, seen: Seen) -> bool {
    match (seen, gate) {
        (Seen::Off, _) => false,
        (Seen::Failed, _) | (Seen::Runs { .. }, StartGate::Running) => true,
        (Seen::Runs { agent, .. }, StartGate::Agent) => agent,
        (Seen::Runs { address, .. }, StartGate::Address) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: VmId = VmId::from_bytes([1; 16]);
    const B: VmId = VmId::from_bytes([2; 16]);
    const C: VmId = VmId::from_bytes([3; 16]);

    fn at(order: u32, delay_s: u32, gate: StartGate) -> StartOrder {
        StartOrder { order, delay_s, gate }
    }

    fn seconds(s: u64) -> u64 {
        s * 1_000_000
    }

    const OFF: Seen = Seen::Off;
    const RUNS: Seen = Seen::Runs { agent: false, address: false };

    #[test]
    fn lower_orders_first_and_others_after_gate_and_delay() {
        let mut order = Order::new([
            (C, at(20, 0, StartGate::Running)),
            (A, at(10, 5, StartGate::Agent)),
            (B, at(10, 0, StartGate::Running)),
        ]);
        assert_eq!(order.next(0, |_| OFF), Next::Start(vec![A, B]));
        assert_eq!(order.next(seconds(1), |_| RUNS), Next::Wait, "the agent of A is silent");
        let agent = |id| Seen::Runs { agent: id == A, address: false };
        assert_eq!(order.next(seconds(9), agent), Next::Wait, "5 s from now");
        assert_eq!(order.next(seconds(13), agent), Next::Wait);
        assert_eq!(order.next(seconds(14), agent), Next::Wait);
        assert_eq!(order.next(seconds(14), |_| OFF), Next::Start(vec![C]));
        order.next(seconds(15), |_| RUNS);
        assert_eq!(order.next(seconds(15), |_| RUNS), Next::Over);
        assert_eq!(order.next(seconds(16), |_| OFF), Next::Over, "nothing is started twice");
    }

    #[test]
    fn what_runs_is_not_started_and_what_failed_holds_up_nobody() {
        let mut order = Order::new([(A, at(1, 0, StartGate::Running)), (B, at(2, 0, StartGate::Address))]);
        assert_eq!(order.next(0, |_| RUNS), Next::Start(vec![]));
        order.next(0, |_| RUNS);
        order.next(0, |_| RUNS);
        assert_eq!(order.next(0, |_| OFF), Next::Start(vec![B]));
        assert_eq!(order.next(1, |_| OFF), Next::Wait);
        order.next(2, |_| Seen::Failed);
        assert_eq!(order.next(3, |_| OFF), Next::Over);
    }

    #[test]
    fn a_gate_that_never_opens_is_given_up() {
        let mut order = Order::new([(A, at(1, 0, StartGate::Agent)), (B, at(2, 0, StartGate::Running))]);
        order.next(0, |_| OFF);
        assert_eq!(order.next(seconds(PATIENCE_S) - 1, |_| RUNS), Next::Wait);
        assert_eq!(order.next(seconds(PATIENCE_S), |_| RUNS), Next::GaveUp(vec![A]));
        order.next(seconds(PATIENCE_S), |_| RUNS);
        assert_eq!(order.next(seconds(PATIENCE_S), |_| OFF), Next::Start(vec![B]));
    }

    #[test]
    fn nothing_to_start_is_over_at_once() {
        assert_eq!(Order::new([]).next(0, |_| OFF), Next::Over);
    }
}
