//! Operations: from a key to a question for plans. What comes back is in `answers`, what is pressed there in `dialog`.

mod acts;
mod answers;
mod dialog;
mod edit;
mod jobs;

use tui_input::InputRequest;

pub(super) use acts::{eject, open_entry, open_record};
pub(super) use answers::{jobs_changed, planned, submitted};
pub(super) use dialog::{edit, press_button, sideways};
pub(super) use edit::{afresh as edit_afresh, edited, kept, on as edit_on};
pub(super) use jobs::{leave, open_selected, tick};

use super::super::App;
use super::super::action::ActionId;
use super::super::msg::{Effect, Notice};
use super::super::ops::prompt::{Asked, Prompt};
use super::super::ops::{self, OpsOverlay, words};
use super::super::overlay::Overlay;
use super::toast;
use crate::model::id::VmId;
use crate::model::operation::{AskGuest, Operation, VmOperation};
use crate::model::vm::{Vm, VmState};

/// How long a guest is given to shut down.
const SHUTDOWN_WITHIN_S: u32 = 90;

pub(super) fn action(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    match action {
        A::Tags => prompt(app, Asked::Tags),
        A::Rename => prompt(app, Asked::Name),
        A::SetTitle => prompt(app, Asked::Title),
        A::SetDescription => prompt(app, Asked::Description),
        A::PromptGive => given(app),
        A::Undo => ask(app, ops::undo(app)),
        A::Offer => ask(app, ops::offered(app)),
        A::StopJob => jobs::ask_to_stop(app),
        A::DialogPress => dialog::press(app),
        A::DialogNext => dialog::step(app, 1),
        A::DialogPrevious => dialog::step(app, -1),
        A::DialogDetails => dialog::details(app),
        _ => acts::action(app, action).unwrap_or_else(|| on_targets(app, action)),
    }
}

/// An operation on the VMs meant: the same on each.
fn on_targets(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let ids = ops::targets(app);
    let any = |is: &dyn Fn(&Vm) -> bool| ids.iter().any(|id| app.live.vm(*id).is_some_and(|vm| is(vm)));
    let act = match action {
        A::Start => VmOperation::Start { paused: false, discard_saved: false },
        A::Shutdown => VmOperation::Shutdown { by: AskGuest::Auto, within_s: SHUTDOWN_WITHIN_S },
        A::Reboot => VmOperation::Reboot { by: AskGuest::Auto },
        A::Reset => VmOperation::Reset,
        A::ForceOff => VmOperation::ForceOff,
        // Of several all are paused as long as one runs: one key, one verb.
        A::PauseResume if any(&|vm| vm.state == VmState::Running) => VmOperation::Pause,
        A::PauseResume if any(&|vm| vm.state.is_active()) => VmOperation::Resume,
        A::PauseResume => VmOperation::Pause,
        A::Save => VmOperation::Save,
        A::DiscardSaved => VmOperation::DiscardSaved,
        A::Autostart => VmOperation::Autostart { on: any(&|vm| vm.flags.autostart != Some(true)) },
        A::Protect => VmOperation::Protect { on: true },
        A::Unprotect => VmOperation::Protect { on: false },
        _ => return Vec::new(),
    };
    ask(app, ids.into_iter().map(|id| Operation::vm(id, act.clone())).collect())
}

/// Asks for plans. Until they are here nothing else is done.
pub(super) fn ask(app: &mut App, operations: Vec<Operation>) -> Vec<Effect> {
    let what = described(app, &operations);
    let Some(state) = app.ops.as_mut().filter(|_| !operations.is_empty()) else { return Vec::new() };
    let ticket = state.next_ticket();
    app.overlays.push(Overlay::Ops(OpsOverlay::Planning { ticket, what }));
    vec![Effect::Plan(operations, ticket)]
}

/// `Shut down web01`, `Shut down 3 VMs`.
fn described(app: &App, operations: &[Operation]) -> String {
    let name = |id: VmId| app.live.vm(id).map_or_else(|| id.to_string(), |vm| vm.display_name().into_owned());
    match operations {
        [] => String::new(),
        [one] => format!(
            "{} {}",
            words::verb(one),
            words::of_what(one).unwrap_or_else(|| one.vm_id().map_or_else(String::new, name))
        ),
        [first, ..] => format!("{} {}", words::verb(first), words::of_several(operations.len())),
    }
}

fn prompt(app: &mut App, asked: Asked) -> Vec<Effect> {
    let ids = ops::targets(app);
    prompt_of(app, asked, &ids)
}

/// Asks for something of the selected VM alone.
pub(super) fn prompt_of_one(app: &mut App, asked: Asked) -> Vec<Effect> {
    let ids: Vec<VmId> = app.selected_vm_id().into_iter().collect();
    prompt_of(app, asked, &ids)
}

fn prompt_of(app: &mut App, asked: Asked, ids: &[VmId]) -> Vec<Effect> {
    let vms: Vec<&Vm> = ids.iter().filter_map(|id| app.live.vm(*id)).map(AsRef::as_ref).collect();
    if vms.is_empty() {
        return Vec::new();
    }
    // One is shown as it is now, to be changed.
    if let [vm] = vms.as_slice()
        && vm.definition.is_none()
        && asked.is_defined()
    {
        let text = format!("The definition of {} was not read yet.", vm.display_name());
        toast(app, Notice::info(text));
        return Vec::new();
    }
    let mut prompt = Prompt::new(asked, &vms);
    prompt.input.handle(InputRequest::GoToEnd);
    app.overlays.push(Overlay::Ops(OpsOverlay::Prompt(prompt)));
    Vec::new()
}

/// What was typed is given: a plan of it.
fn given(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Ops(OpsOverlay::Prompt(prompt))) = app.overlays.last_mut() else { return Vec::new() };
    match prompt.operations() {
        Ok(operations) => {
            app.overlays.pop();
            ask(app, operations)
        }
        Err(why) => {
            prompt.error = Some(why);
            Vec::new()
        }
    }
}
