//! A VM's definition as the one of another VM: nothing in it is shared but what is only read.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::patch::Patch;
use super::spans::{At, ROOT, Text};
use crate::model::vm::BASE_TAG;
use crate::xml::XmlError;
use crate::xml::domain::NOVACRON;

/// Where a disk's bytes lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskAt {
    /// In a file.
    File(String),
    /// On a block device.
    Block(String),
    /// In a volume of a pool.
    Volume {
        /// Name of the pool.
        pool: String,
        /// Name of the volume.
        volume: String,
    },
}

/// The disk that takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDisk {
    /// Its target (`vda`).
    pub target: String,
    /// Where its bytes lie.
    pub at: DiskAt,
    /// Its format.
    pub format: String,
}

/// What else is another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// vCPUs.
    pub vcpus: Option<u32>,
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Network of its first NIC.
    pub network: Option<String>,
    /// A volume that is only read, as one disk more.
    pub seed: Option<DiskAt>,
}

/// What makes the new VM another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its UUID.
    pub uuid: &'t str,
    /// Its MAC addresses, of NICs in order; what is missing is left to libvirt.
    pub macs: &'t [String],
    /// Its own disks.
    pub disks: &'t [NewDisk],
    /// What else is another.
    pub overrides: &'t Overrides,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twinned {
    /// The definition.
    pub xml: String,
    /// What of the first VM the second does not have, in words.
    pub left_out: Vec<String>,
}

/// The definition of the new VM.
///
/// # Errors
/// When the text is no definition.
pub fn twin(xml: &str, new: &Twin<'_>) -> Result<Twinned, XmlError> {
    let text = Text::parse(xml, "domain")?;
    let mut maker = Maker { text: &text, patch: Patch::new(&text), left_out: Vec::new() };
    maker.identity(new);
    maker.sizes(new.overrides);
    if let Some(os) = text.child(ROOT, "os") {
        maker.firmware(os);
    }
    if let Some(devices) = text.child(ROOT, "devices") {
        maker.devices(devices, new);
    }
    let Maker { patch, left_out, .. } = maker;
    Ok(Twinned { xml: patch.done(), left_out })
}

struct Maker<'t, 'x> {
    text: &'t Text<'x>,
    patch: Patch<'t, 'x>,
    left_out: Vec<String>,
}

