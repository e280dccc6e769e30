//! The layers below images: read from the images themselves where they are this machine's, else as libvirt found them.

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

use super::{Thing, Things, reads};
use crate::hypervisor::{HvErrorKind, Hypervisor};
use crate::model::storage::PoolState;
use crate::operations::{HEAD, ImageAbove, Needed, PoolFacts, StorageFacts, needed, places, same_path};
use crate::xml::domain::{Named, Use};

/// Files of a folder that are looked at: more are no folder of images.
const MOST_FILES: usize = 20_000;
/// Layers that are followed; libvirt itself refuses more than 200.
const MOST_LAYERS: usize = 256;

/// An image of a VM, from which layers are followed.
pub(super) struct Start {
    /// The VM's place among all.
    pub(super) vm: usize,
    /// Which.
    pub(super) named: Named,
    /// Its format, where that is told.
    pub(super) format: Option<String>,
    /// Whether all below it is told elsewhere.
    pub(super) told: bool,
}

/// What is being found out.
pub(super) struct Layers<'h> {
    hv: &'h dyn Hypervisor,
    local: bool,
    pools: Vec<PoolFacts>,
    /// Names of VMs, for whoever cannot be read.
    vms: Vec<String>,
    things: Things,
    heads: HashMap<String, Result<Vec<Needed>, Unread>>,
    found: Vec<(usize, Use)>,
    above: Vec<ImageAbove>,
    unread: Vec<String>,
    unseen: Vec<String>,
}

/// Why an image tells nothing.
#[derive(Clone, Debug)]
enum Unread {
    /// There is none.
    Gone,
    /// Another reason.
    Why(String),
}

impl<'h> Layers<'h> {
    pub(super) fn new(hv: &'h dyn Hypervisor, facts: &StorageFacts) -> Self {
        Self {
            hv,
            local: hv.capabilities().local,
            pools: facts.pools.clone(),
            vms: facts.vms.iter().chain(&facts.held).map(|vm| vm.name.clone()).collect(),
            things: Things::default(),
            heads: HashMap::new(),
            found: Vec::new(),
            above: Vec::new(),
            unread: Vec::new(),
            unseen: Vec::new(),
        }
    }

    /// Looks into folders of pools: libvirt sees what is new there only when it looks again.
    pub(super) fn look_through_pools(&mut self, refresh: bool) {
        for at in 0..self.pools.len() {
            let Some(pool) = self.pools.get(at) else { continue };
            let record = pool.record.clone();
            let runs = matches!(record.state, PoolState::Running | PoolState::Degraded);
            let folder = match record.kind.as_str() {
                "dir" | "fs" | "netfs" => record.path.as_deref(),
                _ => None,
            };
            // Of what is not mounted the folder shows nothing.
            let readable = runs || record.kind == "dir";
            if let Some(folder) = folder.filter(|_| self.local && readable)
                && self.look_into(folder)
            {
                continue;
            }
            if !runs {
                self.unseen.push(record.name);
            } else if folder.is_some() && refresh && self.hv.capabilities().no_refresh.is_none() {
                match self.hv.refresh_pool(record.id).and_then(|()| self.hv.volumes(record.id, true)) {
                    Ok(volumes) => {
                        if let Some(pool) = self.pools.get_mut(at) {
                            pool.volumes = Some(volumes);
                        }
                    }
                    // Gone since it was listed: nothing is in it any more.
                    Err(e) if e.kind == HvErrorKind::NotFound => {}
                    // Stopped since.
                    Err(e) if e.kind == HvErrorKind::InvalidState => self.unseen.push(record.name),
                    Err(e) => self.unread.push(format!("pool {}: {}", record.name, e.message)),
                }
            }
        }
    }

    /// Notes what the images of a folder need; false where not all of them could be read.
    fn look_into(&mut self, folder: &str) -> bool {
        let Ok(entries) = fs::read_dir(folder) else { return false };
        let mut all = true;
        for entry in entries.take(MOST_FILES) {
            let Ok(entry) = entry else { return false };
            let path = format!("{}/{}", folder.trim_end_matches('/'), entry.file_name().to_string_lossy());
            match self.head(&path) {
                Ok(needed) => {
                    for below in needed.iter().flat_map(|n| places(&n.name, &path)) {
                        self.above.push(ImageAbove { path: path.clone(), below });
                    }
                }
                Err(Unread::Gone) => {}
                Err(Unread::Why(_)) => all = false,
            }
        }
        all
    }

