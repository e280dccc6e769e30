//! Disks that move to another pool: running, off, transient, full of trouble.

use std::process::Command;

use novacron::hypervisor::XmlOf;
use novacron::model::job::{JobState, StepState};
use novacron::model::plan::{Downtime, RefusalKind};

use super::bed::{Bed, Is, run};
use crate::desk::{begin, done, once, over, plan, refusal};

#[test]
fn a_running_vm_goes_on_with_its_disk_elsewhere() {
    for (format, to) in [("qcow2", "qcow2"), ("raw", "qcow2"), ("qcow2", "raw"), ("raw", "raw")] {
        let Some(bed) = Bed::new(format, 64, Is::Running) else { return };
        let desk = bed.from.desk();
        let desk = desk.handle();
        bed.write(7, 3, 9);
        let wanted = bed.moved(|m| m.format = Some(to.into()));
        let shown = plan(&desk, wanted.clone());
        assert_eq!((shown.downtime, shown.steps.len()), (Downtime::None, 5));
        assert!(shown.diff.contains(&bed.to.pool), "{}", shown.diff);
        let back = shown.inverse.clone().unwrap();
        done(&desk, wanted);
        let there = bed.to.place.join(format!("disk.{to}"));
        bed.lies_at(&there, to);
        assert_eq!((bed.from.names(), bed.to.names().len()), (Vec::new(), 1), "the old one is gone");
        bed.write(8, 20, 4);
        bed.stop();
        // It comes up with the same, and all that was written is there.
        bed.start();
        assert_eq!(bed.image(XmlOf::Live).0, there);
        bed.stop();
        for (byte, at, mib) in [(7, 3, 9), (8, 20, 4), (0, 0, 3), (0, 12, 8), (0, 24, 40)] {
            bed.holds(byte, at, mib);
        }
        // And back by what the plan told, this time while it is off.
        done(&desk, back);
        assert_eq!(bed.image(XmlOf::Defined).0, bed.from.place.join(format!("disk.{format}")));
        assert!(bed.to.names().is_empty());
        for (byte, at, mib) in [(7, 3, 9), (8, 20, 4), (0, 24, 40)] {
            bed.holds(byte, at, mib);
        }
    }
}

#[test]
fn what_is_asked_for_stays_what_is_not_goes() {
    let Some(bed) = Bed::new("qcow2", 32, Is::Transient) else { return };
    let desk = bed.from.desk();
    let desk = desk.handle();
    bed.write(5, 1, 1);
    let job = done(&desk, bed.moved(|m| (m.keep_old, m.name) = (true, Some("own name.qcow2".into()))));
    assert_eq!(job.steps.len(), 3, "a transient VM has no definition, and the old volume stays");
    assert_eq!(bed.image(XmlOf::Live).0, bed.to.place.join("own name.qcow2"));
    assert_eq!(
        (bed.from.names(), bed.to.names()),
        (vec!["disk.qcow2".into()], vec!["own name.qcow2".into()])
    );
    let no = refusal(&desk, bed.moved(|m| m.name = Some("own name.qcow2".into())));
    assert_eq!(no.kind, RefusalKind::Taken, "{}", no.reason);
    let no = refusal(&desk, bed.moved(|_| ()));
    assert_eq!(no.kind, RefusalKind::AlreadySo, "{}", no.reason);
}

