//! A snapshot's XML: read, and written for a new one.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::tree::{Document, Element};
use super::{XmlError, domain};
use crate::model::time::Timestamp;
use crate::model::vm::DiskSource;
use crate::model::vm_snapshot::{SnapshotDisk, SnapshotMemory, SnapshotState, VmSnapshot};

/// Reads a snapshot; whether it is the current one is not in its XML.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<domainsnapshot>`.
pub fn parse(xml: &str) -> Result<VmSnapshot, XmlError> {
    let document = Document::parse(xml, "domainsnapshot")?;
    let snapshot = document.root();
    let seconds = snapshot.child_text("creationTime").and_then(|t| t.parse().ok()).unwrap_or_default();
    let state = match snapshot.child_text("state").as_deref() {
        Some("running" | "blocked") => SnapshotState::Running,
        Some("paused" | "pmsuspended") => SnapshotState::Paused,
        Some("disk-snapshot") => SnapshotState::DisksOnly,
        _ => SnapshotState::Off,
    };
    Ok(VmSnapshot {
        name: snapshot.child_text("name").unwrap_or_default(),
        description: snapshot.child_text("description"),
        parent: snapshot.child("parent").and_then(|p| p.child_text("name")),
        current: false,
        created: Timestamp::from_seconds(seconds),
        state,
        memory: memory(snapshot, state),
        disks: disks(snapshot),
    })
}

fn memory(snapshot: Element<'_>, state: SnapshotState) -> SnapshotMemory {
    let memory = snapshot.child("memory");
    let kind = memory.and_then(|m| m.string("snapshot"));
    match (kind.as_deref(), memory.and_then(|m| m.string("file"))) {
        (_, Some(file)) => SnapshotMemory::External(file),
        (Some("internal"), None) => SnapshotMemory::Internal,
        // Drivers that say nothing of memory keep it when the VM runs.
        (None, None) if matches!(state, SnapshotState::Running | SnapshotState::Paused) => {
            SnapshotMemory::Internal
        }
        (_, None) => SnapshotMemory::None,
    }
}

fn disks(snapshot: Element<'_>) -> Vec<SnapshotDisk> {
    let then = snapshot.child("domain").map(domain::disks).unwrap_or_default();
    let listed = snapshot.child("disks").into_iter().flat_map(|d| d.all("disk").collect::<Vec<_>>());
    let kept = listed.filter(|d| !d.attr_is("snapshot", "no"));
    kept.filter_map(|disk| {
        let target = disk.string("name")?;
        let holds = then.iter().find(|d| d.target == target).and_then(|d| d.source.clone());
        let external = disk.attr_is("snapshot", "external");
        let source = disk.child("source");
        let overlay = external
            .then(|| {
                let file = source.and_then(|s| s.string("file")).map(DiskSource::File);
                file.or_else(|| source?.string("dev").map(DiskSource::Block))
            })
            .flatten();
        Some(SnapshotDisk { target, holds, overlay })
    })
    .collect()
}

/// What makes a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSnapshotXml<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is said about it; may be empty.
    pub description: &'a str,
    /// Where memory goes.
    pub memory: &'a SnapshotMemory,
    /// Disks by target, each with what becomes of it.
    pub disks: &'a [(String, DiskPart)],
}

/// What becomes of a disk in a new snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskPart {
    /// It is left out.
    Out,
    /// It is kept inside its image.
    Internal,
    /// What is written from now on goes to this file.
    Overlay(String),
}

/// Writes it.
pub fn write(new: &NewSnapshotXml<'_>) -> String {
    let mut xml = format!("<domainsnapshot>\n  <name>{}</name>\n", escape(new.name));
    if !new.description.is_empty() {
        let _ = writeln!(xml, "  <description>{}</description>", escape(new.description));
    }
    let _ = match new.memory {
        SnapshotMemory::None => writeln!(xml, "  <memory snapshot='no'/>"),
        SnapshotMemory::Internal => writeln!(xml, "  <memory snapshot='internal'/>"),
        SnapshotMemory::External(file) => {
            writeln!(xml, "  <memory snapshot='external' file='{}'/>", escape(file.as_str()))
        }
    };
    xml.push_str("  <disks>\n");
    for (target, part) in new.disks {
        let target = escape(target.as_str());
        let _ = match part {
            DiskPart::Out => writeln!(xml, "    <disk name='{target}' snapshot='no'/>"),
            DiskPart::Internal => writeln!(xml, "    <disk name='{target}' snapshot='internal'/>"),
            DiskPart::Overlay(file) => writeln!(
                xml,
                "    <disk name='{target}' snapshot='external' type='file'>\n      <driver type='qcow2'/>\n      \
                 <source file='{}'/>\n    </disk>",
                escape(file.as_str())
            ),
        };
    }
    xml.push_str("  </disks>\n</domainsnapshot>\n");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let memory = SnapshotMemory::External("/p/a&b.mem".into());
        let disks = [
            ("vda".to_owned(), DiskPart::Overlay("/p/a<1>.qcow2".into())),
            ("sda".to_owned(), DiskPart::Out),
            ("vdb".to_owned(), DiskPart::Internal),
        ];
        let xml =
            write(&NewSnapshotXml { name: "a'<b>", description: "x & y", memory: &memory, disks: &disks });
        let read = parse(&xml).unwrap();
        assert_eq!((read.name.as_str(), read.description.as_deref()), ("a'<b>", Some("x & y")));
        assert_eq!((&read.memory, read.has_memory(), read.is_external()), (&memory, true, true));
        let targets: Vec<_> = read.disks.iter().map(|d| (d.target.as_str(), d.overlay.clone())).collect();
        assert_eq!(targets, [("vda", Some(DiskSource::File("/p/a<1>.qcow2".into()))), ("vdb", None)]);
    }

    #[test]
    fn what_libvirt_writes_is_read() {
        let read = parse(
            "<domainsnapshot><name>d1</name><state>disk-snapshot</state><parent><name>int1</name></parent>\
             <creationTime>1795442350</creationTime><memory snapshot='no'/><disks>\
             <disk name='vda' snapshot='external' type='file'><source file='/i/a.d1'/></disk>\
             <disk name='sda' snapshot='no'/></disks><domain><devices><disk type='file' device='disk'>\
             <source file='/i/a.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain></domainsnapshot>",
        )
        .unwrap();
        assert_eq!((read.parent.as_deref(), read.state), (Some("int1"), SnapshotState::DisksOnly));
        assert_eq!(
            (read.created, read.kind(), read.has_memory()),
            (Timestamp(1_795_442_350_000), "external", false)
        );
        assert_eq!(read.disks.len(), 1);
        assert_eq!(read.disks[0].holds, Some(DiskSource::File("/i/a.qcow2".into())));
        assert!(parse("<domain/>").is_err());
        assert_eq!(
            parse("<domainsnapshot><state>running</state></domainsnapshot>").unwrap().memory,
            SnapshotMemory::Internal
        );
    }
}
