//! Forms, lists, editing, snapshots, storage, networks and the audit: from keys to questions, and what comes back.

use super::ops::{asked, desk, dialog, handed_in, planned, select, toast, vm, with_jobs};
use super::*;
use crate::console::app::form::Form;
use crate::console::app::ops::OpsOverlay;
use crate::console::app::ops::edit::{Draft, EditOf};
use crate::console::app::ops::sheets::SheetOf;
use crate::console::screens::testing::ops as made;
use crate::engine::jobs::records::Found;
use crate::engine::jobs::{Look, Seen};
use crate::model::held::{HeldVm, Kept, Revision};
use crate::model::id::VmId;
use crate::model::job::{Actor, JobId, JobState};
use crate::model::operation::{
    HardwareOperation, LayerOperation, NetworkOperation, Operation, PoolOperation, Redefined,
    SnapshotOperation, VmOperation, VolumeOperation,
};
use crate::model::plan::{Planned, Refusal, RefusalKind};
use crate::model::storage::{Orphan, Volume};
use crate::model::vm_snapshot::{SizedSnapshot, SnapshotMemory, SnapshotState, VmSnapshot};

fn form(app: &App) -> &Form {
    match app.overlays.last() {
        Some(Overlay::Ops(OpsOverlay::Form(form))) => form,
        other => panic!("a form is open: {other:?}"),
    }
}

fn looked(effects: &[Effect]) -> Vec<(Look, u64)> {
    let look = |e: &Effect| if let Effect::Look(look, n) = e { Some((look.clone(), *n)) } else { None };
    effects.iter().filter_map(look).collect()
}

fn snapshot(name: &str, parent: Option<&str>, current: bool) -> SizedSnapshot {
    let snapshot = VmSnapshot {
        name: name.into(),
        description: None,
        parent: parent.map(str::to_owned),
        current,
        created: Timestamp(1_795_400_000_000),
        state: SnapshotState::Running,
        memory: SnapshotMemory::Internal,
        disks: Vec::new(),
    };
    SizedSnapshot { snapshot, size: Some(1 << 30) }
}

/// Presses keys that open a tab or screen, and answers what it asks.
fn seen(app: &mut App, pressed: &str, answer: Seen) -> Look {
    let (look, number) = looked(&keys(app, pressed)).remove(0);
    update(app, Msg::Seen(number, Ok(answer)));
    look
}

#[test]
fn the_actions_menu_lists_what_can_be_done_to_what_is_selected_and_nothing_else() {
    let mut app = desk();
    select(&mut app, "web01");
    keys(&mut app, "m");
    let Some(Overlay::Palette(palette)) = app.overlays.last() else { panic!("the menu is open") };
    assert_eq!(palette.only.as_deref(), Some("web01"));
    let labels: Vec<&str> = palette.entries.iter().map(|e| e.label.as_str()).collect();
    for label in ["Start", "Delete", "Take a snapshot", "vCPUs and memory", "Edit the XML", "Rename"] {
        assert!(labels.contains(&label), "{label} in {labels:?}");
    }
    assert!(!labels.iter().any(|l| l.starts_with("VM:") || l.starts_with("Theme") || *l == "Storage"));
    // Letters find, Enter does it.
    typed(&mut app, "vcpu");
    keys(&mut app, "Enter");
    assert_eq!(form(&app).title, "vCPUs and memory of web01");
    // Of a disk, what is about the disk comes first.
    keys(&mut app, "Esc Enter Tab Tab m");
    let Some(Overlay::Palette(palette)) = app.overlays.last() else { panic!("the menu is open") };
    assert_eq!(palette.only.as_deref(), Some("disk vda of web01"));
    assert_eq!(palette.entries[0].label, "Attach a disk");
}

#[test]
fn without_a_desk_there_is_no_actions_menu() {
    let mut app = app();
    keys(&mut app, "m");
    assert!(app.overlays.is_empty());
}

