//! Operations: from a key to plans, dialogs, jobs, and what is told of them.

use super::*;
use crate::console::app::ops::{OpsOverlay, dialog::PlanDialog, rows::RowKey};
use crate::console::screens::testing::{NOW, ops as made};
use crate::engine::jobs::{Consent, Jobs};
use crate::model::id::VmId;
use crate::model::job::{Job, JobId, JobState};
use crate::model::operation::{AskGuest, Operation, VmOperation};
use crate::model::plan::{Confirm, Plan, Planned};
use crate::model::snapshot::Snapshot;
use crate::model::vm::Vm;

/// With a desk, and no job yet.
pub(super) fn desk() -> App {
    let mut app = app();
    app.attach_desk(Arc::default());
    app
}

pub(super) fn vm(app: &App, name: &str) -> VmId {
    made::id(&app.live, name)
}

/// Puts the cursor on a VM.
pub(super) fn select(app: &mut App, name: &str) {
    let id = vm(app, name);
    keys(app, "g g");
    for _ in 0..10 {
        if app.selected_vm_id() == Some(id) {
            return;
        }
        keys(app, "j");
    }
    panic!("{name} is not listed");
}

pub(super) fn asked(effects: &[Effect]) -> Option<(Vec<Operation>, u64)> {
    effects.iter().find_map(|e| match e {
        Effect::Plan(operations, ticket) => Some((operations.clone(), *ticket)),
        _ => None,
    })
}

pub(super) fn handed_in(effects: &[Effect]) -> Option<(Vec<Plan>, Consent, u64)> {
    effects.iter().find_map(|e| match e {
        Effect::Submit(plans, consent, ticket) => Some((plans.clone(), consent.clone(), *ticket)),
        _ => None,
    })
}

/// Presses keys that ask for plans, and has them answered as the desk would.
pub(super) fn planned(app: &mut App, pressed: &str) -> Vec<Operation> {
    let (operations, ticket) = asked(&keys(app, pressed)).expect("plans are asked for");
    let result = Ok(made::planned(&app.live, &operations));
    update(app, Msg::Planned { ticket, result });
    operations
}

pub(super) fn dialog(app: &App) -> Option<&PlanDialog> {
    match app.overlays.last() {
        Some(Overlay::Ops(OpsOverlay::Plan(dialog))) => Some(dialog),
        _ => None,
    }
}

pub(super) fn toast(app: &App) -> &str {
    app.toast.as_ref().map_or("", |toast| &toast.notice.text)
}

fn act(operations: &[Operation]) -> &VmOperation {
    match &operations[0] {
        Operation::Vm { act, .. } => act,
        other => panic!("{other:?}"),
    }
}

pub(super) fn with_jobs(jobs: Arc<Jobs>) -> App {
    let mut app = app();
    app.attach_desk(jobs);
    app
}

fn cancelled(effects: &[Effect]) -> Vec<JobId> {
    effects.iter().filter_map(|e| if let Effect::CancelJob(id) = e { Some(*id) } else { None }).collect()
}

#[test]
fn without_a_desk_there_is_no_such_key_screen_or_entry() {
    let mut app = app();
    for key in ["s", "S", "K", "t", "u", "a"] {
        assert_eq!(asked(&keys(&mut app, key)), None);
        assert_eq!(toast(&app), "Nothing can be changed from here.");
    }
    keys(&mut app, "7");
    assert_eq!(app.screen, Screen::Overview);
    assert!(!app.screens().any(|s| s == Screen::Jobs));
    keys(&mut app, ":");
    let listed = |app: &App| match app.overlays.last() {
        Some(Overlay::Palette(p)) => p.entries.iter().any(|e| e.label == "Shut down"),
        _ => panic!("the palette is open"),
    };
    typed(&mut app, "shut down");
    assert!(!listed(&app));
    let mut app = desk();
    keys(&mut app, ":");
    typed(&mut app, "shut down");
    assert!(listed(&app));
}

