//! A storage volume's XML.

use std::borrow::Cow;
use std::fmt::Write;

use quick_xml::escape::escape;

use super::XmlError;
use super::tree::Document;
use super::value;

/// What only a volume's XML tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeDefinition {
    /// Name.
    pub name: Option<String>,
    /// `file`, `block`, `dir`, `network`, `netdir` or `ploop`.
    pub kind: Option<String>,
    /// Bytes a guest may write.
    pub capacity: Option<u64>,
    /// Bytes it occupies.
    pub allocation: Option<u64>,
    /// Image format (`qcow2`, `raw`, `iso`).
    pub format: Option<String>,
    /// Path of its backing image.
    pub backing: Option<String>,
    /// When it was last written to, as it is told.
    pub written: Option<String>,
}

/// Reads what a volume is made of.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<volume>`.
pub fn parse(xml: &str) -> Result<VolumeDefinition, XmlError> {
    let document = Document::parse(xml, "volume")?;
    let volume = document.root();
    Ok(VolumeDefinition {
        name: volume.child_text("name"),
        kind: volume.attr("type").map(Cow::into_owned),
        capacity: volume.child("capacity").and_then(value::volume_bytes),
        allocation: volume.child("allocation").and_then(value::volume_bytes),
        format: volume.child("target").and_then(|target| target.child_attr("format", "type")),
        backing: volume.child("backingStore").and_then(|backing| backing.child_text("path")),
        written: volume.child("target").and_then(|t| t.child("timestamps")?.child_text("mtime")),
    })
}

/// A volume that is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeSpec<'s> {
    /// Name.
    pub name: &'s str,
    /// Bytes a guest may write.
    pub capacity: u64,
    /// Bytes that are reserved at once.
    pub allocation: u64,
    /// Format, where its pool has several.
    pub format: Option<&'s str>,
    /// Path and format of the image below.
    pub backing: Option<(&'s str, &'s str)>,
}

/// The XML that makes a volume.
pub fn write(spec: &VolumeSpec<'_>) -> String {
    let mut xml = format!("<volume>\n  <name>{}</name>\n", escape(spec.name));
    let _ = writeln!(xml, "  <capacity unit='bytes'>{}</capacity>", spec.capacity);
    let _ = writeln!(xml, "  <allocation unit='bytes'>{}</allocation>", spec.allocation);
    if let Some(format) = spec.format {
        let _ = writeln!(xml, "  <target>\n    <format type='{}'/>\n  </target>", escape(format));
    }
    if let Some((path, format)) = spec.backing {
        let (path, format) = (escape(path), escape(format));
        let _ = writeln!(
            xml,
            "  <backingStore>\n    <path>{path}</path>\n    <format type='{format}'/>\n  </backingStore>"
        );
    }
    xml.push_str("</volume>\n");
    xml
}