#[test]
fn a_form_becomes_a_plan_and_is_there_again_when_the_plan_is_cancelled() {
    let mut app = desk();
    select(&mut app, "web01");
    assert_eq!(asked(&keys(&mut app, "N")), None);
    assert_eq!(form(&app).title, "Take a snapshot of web01");
    assert_eq!(form(&app).text("name"), "2026-11-23_14-02");
    let operations = planned(&mut app, "Tab f o r Space u s Enter");
    let Operation::Snapshot { vm: id, act: SnapshotOperation::Create(new) } = &operations[0] else {
        panic!("{operations:?}")
    };
    assert_eq!((*id, new.description.as_str()), (vm(&app, "web01"), "for us"));
    keys(&mut app, "Esc");
    assert_eq!(form(&app).text("text"), "for us");
    keys(&mut app, "Esc");
    assert!(app.overlays.is_empty());
}

#[test]
fn once_a_plan_is_handed_in_its_form_has_gone_too() {
    let mut app = desk();
    select(&mut app, "test-old");
    let within = ["S", "h", "u", "t", "Space", "d", "o", "w", "n", "Space", "w", "i", "t", "h", "i", "n"];
    select(&mut app, "web01");
    keys(&mut app, "m");
    keys(&mut app, &within.join(" "));
    keys(&mut app, "Enter");
    assert_eq!(form(&app).text("within"), "90");
    let operations = planned(&mut app, "Ctrl-u 3 0 Enter");
    assert!(matches!(&operations[0], Operation::Vm { act: VmOperation::Shutdown { within_s: 30, .. }, .. }));
    let (_, _, ticket) = handed_in(&keys(&mut app, "Right Enter")).unwrap();
    update(&mut app, Msg::Submitted { ticket, result: Ok(vec![JobId(1)]) });
    assert!(app.overlays.is_empty(), "{:?}", app.overlays);
}

#[test]
fn what_a_form_lacks_is_told_and_no_plan_is_asked_for() {
    let mut app = desk();
    keys(&mut app, "3 c");
    assert_eq!(form(&app).title, "Create a volume in pool default");
    assert_eq!(asked(&keys(&mut app, "Enter")), None);
    assert_eq!(form(&app).told().map(|w| w.field), Some("name"));
    let operations = asked(&keys(&mut app, "d 1 Enter")).unwrap().0;
    assert!(
        matches!(&operations[0], Operation::Volume { name, act: VolumeOperation::Create(_), .. } if name == "d1")
    );
}

#[test]
fn deleting_one_that_is_off_asks_at_once_and_one_that_runs_what_shall_become_of_it() {
    let mut app = desk();
    select(&mut app, "test-old");
    let (operations, _) = asked(&keys(&mut app, "D")).unwrap();
    let expected = VmOperation::Delete { force_off: false, discard_saved: false };
    assert_eq!(operations, [Operation::vm(vm(&app, "test-old"), expected)]);
    keys(&mut app, "Esc");
    select(&mut app, "web01");
    assert_eq!(asked(&keys(&mut app, "D")), None);
    let (operations, _) = asked(&keys(&mut app, "Space Enter")).unwrap();
    let expected = VmOperation::Delete { force_off: true, discard_saved: false };
    assert_eq!(operations, [Operation::vm(vm(&app, "web01"), expected)]);
}

