//! Volumes and pools through a desk, on libvirt's test driver.

#![expect(clippy::needless_pass_by_value, reason = "operations are made where they are asked for")]

use super::*;
use crate::model::operation::{BuildHow, NewPool, NewVolume, PoolOperation, PoolSource, VolumeOperation};

const MIB: u64 = 1 << 20;

fn planned(desk: &DeskHandle, operation: Operation) -> Planned {
    desk.plan(vec![operation]).blocking_recv().unwrap().unwrap().remove(0)
}

fn ended(desk: &DeskHandle, operation: Operation) -> Job {
    let Planned::Plan(plan) = planned(desk, operation.clone()) else { panic!("{operation:?} is refused") };
    let ids = desk.submit(vec![*plan], Consent::Standing).blocking_recv().unwrap().unwrap();
    over(desk, ids[0])
}

fn done(desk: &DeskHandle, operation: Operation) -> Job {
    let job = ended(desk, operation);
    assert_eq!(job.state, JobState::Done, "{}: {}", job.title, job.outcome);
    job
}

fn images() -> Operation {
    let (source, path) = (PoolSource::Dir, Some("/srv/images".to_owned()));
    let build = Some(BuildHow::WhereEmpty);
    Operation::pool(
        "images",
        PoolOperation::Define(NewPool { source, path, build, start: true, autostart: true }),
    )
}

fn volume(name: &str, act: VolumeOperation) -> Operation {
    Operation::volume("images", name, act)
}

fn create(name: &str) -> Operation {
    volume(name, VolumeOperation::Create(NewVolume { capacity: Some(MIB), ..NewVolume::default() }))
}

fn clone(name: &str, to: &str) -> Operation {
    volume(name, VolumeOperation::Clone { to_pool: "images".into(), to: to.into() })
}

#[test]
fn storage_is_made_used_and_taken_away() {
    let bed = Bed::new();
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, images());
    done(&desk, create("a"));
    let job = done(&desk, clone("a", "b"));
    assert_eq!(job.undo, Some(volume("b", VolumeOperation::Delete)));
    assert!(matches!(planned(&desk, create("a")), Planned::Refused(no) if no.kind == RefusalKind::Taken));
    let names: Vec<_> = orphans(&*bed.hv, &[]).unwrap().into_iter().map(|o| o.volume.name).collect();
    assert_eq!(names, ["a", "b"]);
    done(&desk, job.undo.unwrap());
    done(&desk, volume("a", VolumeOperation::Delete));
    assert!(orphans(&*bed.hv, &[]).unwrap().is_empty());
    done(&desk, Operation::pool("images", PoolOperation::Stop));
    let job = done(&desk, Operation::pool("images", PoolOperation::Undefine));
    done(&desk, job.undo.unwrap());
    assert!(bed.hv.pool_named("images").is_ok());
    assert!(bed.audit().iter().all(|r| r.record.result == JobState::Done));
}

#[test]
fn a_step_that_fails_has_the_steps_before_it_taken_back() {
    let bed = Bed::new();
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, images());
    // This driver has no streams: the volume is made, and its bytes are refused.
    let file = bed.path().join("a.img");
    std::fs::write(&file, b"some bytes").unwrap();
    let job = ended(&desk, volume("a", VolumeOperation::Upload { from: file.display().to_string() }));
    assert_eq!(job.state, JobState::Failed);
    assert_eq!(job.steps[0].state, StepState::Undone, "{}", job.outcome);
    assert!(bed.hv.volume("images", "a", false).is_err());
}

#[test]
fn a_copy_that_a_kill_left_is_deleted_unless_it_is_somebody_elses() {
    // Bytes of what is there of that name, and whether it is taken for the copy.
    for (capacity, ours) in [(MIB, true), (3 * MIB, false)] {
        let bed = Bed::new();
        let plan = {
            let desk = bed.desk();
            done(&desk.handle(), images());
            done(&desk.handle(), create("a"));
            let Planned::Plan(plan) = planned(&desk.handle(), clone("a", "b")) else { panic!("refused") };
            plan
        };
        let id = left_behind(&bed, &plan, true);
        let spec = crate::xml::volume::VolumeSpec {
            name: "b",
            capacity,
            allocation: 0,
            format: Some("qcow2"),
            backing: None,
        };
        bed.hv.create_volume("images", &crate::xml::volume::write(&spec), false).unwrap();
        let desk = bed.desk();
        let job = over(&desk.handle(), id);
        assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
        assert_eq!(bed.hv.volume("images", "b", false).is_err(), ours, "{}", job.outcome);
    }
}
