//! The detail lane: definitions, flags, XML for whoever asks, arming of memory statistics, addresses.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot::Sender;

use super::{Core, shared};
use crate::engine::calls::{Answer, Call, Described, Done};
use crate::engine::handle::Focus;
use crate::engine::schedule::{Micros, micros};
use crate::engine::state::{Roster, executes};
use crate::hypervisor::{HvError, HvErrorKind, HvResult};
use crate::model::id::VmId;
use crate::model::time::Moment;
use crate::model::vm::{VmDefinition, VmFlags};

/// VMs a call describes at most; the worker comes back sooner when it takes long.
const BATCH: usize = 16;
/// What no event tells of a VM is read again once it has been on screen for this long: not while it scrolls by.
const SETTLED: Duration = Duration::from_secs(5);
/// What failed is tried again after this long.
const RETRY: Duration = Duration::from_secs(30);

type XmlReply = Sender<Result<Arc<str>, HvError>>;

/// What is due on the detail lane, addresses aside.
#[derive(Debug, Default)]
pub(super) struct DetailDesk {
    wanted: HashSet<VmId>,
    later: HashMap<VmId, Micros>,
    on_screen: Vec<VmId>,
    flags_at: HashMap<VmId, Micros>,
    xml: VecDeque<VmId>,
    xml_replies: HashMap<VmId, Vec<XmlReply>>,
    /// VMs whose memory statistics are to be armed.
    to_arm: VecDeque<VmId>,
    /// VMs tried in their present run: once is enough.
    tried: HashSet<VmId>,
}

impl DetailDesk {
    /// Its definition is to be read.
    pub(super) fn want(&mut self, id: VmId) {
        self.wanted.insert(id);
        self.later.remove(&id);
    }

    /// All definitions are to be read.
    pub(super) fn want_all(&mut self, vms: &Roster) {
        self.wanted.extend(vms.iter().map(|e| e.vm.id));
        self.later.clear();
    }

    /// The VM is gone.
    pub(super) fn forget(&mut self, id: VmId) {
        self.wanted.remove(&id);
        self.later.remove(&id);
        self.flags_at.remove(&id);
        self.disarm(id);
    }

    /// The VM's run ended: in the next it may be armed again.
    pub(super) fn disarm(&mut self, id: VmId) {
        self.tried.remove(&id);
        self.to_arm.retain(|v| *v != id);
    }

    /// Other VMs are on screen.
    pub(super) fn focus(&mut self, focus: &Focus, now: Micros) {
        self.on_screen.clone_from(&focus.visible);
        if let Some(id) = focus.detail.filter(|d| !focus.visible.contains(d)) {
            self.on_screen.push(id);
        }
        let on_screen = &self.on_screen;
        self.flags_at.retain(|id, _| on_screen.contains(id));
        for id in on_screen {
            self.flags_at.entry(*id).or_insert(now + micros(SETTLED));
        }
    }

    pub(super) fn ask_xml(&mut self, id: VmId, reply: XmlReply) {
        let waiting = self.xml_replies.entry(id).or_default();
        if waiting.is_empty() {
            self.xml.push_back(id);
        }
        waiting.push(reply);
    }

    fn answer_xml(&mut self, id: VmId, result: &Result<Arc<str>, HvError>) {
        for reply in self.xml_replies.remove(&id).unwrap_or_default() {
            // The asker may have gone; then nobody needs the answer.
            drop(reply.send(result.clone()));
        }
    }

    /// Tells those who wait for an XML that it will not come.
    pub(super) fn fail_waiting(&mut self, error: &HvError) {
        self.xml.clear();
        let ids: Vec<_> = self.xml_replies.keys().copied().collect();
        for id in ids {
            self.answer_xml(id, &Err(error.clone()));
        }
    }