    /// What an image of this machine needs.
    fn head(&mut self, path: &str) -> Result<Vec<Needed>, Unread> {
        if let Some(known) = self.heads.get(path) {
            return known.clone();
        }
        let read = head_of(path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Unread::Gone,
            _ => Unread::Why(e.to_string()),
        });
        let read = read.and_then(|head| needed(&head).map_err(|why| Unread::Why(why.to_owned())));
        self.heads.insert(path.to_owned(), read.clone());
        read
    }

    /// Follows the layers below an image.
    pub(super) fn follow(&mut self, start: Start) {
        let vm = start.vm;
        let path = match &start.named {
            Named::Path(path) => Ok(path.clone()),
            Named::Volume { pool, volume } => self.place(pool, volume),
        };
        let path = match path {
            Ok(path) => path,
            Err(_) if start.told => return,
            Err(why) => return self.cannot_tell(vm, &start.named.describe(), &why),
        };
        if matches!(start.named, Named::Volume { .. }) {
            self.found.push((vm, Use { named: Named::Path(path.clone()), reads_only: false }));
        }
        let mut open = vec![(path, start.format)];
        let mut seen = HashSet::new();
        while let Some((path, format)) = open.pop() {
            if format.as_deref() == Some("raw") || seen.len() >= MOST_LAYERS || !seen.insert(path.clone()) {
                continue;
            }
            match self.below(&path) {
                Ok(below) => {
                    for (path, format) in below {
                        self.found.push((vm, reads(Named::Path(path.clone()))));
                        open.push((path, format));
                    }
                }
                Err(_) if start.told => {}
                Err(why) => self.cannot_tell(vm, &path, &why),
            }
        }
    }

    fn cannot_tell(&mut self, vm: usize, image: &str, why: &str) {
        let name = self.vms.get(vm).map(String::as_str).unwrap_or_default();
        let sentence = format!("{name}, {image}: {why}");
        if !self.unread.contains(&sentence) {
            self.unread.push(sentence);
        }
    }

    /// Paths right below an image, with their formats.
    fn below(&mut self, path: &str) -> Result<Vec<(String, Option<String>)>, String> {
        let mut here = Unread::Gone;
        if self.local {
            match self.head(path) {
                Ok(needed) => {
                    let places = |n: &Needed| {
                        let format = n.format.clone();
                        places(&n.name, path)
                            .into_iter()
                            .map(move |p| (p, format.clone()))
                            .collect::<Vec<_>>()
                    };
                    return Ok(needed.iter().flat_map(places).collect());
                }
                Err(why) => here = why,
            }
        }
        let volumes = || self.pools.iter().flat_map(|p| p.volumes.iter().flatten());
        // Of block devices libvirt does not look at the content.
        if let Some(volume) = volumes().find(|v| v.kind == "file" && same_path(&v.path, path)) {
            return Ok(volume.backing.iter().map(|b| (b.clone(), None)).collect());
        }
        if let Unread::Why(why) = here {
            return Err(why);
        }
        match self.pools.iter().find(|p| holds(p, path)) {
            Some(pool) if pool.volumes.is_none() => Err(format!("pool {} is not started", pool.record.name)),
            // There is no such image.
            Some(_) => Ok(Vec::new()),
            None if self.local => Ok(Vec::new()),
            None => Err("it lies in no pool of that host, and cannot be read from here".into()),
        }
    }

    /// The path of a volume.
    fn place(&self, pool: &str, volume: &str) -> Result<String, String> {
        let found = self.pools.iter().find(|p| p.record.name == pool);
        let found = found.ok_or_else(|| format!("there is no pool {pool}"))?;
        match (&found.volumes, &found.record.path) {
            (Some(volumes), _) if volumes.iter().any(|v| v.name == volume) => {
                let found = volumes.iter().find(|v| v.name == volume);
                Ok(found.map(|v| v.path.clone()).unwrap_or_default())
            }
            (_, Some(folder)) if matches!(found.record.kind.as_str(), "dir" | "fs" | "netfs") => {
                Ok(format!("{}/{volume}", folder.trim_end_matches('/')))
            }
            (None, _) => Err(format!("pool {pool} is not started")),
            (Some(_), _) => Err(format!("there is no such volume in pool {pool}")),
        }
    }

    /// Writes down what was found, also under the names by which pools know it.
    pub(super) fn tell(mut self, facts: &mut StorageFacts) {
        for (vm, used) in std::mem::take(&mut self.found) {
            if let Some(vm) = facts.vms.iter_mut().chain(&mut facts.held).nth(vm)
                && !vm.uses.iter().any(|u| u.named == used.named)
            {
                vm.uses.push(used);
            }
        }
        for (pool, read) in facts.pools.iter_mut().zip(std::mem::take(&mut self.pools)) {
            pool.volumes = read.volumes;
        }
        let listed = |v: &crate::model::storage::Volume| {
            let below = v.backing.clone()?;
            Some(ImageAbove { path: v.path.clone(), below })
        };
        self.above.extend(facts.volumes().filter_map(|(_, v)| listed(v)));
        if self.local {
            self.by_their_names(facts);
        }
        facts.images = self.above;
        facts.images.sort();
        facts.images.dedup();
        facts.unread.append(&mut self.unread);
        facts.unseen.append(&mut self.unseen);
    }

    /// Adds to each path the names of all volumes that are the same file or device.
    fn by_their_names(&mut self, facts: &mut StorageFacts) {
        let mut by_thing: HashMap<Thing, Vec<String>> = HashMap::new();
        let of_vms =
            facts.vms.iter().chain(&facts.held).flat_map(|vm| &vm.uses).filter_map(|u| match &u.named {
                Named::Path(path) => Some(path.clone()),
                Named::Volume { .. } => None,
            });
        let all: Vec<String> = facts.volumes().map(|(_, v)| v.path.clone()).chain(of_vms).collect();
        for path in all {
            let Some(thing) = self.things.of(&path) else { continue };
            let known = by_thing.entry(thing).or_default();
            if !known.contains(&path) {
                known.push(path);
            }
        }
        let others = |things: &mut Things, path: &str| {
            let known = things.of(path).and_then(|t| by_thing.get(&t)).cloned().unwrap_or_default();
            known.into_iter().filter(|n| n != path).collect::<Vec<_>>()
        };
        for vm in facts.vms.iter_mut().chain(&mut facts.held) {
            let mut more = Vec::new();
            for used in &vm.uses {
                let Named::Path(path) = &used.named else { continue };
                let named = others(&mut self.things, path).into_iter().map(Named::Path);
                more.extend(named.map(|named| Use { named, reads_only: used.reads_only }));
            }
            vm.uses.append(&mut more);
            vm.uses.sort();
            vm.uses.dedup_by(|later, first| later.named == first.named);
        }
        let mut more = Vec::new();
        for image in &self.above {
            let named = others(&mut self.things, &image.below).into_iter();
            more.extend(named.map(|below| ImageAbove { path: image.path.clone(), below }));
        }
        self.above.append(&mut more);
    }
}

/// Whether a path is in the folder of a pool.
fn holds(pool: &PoolFacts, path: &str) -> bool {
    let folder = pool.record.path.as_deref().map(|p| p.trim_end_matches('/'));
    folder.is_some_and(|f| path.strip_prefix(f).is_some_and(|rest| rest.starts_with('/')))
}

/// The first bytes of a file or block device; none of anything else.
fn head_of(path: &str) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_block_device() {
        return Ok(Vec::new());
    }
    // What became a pipe meanwhile is not waited for.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(512).read_to_end(&mut head)?;
    if head.starts_with(b"QFI\xfb") {
        file.take(HEAD as u64 - 512).read_to_end(&mut head)?;
    }
    Ok(head)
}
