//! Block devices from `/sys/block`, their rates from `/proc/diskstats`.

use std::collections::HashMap;
use std::time::Instant;

use procfs::DiskStat;

use super::files::Files;
use crate::model::host::BlockDevice;
use crate::model::text::clean;

/// The kernel counts in these, whatever the device's own block size.
const SECTOR: u64 = 512;

/// Below this, counters of milliseconds say nothing; the last rates stand.
const SHORTEST_INTERVAL: f64 = 0.1;

/// What a device has counted since it appeared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) read: u64,
    pub(super) written: u64,
    /// Milliseconds with at least one request in flight.
    pub(super) busy_ms: u64,
    /// `major:minor`: another device under the same name has its own counters.
    pub(super) number: (i32, i32),
}

/// Rates of a device; `None` where there is a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) read: Option<f64>,
    pub(super) written: Option<f64>,
    pub(super) busy_percent: Option<f64>,
}

/// Turns counters to rates.
#[derive(Debug, Default)]
pub(super) struct Meter {
    at: Option<Instant>,
    devices: HashMap<String, (Counted, Rates)>,
}

impl Meter {
    /// Takes new counters, read at `now`. A device that is new, or whose counters went back, has a gap.
    pub(super) fn update(&mut self, now: Instant, counted: HashMap<String, Counted>) {
        let seconds = self.at.map(|at| now.saturating_duration_since(at).as_secs_f64());
        if seconds.is_some_and(|s| s < SHORTEST_INTERVAL) {
            return;
        }
        let before = std::mem::take(&mut self.devices);
        self.devices = counted
            .into_iter()
            .map(|(name, new)| {
                let old = before.get(&name).map(|(old, _)| old);
                let rates = old.zip(seconds).map(|(old, s)| rates(old, &new, s)).unwrap_or_default();
                (name, (new, rates))
            })
            .collect();
        self.at = Some(now);
    }

    pub(super) fn rates(&self, name: &str) -> Rates {
        self.devices.get(name).map(|(_, rates)| *rates).unwrap_or_default()
    }
}

fn rates(old: &Counted, new: &Counted, seconds: f64) -> Rates {
    if old.number != new.number {
        return Rates::default();
    }
    let rate = |old: u64, new: u64| new.checked_sub(old).map(|d| d as f64 / seconds);
    Rates {
        read: rate(old.read, new.read),
        written: rate(old.written, new.written),
        busy_percent: rate(old.busy_ms, new.busy_ms).map(|ms| (ms / 10.0).min(100.0)),
    }
}

/// Counters by kernel name; lines that are none are left out.
pub(super) fn counted(diskstats: &str) -> HashMap<String, Counted> {
    diskstats
        .lines()
        .filter_map(|line| DiskStat::from_line(line).ok())
        .map(|d| {
            let counted = Counted {
                read: d.sectors_read.saturating_mul(SECTOR),
                written: d.sectors_written.saturating_mul(SECTOR),
                busy_ms: d.time_in_progress,
                number: (d.major, d.minor),
            };
            (d.name, counted)
        })
        .collect()
}

/// What stays the same while a device is there.
#[derive(Clone, Debug)]
struct Kind {
    number: Option<String>,
    model: Option<String>,
    rotational: Option<bool>,
    /// One path of several to a device that is listed itself (several paths to one drive).
    hidden: bool,
}

/// The block devices of a machine.
#[derive(Debug, Default)]
pub(super) struct Disks {
    kinds: HashMap<String, Kind>,
    meter: Meter,
}

impl Disks {
    /// All devices with a medium (an empty drive or an unused loop device has size 0), and what could not be read.
    pub(super) fn read(&mut self, files: &mut Files, now: Instant) -> (Vec<BlockDevice>, Vec<String>) {
        let mut unavailable = Vec::new();
        match files.read("proc/diskstats") {
            Ok(bytes) => self.meter.update(now, counted(&String::from_utf8_lossy(bytes))),
            Err(e) => {
                self.meter = Meter::default();
                unavailable.push(format!("Rates of block devices: {e} (/proc/diskstats)."));
            }
        }
        let names = files.names("sys/block").unwrap_or_else(|e| {
            unavailable.push(format!("Block devices: {e} (/sys/block)."));
            Vec::new()
        });
        self.kinds.retain(|name, _| names.contains(name));
        let devices = names.iter().filter_map(|name| self.device(files, name)).collect();
        (devices, unavailable)
    }

    fn device(&mut self, files: &mut Files, folder: &str) -> Option<BlockDevice> {
        let size = files.number(&format!("sys/block/{folder}/size")).map(|s| s.saturating_mul(SECTOR));
        if size == Some(0) {
            return None;
        }
        let kind = self.kind(files, folder);
        if kind.hidden {
            return None;
        }
        // The kernel writes a slash in a device's name as `!` here, and as itself in diskstats.
        let name = folder.replace('!', "/");
        let rates = self.meter.rates(&name);
        Some(BlockDevice {
            name: clean(&name).into_owned(),
            size,
            model: kind.model,
            rotational: kind.rotational,
            read_rate: rates.read,
            write_rate: rates.written,
            busy_percent: rates.busy_percent,
        })
    }

    /// Cached, since a host has hundreds of devices; read anew when the number shows another one.
    fn kind(&mut self, files: &mut Files, folder: &str) -> Kind {
        let number = files.word(&format!("sys/block/{folder}/dev"));
        if let Some(known) = self.kinds.get(folder).filter(|k| k.number == number) {
            return known.clone();
        }
        // A mapped device has no model, but a name that says more than `dm-3`.
        let model = ["device/model", "dm/name"]
            .into_iter()
            .find_map(|file| files.word(&format!("sys/block/{folder}/{file}")))
            .map(|m| clean(&m).into_owned());
        let rotational = match files.number(&format!("sys/block/{folder}/queue/rotational")) {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        };
        let hidden = files.number(&format!("sys/block/{folder}/hidden")) == Some(1);
        let kind = Kind { number, model, rotational, hidden };
        self.kinds.insert(folder.to_owned(), kind.clone());
        kind
    }
}
