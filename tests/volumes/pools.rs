//! Pools: a folder and a file system on the real host, the XML of the other kinds in libvirt's test driver.

use std::process::Command;

use novacron::hypervisor::{Connector, Purpose};
use novacron::model::operation::{
    BuildHow, CephAuth, NewPool, Operation, PoolOperation, PoolSource, VolumeOperation,
};
use novacron::model::plan::{Confirm, RefusalKind};
use novacron::model::storage::PoolState;
use novacron::xml;

use super::bed::Bed;
use crate::desk::{begin, connector, done, over, plan, refusal};

fn new(source: PoolSource, path: Option<String>, build: Option<BuildHow>) -> NewPool {
    NewPool { source, path, build, start: true, autostart: true }
}

fn goes_all_the_way(bed: &Bed, new: NewPool) {
    let desk = bed.desk();
    let desk = desk.handle();
    let pool = |act| Operation::pool(&bed.pool, act);
    done(&desk, pool(PoolOperation::Define(new)));
    let id = bed.hv.pool_named(&bed.pool).unwrap();
    let record = bed.hv.pool(id).unwrap();
    assert_eq!((record.state, record.autostart), (PoolState::Running, Some(true)));
    done(&desk, bed.create("a.qcow2", 1 << 20));
    done(&desk, pool(PoolOperation::Refresh));
    done(&desk, pool(PoolOperation::Autostart { on: false }));
    assert_eq!(bed.hv.pool(id).unwrap().autostart, Some(false));
    assert_eq!(refusal(&desk, pool(PoolOperation::Undefine)).kind, RefusalKind::State);
    done(&desk, pool(PoolOperation::Stop));
    assert_eq!(bed.hv.pool(id).unwrap().state, PoolState::Inactive);
    assert_eq!(refusal(&desk, bed.create("b.qcow2", 1 << 20)).kind, RefusalKind::State);
    done(&desk, pool(PoolOperation::Start));
    assert_eq!(bed.names().iter().filter(|n| *n == "a.qcow2").count(), 1, "what is in it stayed");
    done(&desk, pool(PoolOperation::Stop));
    let job = done(&desk, pool(PoolOperation::Undefine));
    assert!(bed.hv.pool_named(&bed.pool).is_err());
    done(&desk, job.undo.unwrap());
    assert_eq!(bed.hv.pool_named(&bed.pool).unwrap(), id, "it is the same one again");
    done(&desk, pool(PoolOperation::Start));
    done(&desk, bed.volume("a.qcow2", VolumeOperation::Delete));
}

#[test]
fn a_folder_goes_all_the_way() {
    let Some(bed) = Bed::bare() else { return };
    let path = bed.place.join("below").display().to_string();
    goes_all_the_way(&bed, new(PoolSource::Dir, Some(path), Some(BuildHow::WhereEmpty)));
}

/// A device of this machine on a file, let go with this.
struct Loop {
    device: String,
    _file: tempfile::NamedTempFile,
}

impl Loop {
    fn new() -> Option<Self> {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(64 << 20).unwrap();
        let made = Command::new("losetup").args(["-f", "--show"]).arg(file.path()).output().ok()?;
        if !made.status.success() {
            println!("skipped: no loop device: {}", String::from_utf8_lossy(&made.stderr));
            return None;
        }
        Some(Self { device: String::from_utf8(made.stdout).unwrap().trim().to_owned(), _file: file })
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = Command::new("losetup").args(["-d", &self.device]).output();
    }
}

#[test]
fn a_file_system_goes_all_the_way_and_is_not_written_over_unasked() {
    let Some(device) = Loop::new() else { return };
    let Some(bed) = Bed::bare() else { return };
    let source = || PoolSource::Fs { device: device.device.clone(), format: Some("ext4".into()) };
    let place = || Some(bed.place.display().to_string());
    goes_all_the_way(&bed, new(source(), place(), Some(BuildHow::WhereEmpty)));
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, bed.create("kept.qcow2", 1 << 20));
    done(&desk, Operation::pool(&bed.pool, PoolOperation::Stop));
    let build = |how| Operation::pool(&bed.pool, PoolOperation::Build(how));
    let careful = plan(&desk, build(BuildHow::WhereEmpty));
    assert_eq!(careful.confirm, Confirm::Yes);
    let job = over(&desk, begin(&desk, careful));
    assert_eq!(job.state, novacron::model::job::JobState::Failed, "there is a file system: {}", job.outcome);
    done(&desk, Operation::pool(&bed.pool, PoolOperation::Start));
    assert!(bed.names().contains(&"kept.qcow2".to_owned()));
    done(&desk, Operation::pool(&bed.pool, PoolOperation::Stop));
    let rough = plan(&desk, build(BuildHow::Overwrite));
    assert_eq!(rough.confirm, Confirm::Name(bed.pool.clone()));
    done(&desk, build(BuildHow::Overwrite));
    done(&desk, Operation::pool(&bed.pool, PoolOperation::Start));
    assert!(!bed.names().contains(&"kept.qcow2".to_owned()));
}

#[test]
fn the_test_driver_takes_the_xml_of_every_kind() {
    let hv = connector("test:///default").connect(Purpose::Operate).unwrap();
    let text = |t: &str| t.to_owned();
    let sources = [
        PoolSource::Dir,
        PoolSource::Fs { device: text("/dev/sdb1"), format: Some(text("ext4")) },
        PoolSource::NetFs { host: text("nas"), dir: text("/export/a&b"), format: Some(text("nfs")) },
        PoolSource::Logical { group: text("vg0"), devices: vec![text("/dev/sdb"), text("/dev/sdc")] },
        PoolSource::Disk { device: text("/dev/sdb"), format: Some(text("gpt")) },
        PoolSource::Zfs { dataset: text("tank/vms"), devices: Vec::new() },
        PoolSource::Rbd {
            pool: text("vms"),
            monitors: vec![text("mon1:6789"), text("[fd00::1]:3300")],
            auth: Some(CephAuth { user: text("libvirt"), secret: uuid::Uuid::from_u128(5) }),
        },
    ];
    for source in sources {
        let kind = source.kind();
        let name = format!("sto-{kind}-{}", std::process::id());
        let needs_path = matches!(kind, "dir" | "fs" | "netfs");
        let path = needs_path.then(|| format!("/srv/{name}"));
        let asked = new(source.clone(), path.clone(), None);
        hv.define_pool(&xml::pool::write(&name, &asked)).unwrap_or_else(|e| panic!("{kind}: {e}"));
        let back = hv.pool_xml(&name).unwrap();
        hv.undefine_pool(&name).unwrap();
        let read = xml::pool::parse(&back).unwrap();
        assert_eq!((read.kind.as_str(), read.name.as_deref()), (kind, Some(name.as_str())));
        assert_eq!(read.path, xml::pool::place(&source, path.as_deref()), "{back}");
        let says: &[&str] = match source {
            PoolSource::Dir => &[],
            PoolSource::Fs { .. } => &["/dev/sdb1", "ext4"],
            PoolSource::NetFs { .. } => &["'nas'", "/export/a&amp;b", "nfs"],
            PoolSource::Logical { .. } => &["<name>vg0</name>", "/dev/sdb", "/dev/sdc", "lvm2"],
            PoolSource::Disk { .. } => &["/dev/sdb", "gpt"],
            PoolSource::Zfs { .. } => &["<name>tank/vms</name>"],
            PoolSource::Rbd { .. } => &["'mon1' port='6789'", "'fd00::1' port='3300'", "username='libvirt'"],
        };
        for part in says {
            assert!(back.contains(part), "{kind}: {part} is lost: {back}");
        }
    }
}
