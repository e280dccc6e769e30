//! NovaCron killed with −9 at every place that is written down, and in the middle of a copy: the disk is in one place
//! afterwards, whole, and nothing else is left.

use std::path::PathBuf;
use std::time::Instant;

use novacron::hypervisor::XmlOf;
use novacron::model::job::JobState;
use novacron::model::operation::{DiskMove, LayerOperation, Operation};

use super::bed::{Bed, Is};
use crate::desk::killed::{begin_elsewhere, killed, looked_after};
use crate::desk::{WAIT, done};

/// Where the disk is, which must be the same for what runs and for what is defined.
fn place(bed: &Bed) -> PathBuf {
    let (path, format) = bed.image(XmlOf::Live);
    bed.lies_at(&path, &format);
    path
}

#[test]
fn killed_at_every_place_of_a_move() {
    let Some(bed) = Bed::new("qcow2", 64, Is::Running) else { return };
    bed.write(7, 3, 9);
    let places = [
        ("begun", false),
        ("acted 0", false),
        ("begun 1", false),
        ("acted 1", false),
        ("begun 2", false),
        ("acted 2", true),
        ("begun 3", true),
        ("acted 3", true),
        ("begun 4", true),
        ("acted 4", true),
    ];
    let (mut here, mut there) = (&bed.from, &bed.to);
    for (at, moves) in places {
        let was = place(&bed);
        let to = DiskMove { pool: there.pool.clone(), ..DiskMove::default() };
        let job = killed(&bed.from, &bed.asked(LayerOperation::Migrate(to)), at);
        let expected = if moves { JobState::Done } else { JobState::Failed };
        assert_eq!(job.state, expected, "{at}: {}", job.outcome);
        let now = place(&bed);
        assert_eq!(now != was, moves, "{at}: {}", job.outcome);
        assert_eq!(bed.hv().block_job(bed.id, "vda").unwrap(), None, "{at}: {}", job.outcome);
        if moves {
            std::mem::swap(&mut here, &mut there);
        }
        let left = (here.names().len(), there.names().len());
        assert_eq!(left, (1, 0), "{at}: one volume, and nothing else: {}", job.outcome);
    }
    bed.stop();
    bed.holds(7, 3, 9);
}

#[test]
fn killed_at_every_place_of_a_move_of_one_that_is_off() {
    let Some(bed) = Bed::new("raw", 32, Is::Off) else { return };
    bed.write(7, 3, 9);
    let places = [
        ("begun", false),
        ("acted 0", false),
        ("begun 1", false),
        ("acted 1", true),
        ("begun 2", true),
        ("acted 2", true),
    ];
    let (mut here, mut there) = (&bed.from, &bed.to);
    for (at, moves) in places {
        let was = place(&bed);
        let to = DiskMove { pool: there.pool.clone(), ..DiskMove::default() };
        let job = killed(&bed.from, &bed.asked(LayerOperation::Migrate(to)), at);
        let expected = if moves { JobState::Done } else { JobState::Failed };
        assert_eq!(job.state, expected, "{at}: {}", job.outcome);
        assert_eq!(place(&bed) != was, moves, "{at}: {}", job.outcome);
        if moves {
            std::mem::swap(&mut here, &mut there);
        }
        assert_eq!((here.names().len(), there.names().len()), (1, 0), "{at}: {}", job.outcome);
        bed.holds(7, 3, 9);
    }
}

#[test]
fn killed_at_every_place_of_merges() {
    let Some(bed) = Bed::new("raw", 32, Is::Running) else { return };
    let commit = LayerOperation::Commit { into: None, keep_old: false };
    let pull = LayerOperation::Pull { onto: None };
    bed.write(1, 0, 8);
    let cases = [
        (&commit, "begun", false),
        (&commit, "acted 0", false),
        (&commit, "begun 1", false),
        (&commit, "acted 1", true),
        (&commit, "begun 2", true),
        (&commit, "begun 3", true),
        (&commit, "acted 3", true),
        (&pull, "begun", false),
        (&pull, "acted 0", true),
    ];
    bed.layer("top-0.qcow2");
    for (n, (what, at, merges)) in (1..).zip(cases) {
        bed.write(n, 8 + u64::from(n), 1);
        let job = killed(&bed.from, &bed.asked(what.clone()), at);
        let expected = if merges { JobState::Done } else { JobState::Failed };
        assert_eq!(job.state, expected, "{what:?} at {at}: {}", job.outcome);
        assert_eq!(bed.depth(), usize::from(!merges), "{what:?} at {at}: {}", job.outcome);
        assert_eq!(bed.hv().block_job(bed.id, "vda").unwrap(), None, "{at}: {}", job.outcome);
        place(&bed);
        if merges {
            bed.layer(&format!("top-{n}.qcow2"));
        }
    }
    let desk = bed.from.desk();
    done(&desk.handle(), bed.asked(pull));
    bed.stop();
    bed.holds(1, 0, 8);
    for n in 1..=9 {
        bed.holds(n, 8 + u64::from(n), 1);
    }
}

/// QEMU goes on with the copy without NovaCron: the next start ends it.
#[test]
fn killed_in_the_middle_of_a_copy() {
    let Some(bed) = Bed::new("raw", 2048, Is::Running) else { return };
    bed.write(9, 0, 500);
    let mut child = begin_elsewhere(&bed.from, &bed.moved_slowly(), "nowhere");
    let deadline = Instant::now() + WAIT;
    while bed.hv().block_job(bed.id, "vda").unwrap().is_none() {
        assert!(Instant::now() < deadline, "the copy is not begun");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(bed.hv().block_job(bed.id, "vda").unwrap().is_some(), "QEMU goes on by itself");
    let desk = bed.from.desk();
    let job = looked_after(&desk.handle());
    assert!(job.outcome.contains("taken back"), "{}", job.outcome);
    bed.untouched(&job, "raw");
    let again: Operation = bed.moved(|_| ());
    done(&desk.handle(), again);
    bed.stop();
    bed.holds(9, 0, 500);
}
