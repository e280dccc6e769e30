//! NovaCron killed with −9 at every place that is written down, and in the middle of a copy.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use novacron::model::job::JobState;
use novacron::model::operation::{NewPool, Operation, PoolOperation, PoolSource, VolumeOperation};

use super::bed::Bed;
use crate::desk::killed::{begin_elsewhere, killed, looked_after};
use crate::desk::{WAIT, done};

fn noise_file(path: &Path, mib: usize) {
    let mut file = File::create(path).unwrap();
    for n in 0..mib {
        file.write_all(&vec![n as u8 | 1; 1 << 20]).unwrap();
    }
}

#[test]
fn killed_at_every_place_of_volumes() {
    let Some(bed) = Bed::new() else { return };
    let source = bed.file("source.img");
    noise_file(&source, 4);
    let desk = bed.desk();
    done(&desk.handle(), bed.upload("a.img", &source));
    drop(desk);
    let target = bed.file("target.img");
    let delete = |name: &str| bed.volume(name, VolumeOperation::Delete);
    let kept: &[&str] = &["a.img"];
    let (done, failed) = (JobState::Done, JobState::Failed);
    let cases: Vec<(Operation, &str, JobState, &[&str])> = vec![
        (bed.create("b.img", 1 << 20), "begun", failed, kept),
        (bed.create("b.img", 1 << 20), "acted 0", done, &["a.img", "b.img"]),
        (delete("b.img"), "begun", failed, &["a.img", "b.img"]),
        (delete("b.img"), "acted 0", done, kept),
        (bed.clone_to("a.img", "c.img"), "begun", failed, kept),
        (bed.clone_to("a.img", "c.img"), "acted 0", failed, kept),
        (bed.upload("d.img", &source), "begun", failed, kept),
        (bed.upload("d.img", &source), "acted 0", failed, kept),
        (bed.upload("d.img", &source), "begun 1", failed, kept),
        (bed.upload("d.img", &source), "acted 1", failed, kept),
        (bed.download("a.img", &target), "begun", failed, kept),
    ];
    for (operation, place, state, names) in cases {
        let job = killed(&bed, &operation, place);
        assert_eq!(job.state, state, "{} at {place}: {}", job.title, job.outcome);
        assert_eq!(bed.names(), names, "{} at {place}: {}", job.title, job.outcome);
        assert!(!target.exists() && !bed.file("target.img.part").exists());
    }
    let job = killed(&bed, &bed.download("a.img", &target), "acted 0");
    assert_eq!(job.state, done, "{}", job.outcome);
    assert!(fs::read(&target).unwrap() == fs::read(&source).unwrap());
}

/// As if the kill had been a minute ago.
fn age(bed: &Bed) {
    let db = rusqlite::Connection::open(bed.journal().join("state.db")).unwrap();
    assert!(db.execute("UPDATE job_step SET begun_ms = begun_ms - 60000", []).unwrap() > 0);
}

