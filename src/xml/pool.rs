//! A storage pool's XML.

use super::XmlError;
use super::tree::Document;

/// What a pool is defined as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolDefinition {
    /// `dir`, `fs`, `netfs`, `logical`, `zfs`, `rbd` …
    pub kind: String,
    /// Where it is on the host; `None` for a pool without a path there.
    pub path: Option<String>,
}

/// Reads what a pool is defined as.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<pool>`.
pub fn parse(xml: &str) -> Result<PoolDefinition, XmlError> {
    let document = Document::parse(xml, "pool")?;
    let pool = document.root();
    Ok(PoolDefinition {
        kind: pool.string("type").unwrap_or_default(),
        path: pool.child("target").and_then(|target| target.child_text("path")),
    })
}
