//! Bytes: what comes out is what went in, and what is stopped or does not fit leaves nothing.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use novacron::model::job::{JobState, StepState};
use novacron::model::operation::{Backing, NewVolume, Preallocation, VolumeOperation};
use novacron::model::plan::RefusalKind;

use super::bed::Bed;
use crate::desk::{begin, done, once, over, plan, refusal};

const MIB: u64 = 1 << 20;

/// Bytes that do not repeat soon.
fn noise(len: usize, mut seed: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(len);
    while out.len() < len {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.push((seed >> 33) as u8);
    }
    out
}

/// A file with data at its beginning, in its middle and at its end, and holes between.
fn holed(path: &Path, size: u64) {
    let mut file = File::create(path).unwrap();
    for (at, seed) in [(0, 1), (size / 2 + 12_345, 2), (size - 70_001, 3)] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&noise(70_001, seed)).unwrap();
    }
    assert_eq!(file.metadata().unwrap().len(), size);
}

/// A file without holes.
fn solid(path: &Path, mib: usize) {
    let mut file = File::create(path).unwrap();
    let block = noise(MIB as usize, 9);
    for _ in 0..mib {
        file.write_all(&block).unwrap();
    }
    file.sync_all().unwrap();
}

#[test]
fn bytes_that_went_through_every_copy_come_back_as_they_were() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    let (source, back) = (bed.file("source.img"), bed.file("back.img"));
    holed(&source, 64 * MIB);
    done(&desk, bed.upload("a.img", &source));
    let up = bed.hv.volume(&bed.pool, "a.img", true).unwrap();
    assert_eq!((up.capacity, up.format.as_deref()), (64 * MIB, Some("raw")));
    assert!(up.allocation < 4 * MIB, "holes stay holes: {}", up.allocation);
    done(&desk, bed.clone_to("a.img", "b.img"));
    done(&desk, bed.convert("b.img", "c.qcow2", "qcow2"));
    done(&desk, bed.clone_to("c.qcow2", "d.qcow2"));
    let image = bed.hv.volume(&bed.pool, "d.qcow2", true).unwrap();
    assert_eq!((image.capacity, image.format.as_deref()), (64 * MIB, Some("qcow2")));
    done(&desk, bed.convert("d.qcow2", "e.img", "raw"));
    let job = done(&desk, bed.download("e.img", &back));
    assert!(job.steps.iter().all(|s| s.state == StepState::Done));
    assert!(fs::read(&source).unwrap() == fs::read(&back).unwrap(), "other bytes came back");
    let got = fs::metadata(&back).unwrap();
    assert!(got.blocks() * 512 < 8 * MIB, "holes stay holes: {}", got.blocks() * 512);
    assert_eq!(got.mode() & 0o777, 0o600);
    assert_eq!(bed.names(), ["a.img", "b.img", "c.qcow2", "d.qcow2", "e.img"]);
    // An image goes up as it is, and is known as one afterwards.
    let image = bed.file("image.qcow2");
    done(&desk, bed.download("d.qcow2", &image));
    done(&desk, bed.upload("f.qcow2", &image));
    let up = bed.hv.volume(&bed.pool, "f.qcow2", true).unwrap();
    assert_eq!((up.capacity, up.format.as_deref()), (64 * MIB, Some("qcow2")));
    done(&desk, bed.volume("b.img", VolumeOperation::Wipe));
    let wiped = bed.file("wiped.img");
    done(&desk, bed.download("b.img", &wiped));
    assert!(fs::read(&wiped).unwrap().iter().all(|b| *b == 0));
}

#[test]
fn volumes_are_made_grown_and_deleted() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    let made = |name: &str, new: NewVolume| {
        done(&desk, bed.volume(name, VolumeOperation::Create(new)));
        bed.hv.volume(&bed.pool, name, true).unwrap()
    };
    let new = |format: &str, preallocation| NewVolume {
        capacity: Some(32 * MIB),
        format: Some(format.into()),
        preallocation,
        backing: None,
    };
    assert!(made("a.qcow2", new("qcow2", Preallocation::Off)).allocation < MIB);
    let tables = made("b.qcow2", new("qcow2", Preallocation::Metadata));
    assert_eq!((tables.capacity, tables.format.as_deref()), (32 * MIB, Some("qcow2")));
    assert!(made("c.qcow2", new("qcow2", Preallocation::Full)).allocation >= 32 * MIB);
    assert!(made("d.img", new("raw", Preallocation::Off)).allocation < MIB);
    assert!(made("e.img", new("raw", Preallocation::Full)).allocation >= 32 * MIB);
    let backing = Some(Backing { pool: bed.pool.clone(), name: "a.qcow2".into() });
    let top = made("top.qcow2", NewVolume { backing, ..NewVolume::default() });
    assert_eq!(top.capacity, 32 * MIB);
    assert_eq!(top.backing, Some(bed.hv.volume(&bed.pool, "a.qcow2", false).unwrap().path));
    done(&desk, bed.volume("d.img", VolumeOperation::Grow { to: 48 * MIB, allocate: false }));
    assert_eq!(bed.hv.volume(&bed.pool, "d.img", false).unwrap().capacity, 48 * MIB);
    let no = refusal(&desk, bed.volume("a.qcow2", VolumeOperation::Delete));
    assert_eq!((no.kind, no.reason.contains("top.qcow2")), (RefusalKind::InUse, true), "{}", no.reason);
    done(&desk, bed.volume("top.qcow2", VolumeOperation::Delete));
    done(&desk, bed.volume("a.qcow2", VolumeOperation::Delete));
    assert_eq!(bed.names(), ["b.qcow2", "c.qcow2", "d.img", "e.img"]);
}