#[test]
fn what_others_made_or_use_since_a_kill_stays() {
    let Some(bed) = Bed::new() else { return };
    let source = bed.file("source.img");
    noise_file(&source, 4);
    let cut = |operation: &Operation, place: &str| {
        begin_elsewhere(&bed, operation, place).wait().unwrap();
    };
    let over = || {
        let desk = bed.desk();
        looked_after(&desk.handle())
    };
    // Nothing was made by the one that was killed: what has its name now is another's.
    for operation in [bed.upload("d.img", &source), bed.create("d.img", 4 << 20)] {
        cut(&operation, "begun");
        age(&bed);
        assert!(bed.virsh(&["vol-create-as", &bed.pool, "d.img", "4M", "--format", "raw"]));
        let job = over();
        assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
        assert!(job.outcome.contains("was not done") && job.offer.is_some(), "{}", job.outcome);
        assert_eq!(bed.names(), ["d.img"]);
        assert!(bed.virsh(&["vol-delete", "--pool", &bed.pool, "d.img"]));
    }
    let target = bed.file("target.img");
    let part = bed.file("target.img.part");
    let desk = bed.desk();
    done(&desk.handle(), bed.upload("a.img", &source));
    drop(desk);
    cut(&bed.download("a.img", &target), "begun");
    age(&bed);
    fs::write(&part, "another's").unwrap();
    assert_eq!(over().state, JobState::Failed);
    assert_eq!(fs::read_to_string(&part).unwrap(), "another's");
    fs::remove_file(&part).unwrap();
    // What was made is a VM's disk by now.
    cut(&bed.upload("e.img", &source), "acted 0");
    let path = bed.place.join("e.img").display().to_string();
    let xml = format!(
        "<domain type='qemu'><name>{0}</name><memory unit='MiB'>16</memory><os><type>hvm</type></os><devices>\
         <disk type='file'><source file='{path}'/><target dev='vda' bus='virtio'/></disk></devices></domain>",
        bed.pool
    );
    fs::write(bed.file("vm.xml"), xml).unwrap();
    assert!(bed.virsh(&["define", &bed.file("vm.xml").display().to_string()]));
    let job = over();
    assert!(bed.virsh(&["undefine", &bed.pool]));
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(job.outcome.contains(&format!("{} uses it: it stays.", bed.pool)), "{}", job.outcome);
    assert_eq!(bed.names(), ["a.img", "e.img"]);
}

#[test]
fn killed_at_every_place_of_a_new_pool() {
    let Some(bed) = Bed::bare() else { return };
    let new = NewPool {
        source: PoolSource::Dir,
        path: Some(bed.place.display().to_string()),
        build: None,
        start: true,
        autostart: true,
    };
    let define = Operation::pool(&bed.pool, PoolOperation::Define(new));
    for place in ["begun", "acted 0", "begun 1", "acted 1", "begun 2"] {
        let job = killed(&bed, &define, place);
        assert_eq!(job.state, JobState::Failed, "{place}: {}", job.outcome);
        assert!(bed.hv.pool_named(&bed.pool).is_err(), "{place}: the pool stayed: {}", job.outcome);
    }
    let job = killed(&bed, &define, "acted 2");
    assert_eq!(job.state, JobState::Done, "{}", job.outcome);
    assert!(bed.hv.pool_named(&bed.pool).is_ok());
}

/// The copy goes on in libvirt without NovaCron: the next start waits for its end, then deletes it.
#[test]
fn killed_in_the_middle_of_a_copy() {
    let Some(bed) = Bed::new() else { return };
    let source = bed.file("source.img");
    noise_file(&source, 500);
    let desk = bed.desk();
    done(&desk.handle(), bed.upload("a.img", &source));
    drop(desk);
    let mut child = begin_elsewhere(&bed, &bed.convert("a.img", "copy.qcow2", "qcow2"), "nowhere");
    let deadline = Instant::now() + WAIT;
    while bed.hv.volume(&bed.pool, "copy.qcow2", false).is_err() {
        assert!(Instant::now() < deadline, "the copy is not begun");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let desk = bed.desk();
    let job = looked_after(&desk.handle());
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(job.outcome.contains("taken back"), "{}", job.outcome);
    assert_eq!(bed.names(), ["a.img"]);
}

#[test]
fn killed_in_the_middle_of_a_download() {
    let Some(bed) = Bed::new() else { return };
    let (source, target) = (bed.file("source.img"), bed.file("target.img"));
    noise_file(&source, 500);
    let desk = bed.desk();
    done(&desk.handle(), bed.upload("a.img", &source));
    drop(desk);
    let mut child = begin_elsewhere(&bed, &bed.download("a.img", &target), "nowhere");
    let part = bed.file("target.img.part");
    let deadline = Instant::now() + WAIT;
    while fs::metadata(&part).map_or(0, |m| m.len()) == 0 {
        assert!(Instant::now() < deadline, "the download is not begun");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(part.exists() && !target.exists());
    let desk = bed.desk();
    let job = looked_after(&desk.handle());
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(!part.exists() && !target.exists(), "{}", job.outcome);
}