#[test]
fn a_disk_with_layers_comes_whole_or_with_its_own_layer_alone() {
    let Some(bed) = Bed::new("qcow2", 32, Is::Running) else { return };
    let desk = bed.from.desk();
    let desk = desk.handle();
    bed.write(1, 0, 4);
    bed.layer("top.qcow2");
    bed.write(2, 2, 4);
    // The pool has not seen the layer yet.
    done(&desk, bed.moved(|m| m.keep_below = true));
    bed.lies_at(&bed.to.place.join("top.qcow2"), "qcow2");
    assert_eq!((bed.depth(), bed.from.names()), (1, vec!["disk.qcow2".to_owned()]));
    bed.write(3, 10, 1);
    done(&desk, bed.moved(|m| m.name = Some("whole.qcow2".into())));
    assert_eq!((bed.depth(), bed.to.names()), (0, vec!["whole.qcow2".to_owned()]));
    assert_eq!(bed.from.names(), ["disk.qcow2"], "what lay below stays");
    bed.stop();
    for (byte, at, mib) in [(1, 0, 2), (2, 2, 4), (3, 10, 1), (0, 11, 21)] {
        bed.holds(byte, at, mib);
    }
}

#[test]
fn what_is_stopped_in_the_middle_is_where_it_was() {
    let Some(bed) = Bed::new("raw", 2048, Is::Running) else { return };
    let desk = bed.from.desk();
    let desk = desk.handle();
    bed.write(9, 0, 500);
    let shown = plan(&desk, bed.moved_slowly());
    assert!(shown.steps[1].command.join(" ").contains("--bandwidth 20 "), "{:?}", shown.steps[1]);
    let id = begin(&desk, shown);
    let seen = once(&desk, id, |j| j.state.is_over() || j.progress.is_some_and(|p| p.done > 0));
    let far = seen.progress.expect("it told how far it was before it was over");
    assert!(far.total >= 500 << 20 && far.done < far.total, "{far:?}");
    desk.cancel(id);
    let job = over(&desk, id);
    assert_eq!(job.state, JobState::Cancelled, "{}", job.outcome);
    assert_eq!(job.steps[0].state, StepState::Undone, "{}", job.outcome);
    bed.untouched(&job, "raw");
    bed.stop();
    bed.holds(9, 0, 500);
}

#[test]
fn a_pool_that_runs_full_under_the_copy_leaves_the_disk_where_it_was() {
    let Some(bed) = Bed::small("qcow2", 256, 40) else { return };
    let desk = bed.from.desk();
    let desk = desk.handle();
    bed.write(4, 0, 30);
    let agreed = plan(&desk, bed.moved(|_| ()));
    // Somebody else takes the room once the copy is about to begin.
    let (hostctl, filler) = (bed.from.hostctl(), bed.to.place.join("filler").display().to_string());
    let take_room = std::sync::Arc::new(move |place: &str| {
        if place == "begun 1" {
            run(Command::new(&hostctl).args(["exec", "fallocate", "-l", "20M", &filler]));
        }
    });
    let config = novacron::engine::jobs::DeskConfig { rehearsal: Some(take_room), ..bed.from.config() };
    let second = novacron::engine::jobs::Desk::start(config).unwrap();
    let job = over(&second.handle(), begin(&second.handle(), agreed));
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(job.outcome.contains("no space left") && job.outcome.contains("taken back"), "{}", job.outcome);
    let filler = bed.to.place.join("filler").display().to_string();
    assert_eq!(bed.to.names(), ["filler"], "{}", job.outcome);
    bed.to.exec(&["rm", &filler]);
    bed.untouched(&job, "qcow2");
    assert_eq!(bed.hv().vm_state(bed.id).unwrap().word(), "running", "the guest did not notice");
    bed.write(6, 100, 1);
    // What does not fit to begin with is not begun.
    bed.write(4, 30, 30);
    assert_eq!(bed.from.names(), ["disk.qcow2"]);
    let no = refusal(&desk, bed.moved(|_| ()));
    assert_eq!(no.kind, RefusalKind::Space, "{}", no.reason);
    bed.stop();
    for (byte, at, mib) in [(4, 0, 60), (6, 100, 1)] {
        bed.holds(byte, at, mib);
    }
}