#[test]
fn disks_and_nics_are_changed_from_their_rows() {
    let hw = |effects: &[Effect]| match asked(effects).unwrap().0.remove(0) {
        Operation::Vm { act: VmOperation::Hardware(change), .. } => change.what,
        other => panic!("{other:?}"),
    };
    let mut app = desk();
    select(&mut app, "web01");
    keys(&mut app, "Enter Tab Tab");
    assert_eq!(app.scope(), Scope::VmDisks);
    assert_eq!(hw(&keys(&mut app, "D")), HardwareOperation::DetachDisk { target: "vda".into() });
    keys(&mut app, "Esc +");
    assert_eq!(form(&app).title, "Grow disk vda of web01");
    keys(&mut app, "Esc M");
    assert_eq!(form(&app).title, "Move disk vda of web01");
    let (operations, _) = asked(&keys(&mut app, "Right Enter")).unwrap();
    let Operation::Vm { act: VmOperation::Layers(change), .. } = &operations[0] else { panic!() };
    let LayerOperation::Migrate(to) = &change.what else { panic!("{change:?}") };
    assert_eq!((change.target.as_str(), to.pool.as_str(), to.keep_old), ("vda", "fast", false));
    keys(&mut app, "Esc");
    keys(&mut app, "Esc i");
    assert!(toast(&app).contains("no drive"), "{}", toast(&app));
    keys(&mut app, "Tab");
    assert_eq!(app.scope(), Scope::VmNics);
    let nic = "52:54:00:00:00:01".to_owned();
    assert_eq!(hw(&keys(&mut app, "L")), HardwareOperation::SetLink { nic, up: false });
    keys(&mut app, "Esc n");
    assert_eq!(form(&app).title, "Attach a NIC to web01");
}

#[test]
fn snapshots_are_read_when_they_are_seen_and_again_when_a_job_is_over() {
    let mut app = desk();
    select(&mut app, "web01");
    let all = vec![snapshot("a", None, false), snapshot("b", Some("a"), true)];
    let look = seen(&mut app, "Enter Tab Tab Tab Tab", Seen::Snapshots(all));
    assert_eq!(look, Look::Snapshots(vm(&app, "web01")));
    // They are there: nothing is asked again.
    assert!(looked(&keys(&mut app, "j")).is_empty());
    let (operations, _) = asked(&keys(&mut app, "D")).unwrap();
    let Operation::Snapshot { act, .. } = &operations[0] else { panic!() };
    assert_eq!(act.name(), "b", "the row below");
    keys(&mut app, "Esc b");
    assert_eq!(form(&app).title, "Go back to snapshot b of web01");
    keys(&mut app, "Esc");
    let plan = made::plan_of(&app.live, &Operation::vm(vm(&app, "web01"), VmOperation::Pause));
    let done = made::over(made::queued(3, 3, &plan), JobState::Done, "It is paused.");
    let effects = update(&mut app, Msg::Jobs(made::jobs(vec![done])));
    assert_eq!(looked(&effects).len(), 1);
}

#[test]
fn an_answer_to_another_question_is_dropped() {
    let mut app = desk();
    select(&mut app, "web01");
    keys(&mut app, "Enter Tab Tab Tab Tab");
    update(&mut app, Msg::Seen(999, Ok(Seen::Snapshots(vec![snapshot("a", None, true)]))));
    assert!(app.page.as_ref().unwrap().snapshots.got.is_none());
}

fn revision(number: i64, xml: &str) -> Revision {
    Revision {
        number,
        at: Timestamp(1_795_400_000_000 + number),
        by: None,
        why: "vm.edit".into(),
        xml: xml.into(),
    }
}

#[test]
fn a_revision_shows_what_changed_and_can_be_gone_back_to() {
    let mut app = desk();
    select(&mut app, "web01");
    let all = vec![revision(2, "<domain>\n<b/>\n</domain>\n"), revision(1, "<domain>\n<a/>\n</domain>\n")];
    let look = seen(&mut app, "Enter Shift-Tab", Seen::Past(all, Vec::new()));
    assert_eq!(look, Look::Past(vm(&app, "web01")));
    keys(&mut app, "Enter");
    let Some(Overlay::Ops(OpsOverlay::Sheet(sheet))) = app.overlays.last() else { panic!() };
    let SheetOf::Revision { number: 2, text, .. } = &sheet.of else { panic!("{:?}", sheet.of) };
    assert!(text.contains("-<a/>") && text.contains("+<b/>"), "{text}");
    keys(&mut app, "Esc j");
    let (operations, _) = asked(&keys(&mut app, "b")).unwrap();
    let xml = "<domain>\n<a/>\n</domain>\n".to_owned();
    let act = VmOperation::Redefine { xml, secrets: false, why: Redefined::Revert(1) };
    assert_eq!(operations, [Operation::vm(vm(&app, "web01"), act)]);
}

