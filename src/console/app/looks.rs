//! What is fetched for what is on screen: asked for when it is seen, and again when a job may have changed it.

use super::App;
use super::audit::AuditState;
use super::fetch::Fetch;
use super::msg::{Effect, Notice};
use super::ops::OpsOverlay;
use super::ops::edit::{Draft, EditOf};
use super::ops::sheets::{Record, Sheet, SheetOf};
use super::overlay::Overlay;
use super::place::{Screen, VmTab};
use super::vm_page::Past;
use crate::engine::jobs::{Look, Seen};

const UNEXPECTED: &str = "The answer was to another question. Ctrl-r asks again.";

/// Questions for what is on screen and not here.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    let now = app.past.is_none();
    let Some(ops) = &mut app.ops else { return Vec::new() };
    let mut effects = Vec::new();
    let mut next = |look: Look| {
        let number = ops.next_ticket();
        effects.push(Effect::Look(look, number));
        number
    };
    if let Some(page) = &mut app.page {
        match page.tab {
            VmTab::Snapshots if now && page.snapshots.is_wanted() => {
                page.snapshots.asked(next(Look::Snapshots(page.id)));
            }
            VmTab::History if now && page.past.is_wanted() => page.past.asked(next(Look::Past(page.id))),
            _ => {}
        }
    } else if app.screen == Screen::Audit {
        if app.audit.found.is_wanted() {
            let look = Look::Audit(Box::new(app.audit.wanted()));
            app.audit.found.asked(next(look));
        }
        if app.audit.verdict.is_wanted() {
            app.audit.verdict.asked(next(Look::Verify));
        }
    }
    for overlay in &mut app.overlays {
        match overlay {
            Overlay::Ops(OpsOverlay::Held(list)) if list.fetch.is_wanted() => {
                list.fetch.asked(next(Look::Held));
            }
            Overlay::Ops(OpsOverlay::Orphans(list)) if list.fetch.is_wanted() => {
                list.fetch.asked(next(Look::Orphans));
            }
            Overlay::Ops(OpsOverlay::Templates(list)) if list.fetch.is_wanted() => {
                list.fetch.asked(next(Look::Templates));
            }
            Overlay::Ops(OpsOverlay::Sheet(Sheet { of: SheetOf::Record(number, fetch), .. }))
                if fetch.is_wanted() =>
            {
                fetch.asked(next(Look::Record(*number)));
            }
            Overlay::Ops(OpsOverlay::Sheet(Sheet { of: SheetOf::Network(name, fetch), .. }))
                if fetch.is_wanted() =>
            {
                fetch.asked(next(Look::Network(name.clone())));
            }
            _ => {}
        }
    }
    effects
}

/// All of it may have changed.
pub(super) fn again(app: &mut App) {
    if let Some(page) = &mut app.page {
        page.snapshots.again();
        page.past.again();
    }
    app.audit.found.again();
    app.audit.verdict.again();
    for overlay in &mut app.overlays {
        match overlay {
            Overlay::Ops(OpsOverlay::Held(list)) => list.fetch.again(),
            Overlay::Ops(OpsOverlay::Orphans(list)) => list.fetch.again(),
            Overlay::Ops(OpsOverlay::Templates(list)) => list.fetch.again(),
            Overlay::Ops(OpsOverlay::Sheet(Sheet { of: SheetOf::Network(_, fetch), .. })) => fetch.again(),
            _ => {}
        }
    }
}

/// An answer; one that nobody waits for any more is dropped.
pub(super) fn answered(app: &mut App, number: u64, result: Result<Seen, String>) -> Vec<Effect> {
    if let Some(of) = to_be_edited(app, number) {
        return edit(app, of, result);
    }
    app.dirty = true;
    if let Some(page) = &mut app.page {
        let snapshots = |seen| if let Seen::Snapshots(all) = seen { Some(all) } else { None };
        if taken(&mut page.snapshots, number, &result, snapshots) {
            let keys: Vec<String> = page.snapshot_tree().into_iter().map(|(_, s)| s.snapshot.name).collect();
            page.snapshot.settle(&keys);
            return Vec::new();
        }
        let past = |seen| {
            if let Seen::Past(revisions, records) = seen { Some(Past { revisions, records }) } else { None }
        };
        if taken(&mut page.past, number, &result, past) {
            let keys = page.past.ready().map(Past::rows).unwrap_or_default();
            page.entry.settle(&keys);
            return Vec::new();
        }
    }
    if !of_audit(&mut app.audit, number, &result) {
        for overlay in &mut app.overlays {
            if of_overlay(overlay, number, &result) {
                break;
            }
        }
    }
    Vec::new()
}