    pub(super) fn next_due(&self) -> Micros {
        if !self.xml.is_empty() || !self.wanted.is_empty() || !self.to_arm.is_empty() {
            return 0;
        }
        let flags = self.flags_at.values().min().copied().unwrap_or(u64::MAX);
        self.later.values().min().copied().unwrap_or(u64::MAX).min(flags)
    }

    fn next(&mut self, vms: &Roster, now: Micros, every: Duration, arm: Option<Duration>) -> Option<Call> {
        if let Some(id) = self.xml.pop_front() {
            return Some(Call::Xml(id));
        }
        let (due, _): (Vec<_>, Vec<_>) = self.later.iter().partition(|(_, at)| now >= **at);
        let due: Vec<VmId> = due.into_iter().map(|(id, _)| *id).collect();
        for id in due {
            self.want(id);
        }
        if let Some(batch) = self.batch(vms) {
            return Some(Call::Define(batch));
        }
        while let Some(id) = self.to_arm.pop_front() {
            if let Some(period) = arm
                && vms.get(id).is_some_and(|e| executes(e.vm.state))
            {
                return Some(Call::Arm(id, period));
            }
        }
        self.flags_at.retain(|id, _| vms.get(*id).is_some());
        let (id, at) = self.flags_at.iter_mut().find(|(_, at)| now >= **at)?;
        *at = now + micros(every);
        // No event tells of the memory or the vCPUs of a VM that is off, and up to libvirt 9 none of its devices.
        let is_off = vms.get(*id).is_some_and(|e| !e.vm.state.is_active());
        Some(if is_off { Call::Define(vec![*id]) } else { Call::Flags(*id) })
    }

    /// The next VMs to describe: on screen first, then active ones, then by name.
    fn batch(&mut self, vms: &Roster) -> Option<Vec<VmId>> {
        if self.wanted.is_empty() {
            return None;
        }
        let wanted = |id: &VmId| self.wanted.contains(id) && vms.get(*id).is_some();
        let mut batch: Vec<VmId> = self.on_screen.iter().copied().filter(wanted).take(BATCH).collect();
        for active in [true, false] {
            for entry in vms.iter().filter(|e| e.vm.state.is_active() == active) {
                if batch.len() < BATCH && wanted(&entry.vm.id) && !batch.contains(&entry.vm.id) {
                    batch.push(entry.vm.id);
                }
            }
        }
        if batch.is_empty() {
            // Those wanted are gone.
            self.wanted.clear();
            return None;
        }
        Some(batch)
    }

    fn put_off(&mut self, id: VmId, now: Micros) {
        self.wanted.remove(&id);
        self.later.insert(id, now + micros(RETRY));
    }
}

impl Core {
    pub(super) fn next_detail(&mut self, now: Moment) -> Option<Call> {
        let arm = self.poll.arm_memory_stats.filter(|_| self.capabilities.no_arming.is_none());
        self.detail
            .next(&self.state.vms, now.mono_us, self.poll.addresses, arm)
            .or_else(|| self.addresses.next(&self.state.vms, now.mono_us))
    }

    pub(super) fn detail_done(&mut self, done: Done, now: Moment) {
        let answer = match done.answer {
            Ok(answer) => answer,
            Err(error) => return self.detail_failed(&done.call, error, now),
        };
        match (answer, done.call) {
            (Answer::Defined(described), _) => {
                for d in described {
                    self.described(d, now);
                }
                self.publish_soon(now);
            }
            (Answer::Flags(flags), Call::Flags(id)) => {
                let news = self.set_flags(id, flags);
                self.publish_soon_if(news, now);
            }
            (Answer::Xml(xml), Call::Xml(id)) => self.detail.answer_xml(id, &Ok(shared(xml))),
            (Answer::Addresses(found), Call::Addresses(id, source)) => {
                self.addresses_came(id, source, Ok(found), now);
            }
            (Answer::Done, Call::Arm(id, period)) => self.armed(id, period, now),
            _ => {}
        }
    }

