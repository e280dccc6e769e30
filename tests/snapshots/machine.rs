//! A VM whose disks a test can write to and read, be it running or off.

use std::process::Command;

use serde_json::Value as Json;

use crate::operate::bed::Bed;

/// Bytes that are written and read.
const BYTES: &str = "64k";

/// A VM `a` on a host of its own.
pub(super) struct Machine {
    pub(super) bed: Bed,
}

impl Machine {
    /// A VM that boots nothing, with disks of these formats.
    pub(super) fn up(test: &str, formats: &[&str]) -> Option<Self> {
        let m = Self { bed: Bed::up(&format!("sn-{test}"))? };
        let disks: String =
            "abc".chars().zip(formats).map(|(letter, format)| m.disk(letter, format)).collect();
        m.bed.host.define_xml(&format!(
            "<domain type='qemu'><name>a</name><memory unit='MiB'>32</memory><os><type arch='x86_64' machine='pc'>hvm</type>\
             <boot dev='network'/></os><features><acpi/></features><devices>{disks}<memballoon model='none'/></devices></domain>"
        ));
        Some(m)
    }

    /// Makes an image, and tells its XML.
    pub(super) fn disk(&self, letter: char, format: &str) -> String {
        let file = format!("{}/a-vd{letter}.{format}", self.bed.host.images());
        run(Command::new("qemu-img").args(["create", "-q", "-f", format, &file, "64M"]));
        format!(
            "<disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{file}'/>\
             <target dev='vd{letter}' bus='virtio'/></disk>"
        )
    }

    pub(super) fn virsh(&self, args: &[&str]) -> String {
        self.bed.virsh(args)
    }

    pub(super) fn state(&self) -> String {
        self.bed.state("a")
    }

    /// `novacron snapshot …`: exit code, and all that it said.
    pub(super) fn snapshot(&self, args: &[&str]) -> (i32, String) {
        self.bed.run(&[&["snapshot"], args].concat())
    }

    /// The same, which must do what was asked.
    pub(super) fn done(&self, args: &[&str]) -> String {
        let (code, said) = self.snapshot(&[args, &["--yes"]].concat());
        assert_eq!(code, 0, "{args:?}: {said}");
        said
    }

    pub(super) fn json(&self, args: &[&str]) -> Json {
        let out = self.bed.command(&[&["snapshot"], args, &["--format", "json"]].concat()).output().unwrap();
        serde_json::from_slice(&out.stdout).unwrap()
    }

    /// Names of all snapshots, each behind its parent.
    pub(super) fn names(&self) -> Vec<String> {
        let list = self.json(&["list", "a"]);
        list.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Files in the folder of images.
    pub(super) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.bed.host.images()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The image that is written to now, and its format.
    fn image(&self, target: &str) -> (String, &'static str) {
        let list = self.virsh(&["domblklist", "a"]);
        let line = list.lines().find(|l| l.trim_start().starts_with(target)).unwrap();
        let path = line.split_whitespace().nth(1).unwrap().to_owned();
        let raw = std::path::Path::new(&path).extension().is_some_and(|e| e == "raw");
        let format = if raw { "raw" } else { "qcow2" };
        (path, format)
    }

    /// Fills the begin of a disk with this byte: by QEMU itself while it runs.
    pub(super) fn write(&self, target: &str, byte: u8) {
        let write = format!("write -P {byte} 0 {BYTES}");
        if self.state() == "off" {
            let (path, format) = self.image(target);
            run(Command::new("qemu-io").args(["-f", format, "-c", &write, &path]));
            return;
        }
        let number = target.bytes().last().unwrap() - b'a';
        let device = format!("/machine/peripheral/virtio-disk{number}/virtio-backend");
        // What QEMU keeps of the image's tables is read from the file here.
        for what in [write.as_str(), "flush"] {
            let command = format!("qemu-io -d {device} \"{what}\"");
            let said = self.virsh(&["qemu-monitor-command", "a", "--hmp", &command]);
            assert!(!said.contains("rror") && !said.contains("failed"), "{said}");
        }
    }

    /// The byte that the begin of a disk is filled with.
    pub(super) fn byte(&self, target: &str) -> u8 {
        let (path, format) = self.image(target);
        let read = |byte: &u8| {
            let command = format!("read -P {byte} 0 {BYTES}");
            let out =
                Command::new("qemu-io").args(["-U", "-r", "-f", format, "-c", &command, &path]).output();
            let out = out.unwrap();
            let said = String::from_utf8_lossy(&out.stdout).into_owned();
            assert!(said.contains("read "), "{said}{}", String::from_utf8_lossy(&out.stderr));
            !said.contains("verification failed")
        };
        (0..=110).find(read).unwrap()
    }
}

pub(super) fn run(command: &mut Command) {
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&out.stdout));
}
