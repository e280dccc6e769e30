//! Acts: what each does to the hypervisor, and how to tell afterwards whether it was done.

mod definition;
mod guest;
mod hardware;
mod layers;
mod making;
mod network;
mod snapshot;
mod storage;
mod transfer;
mod wait;

use std::sync::mpsc::Sender;

use crate::engine::clock::Clock;

use crate::engine::jobs::line::Line;
use crate::engine::jobs::stop::Stop;
use crate::engine::jobs::watch::watched;
use crate::engine::jobs::{Input, Setting};
use crate::hypervisor::{Ask, HvError, HvErrorKind, HvResult, Hypervisor, StartHow, XmlOf};
use crate::model::id::VmId;
use crate::model::job::JobId;
use crate::model::operation::{AskGuest, Operation};
use crate::model::plan::{
    Act, DefinitionAct, HardwareAct, LayersAct, MakingAct, NetworkAct, SnapshotAct, StorageAct,
};
use crate::model::text::clean;
use crate::model::time::{Moment, Timestamp};
use crate::model::vm::{PauseReason, VmState};
use crate::model::vm_job::VmJob;
use crate::xml::domain;

pub(super) use transfer::part_of;

/// What an act has at hand.
pub(in crate::engine::jobs) struct Hands<'h> {
    /// The connection of this job.
    pub(in crate::engine::jobs) hv: &'h dyn Hypervisor,
    /// Where it comes from: its events wake whoever waits, and a second one is opened beside a call that takes long.
    pub(in crate::engine::jobs) line: &'h Line,
    /// Time.
    pub(in crate::engine::jobs) clock: &'h dyn Clock,
    /// Tells whether to stop.
    pub(in crate::engine::jobs) stop: &'h Stop,
    /// The job.
    pub(in crate::engine::jobs) job: JobId,
    /// Where progress goes.
    pub(in crate::engine::jobs) desk: &'h Sender<Input>,
    /// Where things are kept, and for whom.
    pub(in crate::engine::jobs) setting: &'h Setting,
    /// When the step began: a wait that a lost connection cut off goes on until the same time.
    pub(in crate::engine::jobs) since: Moment,
}

/// Why an act ended otherwise than done.
#[derive(Debug)]
pub(in crate::engine::jobs) enum Broken {
    /// The user stopped it; the sentence says what is left of it, where anything is.
    Stopped(&'static str),
    /// The hypervisor refused or failed.
    Hv(HvError),
    /// It did not come about.
    Said {
        /// Why.
        sentence: String,
        /// What may be tried instead.
        offer: Option<Box<Operation>>,
    },
}

impl From<HvError> for Broken {
    fn from(e: HvError) -> Self {
        Self::Hv(e)
    }
}

/// Does it.
pub(in crate::engine::jobs) fn perform(act: &Act, hands: &Hands<'_>) -> Result<(), Broken> {
    let hv = hands.hv;
    match act {
        Act::Start { vm, paused, discard_saved } => {
            hv.start(*vm, StartHow { paused: *paused, discard_saved: *discard_saved })?;
        }
        Act::Shutdown { vm, by } => match asked(*vm, *by, hands, |ask| hv.shutdown(*vm, ask)) {
            // It went off before all was answered, be it by this.
            Err(e) if !e.is_fatal() && is_off(hv, *vm)? => {}
            done => done?,
        },
        Act::AwaitOff { vm, within_s } => return wait::until_off(*vm, *within_s, hands),
        Act::AwaitUp { vm, agent, anew, within_s } => {
            return wait::until_up(*vm, *agent, *anew, *within_s, hands);
        }
        Act::Reboot { vm, by } => {
            hands.line.heed(*vm);
            asked(*vm, *by, hands, |ask| hv.reboot(*vm, ask))?;
        }
        Act::Reset { vm } => {
            hands.line.heed(*vm);
            hv.reset(*vm)?;
        }
        Act::ForceOff { vm } => hv.force_off(*vm)?,
        Act::Pause { vm } => hv.pause(*vm)?,
        Act::Resume { vm } => hv.resume(*vm)?,
        Act::Save { vm } => return long(hands, *vm, || hv.save(*vm)),
        Act::DiscardSaved { vm } => hv.discard_saved(*vm)?,
        Act::SetAutostart { vm, on } => hv.set_autostart(*vm, *on)?,
        Act::Rename { vm, to } => hv.rename(*vm, to)?,
        Act::SetMetadata { vm, xml } => hv.set_metadata(*vm, xml.as_deref())?,
        Act::SetTitle { vm, text } => hv.set_title(*vm, text)?,
        Act::SetDescription { vm, text } => hv.set_description(*vm, text)?,
        Act::Guest(act) => guest::perform(act, hv)?,
        Act::Making(act) => return making::perform(act, hands),
        Act::Hardware(act) => return hardware::perform(act, hands),
        Act::Layers(act) => return layers::perform(act, hands),
        Act::Storage(act) => return storage::perform(act, hands),
        Act::Definition(act) => return definition::perform(act, hands),
        Act::Snapshot(act) => return snapshot::perform(act, hands),
        Act::Network(act) => network::perform(act, hands.hv)?,
    }
    Ok(())
}

/// Asks the guest so; of an agent that does not do it, or does not answer in time, ACPI is the way out.
fn asked(vm: VmId, by: AskGuest, hands: &Hands<'_>, call: impl Fn(Ask) -> HvResult<()>) -> HvResult<()> {
    hands.line.agent_said(vm, None);
    match by {
        AskGuest::Agent => call(Ask::Agent),
        AskGuest::Acpi => call(Ask::Acpi),
        AskGuest::Auto => call(Ask::Agent).or_else(|e| {
            tracing::info!("{e}: it is asked by ACPI.");
            // Of one that was never there nothing needs to be told.
            let has_one = matches!(e.kind, HvErrorKind::AgentUnavailable | HvErrorKind::TimedOut);
            hands.line.agent_said(vm, has_one.then_some(e.message));
            call(Ask::Acpi)
        }),
    }
}

/// A save, which takes long: its progress is told, and it can be stopped.
fn long(hands: &Hands<'_>, vm: VmId, call: impl FnOnce() -> HvResult<()>) -> Result<(), Broken> {
    let done = watched(hands, vm, VmJob::Save, call);
    match done {
        Err(_) if hands.stop.is_asked() => Err(Broken::Stopped("")),
        done => Ok(done?),
    }
}

/// Whether an act that may have been cut off was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::jobs) enum Found {
    /// It was.
    Done,
    /// It was not, or is not so any more.
    NotDone,
    /// It was begun, and what is there of it is not whole: it is taken back.
    Half,
    /// Nothing is left of it that would tell.
    NoTrace,
}

