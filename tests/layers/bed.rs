//! A pool and a VM of the test's own, whose disk a test writes to and reads.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use novacron::hypervisor::{Hypervisor, XmlOf};
use novacron::model::id::VmId;
use novacron::model::job::{Job, JobState};
use novacron::model::operation::{DiskMove, LayerChange, LayerOperation, Operation, VmOperation};
use novacron::model::vm::{DiskDefinition, DiskSource};
use novacron::xml::domain;

use crate::volumes::bed::Bed as Volumes;

/// A VM with a disk in one pool, and another pool beside it.
pub(super) struct Bed {
    pub(super) from: Volumes,
    pub(super) to: Volumes,
    pub(super) vm: String,
    pub(super) id: VmId,
}

/// How the VM is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    /// Defined, and off.
    Off,
    /// Defined, and running.
    Running,
    /// Running, and not defined.
    Transient,
}

impl Bed {
    /// A VM with a disk of this format and of so many MiB.
    pub(super) fn new(format: &str, mib: u64, is: Is) -> Option<Self> {
        Self::with(Volumes::new()?, format, mib, is)
    }

    /// The same, where the pool beside it is small.
    pub(super) fn small(format: &str, mib: u64, room_mib: u32) -> Option<Self> {
        Self::with(Volumes::small(room_mib)?, format, mib, Is::Running)
    }

    fn with(to: Volumes, format: &str, mib: u64, is: Is) -> Option<Self> {
        let from = Volumes::new()?;
        let vm = format!("mov-{}", from.pool);
        let file = from.place.join(format!("disk.{format}")).display().to_string();
        run(Command::new("qemu-img").args(["create", "-q", "-f", format, &file, &format!("{mib}M")]));
        let nobody = VmId::from_bytes([0; 16]);
        let mut bed = Self { from, to, vm, id: nobody };
        assert_eq!(bed.from.names().len(), 1);
        let xml = bed.xml(format, &file);
        match is {
            Is::Transient => bed.virsh_with(&["create"], &xml),
            Is::Off | Is::Running => bed.virsh_with(&["define"], &xml),
        }
        if is == Is::Running {
            bed.start();
        }
        let all = bed.hv().vms().unwrap();
        bed.id = all.into_iter().find(|vm| vm.name == bed.vm).unwrap().id;
        Some(bed)
    }

    pub(super) fn xml(&self, format: &str, file: &str) -> String {
        format!(
            "<domain type='qemu'><name>{}</name><memory unit='MiB'>32</memory>\
             <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><disk type='file' device='disk'>\
             <driver name='qemu' type='{format}'/><source file='{file}'/><target dev='vda' bus='virtio'/></disk>\
             <memballoon model='none'/></devices></domain>",
            self.vm
        )
    }

    pub(super) fn hv(&self) -> &dyn Hypervisor {
        &*self.from.hv
    }

    pub(super) fn start(&self) {
        assert!(self.from.virsh(&["start", &self.vm]));
    }

    pub(super) fn stop(&self) {
        assert!(self.from.virsh(&["destroy", &self.vm]));
    }

    /// `virsh` with a file of this text behind its words.
    pub(super) fn virsh_with(&self, words: &[&str], text: &str) {
        let file = self.from.file("given.xml");
        std::fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        assert!(self.from.virsh(&[words, &[file.as_str()]].concat()), "{words:?} {text}");
    }

    pub(super) fn said(&self, words: &[&str]) -> Output {
        Command::new(self.from.hostctl()).arg("virsh").args(words).output().unwrap()
    }

    pub(super) fn asked(&self, what: LayerOperation) -> Operation {
        self.asked_at_most(None, what)
    }

    /// The same with a bound in MiB a second.
    pub(super) fn asked_at_most(&self, bandwidth: Option<u32>, what: LayerOperation) -> Operation {
        let change = LayerChange { target: "vda".into(), what, bandwidth };
        Operation::vm(self.id, VmOperation::Layers(change))
    }