#[test]
fn a_key_opens_a_plan_and_only_the_second_button_goes_ahead() {
    let mut app = desk();
    select(&mut app, "web01");
    let operations = planned(&mut app, "S");
    assert_eq!(operations, [made::shutdown(vm(&app, "web01"))]);
    assert_eq!(dialog(&app).map(PlanDialog::title).as_deref(), Some("Shut down web01"));
    // Enter presses Cancel.
    assert_eq!(handed_in(&keys(&mut app, "Enter")), None);
    assert!(app.overlays.is_empty());
    planned(&mut app, "S");
    let (plans, consent, ticket) = handed_in(&keys(&mut app, "Right Enter")).unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!(consent, Consent::Given { names: Vec::new() });
    // A second Enter hands nothing in twice.
    assert_eq!(handed_in(&keys(&mut app, "Enter")), None);
    update(&mut app, Msg::Submitted { ticket, result: Ok(vec![JobId(1)]) });
    assert!(app.overlays.is_empty());
}

#[test]
fn every_key_asks_for_what_it_says() {
    for (name, key, expected) in [
        ("test-old", "s", VmOperation::Start { paused: false, discard_saved: false }),
        ("web01", "r", VmOperation::Reboot { by: AskGuest::Auto }),
        ("web01", "R", VmOperation::Reset),
        ("web01", "K", VmOperation::ForceOff),
        ("web01", "p", VmOperation::Pause),
        ("build07", "p", VmOperation::Resume),
        ("db01", "A", VmOperation::Autostart { on: true }),
        ("web01", "A", VmOperation::Autostart { on: false }),
    ] {
        let mut app = desk();
        select(&mut app, name);
        let (operations, _) = asked(&keys(&mut app, key)).unwrap();
        assert_eq!(operations, [Operation::vm(vm(&app, name), expected)], "{key} on {name}");
    }
}

#[test]
fn what_has_no_key_is_in_the_palette() {
    for (typed_text, expected) in [
        ("save memory", VmOperation::Save),
        ("discard saved", VmOperation::DiscardSaved),
        ("no longer protect", VmOperation::Protect { on: false }),
    ] {
        let mut app = desk();
        keys(&mut app, ":");
        typed(&mut app, typed_text);
        let (operations, _) = asked(&keys(&mut app, "Enter")).unwrap();
        assert_eq!(*act(&operations), expected, "{typed_text}");
    }
}

#[test]
fn what_works_elsewhere_is_found_with_the_way_there() {
    let mut app = desk();
    for (text, label, way) in [
        ("move the d", "Move the disk", "open the VM, then Disks"),
        ("commit", "Merge the disk's layers", "open the VM, then Disks"),
        ("go back to it", "Go back to it", "then Snapshots"),
        ("grow the vol", "Grow the volume", "screen Storage"),
    ] {
        keys(&mut app, ":");
        typed(&mut app, text);
        let Some(Overlay::Palette(palette)) = app.overlays.last() else { panic!("the palette is open") };
        let entry = palette.entries.iter().find(|e| e.label == label);
        let why = entry.and_then(|e| e.unavailable.as_deref()).unwrap_or_default();
        assert!(why.contains(way), "{text}: {:?}", palette.entries);
        keys(&mut app, "Enter");
        assert!(toast(&app).contains(way), "{text}: {}", toast(&app));
        keys(&mut app, "Esc");
    }
    // Nothing is typed: nothing that is not here.
    keys(&mut app, ":");
    let Some(Overlay::Palette(palette)) = app.overlays.last() else { panic!("the palette is open") };
    assert!(!palette.entries.iter().any(|e| e.label == "Move the disk"));
}

#[test]
fn marks_are_meant_where_they_are_seen() {
    let mut app = desk();
    keys(&mut app, "Space Space");
    let marked: Vec<VmId> = app.vms.marks.iter().copied().collect();
    let (operations, _) = asked(&keys(&mut app, "S")).unwrap();
    let mut ids: Vec<VmId> = operations.iter().filter_map(Operation::vm_id).collect();
    ids.sort();
    assert_eq!(ids, marked);
    // On a VM's own screen it is that VM, whatever is marked.
    keys(&mut app, "Esc j Enter");
    let open = app.page.as_ref().unwrap().id;
    assert_eq!(asked(&keys(&mut app, "S")).unwrap().0, [made::shutdown(open)]);
    keys(&mut app, "Esc Esc");
    // One of a kind is not for several.
    keys(&mut app, ":");
    typed(&mut app, "rename");
    assert_eq!(asked(&keys(&mut app, "Enter")), None);
    assert!(toast(&app).starts_with("2 VMs are marked"), "{}", toast(&app));
}