/// Looks whether an act was done that was begun at this time.
pub(in crate::engine::jobs) fn probe(
    act: &Act,
    begun: Timestamp,
    hv: &dyn Hypervisor,
    setting: &Setting,
) -> HvResult<Found> {
    let found = |so: bool| if so { Found::Done } else { Found::NotDone };
    Ok(match act {
        Act::Start { vm, .. } => found(hv.vm_state(*vm)?.is_active()),
        Act::AwaitUp { vm, agent, anew: false, .. } => found(wait::is_up(hv, *vm, *agent)?),
        Act::AwaitOff { vm, .. } | Act::ForceOff { vm } => found(is_off(hv, *vm)?),
        Act::Pause { vm } => found(hv.vm_state(*vm)? == VmState::Paused(PauseReason::User)),
        Act::Resume { vm } => found(hv.vm_state(*vm)? == VmState::Running),
        Act::Save { vm } => found(is_off(hv, *vm)? && hv.vm_flags(*vm)?.managed_save == Some(true)),
        Act::DiscardSaved { vm } => found(hv.vm_flags(*vm)?.managed_save != Some(true)),
        Act::SetAutostart { vm, on } => found(hv.vm_flags(*vm)?.autostart == Some(*on)),
        Act::Rename { vm, to } => found(domain::name(&hv.vm_xml(*vm)?).as_deref() == Some(to)),
        Act::SetMetadata { vm, xml } => {
            let now = domain::parse(&hv.xml_of(*vm, XmlOf::Defined)?).unwrap_or_default();
            found(domain::novacron_element(&now.tags, now.protected, now.start_order) == *xml)
        }
        Act::SetTitle { vm, text } => {
            let now = domain::parse(&hv.xml_of(*vm, XmlOf::Defined)?).unwrap_or_default();
            found(now.title.unwrap_or_default() == text.trim())
        }
        Act::SetDescription { vm, text } => {
            let now = domain::parse(&hv.xml_of(*vm, XmlOf::Defined)?).unwrap_or_default();
            found(now.description.unwrap_or_default() == text.trim())
        }
        Act::Snapshot(act) => snapshot::probe(act, hv)?,
        Act::Shutdown { .. }
        | Act::Reboot { .. }
        | Act::Reset { .. }
        | Act::AwaitUp { .. }
        | Act::Guest(_) => Found::NoTrace,
        Act::Making(act) => return making::probe(act, hv),
        Act::Hardware(act) => hardware::probe(act, hv)?,
        Act::Layers(act) => return layers::probe(act, hv),
        Act::Storage(act) => return storage::probe(act, begun, hv),
        Act::Definition(act) => definition::probe(act, hv, setting)?,
        Act::Network(act) => return network::probe(act, hv),
    })
}