/// Presses `e` and has the editor given this definition.
fn edit(app: &mut App, text: &str) -> Draft {
    let (_, number) = looked(&keys(app, "e")).remove(0);
    given(&update(app, Msg::Seen(number, Ok(Seen::Xml(text.into())))))
}

fn given(effects: &[Effect]) -> Draft {
    let draft = |e: &Effect| if let Effect::Edit(draft) = e { Some((**draft).clone()) } else { None };
    effects.iter().find_map(draft).expect("the editor is opened")
}

fn refused(operation: &Operation, reason: &str) -> Planned {
    let Operation::Vm { id, .. } = operation else { panic!() };
    Planned::Refused(Box::new(Refusal {
        operation: operation.clone(),
        target: crate::model::operation::Target::vm(*id, "web01"),
        title: "Redefine web01".into(),
        reason: reason.into(),
        remedy: String::new(),
        kind: RefusalKind::BadRequest,
    }))
}

#[test]
fn what_was_written_in_the_editor_is_planned_and_never_lost() {
    let mut app = desk();
    select(&mut app, "web01");
    let draft = edit(&mut app, "<domain/>");
    assert_eq!((draft.of.clone(), draft.said.clone()), (EditOf::Vm(vm(&app, "web01")), None));
    let written = update(&mut app, Msg::Edited(Box::new(draft), Ok(Some("<domain>x".into()))));
    let (operations, ticket) = asked(&written).unwrap();
    assert!(matches!(
        &operations[0],
        Operation::Vm { act: VmOperation::Redefine { why: Redefined::Edit, secrets: false, .. }, .. }
    ));
    let result = Ok(vec![refused(&operations[0], "The XML is not well-formed.")]);
    update(&mut app, Msg::Planned { ticket, result });
    assert!(dialog(&app).unwrap().again);
    // The second button is the editor again, with what was written and what is wrong.
    let again = given(&keys(&mut app, "Tab Enter"));
    assert_eq!(again.text, "<domain>x");
    assert_eq!(again.said.as_deref(), Some("The XML is not well-formed."));
    // Given up now, it is still there.
    update(&mut app, Msg::Edited(Box::new(again), Ok(None)));
    assert!(toast(&app).contains("is kept"), "{}", toast(&app));
    assert!(looked(&keys(&mut app, "e")).is_empty());
    let on = given(&keys(&mut app, "Enter"));
    assert_eq!(on.text, "<domain>x");
    // Once a job has done it there is nothing left to go on with.
    let effects = update(&mut app, Msg::Edited(Box::new(on), Ok(Some("<domain>y".into()))));
    let (operations, _) = asked(&effects).unwrap();
    keys(&mut app, "Esc");
    let plan = made::plan_of(&app.live, &Operation::vm(vm(&app, "web01"), VmOperation::Pause));
    let mut job = made::over(made::queued(5, 5, &plan), JobState::Done, "Done.");
    job.operation = operations[0].clone();
    update(&mut app, Msg::Jobs(made::jobs(vec![job])));
    assert_eq!(looked(&keys(&mut app, "e")).len(), 1);
}

#[test]
fn nothing_changed_and_a_broken_editor_are_told() {
    let mut app = desk();
    select(&mut app, "web01");
    let draft = edit(&mut app, "<domain/>");
    let effects = update(&mut app, Msg::Edited(Box::new(draft.clone()), Ok(None)));
    assert_eq!((asked(&effects), toast(&app)), (None, "Nothing was changed."));
    update(&mut app, Msg::Edited(Box::new(draft), Err("There is no editor.".into())));
    assert_eq!(toast(&app), "There is no editor.");
    // Esc while it is read gives it up.
    let (_, number) = looked(&keys(&mut app, "e")).remove(0);
    keys(&mut app, "Esc");
    assert!(update(&mut app, Msg::Seen(number, Ok(Seen::Xml("<domain/>".into())))).is_empty());
}

