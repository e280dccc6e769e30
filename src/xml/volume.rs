//! A storage volume's XML.

use super::XmlError;
use super::tree::Document;

/// What only a volume's XML tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeDefinition {
    /// Image format (`qcow2`, `raw`, `iso`).
    pub format: Option<String>,
    /// Path of its backing image.
    pub backing: Option<String>,
}

/// Reads what a volume is made of.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<volume>`.
pub fn parse(xml: &str) -> Result<VolumeDefinition, XmlError> {
    let document = Document::parse(xml, "volume")?;
    let volume = document.root();
    Ok(VolumeDefinition {
        format: volume.child("target").and_then(|target| target.child_attr("format", "type")),
        backing: volume.child("backingStore").and_then(|backing| backing.child_text("path")),
    })
}