#[test]
fn an_answer_nobody_waits_for_is_dropped() {
    let mut app = desk();
    let (operations, ticket) = asked(&keys(&mut app, "S")).unwrap();
    let answer = made::planned(&app.live, &operations);
    update(&mut app, Msg::Planned { ticket: ticket + 1, result: Ok(answer.clone()) });
    assert_eq!(app.scope(), Scope::Planning);
    // Keys meant for the list do nothing meanwhile; Esc gives it up.
    assert_eq!(asked(&keys(&mut app, "S Enter j")), None);
    keys(&mut app, "Esc");
    update(&mut app, Msg::Planned { ticket, result: Ok(answer) });
    assert!(app.overlays.is_empty());
}

#[test]
fn why_there_is_no_plan_is_told() {
    let mut app = desk();
    let (_, ticket) = asked(&keys(&mut app, "S")).unwrap();
    update(&mut app, Msg::Planned { ticket, result: Err("The connection is not up.".into()) });
    assert!(app.overlays.is_empty());
    assert_eq!(toast(&app), "The connection is not up.");
    planned(&mut app, "S");
    let (_, _, ticket) = handed_in(&keys(&mut app, "Right Enter")).unwrap();
    update(&mut app, Msg::Submitted { ticket: ticket + 1, result: Err("of another".into()) });
    assert!(dialog(&app).is_some());
    update(&mut app, Msg::Submitted { ticket, result: Err("The disk is full.".into()) });
    assert!(app.overlays.is_empty());
    assert_eq!(toast(&app), "The disk is full.");
}

#[test]
fn what_is_so_already_is_a_word_and_what_is_refused_a_dialog() {
    let mut app = desk();
    select(&mut app, "web01");
    planned(&mut app, "s");
    assert!(app.overlays.is_empty());
    assert_eq!(toast(&app), "web01: It is running already.");
    select(&mut app, "test-old");
    planned(&mut app, "r");
    let shown = dialog(&app).unwrap();
    assert_eq!((shown.button(), shown.buttons()), (None, 1));
    assert_eq!(handed_in(&keys(&mut app, "Right Tab Enter")), None);
    assert!(app.overlays.is_empty());
}

#[test]
fn a_dangerous_plan_needs_the_name() {
    let mut app = desk();
    select(&mut app, "web01");
    planned(&mut app, "K");
    assert_eq!(app.scope(), Scope::PlanTyped);
    assert_eq!(handed_in(&keys(&mut app, "Right Enter")), None);
    assert_eq!(toast(&app), "Type web01 first.");
    // Letters are text, also those that are keys elsewhere; keys that move still do.
    typed(&mut app, "web0qd");
    assert_eq!(dialog(&app).unwrap().typed.value(), "web0qd");
    keys(&mut app, "Backspace Backspace 1 Left Right");
    assert!(dialog(&app).unwrap().may_go());
    keys(&mut app, "2");
    assert!(!dialog(&app).unwrap().may_go());
    keys(&mut app, "Backspace");
    let (plans, consent, _) = handed_in(&keys(&mut app, "Enter")).unwrap();
    assert_eq!(consent, Consent::Given { names: vec!["web01".into()] });
    assert_eq!(consent.covers_all(&plans), Ok(()));
}

#[test]
fn several_dangerous_plans_need_their_number() {
    let mut app = desk();
    keys(&mut app, "*");
    planned(&mut app, "K");
    let shown = dialog(&app).unwrap();
    // One is off: refused, and not counted.
    assert_eq!((shown.planned.len(), shown.plans().count()), (5, 4));
    assert_eq!(shown.title(), "Force off 5 VMs");
    assert_eq!(shown.button().as_deref(), Some("Force off 4"));
    typed(&mut app, "5");
    assert_eq!(handed_in(&keys(&mut app, "Tab Enter")), None);
    keys(&mut app, "Backspace 4");
    let (plans, consent, _) = handed_in(&keys(&mut app, "Enter")).unwrap();
    assert_eq!(plans.len(), 4);
    assert_eq!(consent.covers_all(&plans), Ok(()));
}

