//! A host file for libvirt's in-process test driver.

use std::fmt::Write;
use std::path::Path;

use tempfile::TempDir;

use crate::Outcome;

/// VMs defined.
pub(crate) const DEFINED: usize = 2_000;
/// Every so manieth of them runs.
const EVERY: usize = 10;
/// How many run.
pub(crate) const RUNNING: usize = DEFINED / EVERY;

/// A host file with 2,000 VMs of one disk and one NIC, in a temporary folder.
#[derive(Debug)]
pub(crate) struct FakeHost {
    folder: TempDir,
}

impl FakeHost {
    /// Writes the file.
    pub(crate) fn new() -> Outcome<Self> {
        let host = Self { folder: tempfile::tempdir()? };
        std::fs::write(host.file(), text()?)?;
        Ok(host)
    }

    /// The file.
    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("host.xml")
    }

    /// Its URI.
    pub(crate) fn uri(&self) -> String {
        uri(&self.file())
    }
}

/// The URI of a host file.
pub(crate) fn uri(file: &Path) -> String {
    format!("test://{}", file.display())
}

fn text() -> Outcome<String> {
    let mut out = String::from(
        "<node><network><name>default</name><bridge name='virbr0'/><ip address='192.168.122.1' \
         netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>",
    );
    for n in 0..DEFINED {
        // libvirt's numbers of states: 1 running, 5 shut off.
        let state = if n % EVERY == 0 { 1 } else { 5 };
        write!(
            out,
            "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>vm{n:04}</name>\
             <uuid>00000000-0000-4000-8000-{n:012x}</uuid><memory>1048576</memory><vcpu>2</vcpu>\
             <os><type arch='x86_64'>hvm</type></os><devices>\
             <disk type='file' device='disk'><source file='/images/vm{n:04}.qcow2'/>\
             <target dev='vda' bus='virtio'/></disk>\
             <interface type='network'><mac address='52:54:00:00:{:02x}:{:02x}'/><source network='default'/>\
             <target dev='tap{n}'/></interface></devices><test:runstate>{state}</test:runstate></domain>",
            n / 256,
            n % 256,
        )?;
    }
    out.push_str("</node>");
    Ok(out)
}
