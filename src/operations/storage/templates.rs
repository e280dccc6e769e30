//! Templates, by the names of their volumes: nothing else knows of them.
//!
//! In a pool of files, `template-NAME-vN.xml` holds the definition, and `template-NAME-vN.qcow2`, or
//! `template-NAME-vN-TARGET.qcow2` for each of several, the disks. Without its definition it is none.

use std::collections::BTreeMap;

use super::facts::{PoolFacts, StorageFacts, same};
use crate::model::storage::Volume;

/// One version of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The template's name.
    pub name: String,
    /// Counts up from 1.
    pub version: u32,
    /// The pool it lies in.
    pub pool: String,
    /// The volume that holds its definition.
    pub manifest: String,
    /// The volumes that hold its disks.
    pub disks: Vec<String>,
    /// Bytes it occupies.
    pub size: u64,
    /// Volumes that lie on its disks, as `pool/name`.
    pub children: Vec<String>,
}

/// All templates in pools that are started, by name and version.
pub fn versions(storage: &StorageFacts) -> Vec<Version> {
    let mut out: Vec<Version> = storage.pools.iter().flat_map(|pool| of_pool(storage, pool)).collect();
    out.sort_by(|a, b| (&a.name, a.version, &a.pool).cmp(&(&b.name, b.version, &b.pool)));
    out
}

/// What there is of a version.
#[derive(Default)]
struct Parts<'p> {
    manifest: Option<&'p Volume>,
    disks: Vec<&'p Volume>,
}

fn of_pool(storage: &StorageFacts, pool: &PoolFacts) -> Vec<Version> {
    let mut parts: BTreeMap<(&str, u32), Parts<'_>> = BTreeMap::new();
    for volume in pool.volumes.iter().flatten() {
        let Some(part) = part(&volume.name) else { continue };
        let of = parts.entry((part.name, part.version)).or_default();
        if part.is_manifest {
            of.manifest = Some(volume);
        } else {
            of.disks.push(volume);
        }
    }
    let version = |((name, version), Parts { manifest, disks }): ((&str, u32), Parts<'_>)| {
        let manifest = manifest?;
        let below = |backing: &str| disks.iter().any(|d| same(backing, &d.path) || same(backing, &d.key));
        let children = storage
            .volumes()
            .filter(|(_, v)| v.backing.as_deref().is_some_and(below))
            .map(|(p, v)| format!("{}/{}", p.record.name, v.name))
            .collect();
        Some(Version {
            name: name.to_owned(),
            version,
            pool: pool.record.name.clone(),
            manifest: manifest.name.clone(),
            size: disks.iter().map(|d| d.allocation).sum::<u64>() + manifest.allocation,
            disks: disks.iter().map(|d| d.name.clone()).collect(),
            children,
        })
    };
    parts.into_iter().filter_map(version).collect()
}

/// Name and version of the template whose definition a volume of this name holds.
pub fn template_in(volume: &str) -> Option<(&str, u32)> {
    part(volume).filter(|part| part.is_manifest).map(|part| (part.name, part.version))
}

/// Name and version of the template that a volume is a part of.
pub(super) fn template_of<'v>(pool: &PoolFacts, volume: &'v Volume) -> Option<(&'v str, u32)> {
    let of = part(&volume.name)?;
    pool.volume(&manifest(of.name, of.version)).map(|_| (of.name, of.version))
}

/// What the volumes of a version begin with.
pub(in crate::operations) fn stem(name: &str, version: u32) -> String {
    format!("template-{name}-v{version}")
}

/// The volume that holds the definition.
pub(in crate::operations) fn manifest(name: &str, version: u32) -> String {
    format!("{}.xml", stem(name, version))
}

/// What a volume's name says of it.
struct Part<'v> {
    name: &'v str,
    version: u32,
    is_manifest: bool,
}

/// Each name is that of one part of one version, whatever template names hold.
fn part(volume: &str) -> Option<Part<'_>> {
    let (stem, ending) = volume.strip_prefix("template-")?.rsplit_once('.')?;
    let is_manifest = ending == "xml";
    if !is_manifest && !matches!(ending, "qcow2" | "img") {
        return None;
    }
    let of = match numbered(stem) {
        None if !is_manifest => {
            let (stem, target) = stem.rsplit_once('-')?;
            numbered(stem).filter(|_| is_target(target))
        }
        of => of,
    };
    of.map(|(name, version)| Part { name, version, is_manifest })
}

/// `NAME-vN`.
fn numbered(stem: &str) -> Option<(&str, u32)> {
    let (name, version) = stem.rsplit_once("-v")?;
    let number: u32 = version.parse().ok().filter(|n| *n > 0)?;
    (!name.is_empty() && number.to_string() == version).then_some((name, number))
}

/// Whether a disk can have this target. None looks like the number of a version.
fn is_target(text: &str) -> bool {
    ["vd", "sd", "hd", "xvd", "fd", "ubd"].iter().any(|kind| {
        text.strip_prefix(kind)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
    })
}