    /// Its disk to the other pool.
    pub(super) fn moved(&self, change: impl FnOnce(&mut DiskMove)) -> Operation {
        let mut to = DiskMove { pool: self.to.pool.clone(), ..DiskMove::default() };
        change(&mut to);
        self.asked(LayerOperation::Migrate(to))
    }

    /// The same, so slow that it is under way when something else is done.
    pub(super) fn moved_slowly(&self) -> Operation {
        let to = DiskMove { pool: self.to.pool.clone(), ..DiskMove::default() };
        self.asked_at_most(Some(20), LayerOperation::Migrate(to))
    }

    fn disk(&self, which: XmlOf) -> DiskDefinition {
        let all = domain::parse(&self.hv().xml_of(self.id, which).unwrap()).unwrap().disks;
        all.into_iter().find(|d| d.target == "vda").unwrap()
    }

    /// The image that is written to now, or defined where the VM is off; with its format.
    pub(super) fn image(&self, which: XmlOf) -> (PathBuf, String) {
        let disk = self.disk(which);
        match disk.source.unwrap() {
            DiskSource::File(path) => (PathBuf::from(path), disk.format.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// The same for what runs and for what is defined.
    pub(super) fn lies_at(&self, path: &Path, format: &str) {
        for which in [XmlOf::Live, XmlOf::Defined] {
            assert_eq!(self.image(which), (path.to_owned(), format.to_owned()), "{}", self.vm);
        }
    }

    /// How many images lie below it now.
    pub(super) fn depth(&self) -> usize {
        self.disk(XmlOf::Live).backing.len()
    }

    /// Fills so many MiB from there on with this byte: by QEMU itself while it runs.
    pub(super) fn write(&self, byte: u8, at: u64, mib: u64) {
        let write = format!("write -P {byte} {at}M {mib}M");
        if self.hv().vm_state(self.id).unwrap().is_active() {
            let command = format!("qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"{write}\"");
            let out = self.said(&["qemu-monitor-command", &self.vm, "--hmp", &command]);
            let said = String::from_utf8_lossy(&out.stdout).into_owned();
            assert!(!said.contains("rror") && !said.contains("failed"), "{said}");
            return;
        }
        let (path, format) = self.image(XmlOf::Defined);
        run(Command::new("qemu-io").args(["-f", &format, "-c", &write]).arg(path));
    }

    /// So many MiB from there on hold this byte; the VM is off.
    pub(super) fn holds(&self, byte: u8, at: u64, mib: u64) {
        let (path, format) = self.image(XmlOf::Defined);
        let read = format!("read -P {byte} {at}M {mib}M");
        let out = Command::new("qemu-io").args(["-r", "-f", &format, "-c", &read]).arg(path).output();
        let said = String::from_utf8_lossy(&out.unwrap().stdout).into_owned();
        assert!(said.contains("read ") && !said.contains("failed"), "{byte} at {at}: {said}");
    }

    /// A layer on top of what it has, in the first pool.
    pub(super) fn layer(&self, name: &str) -> PathBuf {
        let file = self.from.place.join(name);
        let spec = format!("vda,file={}", file.display());
        let words = ["snapshot-create-as", &self.vm, "--disk-only", "--no-metadata", "--diskspec", &spec];
        assert!(self.from.virsh(&words), "{name}");
        file
    }

    /// Nothing was changed: the disk is where it was, in both, and the other pool is empty.
    pub(super) fn untouched(&self, job: &Job, format: &str) {
        assert_ne!(job.state, JobState::Done, "{}", job.outcome);
        self.lies_at(&self.from.place.join(format!("disk.{format}")), format);
        assert!(self.to.names().is_empty(), "{}: {:?}", job.outcome, self.to.names());
        if self.hv().vm_state(self.id).unwrap().is_active() {
            assert_eq!(self.hv().block_job(self.id, "vda").unwrap(), None, "{}", job.outcome);
        }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.from.virsh(&["destroy", &self.vm]);
        self.from.virsh(&[
            "undefine",
            &self.vm,
            "--managed-save",
            "--snapshots-metadata",
            "--checkpoints-metadata",
        ]);
    }
}

pub(super) fn run(command: &mut Command) {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}
