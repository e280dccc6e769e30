//! Where a running VM's disks are copied or committed to at present.

use crate::xml::tree::Document;

/// A copy or commit under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    /// Target of the disk.
    pub target: String,
    /// Path that it goes to; empty where that is none of the host's.
    pub path: String,
    /// Whether that has all, and gets each write as well.
    pub ready: bool,
    /// Whether the disk is just going over to it, or coming back.
    pub ending: bool,
}

/// The copies and commits of a domain's disks; none where the text cannot be read.
pub fn mirrors(xml: &str) -> Vec<Mirror> {
    let Ok(document) = Document::parse(xml, "domain") else { return Vec::new() };
    let Some(devices) = document.root().child("devices") else { return Vec::new() };
    let of = |disk: crate::xml::tree::Element<'_>| {
        let mirror = disk.child("mirror")?;
        let source = mirror.child("source");
        let path = |name| source.and_then(|s| s.string(name));
        let state = mirror.string("ready").unwrap_or_default();
        Some(Mirror {
            target: disk.child_attr("target", "dev").unwrap_or_default(),
            path: path("file").or_else(|| path("dev")).unwrap_or_default(),
            ready: state == "yes",
            ending: matches!(state.as_str(), "pivot" | "abort"),
        })
    };
    devices.all("disk").filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_with_where_they_go_and_how_far_they_are() {
        let xml = "<domain><devices>\
            <disk><mirror type='file' file='/b.qcow2' format='qcow2' job='copy'><source file='/b.qcow2'/></mirror>\
              <target dev='vda'/></disk>\
            <disk><mirror type='block' job='active-commit' ready='yes'><source dev='/dev/vg/b'/></mirror>\
              <target dev='vdb'/></disk>\
            <disk><mirror type='network' ready='pivot'><source protocol='rbd' name='a/b'/></mirror>\
              <target dev='vdc'/></disk><disk><target dev='vdd'/></disk></devices></domain>";
        let found = mirrors(xml);
        let told: Vec<_> =
            found.iter().map(|m| (m.target.as_str(), m.path.as_str(), m.ready, m.ending)).collect();
        assert_eq!(
            told,
            [("vda", "/b.qcow2", false, false), ("vdb", "/dev/vg/b", true, false), ("vdc", "", false, true)]
        );
        assert!(mirrors("<domain>").is_empty() && mirrors("<domain/>").is_empty());
    }
}