impl Maker<'_, '_> {
    fn leave_out(&mut self, at: At, what: impl Into<String>) {
        self.patch.remove(at);
        let what = what.into();
        if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    /// Name, UUID, and what else is to be unique.
    fn identity(&mut self, new: &Twin<'_>) {
        let text = self.text;
        // Numbers of a VM that runs.
        self.patch.unset(ROOT, "id");
        match (text.child(ROOT, "name"), text.child(ROOT, "uuid")) {
            (Some(name), Some(uuid)) => {
                self.patch.write(name, new.name);
                self.patch.write(uuid, new.uuid);
            }
            (Some(name), None) => {
                self.patch.write(name, new.name);
                self.patch.behind(name, &format!("<uuid>{}</uuid>", new.uuid));
            }
            (None, _) => {}
        }
        for at in text.children(ROOT) {
            match text.name(at) {
                "hwuuid" => self.patch.remove(at),
                "genid" => self.patch.swap(at, "<genid/>"),
                "sysinfo" => self.system_words(at, new.uuid),
                "metadata" => self.metadata(at),
                _ => {}
            }
        }
    }

    fn system_words(&mut self, sysinfo: At, uuid: &str) {
        let text = self.text;
        for group in text.children(sysinfo) {
            for entry in text.all(group, "entry") {
                match text.value(entry, "name").as_str() {
                    "uuid" => self.patch.write(entry, uuid),
                    "serial" => self.leave_out(entry, "the serial number of the machine"),
                    _ => {}
                }
            }
        }
    }

    /// Tags stay; protection and the start order are the first VM's own.
    fn metadata(&mut self, metadata: At) {
        let text = self.text;
        for entry in text.children(metadata) {
            let tag = &text.xml[text.whole(entry)];
            if !tag.split('>').next().unwrap_or_default().contains(NOVACRON) {
                continue;
            }
            for own in text.children(entry) {
                if matches!(text.local_name(own), "protected" | "start") {
                    self.patch.remove(own);
                }
                let tags = text.children(own).chain([own]).filter(|at| text.local_name(*at) == "tag");
                for tag in tags.filter(|tag| text.content(*tag) == BASE_TAG) {
                    self.patch.remove(tag);
                }
            }
        }
    }

    fn sizes(&mut self, overrides: &Overrides) {
        let text = self.text;
        if let (Some(count), Some(vcpu)) = (overrides.vcpus, text.child(ROOT, "vcpu")) {
            self.patch.write(vcpu, &count.to_string());
            self.patch.unset(vcpu, "current");
            let cpu = text.child(ROOT, "cpu");
            for at in cpu.into_iter().flat_map(|cpu| text.all(cpu, "topology")) {
                self.leave_out(at, "the layout of its vCPUs");
            }
            for at in text.all(ROOT, "vcpus") {
                self.patch.remove(at);
            }
        }
        if let Some(bytes) = overrides.memory {
            let kib = (bytes >> 10).to_string();
            for name in ["memory", "currentMemory"] {
                if let Some(at) = text.child(ROOT, name) {
                    self.patch.swap(at, &format!("<{name} unit='KiB'>{kib}</{name}>"));
                }
            }
        }
    }

    /// Its own UEFI variables, which libvirt makes with the first start.
    fn firmware(&mut self, os: At) {
        let text = self.text;
        let Some(nvram) = text.child(os, "nvram") else { return };
        let template = text.value(nvram, "template");
        if template.is_empty() {
            self.patch.remove(nvram);
            return;
        }
        let mut own = format!("<nvram template='{}'", escape(template.as_str()));
        let format = text.value(nvram, "templateFormat");
        if !format.is_empty() {
            let _ = write!(own, " templateFormat='{}'", escape(format.as_str()));
        }
        own.push_str("/>");
        self.patch.swap(nvram, &own);
    }

    fn devices(&mut self, devices: At, new: &Twin<'_>) {
        let text = self.text;
        let mut macs = new.macs.iter();
        let mut network = new.overrides.network.as_deref();
        for at in text.children(devices) {
            match text.name(at) {
                "disk" => self.disk(at, new.disks),
                "interface" => self.nic(at, macs.next().map(String::as_str), network.take()),
                "hostdev" => self.leave_out(at, "devices of the host that are passed through"),
                "graphics" => self.graphics(at),
                "serial" | "console" | "parallel" => self.port(at),
                "channel" => self.channel(at),
                "vsock" => {
                    if let Some(cid) = text.child(at, "cid") {
                        self.patch.swap(cid, "<cid auto='yes'/>");
                    }
                }
                _ => {}
            }
        }
        if let Some(seed) = &new.overrides.seed {
            self.patch.append(devices, &seed_disk(seed, &free_target(text, devices)));
        }
    }

    fn disk(&mut self, at: At, disks: &[NewDisk]) {
        let text = self.text;
        for name in ["serial", "wwn"] {
            if let Some(own) = text.child(at, name) {
                self.leave_out(own, "serial numbers of disks");
            }
        }
        let target = text.child(at, "target").map(|t| text.value(t, "dev")).unwrap_or_default();
        let Some(new) = disks.iter().find(|d| d.target == target) else { return };
        let (kind, source) = source(&new.at);
        self.patch.set(at, "type", kind);
        if let Some(driver) = text.child(at, "driver") {
            self.patch.set(driver, "type", &new.format);
        }
        if let Some(old) = text.child(at, "source") {
            self.patch.swap(old, &source);
        }
        for name in ["backingStore", "mirror"] {
            if let Some(old) = text.child(at, name) {
                self.patch.remove(old);
            }
        }
    }

    fn nic(&mut self, at: At, mac: Option<&str>, network: Option<&str>) {
        let text = self.text;
        if text.value(at, "type") == "hostdev" {
            return self.leave_out(at, "network devices of the host that are passed through");
        }
        match (text.child(at, "mac"), mac) {
            (Some(own), Some(mac)) => {
                self.patch.swap(own, &format!("<mac address='{}'/>", escape(mac)));
            }
            (Some(own), None) => self.patch.remove(own),
            (None, Some(mac)) => self.patch.append(at, &format!("<mac address='{}'/>", escape(mac))),
            (None, None) => {}
        }
        if let Some(target) = text.child(at, "target").filter(|t| !text.value(*t, "dev").is_empty()) {
            self.patch.unset(target, "dev");
        }
        if let Some(network) = network {
            let source = format!("<source network='{}'/>", escape(network));
            self.patch.set(at, "type", "network");
            match text.child(at, "source") {
                Some(old) => self.patch.swap(old, &source),
                None => self.patch.append(at, &source),
            }
        }
    }

    /// libvirt chooses the port.
    fn graphics(&mut self, at: At) {
        for name in ["port", "tlsPort", "websocket"] {
            if !matches!(self.text.value(at, name).as_str(), "" | "-1") {
                self.patch.set(at, name, "-1");
            }
        }
        if matches!(self.text.value(at, "type").as_str(), "vnc" | "spice" | "rdp") {
            self.patch.set(at, "autoport", "yes");
        }
    }

    /// A port that goes to a place of which there is one only becomes a terminal of its own.
    fn port(&mut self, at: At) {
        let text = self.text;
        for log in text.all(at, "log") {
            self.leave_out(log, "where its serial ports are logged");
        }
        if text.name(at) == "parallel" || matches!(text.value(at, "type").as_str(), "pty" | "stdio" | "null")
        {
            return;
        }
        self.patch.set(at, "type", "pty");
        for name in ["source", "protocol"] {
            for own in text.all(at, name) {
                self.leave_out(own, "where its serial ports lead to");
            }
        }
    }

    fn channel(&mut self, at: At) {
        let text = self.text;
        if text.value(at, "type") == "unix"
            && let Some(source) = text.child(at, "source")
            && !text.value(source, "path").is_empty()
        {
            self.patch.unset(source, "path");
        }
    }
}

/// The word for its kind, and its element.
fn source(at: &DiskAt) -> (&'static str, String) {
    match at {
        DiskAt::File(path) => ("file", format!("<source file='{}'/>", escape(path.as_str()))),
        DiskAt::Block(path) => ("block", format!("<source dev='{}'/>", escape(path.as_str()))),
        DiskAt::Volume { pool, volume } => {
            let (pool, volume) = (escape(pool.as_str()), escape(volume.as_str()));
            ("volume", format!("<source pool='{pool}' volume='{volume}'/>"))
        }
    }
}

/// A disk that is only read; of virtio, which any machine has.
fn seed_disk(at: &DiskAt, target: &str) -> String {
    let (kind, source) = source(at);
    format!(
        "<disk type='{kind}' device='disk'><driver name='qemu' type='raw'/>{source}\
         <target dev='{target}' bus='virtio'/><readonly/></disk>"
    )
}

/// The first name of a virtio disk that no disk has.
fn free_target(text: &Text<'_>, devices: At) -> String {
    let taken: Vec<String> = text
        .all(devices, "disk")
        .filter_map(|d| text.child(d, "target"))
        .map(|t| text.value(t, "dev"))
        .collect();
    ('b'..='z')
        .map(|letter| format!("vd{letter}"))
        .find(|name| !taken.contains(name))
        .unwrap_or_else(|| "vdaa".to_owned())
}
