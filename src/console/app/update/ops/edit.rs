//! Editing a definition: read, handed to the editor, planned, and kept until it holds.

use super::super::super::App;
use super::super::super::msg::{Effect, Notice};
use super::super::super::ops::edit::{Draft, EditOf};
use super::super::super::ops::{self, OpsOverlay};
use super::super::super::overlay::{Choice, Overlay};
use super::super::{menus, toast};
use crate::engine::jobs::Look;
use crate::model::job::{Job, JobState};
use crate::model::operation::Operation;
use crate::model::plan::Planned;
use crate::model::text::clean;

/// Opens the editor on a definition; where something was written that does not hold yet, asks which.
pub(super) fn open(app: &mut App, of: EditOf) -> Vec<Effect> {
    let written = app.ops.as_ref().and_then(|ops| ops.draft.as_ref()).is_some_and(|draft| draft.of == of);
    if !written {
        return afresh(app, of);
    }
    let items = vec![
        menus::item("Go on with what you wrote", "it was not taken yet", Choice::EditOn),
        menus::item("Begin with the definition as it is", "what you wrote is lost", Choice::EditAfresh(of)),
    ];
    menus::open(app, "Edit the XML", "", items)
}

/// The VM that is meant.
pub(super) fn open_vm(app: &mut App) -> Vec<Effect> {
    match ops::targets(app).first() {
        Some(id) => open(app, EditOf::Vm(*id)),
        None => Vec::new(),
    }
}

/// Reads the definition as it is now.
pub(in super::super) fn afresh(app: &mut App, of: EditOf) -> Vec<Effect> {
    let (look, name) = match &of {
        EditOf::Vm(id) => {
            let name = app.live.vm(*id).map_or_else(String::new, |vm| vm.display_name().into_owned());
            (Look::Definition(*id), name)
        }
        EditOf::Network(name) => (Look::NetworkXml(name.clone()), clean(name).into_owned()),
    };
    let Some(state) = &mut app.ops else { return Vec::new() };
    state.draft.take_if(|draft| draft.of == of);
    let ticket = state.next_ticket();
    state.reading = Some((ticket, of));
    let what = format!("Edit the definition of {name}");
    app.overlays.push(Overlay::Ops(OpsOverlay::Planning { ticket, what }));
    vec![Effect::Look(look, ticket)]
}

/// The editor once more, on what was written.
pub(in super::super) fn on(app: &mut App) -> Vec<Effect> {
    let draft = app.ops.as_ref().and_then(|ops| ops.draft.clone());
    draft.into_iter().map(|draft| Effect::Edit(Box::new(draft))).collect()
}

/// From a plan or a refusal back to the editor, which says what was wrong.
pub(super) fn again(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Ops(OpsOverlay::Plan(dialog))) = app.overlays.pop() else { return Vec::new() };
    let said =
        dialog.refusals().next().map(|no| format!("{} {}", no.reason, no.remedy).trim_end().to_owned());
    if let Some(draft) = app.ops.as_mut().and_then(|ops| ops.draft.as_mut()) {
        draft.said = said;
    }
    on(app)
}

/// The editor has ended.
pub(in super::super) fn edited(
    app: &mut App,
    draft: Draft,
    result: Result<Option<String>, String>,
) -> Vec<Effect> {
    app.dirty = true;
    let text = match result {
        Ok(Some(text)) => text,
        Ok(None) if draft.said.is_some() => {
            kept(app);
            return Vec::new();
        }
        Ok(None) => {
            toast(app, Notice::info("Nothing was changed."));
            return Vec::new();
        }
        Err(why) => {
            toast(app, Notice::bad(why));
            return Vec::new();
        }
    };
    let draft = Draft { text, said: None, ..draft };
    let operation = draft.operation();
    if let Some(state) = &mut app.ops {
        state.draft = Some(draft);
    }
    super::ask(app, vec![operation])
}

/// Whether plans are of what was written in the editor.
pub(super) fn is_of_draft(app: &App, planned: &[Planned]) -> bool {
    let draft = app.ops.as_ref().and_then(|ops| ops.draft.as_ref());
    let operation = match planned {
        [Planned::Plan(plan)] => &plan.operation,
        [Planned::Refused(refusal)] => &refusal.operation,
        _ => return false,
    };
    draft.is_some_and(|draft| is_of(draft, operation))
}

fn is_of(draft: &Draft, operation: &Operation) -> bool {
    EditOf::of(operation).as_ref() == Some(&draft.of)
}

/// Says that what was written is not lost.
pub(in super::super) fn kept(app: &mut App) {
    if app.ops.as_ref().is_some_and(|ops| ops.draft.is_some()) {
        toast(app, Notice::info("What you wrote is kept until you leave NovaCron: e goes on with it."));
    }
}

/// Jobs ended: what was written holds now, or does not.
pub(super) fn ended(app: &mut App, ended: &[&Job]) {
    let Some(state) = &mut app.ops else { return };
    let holds =
        |draft: &mut Draft| ended.iter().any(|j| j.state == JobState::Done && is_of(draft, &j.operation));
    state.draft.take_if(holds);
    let failed = |draft: &Draft| {
        ended.iter().find(|j| j.state == JobState::Failed && is_of(draft, &j.operation)).map(|j| &j.outcome)
    };
    if let Some(draft) = &mut state.draft
        && let Some(why) = failed(draft)
    {
        draft.said = Some(why.clone());
    }
}
