//! New VMs through a desk, on libvirt's test driver.

use super::*;
use crate::model::operation::{
    CloneVm, Identity, NewPool, NewVm, NewVmFrom, NewVolume, PoolOperation, PoolSource, VolumeOperation,
};
use crate::xml::domain;

const NEW: VmId = VmId::from_bytes([9; 16]);

fn ended(desk: &DeskHandle, operation: &Operation) -> Job {
    let planned = desk.plan(vec![operation.clone()]).blocking_recv().unwrap().unwrap().remove(0);
    let plan = match planned {
        Planned::Plan(plan) => plan,
        Planned::Refused(no) => panic!("{operation:?}: {}", no.reason),
    };
    let ids = desk.submit(vec![*plan], Consent::Standing).blocking_recv().unwrap().unwrap();
    over(desk, ids[0])
}

fn done(desk: &DeskHandle, operation: &Operation) -> Job {
    let job = ended(desk, operation);
    assert_eq!(job.state, JobState::Done, "{}: {}", job.title, job.outcome);
    job
}

fn around(disk: &str) -> Operation {
    let new = NewVm {
        from: NewVmFrom::Disk { pool: "images".into(), volume: disk.into() },
        salt: 1,
        vcpus: Some(1),
        memory: Some(64 << 20),
        disk_size: None,
        pool: None,
        network: None,
        accel: None,
        firmware: Some("bios".into()),
        seed: None,
    };
    Operation::NewVm { id: NEW, name: "made".into(), new: Box::new(new) }
}

#[test]
fn a_vm_is_made_cloned_and_taken_away() {
    let bed = Bed::new();
    let desk = bed.desk();
    let desk = desk.handle();
    let source = (PoolSource::Dir, Some("/srv/images".to_owned()));
    let pool = NewPool { source: source.0, path: source.1, build: None, start: true, autostart: false };
    done(&desk, &Operation::pool("images", PoolOperation::Define(pool)));
    let empty = NewVolume { capacity: Some(1 << 20), ..NewVolume::default() };
    done(&desk, &Operation::volume("images", "own", VolumeOperation::Create(empty)));
    let made = done(&desk, &around("own"));
    assert!(made.undo.is_some());
    let identity = Identity { id: VmId::from_bytes([10; 16]), salt: 2 };
    let clone = CloneVm { name: "twin".into(), identity, linked: false, pool: None };
    let cloned = done(&desk, &Operation::vm(NEW, VmOperation::Clone(clone)));
    let [first, second] = [NEW, identity.id].map(|vm| domain::parse(&bed.hv.vm_xml(vm).unwrap()).unwrap());
    assert_ne!(
        first.nics.first().map(|n| &n.mac),
        second.nics.first().map(|n| &n.mac).or(Some(&String::new()))
    );
    assert_ne!(first.disks[0].source, second.disks[0].source);
    let names = |bed: &Bed| {
        let mut all: Vec<String> = bed.hv.vms().unwrap().into_iter().map(|vm| vm.name).collect();
        all.sort();
        all
    };
    assert!(names(&bed).contains(&"twin".to_owned()));
    done(&desk, &cloned.undo.unwrap());
    assert!(!names(&bed).contains(&"twin".to_owned()));
    // It is held, and so are its disks.
    assert!(orphans(&*bed.hv, &[]).unwrap().len() == 1);
    let held = bed.db().held(bed.host()).unwrap();
    assert!(orphans(&*bed.hv, &held).unwrap().is_empty());
    let purge = done(&desk, &Operation::vm(identity.id, VmOperation::PurgeWithVolumes));
    assert_eq!(purge.steps.len(), 2);
    assert!(orphans(&*bed.hv, &[]).unwrap().is_empty());
    assert!(bed.audit().iter().all(|r| r.record.result == JobState::Done));
}
