//! What the desk answers.

use std::sync::Arc;

use super::super::super::msg::{Effect, Notice};
use super::super::super::ops::dialog::PlanDialog;
use super::super::super::ops::{OpsOverlay, news};
use super::super::super::overlay::Overlay;
use super::super::super::place::{Screen, VmTab};
use super::super::super::vm_page::Fetched;
use super::super::super::{App, looks};
use super::super::toast;
use super::{edit, jobs};
use crate::engine::jobs::Jobs;
use crate::model::job::{Job, JobId};
use crate::model::operation::{Operation, VmOperation};
use crate::model::plan::{Planned, Refusal, RefusalKind};
use crate::model::text::clean;

/// Plans arrived. Those nobody waits for any more are dropped.
pub(in super::super) fn planned(
    app: &mut App,
    ticket: u64,
    result: Result<Vec<Planned>, String>,
) -> Vec<Effect> {
    let waits = |overlay: &Overlay| matches!(overlay, Overlay::Ops(OpsOverlay::Planning { ticket: asked, .. }) if *asked == ticket);
    if !app.overlays.last().is_some_and(waits) {
        return Vec::new();
    }
    app.overlays.pop();
    app.dirty = true;
    match result {
        Err(why) => toast(app, Notice::bad(why)),
        Ok(planned) => {
            match planned.as_slice() {
                [Planned::Refused(refusal)] if refusal.kind == RefusalKind::AlreadySo => {
                    toast(app, Notice::info(already(refusal)));
                }
                _ => {
                    let again = edit::is_of_draft(app, &planned);
                    app.overlays.extend(PlanDialog::new(planned).map(|dialog| {
                        Overlay::Ops(OpsOverlay::Plan(Box::new(PlanDialog { again, ..dialog })))
                    }));
                }
            }
        }
    }
    Vec::new()
}

/// `web01: It is running already. It is paused: resume it (p).`
fn already(refusal: &Refusal) -> String {
    let text =
        format!("{}: {} {}", refusal.target.display_name(), clean(&refusal.reason), clean(&refusal.remedy));
    text.trim_end().to_owned()
}

/// Plans that were handed in are jobs now, or were refused.
pub(in super::super) fn submitted(
    app: &mut App,
    ticket: u64,
    result: Result<Vec<JobId>, String>,
) -> Vec<Effect> {
    let Some(ops) = app.ops.as_mut().filter(|ops| ops.submitted == Some(ticket)) else { return Vec::new() };
    ops.submitted = None;
    if matches!(app.overlays.last(), Some(Overlay::Ops(OpsOverlay::Plan(dialog))) if dialog.submitted) {
        app.overlays.pop();
        // The form that it came from has done its work.
        if result.is_ok() && matches!(app.overlays.last(), Some(Overlay::Ops(OpsOverlay::Form(_)))) {
            app.overlays.pop();
        }
    }
    app.dirty = true;
    if let Err(why) = result {
        toast(app, Notice::bad(why));
    }
    Vec::new()
}

/// Jobs are others than before.
pub(in super::super) fn jobs_changed(app: &mut App, jobs: &Arc<Jobs>) -> Vec<Effect> {
    let Some(ops) = &mut app.ops else { return Vec::new() };
    let old = std::mem::replace(&mut ops.jobs, Arc::clone(jobs));
    ops.list.relist(jobs);
    let in_full = matches!(app.overlays.last(), Some(Overlay::Ops(OpsOverlay::Job { .. })));
    app.dirty |= app.screen == Screen::Jobs || in_full || news::differs(&old, jobs);
    let ended = news::ended(&old, jobs);
    if !ended.is_empty() {
        edit::ended(app, &ended);
        looks::again(app);
    }
    if let Some(notice) = news::notice(app, jobs, &ended) {
        toast(app, notice);
    }
    if let Some(trouble) = jobs.trouble.as_ref().filter(|_| old.trouble.is_none()) {
        toast(app, Notice::bad(clean(trouble)));
    }
    let mut effects = jobs::gone_on(app);
    if ended.iter().any(|job| is_found_by_looking(&job.operation)) && app.live.link.is_up() {
        effects.push(Effect::Refresh);
    }
    effects.extend(xml_again(app, &ended));
    effects
}

/// The XML that is open may be another now.
fn xml_again(app: &mut App, ended: &[&Job]) -> Option<Effect> {
    let page = app.page.as_mut()?;
    let mine = ended.iter().any(|job| job.operation.vm_id() == Some(page.id));
    if !mine || matches!(page.xml, Fetched::NotAsked) {
        return None;
    }
    if page.tab == VmTab::Xml {
        return Some(Effect::FetchXml(page.id));
    }
    page.xml = Fetched::NotAsked;
    None
}

/// Whether libvirt does not tell by itself what it changed: it does of what VMs do.
const fn is_found_by_looking(operation: &Operation) -> bool {
    match operation {
        Operation::Volume { .. }
        | Operation::Pool { .. }
        | Operation::NewVm { .. }
        | Operation::Template { .. }
        | Operation::Network { .. } => true,
        Operation::Vm { act, .. } => matches!(
            act,
            VmOperation::Hardware(_)
                | VmOperation::Layers(_)
                | VmOperation::Redefine { .. }
                | VmOperation::Clone(_)
                | VmOperation::Template(_)
                | VmOperation::PurgeWithVolumes
        ),
        Operation::Snapshot { .. } => false,
    }
}