#[test]
fn a_name_that_cannot_be_typed_is_typed_as_it_is_seen() {
    let mut app = desk();
    let id = vm(&app, "web01");
    let mut plan = made::plan_of(&app.live, &Operation::vm(id, VmOperation::ForceOff));
    for (name, word) in [("we\u{202e}b", "web"), ("\u{200b}", plan.target.id.clone().as_str())] {
        plan.confirm = Confirm::Name(name.into());
        let shown = PlanDialog::new(vec![Planned::Plan(Box::new(plan.clone()))]).unwrap();
        assert_eq!(shown.word().as_deref(), Some(word));
        assert_eq!(shown.consent().covers_all(std::slice::from_ref(&plan)), Ok(()));
    }
    keys(&mut app, "Esc");
}

#[test]
fn a_paste_goes_where_text_is_typed() {
    let mut app = desk();
    select(&mut app, "web01");
    planned(&mut app, "K");
    update(&mut app, Msg::Paste("web01\n".into()));
    assert!(dialog(&app).unwrap().may_go());
}

#[test]
fn tags_are_asked_for_and_become_a_plan() {
    let mut app = desk();
    select(&mut app, "web01");
    keys(&mut app, "t");
    assert_eq!(app.scope(), Scope::Prompt);
    typed(&mut app, " new");
    let (operations, _) = asked(&keys(&mut app, "Enter")).unwrap();
    let tags = ["prod", "web", "new"].map(str::to_owned).to_vec();
    assert_eq!(*act(&operations), VmOperation::SetTags { tags });
    // Of several they are added and taken, each keeping its own.
    keys(&mut app, "Esc *");
    keys(&mut app, "t");
    assert_eq!(asked(&keys(&mut app, "Enter")), None, "nothing was typed");
    typed(&mut app, "+x -prod");
    let (operations, _) = asked(&keys(&mut app, "Enter")).unwrap();
    assert_eq!(operations.len(), 5);
    let change = VmOperation::ChangeTags { add: vec!["x".into()], remove: vec!["prod".into()] };
    assert!(operations.iter().all(|operation| *act(std::slice::from_ref(operation)) == change));
}

#[test]
fn a_name_a_title_and_a_description_are_asked_for() {
    for (entry, text, expected) in [
        ("rename", "2", VmOperation::Rename { to: "test-old2".into() }),
        (
            "set the title",
            "!",
            VmOperation::Describe { title: Some("test-old, made up!".into()), description: None },
        ),
        (
            "set the description",
            "one\\ntwo",
            VmOperation::Describe { title: None, description: Some("one\ntwo".into()) },
        ),
    ] {
        let mut app = desk();
        select(&mut app, "test-old");
        keys(&mut app, ":");
        typed(&mut app, entry);
        keys(&mut app, "Enter");
        typed(&mut app, text);
        let (operations, _) = asked(&keys(&mut app, "Enter")).unwrap();
        assert_eq!(*act(&operations), expected);
    }
}

#[test]
fn only_what_stands_in_a_definition_waits_for_it() {
    let mut app = desk();
    let bare = |vm: &Arc<Vm>| Arc::new(Vm { definition: None, ..(**vm).clone() });
    let vms = app.live.vms.iter().map(bare).collect();
    let unread = Snapshot { vms, ..(*app.live).clone() };
    update(&mut app, Msg::Snapshot(Arc::new(unread)));
    select(&mut app, "web01");
    keys(&mut app, "t");
    assert_eq!(toast(&app), "The definition of web01 was not read yet.");
    keys(&mut app, ":");
    typed(&mut app, "rename");
    keys(&mut app, "Enter");
    assert_eq!(app.scope(), Scope::Prompt);
}

#[test]
fn nothing_is_done_to_the_past() {
    let mut app = desk();
    keys(&mut app, "[");
    assert_eq!(asked(&keys(&mut app, "S")), None);
    assert_eq!(toast(&app), "This is the past: nothing can be done to it. Esc returns to now.");
    // A picture held still is not the past: the plan is made of what is so now.
    keys(&mut app, "Esc Z");
    assert!(asked(&keys(&mut app, "S")).is_some());
}

#[test]
fn the_footer_names_what_fits_the_state() {
    let named = |name: &str| {
        let mut app = desk();
        select(&mut app, name);
        let shown: Vec<ActionId> = app.footer().into_iter().map(|(_, _, id)| id).collect();
        [ActionId::Start, ActionId::Shutdown, ActionId::PauseResume].map(|id| shown.contains(&id))
    };
    assert_eq!(named("web01"), [false, true, false]);
    assert_eq!(named("test-old"), [true, false, false]);
    assert_eq!(named("build07"), [false, false, true]);
}