fn of_audit(audit: &mut AuditState, number: u64, result: &Result<Seen, String>) -> bool {
    let found = |seen| if let Seen::Audit(found) = seen { Some(found) } else { None };
    if taken(&mut audit.found, number, result, found) {
        let keys = audit.keys();
        audit.cursor.settle(&keys);
        return true;
    }
    let verdict = |seen| if let Seen::Verdict(verdict) = seen { Some(verdict) } else { None };
    taken(&mut audit.verdict, number, result, verdict)
}

fn of_overlay(overlay: &mut Overlay, number: u64, result: &Result<Seen, String>) -> bool {
    match overlay {
        Overlay::Ops(OpsOverlay::Held(list)) => {
            let held = |seen| if let Seen::Held(held) = seen { Some(held) } else { None };
            let mine = taken(&mut list.fetch, number, result, held);
            list.settle();
            mine
        }
        Overlay::Ops(OpsOverlay::Orphans(list)) => {
            let orphans = |seen| if let Seen::Orphans(orphans) = seen { Some(orphans) } else { None };
            let mine = taken(&mut list.fetch, number, result, orphans);
            list.settle();
            mine
        }
        Overlay::Ops(OpsOverlay::Templates(list)) => {
            let templates = |seen| if let Seen::Templates(all) = seen { Some(all) } else { None };
            let mine = taken(&mut list.fetch, number, result, templates);
            list.settle();
            mine
        }
        Overlay::Ops(OpsOverlay::Sheet(Sheet { of: SheetOf::Record(_, fetch), .. })) => {
            let record = |seen| if let Seen::Record(link) = seen { Some(Record::of(*link)) } else { None };
            taken(fetch, number, result, record)
        }
        Overlay::Ops(OpsOverlay::Sheet(Sheet { of: SheetOf::Network(_, fetch), .. })) => {
            let network = |seen| if let Seen::Network(seen) = seen { Some(*seen) } else { None };
            taken(fetch, number, result, network)
        }
        _ => false,
    }
}

fn taken<T>(
    fetch: &mut Fetch<T>,
    number: u64,
    result: &Result<Seen, String>,
    part: impl FnOnce(Seen) -> Option<T>,
) -> bool {
    let mine = fetch.waits_for(number);
    if mine {
        let unexpected = || UNEXPECTED.to_owned();
        fetch.answer(result.clone().and_then(|seen| part(seen).ok_or_else(unexpected)));
    }
    mine
}

/// Whose definition came with this answer, where it is still waited for.
fn to_be_edited(app: &mut App, number: u64) -> Option<EditOf> {
    let ops = app.ops.as_mut()?;
    let (_, of) = ops.reading.take_if(|(asked, _)| *asked == number)?;
    let waits =
        |o: &Overlay| matches!(o, Overlay::Ops(OpsOverlay::Planning { ticket, .. }) if *ticket == number);
    if !app.overlays.last().is_some_and(waits) {
        return None;
    }
    app.overlays.pop();
    app.dirty = true;
    Some(of)
}

/// A definition is here: into the editor with it.
fn edit(app: &mut App, of: EditOf, result: Result<Seen, String>) -> Vec<Effect> {
    match result {
        Ok(Seen::Xml(text)) => return vec![Effect::Edit(Box::new(Draft { of, text, said: None }))],
        Ok(_) => super::update::toast(app, Notice::bad(UNEXPECTED)),
        Err(why) => super::update::toast(app, Notice::bad(why)),
    }
    Vec::new()
}