/// Whether an act only waits for what can be seen at any time: it may go on where it was cut off.
pub(in crate::engine::jobs) const fn waits(act: &Act) -> bool {
    matches!(act, Act::AwaitUp { anew: false, .. } | Act::AwaitOff { .. })
}

fn is_off(hv: &dyn Hypervisor, vm: VmId) -> HvResult<bool> {
    match hv.vm_state(vm) {
        Ok(state) => Ok(!state.is_active()),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(true),
        Err(e) => Err(e),
    }
}

/// Whether an act looks itself whether it is still called for, so that it may be done long after the plan was made.
pub(in crate::engine::jobs) const fn looks_first(act: &Act) -> bool {
    matches!(
        act,
        Act::SetAutostart { .. }
            | Act::Layers(_)
            | Act::Definition(
                DefinitionAct::PutBackNvram { .. }
                    | DefinitionAct::PutBackSaved { .. }
                    | DefinitionAct::DefineHeld { .. }
                    | DefinitionAct::PutBackSnapshots { .. }
                    | DefinitionAct::Release { .. }
                    | DefinitionAct::Forget { .. }
            )
    )
}

/// Whether this has to be done to take something back, which others may have begun to use since. After a kill that is
/// long ago, a guest that is frozen and a copy that goes on may be somebody else's.
///
/// # Errors
/// Why it must not be done.
pub(in crate::engine::jobs) fn to_take_back(
    undo: &Act,
    hv: &dyn Hypervisor,
    long_ago: bool,
) -> Result<bool, Broken> {
    let stays = |sentence: String| Err(Broken::Said { sentence, offer: None });
    match undo {
        Act::Storage(StorageAct::DeleteVolume { pool, name }) => match storage::user(hv, pool, name)? {
            Some(vm) => stays(format!("{} uses it: it stays.", clean(&vm))),
            None => Ok(true),
        },
        Act::Network(NetworkAct::Stop { network }) => match network::user(hv, network)? {
            Some(vm) => stays(format!("{} is on it: it stays.", clean(&vm))),
            None => Ok(true),
        },
        Act::Making(MakingAct::Undefine { vm }) => match hv.vm_state(*vm) {
            Ok(state) if state.is_active() => stays("It was started since: it stays.".to_owned()),
            _ => Ok(true),
        },
        Act::Making(MakingAct::StopCopy { vm, .. }) if long_ago => match hv.backup_goes_on(*vm) {
            Ok(true) => stays(
                "A backup of the VM is under way, this job's or another's: virsh domjobabort.".to_owned(),
            ),
            _ => Ok(false),
        },
        Act::Snapshot(SnapshotAct::Thaw { vm }) if long_ago => match hv.is_frozen(*vm) {
            Ok(true) => stays(
                "The guest is frozen, by this job or by somebody since. If by nobody else: virsh domfsthaw."
                    .to_owned(),
            ),
            _ => Ok(false),
        },
        _ => Ok(true),
    }
}

/// Whether it changes a definition, so that the audit keeps it as it was and as it became.
pub(in crate::engine::jobs) const fn changes_definition(act: &Act) -> bool {
    matches!(
        act,
        Act::Rename { .. }
            | Act::SetMetadata { .. }
            | Act::SetTitle { .. }
            | Act::SetDescription { .. }
            // What runs is all the definition that a transient VM has.
            | Act::Hardware(HardwareAct::Define { .. } | HardwareAct::Live { .. })
            | Act::Layers(LayersAct::Pivot { .. } | LayersAct::Name { .. } | LayersAct::Switch { .. } | LayersAct::Pull { .. })
            | Act::Definition(
                DefinitionAct::Undefine { .. }
                    | DefinitionAct::DefineHeld { .. }
                    | DefinitionAct::Redefine { .. }
            )
            | Act::Snapshot(_)
            | Act::Network(_)
    )
}

/// Whether it does something whole by itself, which stays when what comes behind it does not come about.
pub(in crate::engine::jobs) const fn leaves_something(act: &Act) -> bool {
    use SnapshotAct::{Create, Delete, Revert};
    matches!(act, Act::Snapshot(Create { .. } | Delete { .. } | Revert { .. }))
}
