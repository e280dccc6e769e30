//! Which files, devices and volumes a VM names, wherever in its XML: nothing of these may be taken away under it.

use crate::xml::XmlError;
use crate::xml::tree::{Document, Element};

/// What a VM names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A path on the host, or a name in a protocol of storage.
    Path(String),
    /// A volume of a pool.
    Volume {
        /// Name of the pool.
        pool: String,
        /// Name of the volume.
        volume: String,
    },
}

impl Named {
    /// As a person would say it, not cleaned.
    pub fn describe(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Volume { pool, volume } => format!("{pool}/{volume}"),
        }
    }
}

/// One thing that a VM names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// What.
    pub named: Named,
    /// Whether it is only read: a drive's medium, an image below another.
    pub reads_only: bool,
}

/// All that a VM names, each once.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<domain>`.
pub fn uses(xml: &str) -> Result<Vec<Use>, XmlError> {
    let document = Document::parse(xml, "domain")?;
    let mut uses: Vec<Use> = Vec::new();
    for (element, reads_only) in document.root().walk(is_read_only) {
        let named = named(element);
        uses.extend(named.into_iter().map(|named| Use { named, reads_only }));
    }
    uses.sort();
    // Of two that are equal but for this, the one that writes comes first.
    uses.dedup_by(|later, first| later.named == first.named);
    Ok(uses)
}

fn is_read_only(element: Element<'_>) -> bool {
    element.name() == "backingStore" || element.name() == "disk" && element.child("readonly").is_some()
}

fn named(element: Element<'_>) -> Vec<Named> {
    let path = |text: &str| text.starts_with('/').then(|| Named::Path(text.to_owned()));
    let mut out: Vec<Named> = element.attrs().filter_map(|value| path(&value)).collect();
    out.extend(element.text().and_then(|text| path(&text)));
    if let (Some(pool), Some(volume)) = (element.string("pool"), element.string("volume")) {
        out.push(Named::Volume { pool, volume });
    }
    if let (Some(_), Some(name)) = (element.attr("protocol"), element.string("name")) {
        out.push(Named::Path(name));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_a_vm_names_is_found_and_whether_it_is_only_read() {
        let xml = "<domain><os><nvram>/n.fd</nvram></os><devices>\
            <disk device='disk'><source file='/top.qcow2'/>\
              <backingStore type='file'><source file='/mid.qcow2'/>\
                <backingStore type='block'><source dev='/dev/vg/base'/></backingStore></backingStore>\
              <mirror><source file='/copy'/></mirror></disk>\
            <disk type='volume'><source pool='images' volume='data'/></disk>\
            <disk type='network'><source protocol='rbd' name='vms/img'/></disk>\
            <disk device='cdrom'><source file='/cd.iso'/><readonly/></disk>\
            <disk device='disk'><source file='/mid.qcow2'/></disk></devices></domain>";
        let found = uses(xml).unwrap();
        let of =
            |path: &str| found.iter().find(|u| u.named == Named::Path(path.into())).map(|u| u.reads_only);
        let cases = [("/top.qcow2", false), ("/mid.qcow2", false), ("/dev/vg/base", true), ("/copy", false)];
        for (path, reads_only) in
            cases.into_iter().chain([("/cd.iso", true), ("/n.fd", false), ("vms/img", false)])
        {
            assert_eq!(of(path), Some(reads_only), "{path}");
        }
        let volume = Named::Volume { pool: "images".into(), volume: "data".into() };
        assert!(found.contains(&Use { named: volume, reads_only: false }));
        assert_eq!(found.len(), 8, "each once: {found:?}");
    }
}