/// A job of this name, in this state.
fn job(app: &App, number: i64, batch: i64, name: &str) -> Job {
    made::queued(number, batch, &made::plan_of(&app.live, &made::shutdown(vm(app, name))))
}

#[test]
fn the_end_of_a_job_is_told_with_what_helps_on() {
    let mut app = desk();
    let open = made::running(job(&app, 1, 1, "web01"));
    update(&mut app, Msg::Jobs(made::jobs(vec![open.clone()])));
    assert_eq!(toast(&app), "");
    let mut done = made::over(open.clone(), JobState::Done, "web01 is off.");
    done.undo =
        Some(Operation::vm(vm(&app, "web01"), VmOperation::Start { paused: false, discard_saved: false }));
    update(&mut app, Msg::Jobs(made::jobs(vec![done.clone()])));
    assert_eq!(toast(&app), "web01 is off.  u undo");
    app.toast = None;
    // Once is enough; and what others did is not told.
    let mut foreign = made::over(job(&app, 2, 2, "db01"), JobState::Done, "db01 is off.");
    foreign.here = false;
    update(&mut app, Msg::Jobs(made::jobs(vec![done.clone(), foreign])));
    assert_eq!(toast(&app), "");
    let mut failed = made::over(job(&app, 3, 3, "mail"), JobState::Failed, "It still runs after 90 s.");
    failed.offer = Some(Operation::vm(vm(&app, "mail"), VmOperation::ForceOff));
    update(&mut app, Msg::Jobs(made::jobs(vec![done, failed])));
    assert_eq!(toast(&app), "Shut down mail: It still runs after 90 s.  a force off");
    assert_eq!(app.toast.as_ref().map(|t| t.notice.tone), Some(Tone::Bad));
    // Each key opens the plan of what it says, wherever the cursor is.
    let operations = planned(&mut app, "a");
    assert_eq!(operations, [Operation::vm(vm(&app, "mail"), VmOperation::ForceOff)]);
    keys(&mut app, "Esc");
    let operations = planned(&mut app, "u");
    assert_eq!(operations[0].vm_id(), Some(vm(&app, "web01")));
}

#[test]
fn a_batch_is_told_once_when_all_of_it_is_over() {
    let mut app = desk();
    let (a, b) = (job(&app, 1, 1, "web01"), job(&app, 2, 1, "db01"));
    let start = |app: &App, name: &str| {
        Some(Operation::vm(vm(app, name), VmOperation::Start { paused: false, discard_saved: false }))
    };
    let mut first = made::over(a, JobState::Done, "web01 is off.");
    first.undo = start(&app, "web01");
    update(&mut app, Msg::Jobs(made::jobs(vec![first.clone(), made::running(b.clone())])));
    assert_eq!(toast(&app), "");
    let mut second = made::over(b, JobState::Done, "db01 is off.");
    second.undo = start(&app, "db01");
    update(&mut app, Msg::Jobs(made::jobs(vec![first.clone(), second.clone()])));
    assert_eq!(toast(&app), "Shut down 2 VMs: 2 done.  u undo");
    // All of it is taken back as one.
    assert_eq!(asked(&keys(&mut app, "u")).unwrap().0.len(), 2);
    keys(&mut app, "Esc");
    let third = made::over(job(&app, 3, 3, "mail"), JobState::Failed, "No.");
    let fourth = made::over(job(&app, 4, 3, "web01"), JobState::Stale, "No.");
    update(&mut app, Msg::Jobs(made::jobs(vec![third, fourth])));
    assert_eq!(toast(&app), "Shut down 2 VMs: 1 failed, 1 stale.  a plan again");
    assert_eq!(asked(&keys(&mut app, "a")).unwrap().0, [made::shutdown(vm(&app, "web01"))]);
}

