//! Templates, for those who look.

use super::facts::all_storage;
use crate::hypervisor::{HvResult, Hypervisor, Piece};
use crate::model::storage::Volume;
use crate::model::vm::VmDefinition;
use crate::operations::{self, Version, manifest_of};
use crate::xml::domain;

/// A definition has no more bytes.
const MANIFEST_MOST: usize = 4 << 20;

/// A version of a template, and what it holds.
#[derive(Clone, Debug)]
pub struct TemplateSeen {
    /// Which.
    pub version: Version,
    /// Its disks.
    pub disks: Vec<Volume>,
    /// The VM it holds; `None` where its definition cannot be read.
    pub definition: Option<VmDefinition>,
    /// That definition's XML; empty where there is none.
    pub xml: String,
}

/// All templates in pools that are started. May hang with the host's storage.
///
/// # Errors
/// Those of the connection.
pub fn templates(hv: &dyn Hypervisor) -> HvResult<Vec<Version>> {
    Ok(operations::versions(&all_storage(hv, |_| true)?))
}

/// A template: this version, or its newest; `None` when there is none. May hang with the host's storage.
///
/// # Errors
/// Those of the connection.
pub fn template(hv: &dyn Hypervisor, name: &str, version: Option<u32>) -> HvResult<Option<TemplateSeen>> {
    let storage = all_storage(hv, |_| true)?;
    let Some((pool, volume)) = manifest_of(&storage, name, version) else { return Ok(None) };
    let of = |v: &Version| v.pool == pool && v.manifest == volume;
    let Some(version) = operations::versions(&storage).into_iter().find(of) else { return Ok(None) };
    let xml = manifest(hv, &pool, &volume)?.unwrap_or_default();
    let all = storage.pools.iter().filter(|p| p.record.name == pool).flat_map(|p| p.volumes.iter().flatten());
    let disks = all.filter(|v| version.disks.contains(&v.name)).cloned().collect();
    Ok(Some(TemplateSeen { version, disks, definition: domain::parse(&xml).ok(), xml }))
}

/// The definition that a template holds; `None` where it holds none.
pub(super) fn manifest(hv: &dyn Hypervisor, pool: &str, volume: &str) -> HvResult<Option<String>> {
    let mut bytes = Vec::new();
    let mut sink = |piece: Piece<'_>| {
        match piece {
            Piece::Data(data) if bytes.len() + data.len() <= MANIFEST_MOST => bytes.extend_from_slice(data),
            // What is behind the definition is zeros.
            Piece::Data(_) | Piece::Hole(_) => {}
        }
        Ok(())
    };
    hv.download(pool, volume, &mut sink)?;
    let text = String::from_utf8(bytes).ok().map(|t| t.trim_end_matches('\0').to_owned());
    Ok(text.filter(|t| !t.is_empty()))
}
