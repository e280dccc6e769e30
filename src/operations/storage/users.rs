//! Who rests on an image, whether a pool lists it or not.

use super::facts::{StorageFacts, User, same};
use crate::model::storage::Volume;
use crate::model::text::clean;
use crate::operations::facts::VmFacts;
use crate::xml::domain::Named;

/// An image that lies on another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageAbove {
    /// Its path.
    pub path: String,
    /// The path of the one below.
    pub below: String,
}

impl StorageFacts {
    /// What lies right on an image, besides the volumes that are given.
    pub(super) fn images_on(&self, image: &Volume, known: &[User]) -> Vec<User> {
        let on_it = self.images.iter().filter(|i| same(&i.below, &image.path) || same(&i.below, &image.key));
        let mut found: Vec<User> = Vec::new();
        for above in on_it {
            let listed = self.volumes().find(|(_, v)| same(&v.path, &above.path));
            let user = match listed {
                Some((p, v)) => User::Volume { pool: p.record.name.clone(), name: v.name.clone() },
                None => User::Image { path: above.path.clone() },
            };
            if !known.contains(&user) && !found.contains(&user) {
                found.push(user);
            }
        }
        found
    }

    /// Who rests on the image of this path, besides a VM and what is that VM's own.
    pub(in crate::operations) fn others(&self, path: &str, but: &VmFacts) -> Vec<User> {
        let own: Vec<&str> =
            self.vms.iter().filter(|vm| vm.id == but.id).flat_map(|vm| paths(&vm.uses)).collect();
        self.others_than(path, but, &own)
    }

    /// Who rests on the image of this path, besides a VM and the images of these paths.
    pub(in crate::operations) fn others_than(&self, path: &str, but: &VmFacts, own: &[&str]) -> Vec<User> {
        let own_volume = |pool: &str, name: &str| {
            let volume = self.pool(pool).and_then(|p| p.volume(name));
            volume.is_some_and(|v| own.iter().any(|o| same(o, &v.path)))
        };
        let is_other = |user: &User| match user {
            User::Vm { name, .. } => *name != but.name,
            User::Volume { pool, name } => !own_volume(pool, name),
            User::Image { path } => !own.iter().any(|o| same(o, path)),
            User::Held { .. } | User::Template { .. } => true,
        };
        let mut found: Vec<User> = Vec::new();
        let listed = self.volumes().filter(|(_, v)| same(&v.path, path)).flat_map(|(p, v)| self.users(p, v));
        for user in listed.chain(self.users_of_path(path)).filter(is_other) {
            if !found.contains(&user) {
                found.push(user);
            }
        }
        found
    }

    /// Whether an image is another, or lies on it with layers between them or without.
    pub(in crate::operations) fn lies_on(&self, top: &str, image: &str) -> bool {
        let (mut open, mut seen) = (vec![top], Vec::new());
        while let Some(path) = open.pop() {
            if same(path, image) {
                return true;
            }
            if !seen.contains(&path) {
                seen.push(path);
                let below = self.images.iter().filter(|above| same(&above.path, path));
                open.extend(below.map(|above| above.below.as_str()));
            }
        }
        false
    }

    fn users_of_path(&self, path: &str) -> Vec<User> {
        let of_vm = |vm: &super::VmUses| {
            let used = vm.uses.iter().filter(|u| matches!(&u.named, Named::Path(p) if same(p, path)));
            let reads_only = used.map(|u| u.reads_only).min()?;
            Some(User::Vm { name: vm.name.clone(), active: vm.active, reads_only })
        };
        let image = Volume { path: path.to_owned(), key: path.to_owned(), ..Volume::default() };
        let of_held = |vm: &super::VmUses| {
            let used = vm.uses.iter().any(|u| matches!(&u.named, Named::Path(p) if same(p, path)));
            used.then(|| User::Held { id: vm.id, name: vm.name.clone() })
        };
        let vms = self.vms.iter().filter_map(of_vm).chain(self.held.iter().filter_map(of_held));
        vms.chain(self.images_on(&image, &[])).collect()
    }

    /// Why it cannot be told who rests on an image; `None` where it can.
    pub(in crate::operations) fn cannot_tell(&self) -> Option<String> {
        let first = self.unread.first()?;
        let more = match self.unread.len() {
            1 => String::new(),
            n => format!(" ({} more like this)", n - 1),
        };
        Some(format!("Whether something else rests on it cannot be told: {first}{more}."))
    }
}

/// What is said of pools that could not be looked into.
pub(in crate::operations) fn not_seen(pools: &[String]) -> String {
    let pools: Vec<String> = pools.iter().map(|p| clean(p).into_owned()).collect();
    format!("Pools that are not started were not looked into: {}.", super::listed(&pools))
}

/// What makes it known who rests on an image.
pub(in crate::operations) const TO_TELL: &str =
    "Have its image be readable: start its pool, make its folder a pool, or take the disk out of that VM.";

fn paths(uses: &[crate::xml::domain::Use]) -> impl Iterator<Item = &str> {
    uses.iter().filter_map(|u| match &u.named {
        Named::Path(path) => Some(path.as_str()),
        Named::Volume { .. } => None,
    })
}