#[test]
fn an_offer_is_over_once_something_else_was_done() {
    let mut app = desk();
    let mut failed = made::over(job(&app, 1, 1, "mail"), JobState::Failed, "It still runs.");
    failed.offer = Some(Operation::vm(vm(&app, "mail"), VmOperation::ForceOff));
    update(&mut app, Msg::Jobs(made::jobs(vec![failed.clone()])));
    assert!(app.footer().iter().any(|(_, _, id)| *id == ActionId::Offer));
    let later = made::over(job(&app, 2, 2, "mail"), JobState::Done, "mail is off.");
    update(&mut app, Msg::Jobs(made::jobs(vec![failed.clone(), later])));
    assert_eq!(asked(&keys(&mut app, "a")), None);
    // What other consoles did is theirs, but on the Jobs screen anything can be chosen.
    failed.here = false;
    update(&mut app, Msg::Jobs(made::jobs(vec![failed])));
    assert_eq!(asked(&keys(&mut app, "a")), None);
    assert_eq!(asked(&keys(&mut app, "7 a")).map(|(operations, _)| operations.len()), Some(1));
}

#[test]
fn nothing_is_drawn_for_jobs_that_nobody_sees() {
    let mut app = desk();
    let open = made::running(job(&app, 1, 1, "web01"));
    update(&mut app, Msg::Jobs(made::jobs(vec![open.clone()])));
    assert!(app.dirty, "the header counts it");
    update(&mut app, Msg::Drawn(Drawn::default()));
    app.dirty = false;
    let mut later = open.clone();
    later.progress.as_mut().unwrap().done += 1;
    update(&mut app, Msg::Jobs(made::jobs(vec![later.clone()])));
    update(&mut app, Msg::Tick(Timestamp(NOW.0 + 1000), 0));
    assert!(!app.dirty, "its progress is on its own screen only");
    keys(&mut app, "7");
    update(&mut app, Msg::Drawn(Drawn::default()));
    app.dirty = false;
    update(&mut app, Msg::Tick(Timestamp(NOW.0 + 2000), 0));
    assert!(app.dirty, "there its age goes on");
    app.dirty = false;
    update(&mut app, Msg::Jobs(made::jobs(vec![later])));
    assert!(app.dirty);
}

#[test]
fn open_jobs_come_first_and_batches_stay_together() {
    use RowKey::{Batch, Job};
    let app = with_jobs(made::various(&host()));
    let ids =
        [Job(JobId(14)), Batch(JobId(11)), Job(JobId(11)), Job(JobId(12)), Job(JobId(9)), Job(JobId(7))];
    assert_eq!(app.ops.as_ref().unwrap().list.rows, ids);
}

#[test]
fn a_heading_hides_its_jobs_and_a_job_opens() {
    let mut app = with_jobs(made::various(&host()));
    keys(&mut app, "7 j Enter");
    assert_eq!(app.ops.as_ref().unwrap().list.rows.len(), 4);
    keys(&mut app, "Enter j j Enter");
    assert_eq!(app.scope(), Scope::Job);
    assert!(matches!(app.overlays.last(), Some(Overlay::Ops(OpsOverlay::Job { id: JobId(12), .. }))));
    // From there its offer is a key away.
    assert!(matches!(act(&asked(&keys(&mut app, "a")).unwrap().0), VmOperation::ForceOff));
    keys(&mut app, "Esc Esc Esc");
    assert_eq!(app.screen, Screen::Overview);
}

#[test]
fn stopping_a_job_is_asked_about() {
    let mut app = with_jobs(made::various(&host()));
    keys(&mut app, "7");
    keys(&mut app, "x");
    assert!(app.overlays.is_empty());
    assert_eq!(toast(&app), "There is no job of this console here that could be stopped.");
    keys(&mut app, "j x");
    assert_eq!(app.scope(), Scope::Question);
    assert_eq!(cancelled(&keys(&mut app, "Enter")), []);
    assert_eq!(cancelled(&keys(&mut app, "x l Enter")), [JobId(11)]);
    assert!(app.overlays.is_empty());
}

#[test]
fn undo_on_the_screen_is_of_the_selected_job() {
    let mut app = with_jobs(made::various(&host()));
    keys(&mut app, "7");
    assert_eq!(asked(&keys(&mut app, "u")), None);
    assert_eq!(toast(&app), "Nothing was done that can be taken back.");
    let operations = asked(&keys(&mut app, "G k u")).unwrap().0;
    assert!(matches!(act(&operations), VmOperation::SetTags { .. }));
}