    pub(super) fn detail_failed(&mut self, call: &Call, error: HvError, now: Moment) {
        match call {
            Call::Xml(id) => self.detail.answer_xml(*id, &Err(error)),
            Call::Define(ids) => {
                told_unless_lost(&error);
                for id in ids {
                    self.detail.put_off(*id, now.mono_us);
                }
            }
            Call::Flags(_) => tracing::debug!("{error}"),
            Call::Arm(id, _) => tracing::info!("Memory statistics of {id} stay as they are. {error}"),
            Call::Addresses(id, source) => self.addresses_came(*id, *source, Err(error), now),
            _ => {}
        }
    }

    fn described(&mut self, described: Described, now: Moment) {
        let Described { id, definition, flags } = described;
        if let Ok(flags) = flags {
            self.set_flags(id, flags);
        }
        match definition {
            Ok(read) => {
                self.detail.wanted.remove(&id);
                self.define(id, read);
            }
            Err(error) if error.kind == HvErrorKind::NotFound => {
                self.detail.forget(id);
                self.schedule.list_due();
            }
            Err(error) => {
                told_unless_lost(&error);
                self.detail.put_off(id, now.mono_us);
            }
        }
    }

    fn define(&mut self, id: VmId, read: Result<VmDefinition, String>) {
        let arms = read.as_ref().is_ok_and(|d| d.has_balloon && d.balloon_period_s == 0);
        let Some(entry) = self.state.vms.get(id) else { return };
        let runs = executes(entry.vm.state);
        if let Err(why) = &read {
            tracing::warn!("The XML of {} cannot be read: {why}", entry.vm.display_name());
        }
        self.state.vms.edit_if(id, |e| e.define(read));
        if arms && runs && self.poll.arm_memory_stats.is_some() && self.detail.tried.insert(id) {
            self.detail.to_arm.push_back(id);
        }
        if runs {
            self.addresses.due(id);
        }
    }

    fn set_flags(&mut self, id: VmId, flags: VmFlags) -> bool {
        self.state.vms.edit_if(id, |e| {
            let news = e.vm.flags != flags;
            if news {
                e.edit().flags = flags;
            }
            news
        })
    }

    fn armed(&mut self, id: VmId, period: Duration, now: Moment) {
        let seconds = u32::try_from(period.as_secs()).unwrap_or(u32::MAX);
        let named = self.state.vms.get(id).map(|e| e.vm.display_name().into_owned());
        tracing::info!(
            "{} now reports its memory every {seconds} s (live only; config option arm_memory_stats).",
            named.unwrap_or_default()
        );
        let news = self.state.vms.edit_if(id, |e| {
            let Some(mut definition) = e.vm.definition.clone() else { return false };
            Arc::make_mut(&mut definition).balloon_period_s = seconds;
            e.edit().definition = Some(definition);
            true
        });
        if news {
            self.publish_soon(now);
        }
    }

    fn addresses_came(
        &mut self,
        id: VmId,
        source: crate::model::vm::AddressSource,
        found: HvResult<Vec<crate::model::vm::GuestAddress>>,
        now: Moment,
    ) {
        let no_agent = self.capabilities.no_agent.as_deref();
        let pace = self.poll.addresses;
        let finished = self.addresses.came(
            &self.state.vms,
            &mut self.dice,
            super::addresses::Came { id, source, found, no_agent, pace, now: now.mono_us },
        );
        let Some((addresses, unavailable)) = finished else { return };
        let news = self.state.vms.edit_if(id, |e| {
            let news = e.vm.addresses != addresses || e.vm.addresses_unavailable != unavailable;
            if news {
                let vm = e.edit();
                vm.addresses = addresses;
                vm.addresses_unavailable = unavailable;
            }
            news
        });
        if news {
            self.publish_soon(now);
        }
    }
}

/// A lost connection is told once, where it is noticed.
fn told_unless_lost(error: &HvError) {
    if !error.is_fatal() {
        tracing::warn!("{error}");
    }
}