#[test]
fn deleted_vms_are_brought_back_or_purged() {
    let mut app = desk();
    let gone = VmId::from_bytes([9; 16]);
    let held = HeldVm {
        vm: gone,
        name: "old".into(),
        deleted: Timestamp(1_795_400_000_000),
        until: Timestamp(1_797_900_000_000),
        by: Actor::default(),
        kept: Kept::default(),
    };
    assert_eq!(seen(&mut app, "X", Seen::Held(vec![held])), Look::Held);
    let of = |effects: &[Effect]| asked(effects).unwrap().0;
    let back = Operation::vm(gone, VmOperation::Undelete { name: None });
    assert_eq!(of(&keys(&mut app, "Enter")), [back]);
    keys(&mut app, "Esc");
    assert_eq!(of(&keys(&mut app, "D")), [Operation::vm(gone, VmOperation::Purge)]);
    keys(&mut app, "Esc n");
    let renamed = VmOperation::Undelete { name: Some("old2".into()) };
    assert_eq!(of(&keys(&mut app, "2 Enter")), [Operation::vm(gone, renamed)]);
    keys(&mut app, "Esc Esc Esc");
    assert!(app.overlays.is_empty());
}

#[test]
fn pools_volumes_and_orphans() {
    let mut app = desk();
    let of = |effects: &[Effect]| asked(effects).unwrap().0.remove(0);
    let pool = |act| Operation::pool("default", act);
    keys(&mut app, "3");
    for (key, act) in [
        ("s", PoolOperation::Start),
        ("S", PoolOperation::Stop),
        ("A", PoolOperation::Autostart { on: false }),
        ("D", PoolOperation::Undefine),
    ] {
        assert_eq!(of(&keys(&mut app, key)), pool(act), "{key}");
        keys(&mut app, "Esc");
    }
    keys(&mut app, "n");
    assert_eq!(form(&app).title, "Define a pool");
    keys(&mut app, "Esc Tab j");
    let volume = |act| Operation::volume("default", "web01.qcow2", act);
    assert_eq!(of(&keys(&mut app, "D")), volume(VolumeOperation::Delete));
    keys(&mut app, "Esc C");
    assert_eq!(form(&app).text("name"), "web01-copy.qcow2");
    keys(&mut app, "Esc +");
    assert_eq!(form(&app).text("to"), "20G");
    keys(&mut app, "Esc");
    let orphan = Orphan {
        pool: "fast".into(),
        volume: Volume {
            name: "left.raw".into(),
            key: "/f/left.raw".into(),
            path: "/f/left.raw".into(),
            kind: "file",
            format: None,
            capacity: 1,
            allocation: 1,
            backing: None,
        },
        below: Vec::new(),
    };
    assert_eq!(seen(&mut app, "O", Seen::Orphans(vec![orphan])), Look::Orphans);
    let left = Operation::volume("fast", "left.raw", VolumeOperation::Delete);
    assert_eq!(of(&keys(&mut app, "D")), left);
}

/// Puts the cursor of the topology on a network.
fn on_network(app: &mut App, name: &str) {
    keys(app, "6 g g");
    for _ in 0..30 {
        if app.selected_network().is_some_and(|n| n.name == name) {
            return;
        }
        keys(app, "j");
    }
    panic!("{name} is not in the tree");
}