#[test]
fn leaving_asks_about_jobs_of_this_console() {
    let mut app = desk();
    assert!(keys(&mut app, "q").contains(&Effect::Quit));
    let open = made::running(job(&app, 1, 1, "web01"));
    update(&mut app, Msg::Jobs(made::jobs(vec![open.clone()])));
    let effects = keys(&mut app, "q");
    assert!(!effects.contains(&Effect::Quit));
    assert!(!keys(&mut app, "Enter").contains(&Effect::Quit), "the first button stays");
    let effects = keys(&mut app, "q Right Enter");
    assert_eq!(cancelled(&effects), [JobId(1)]);
    assert!(!effects.contains(&Effect::Quit));
    // Gone once they are over.
    let over = made::over(open.clone(), JobState::Cancelled, "Stopped.");
    assert!(update(&mut app, Msg::Jobs(made::jobs(vec![over]))).contains(&Effect::Quit));
    // Nothing is gained by staying with what waits for the hypervisor.
    let mut app = desk();
    let cut = Job { state: JobState::Interrupted, ..open };
    update(&mut app, Msg::Jobs(made::jobs(vec![cut])));
    assert!(keys(&mut app, "q").contains(&Effect::Quit));
}

#[test]
fn whoever_leaves_waits_for_no_stuck_job() {
    let mut app = desk();
    let open = made::running(job(&app, 1, 1, "web01"));
    update(&mut app, Msg::Jobs(made::jobs(vec![open])));
    keys(&mut app, "q Right Enter");
    assert!(!update(&mut app, Msg::Tick(Timestamp(NOW.0 + 19_000), 0)).contains(&Effect::Quit));
    assert!(update(&mut app, Msg::Tick(Timestamp(NOW.0 + 20_000), 0)).contains(&Effect::Quit));
    assert!(keys(&mut app, "Enter").contains(&Effect::Quit));
}

#[test]
fn a_question_about_leaving_goes_when_nothing_is_left_to_stop() {
    let mut app = desk();
    let open = made::running(job(&app, 1, 1, "web01"));
    update(&mut app, Msg::Jobs(made::jobs(vec![open.clone()])));
    keys(&mut app, "q");
    let over = made::over(open, JobState::Done, "web01 is off.");
    assert!(!update(&mut app, Msg::Jobs(made::jobs(vec![over]))).contains(&Effect::Quit));
    assert!(app.overlays.is_empty());
}

#[test]
fn what_hinders_the_journal_is_told() {
    let mut app = desk();
    let jobs = Jobs { trouble: Some("state.db cannot be written.".into()), ..Jobs::default() };
    update(&mut app, Msg::Jobs(Arc::new(jobs)));
    assert_eq!(toast(&app), "state.db cannot be written.");
}

#[test]
fn a_desk_that_is_gone_takes_its_screens_along() {
    let mut app = with_jobs(made::various(&host()));
    keys(&mut app, "7 Enter");
    app.detach_desk();
    assert_eq!((app.screen, app.overlays.len()), (Screen::Overview, 0));
}

#[test]
fn dialogs_are_clicked() {
    use super::super::msg::{Mouse, Target};
    let mut app = desk();
    select(&mut app, "web01");
    planned(&mut app, "S");
    let click = |target| Msg::Mouse(Mouse::Click { target, double: false });
    assert!(handed_in(&update(&mut app, click(Target::Button(1)))).is_some());
    let mut app = desk();
    planned(&mut app, "S");
    update(&mut app, click(Target::Pane(Pane::Vms)));
    assert!(app.overlays.is_empty(), "beside it is Cancel");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_keys_agrees_unasked(pressed in prop::collection::vec(any_key(), 0..40), answered: bool) {
        let mut app = with_jobs(made::various(&host()));
        for key in pressed {
            let before = dialog(&app).is_some_and(PlanDialog::may_go);
            let effects = update(&mut app, Msg::Key(key));
            prop_assert!(handed_in(&effects).is_none() || (before && key.code == Code::Enter));
            prop_assert!(app.overlays.len() <= 3);
            if let Some((operations, ticket)) = asked(&effects).filter(|_| answered) {
                let result = Ok(made::planned(&app.live, &operations));
                update(&mut app, Msg::Planned { ticket, result });
            }
        }
    }
}