#[test]
fn what_was_there_meanwhile_is_not_run_over() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, bed.create("free.qcow2", MIB));
    let make = plan(&desk, bed.create("new.qcow2", MIB));
    let copy = plan(&desk, bed.clone_to("free.qcow2", "copy.qcow2"));
    let delete = plan(&desk, bed.volume("free.qcow2", VolumeOperation::Delete));
    for name in ["new.qcow2", "copy.qcow2"] {
        assert!(bed.virsh(&["vol-create-as", &bed.pool, name, "7M"]));
    }
    let vm = format!("sto-user-{}", bed.pool);
    let image = bed.hv.volume(&bed.pool, "free.qcow2", false).unwrap().path;
    let xml = format!(
        "<domain type='qemu'><name>{vm}</name><memory unit='MiB'>32</memory><os><type>hvm</type></os><devices>\
         <disk type='file' device='disk'><source file='{image}'/><target dev='vda' bus='virtio'/></disk>\
         </devices></domain>"
    );
    let file = bed.file("vm.xml");
    fs::write(&file, xml).unwrap();
    assert!(bed.virsh(&["define", &file.display().to_string()]));
    for plan in [make, copy, delete] {
        let job = over(&desk, begin(&desk, plan));
        assert_eq!(job.state, JobState::Stale, "{}: {}", job.title, job.outcome);
    }
    let no = refusal(&desk, bed.volume("free.qcow2", VolumeOperation::Delete));
    assert!(bed.virsh(&["undefine", &vm]));
    assert!(no.kind == RefusalKind::InUse && no.reason.contains(&vm), "{}", no.reason);
    for name in ["new.qcow2", "copy.qcow2"] {
        assert_eq!(bed.hv.volume(&bed.pool, name, false).unwrap().capacity, 7 * MIB, "another's {name}");
    }
}

#[test]
fn what_is_stopped_in_the_middle_leaves_nothing() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    let (source, target) = (bed.file("source.img"), bed.file("target.img"));
    solid(&source, 700);
    done(&desk, bed.upload("a.img", &source));
    let stopped = |operation| {
        let id = begin(&desk, plan(&desk, operation));
        let seen = once(&desk, id, |j| j.state.is_over() || j.progress.is_some_and(|p| p.done > 0));
        let far = seen.progress.expect("it told how far it was before it was over");
        assert!(far.total >= 700 * MIB && far.done <= far.total, "{far:?}");
        desk.cancel(id);
        let job = over(&desk, id);
        assert_eq!(job.state, JobState::Cancelled, "{}: {}", job.title, job.outcome);
        job
    };
    let job = stopped(bed.upload("b.img", &source));
    assert_eq!(job.steps[0].state, StepState::Undone, "{}", job.outcome);
    stopped(bed.download("a.img", &target));
    let job = stopped(bed.convert("a.img", "c.qcow2", "qcow2"));
    assert!(job.outcome.contains("The copy was deleted"), "{}", job.outcome);
    assert_eq!(bed.names(), ["a.img"]);
    let left: Vec<_> = fs::read_dir(bed.file("source.img").parent().unwrap())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(left.iter().all(|f| f == "state" || f == "source.img"), "{left:?}");
}

#[test]
fn what_does_not_fit_is_refused_and_what_turns_out_not_to_leaves_nothing() {
    let Some(bed) = Bed::small(40) else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    let full =
        NewVolume { capacity: Some(50 * MIB), preallocation: Preallocation::Full, ..NewVolume::default() };
    let no = refusal(&desk, bed.volume("a.img", VolumeOperation::Create(full)));
    assert_eq!(no.kind, RefusalKind::Space, "{}", no.reason);
    let large = bed.file("large.img");
    solid(&large, 50);
    assert_eq!(refusal(&desk, bed.upload("a.img", &large)).kind, RefusalKind::Space);
    // A compressed image needs more than it takes now.
    let packed = bed.place.join("packed.qcow2").display().to_string();
    let plain = bed.file("plain.img");
    fs::write(&plain, vec![b'A'; 60 * MIB as usize]).unwrap();
    bed.exec(&["qemu-img", "convert", "-c", "-O", "qcow2", &plain.display().to_string(), &packed]);
    assert_eq!(bed.names(), ["packed.qcow2"]);
    let job = over(&desk, begin(&desk, plan(&desk, bed.convert("packed.qcow2", "b.img", "raw"))));
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(job.outcome.contains("No space left"), "{}", job.outcome);
    assert_eq!(bed.names(), ["packed.qcow2"]);
    // The room is reserved before the bytes are sent: nobody takes it meanwhile.
    let thin = bed.file("thin.img");
    solid(&thin, 30);
    let upload = plan(&desk, bed.upload("c.img", &thin));
    let (hostctl, filler) = (bed.hostctl(), bed.place.join("filler").display().to_string());
    let take_room = std::sync::Arc::new(move |place: &str| {
        if place == "begun 1" {
            let made = Command::new(&hostctl).args(["exec", "fallocate", "-l", "34M", &filler]).output();
            assert!(!made.unwrap().status.success(), "there was room");
        }
    });
    let config = novacron::engine::jobs::DeskConfig { rehearsal: Some(take_room), ..bed.config() };
    let second = novacron::engine::jobs::Desk::start(config).unwrap();
    let job = over(&second.handle(), begin(&second.handle(), upload));
    assert_eq!(job.state, JobState::Done, "{}", job.outcome);
    assert!(bed.names().contains(&"c.img".to_owned()));
}