#[test]
fn what_others_rest_on_or_what_would_be_lost_is_refused() {
    let Some(bed) = Bed::new("qcow2", 32, Is::Off) else { return };
    let desk = bed.from.desk();
    let desk = desk.handle();
    let image = bed.from.place.join("disk.qcow2").display().to_string();
    let child = bed.from.place.join("child.qcow2").display().to_string();
    run(Command::new("qemu-img").args(["create", "-q", "-f", "qcow2", "-b", &image, "-F", "qcow2", &child]));
    assert_eq!(bed.from.names().len(), 2);
    let no = refusal(&desk, bed.moved(|_| ()));
    assert_eq!((no.kind, no.reason.contains("child.qcow2")), (RefusalKind::InUse, true), "{}", no.reason);
    assert!(matches!(plan(&desk, bed.moved(|m| m.keep_old = true)).steps.len(), 2));
    std::fs::remove_file(&child).unwrap();
    bed.from.names();
    let other = Bed::new("qcow2", 1, Is::Off).unwrap();
    assert!(other.from.virsh(&["undefine", &other.vm]));
    other.virsh_with(&["define"], &other.xml("qcow2", &image));
    let no = refusal(&desk, bed.moved(|m| m.keep_old = true));
    assert_eq!((no.kind, no.reason.contains(&other.vm)), (RefusalKind::InUse, true), "{}", no.reason);
    drop(other);
    assert!(bed.from.virsh(&["snapshot-create-as", &bed.vm, "then"]));
    let no = refusal(&desk, bed.moved(|_| ()));
    assert_eq!((no.kind, no.reason.contains("then")), (RefusalKind::State, true), "{}", no.reason);
    assert!(bed.from.virsh(&["snapshot-delete", &bed.vm, "then"]));
    bed.start();
    assert!(bed.from.virsh(&["managedsave", &bed.vm]));
    let no = refusal(&desk, bed.moved(|_| ()));
    assert_eq!(no.kind, RefusalKind::State, "{}", no.reason);
    assert!(bed.from.virsh(&["managedsave-remove", &bed.vm]));
    let nowhere = refusal(&desk, bed.moved(|m| m.pool = "no-such".into()));
    assert_eq!(nowhere.kind, RefusalKind::NotFound);
    plan(&desk, bed.moved(|_| ()));
}

#[test]
fn a_vm_that_is_started_or_written_to_meanwhile_is_not_switched_to_an_old_copy() {
    let Some(bed) = Bed::new("raw", 32, Is::Off) else { return };
    bed.write(1, 0, 1);
    let desk = bed.from.desk();
    let agreed = plan(&desk.handle(), bed.moved(|_| ()));
    let image = bed.from.place.join("disk.raw").display().to_string();
    let touch = std::sync::Arc::new(move |place: &str| {
        if place == "acted 0" {
            run(Command::new("qemu-io").args(["-f", "raw", "-c", "write -P 2 1M 1M", &image]));
        }
    });
    let config = novacron::engine::jobs::DeskConfig { rehearsal: Some(touch), ..bed.from.config() };
    let second = novacron::engine::jobs::Desk::start(config).unwrap();
    let job = over(&second.handle(), begin(&second.handle(), agreed));
    assert!(job.outcome.contains("was written to meanwhile"), "{}", job.outcome);
    bed.untouched(&job, "raw");
    drop(second);
    // A start while it is copied.
    let agreed = plan(&desk.handle(), bed.moved(|_| ()));
    let (hostctl, vm) = (bed.from.hostctl(), bed.vm.clone());
    let start = std::sync::Arc::new(move |place: &str| {
        if place == "acted 0" {
            run(Command::new(&hostctl).args(["virsh", "start", &vm]));
        }
    });
    let config = novacron::engine::jobs::DeskConfig { rehearsal: Some(start), ..bed.from.config() };
    let second = novacron::engine::jobs::Desk::start(config).unwrap();
    let job = over(&second.handle(), begin(&second.handle(), agreed));
    assert!(job.outcome.contains("was started meanwhile"), "{}", job.outcome);
    bed.untouched(&job, "raw");
}