#[test]
fn a_network_in_the_topology_has_keys_of_its_own() {
    let mut app = desk();
    on_network(&mut app, "isolated0");
    assert_eq!(app.scope(), Scope::Networks);
    let of = |effects: &[Effect]| asked(effects).unwrap().0.remove(0);
    let network = |act| Operation::network("isolated0", act);
    for (key, act) in [
        ("s", NetworkOperation::Start),
        ("S", NetworkOperation::Stop),
        ("A", NetworkOperation::Autostart { on: false }),
        ("D", NetworkOperation::Undefine),
    ] {
        assert_eq!(of(&keys(&mut app, key)), network(act), "{key}");
        keys(&mut app, "Esc");
    }
    let (look, _) = looked(&keys(&mut app, "w")).remove(0);
    assert_eq!(look, Look::Network("isolated0".into()));
    keys(&mut app, "Esc");
    let draft = edit(&mut app, "<network/>");
    let effects = update(&mut app, Msg::Edited(Box::new(draft), Ok(Some("<network>1</network>".into()))));
    assert_eq!(of(&effects), network(NetworkOperation::Edit { xml: "<network>1</network>".into() }));
    keys(&mut app, "Esc n");
    assert_eq!(form(&app).title, "Define a network");
}

#[test]
fn the_audit_is_read_when_it_is_seen_and_as_it_is_filtered() {
    let mut app = desk();
    let first = looked(&keys(&mut app, "9"));
    assert_eq!(app.screen, Screen::Audit);
    let (looks, numbers): (Vec<Look>, Vec<u64>) = first.into_iter().unzip();
    assert!(matches!(looks.as_slice(), [Look::Audit(filter), Look::Verify] if filter.user.is_none()));
    update(&mut app, Msg::Seen(numbers[0], Ok(Seen::Audit(Found::default()))));
    keys(&mut app, "/");
    let asked = looked(&keys(&mut app, "u s e r : a"));
    assert!(
        matches!(&asked.last().unwrap().0, Look::Audit(f) if f.text.as_deref() == Some("u")),
        "{asked:?}"
    );
    // One is on its way: the next is asked for when its answer is here.
    let next = update(&mut app, Msg::Seen(asked[0].1, Ok(Seen::Audit(Found::default()))));
    assert!(matches!(&looked(&next)[0].0, Look::Audit(f) if f.user.as_deref() == Some("a")));
    keys(&mut app, "Esc");
    assert!(app.audit.text.is_empty());
    assert_eq!(app.overlays.len(), 0);
    // Leaving the desk leaves its screens.
    app.detach_desk();
    assert_eq!(app.screen, Screen::Overview);
}

#[test]
fn a_job_that_was_undone_is_undone_once() {
    let live = host();
    let id = made::id(&live, "db01");
    let autostart = made::plan_of(&live, &Operation::vm(id, VmOperation::Autostart { on: true }));
    assert!(autostart.inverse.is_some());
    let mut job = made::over(made::queued(1, 1, &autostart), JobState::Done, "It starts with the host.");
    job.undo = autostart.inverse.clone();
    let mut app = with_jobs(made::jobs(vec![job.clone()]));
    assert!(asked(&keys(&mut app, "u")).is_some());
    keys(&mut app, "Esc");
    let mut undone = made::over(made::queued(2, 2, &autostart), JobState::Done, "It no longer does.");
    undone.operation = job.undo.clone().unwrap();
    update(&mut app, Msg::Jobs(made::jobs(vec![job.clone(), undone.clone()])));
    assert_eq!(asked(&keys(&mut app, "7 j u")), None, "the first one was taken back");
    // What took it back failed: it still can be.
    let failed = crate::model::job::Job { state: JobState::Failed, ..undone };
    update(&mut app, Msg::Jobs(made::jobs(vec![job, failed])));
    assert!(asked(&keys(&mut app, "u")).is_some());
}

#[test]
fn on_the_jobs_screen_keys_mean_the_vm_of_the_job() {
    let live = host();
    let id = made::id(&live, "db01");
    let plan = made::plan_of(&live, &Operation::vm(id, VmOperation::Pause));
    let mut app = with_jobs(made::jobs(vec![made::over(made::queued(1, 1, &plan), JobState::Done, "ok")]));
    keys(&mut app, "7");
    assert_eq!(asked(&keys(&mut app, "K")).unwrap().0, [Operation::vm(id, VmOperation::ForceOff)]);
}
