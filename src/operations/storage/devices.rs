//! Who has a device, so that it is not formatted under them.

use super::facts::{StorageFacts, same};
use crate::model::operation::{NewPool, PoolSource};
use crate::xml::domain::Named;

/// A device of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDevice {
    /// The pool.
    pub pool: String,
    /// The device's path, as the pool names it.
    pub device: String,
}

/// The devices that a new pool is to be made of.
pub(super) fn of_new(new: &NewPool) -> Vec<&str> {
    match &new.source {
        PoolSource::Fs { device, .. } | PoolSource::Disk { device, .. } => vec![device],
        PoolSource::Logical { devices, .. } | PoolSource::Zfs { devices, .. } => {
            devices.iter().map(String::as_str).collect()
        }
        PoolSource::Dir | PoolSource::NetFs { .. } | PoolSource::Rbd { .. } => Vec::new(),
    }
}

impl StorageFacts {
    /// VMs and pools that have one of these devices, the whole of it or a part; but for this pool.
    pub(super) fn owners(&self, devices: &[&str], but: &str) -> Vec<String> {
        let is = |path: &str| devices.iter().any(|device| self.overlap(device, path));
        let has = |vm: &&super::VmUses| {
            vm.uses
                .iter()
                .any(|u| matches!(&u.named, Named::Path(path) if path.starts_with("/dev/") && is(path)))
        };
        let vms = self.vms.iter().chain(&self.held).filter(has).map(|vm| vm.name.clone());
        let pools = self.devices.iter().filter(|d| d.pool != but && is(&d.device));
        let mut found: Vec<String> = vms.chain(pools.map(|d| format!("pool {}", d.pool))).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Whether two paths are one device, or one is a part of the other.
    fn overlap(&self, one: &str, other: &str) -> bool {
        let (one, other) = (self.names_of(one), self.names_of(other));
        one.iter().any(|a| other.iter().any(|b| same(a, b) || is_part(a, b) || is_part(b, a)))
    }

    fn names_of<'s>(&'s self, path: &'s str) -> Vec<&'s str> {
        let real = self.real.iter().filter(|(name, _)| name == path).map(|(_, real)| real.as_str());
        std::iter::once(path).chain(real).collect()
    }
}

/// Whether the second path is a partition of the first.
fn is_part(whole: &str, part: &str) -> bool {
    let Some(rest) = part.strip_prefix(whole) else { return false };
    let number = if whole.ends_with(|c: char| c.is_ascii_digit()) {
        rest.strip_prefix('p').or_else(|| rest.strip_prefix("-part"))
    } else {
        Some(rest.strip_prefix("-part").unwrap_or(rest))
    };
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_from_others() {
        for (whole, part) in [
            ("/dev/sdb", "/dev/sdb1"),
            ("/dev/nvme0n1", "/dev/nvme0n1p12"),
            ("/dev/disk/by-id/ata-X9", "/dev/disk/by-id/ata-X9-part2"),
            ("/dev/disk/by-id/wwn-a", "/dev/disk/by-id/wwn-a-part1"),
        ] {
            assert!(is_part(whole, part), "{part}");
            assert!(!is_part(part, whole), "{part}");
        }
        for (whole, other) in
            [("/dev/sdb", "/dev/sdb"), ("/dev/sda", "/dev/sdaa"), ("/dev/loop1", "/dev/loop12")]
        {
            assert!(!is_part(whole, other), "{other}");
        }
    }
}
