//! What the host itself says is wrong: conditions that hold now, in an admin's words. Pure.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::sync::Arc;

use crate::config::LimitSettings;
use crate::engine::state::{Entry, Pools, Roster};
use crate::model::alert::{Alert, Condition, Severity, Subject};
use crate::model::host::{FileSystem, Machine};
use crate::model::network::Network;
use crate::model::snapshot::{Link, Recording};
use crate::model::storage::{Pool, PoolState, PoolTrouble};
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::model::units;
use crate::model::vm::{PauseReason, VmState};

/// What conditions are read from.
pub(crate) struct Facts<'a> {
    /// The connection.
    pub(crate) link: &'a Link,
    /// How it goes with recording.
    pub(crate) recording: &'a Recording,
    /// VMs.
    pub(crate) vms: &'a Roster,
    /// Pools.
    pub(crate) pools: &'a Pools,
    /// Networks.
    pub(crate) networks: &'a [Arc<Network>],
    /// The machine, when local.
    pub(crate) machine: Option<&'a Machine>,
    /// Where use becomes an alert.
    pub(crate) limits: &'a LimitSettings,
}

/// All conditions that hold, worst first; one that held before keeps its beginning.
pub(crate) fn conditions(facts: &Facts<'_>, before: &[Alert], now: Timestamp) -> Vec<Alert> {
    let mut alerts = Vec::new();
    alerts.extend(link(facts.link));
    alerts.extend(recording(facts.recording));
    alerts.extend(facts.vms.iter().flat_map(vm));
    alerts.extend(facts.pools.iter().flat_map(|p| pool(p, facts.limits, now)));
    alerts.extend(facts.networks.iter().filter_map(network));
    let mounts = facts.machine.map_or(&[][..], |m| &m.filesystems);
    alerts.extend(mounts.iter().filter_map(|f| file_system(f, facts.limits)));
    for alert in &mut alerts {
        let held = before
            .iter()
            .find(|b| (b.condition, &b.subject, &b.name) == (alert.condition, &alert.subject, &alert.name));
        match held {
            Some(held) => alert.since = held.since,
            None if alert.since == UNSET => alert.since = now,
            None => {}
        }
    }
    alerts.sort_by(|a, b| {
        let key = |x: &Alert| (Reverse(x.severity), Reverse(x.since), x.condition);
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name)).then_with(|| a.subject.cmp(&b.subject))
    });
    alerts
}

/// Stands for "began when first seen".
const UNSET: Timestamp = Timestamp(i64::MIN);

struct Words {
    condition: Condition,
    severity: Severity,
    message: String,
    remedy: String,
}

impl Words {
    fn about(self, subject: Subject, name: &str, since: Option<Timestamp>) -> Alert {
        Alert {
            condition: self.condition,
            subject,
            name: clean(name).into_owned(),
            severity: self.severity,
            since: since.unwrap_or(UNSET),
            message: clean(&self.message).into_owned(),
            remedy: self.remedy,
        }
    }
}

fn words(condition: Condition, severity: Severity, message: impl Into<String>, remedy: &str) -> Words {
    Words { condition, severity, message: message.into(), remedy: remedy.to_owned() }
}

fn link(link: &Link) -> Option<Alert> {
    match link {
        Link::Lost { since, reason, hint, .. } => {
            let w = words(
                Condition::ConnectionLost,
                Severity::Critical,
                format!("no connection: {reason}"),
                hint,
            );
            Some(w.about(Subject::Host, "host", Some(*since)))
        }
        Link::Stalled { since } => {
            let w = words(
                Condition::NotAnswering,
                Severity::Critical,
                "the hypervisor does not answer; values show their age",
                "Look at the daemon and the host's storage (journalctl -u libvirtd -u virtqemud, dmesg).",
            );
            Some(w.about(Subject::Host, "host", Some(*since)))
        }
        Link::Connecting { .. } | Link::Up { .. } => None,
    }
}

fn recording(recording: &Recording) -> Option<Alert> {
    let Recording::Failing { since, why } = recording else { return None };
    let w = words(
        Condition::HistoryNotWritten,
        Severity::Warning,
        format!("history is not written: {why}"),
        "Until then what is measured is kept in memory only.",
    );
    Some(w.about(Subject::Host, "history", Some(*since)))
}

fn vm(entry: &Entry) -> impl Iterator<Item = Alert> + '_ {
    let vm = &entry.vm;
    let state = match vm.state {
        VmState::Paused(PauseReason::IoError) => Some(io_error(entry)),
        VmState::Paused(PauseReason::Crashed) => Some(words(
            Condition::Crashed,
            Severity::Critical,
            "the guest crashed and is kept for inspection",
            "Take a dump if you need one (virsh dump), then reset or force it off.",
        )),
        VmState::Crashed => Some(words(
            Condition::Crashed,
            Severity::Critical,
            "crashed and is off",
            "Look at its log in /var/log/libvirt/qemu, then start it again.",
        )),
        _ => None,
    };
    let xml = entry.unreadable.as_ref().map(|why| {
        words(
            Condition::Unreadable,
            Severity::Warning,
            format!("its XML cannot be read: {why}"),
            "Look at it with virsh dumpxml; state and counters are still shown.",
        )
    });
    [state, xml].into_iter().flatten().map(|w| w.about(Subject::Vm(vm.id), &vm.name, None))
}

fn io_error(entry: &Entry) -> Words {
    let trouble = entry.io_trouble.as_ref();
    let path = trouble.map(|t| clean(&t.path)).filter(|p| !p.is_empty());
    let at = path.map_or_else(String::new, |p| format!(" at {p}"));
    let (message, remedy) = match trouble.map(|t| t.reason.as_str()) {
        Some("enospc") => (
            format!("paused: no space left{at}"),
            "Make room where the disk lies, then resume the VM (virsh resume).",
        ),
        Some("eio") => (
            format!("paused: a disk request failed{at}"),
            "Look at the host's storage (dmesg), then resume the VM (virsh resume).",
        ),
        _ => (
            format!("paused: I/O error{at}"),
            "Check free space and the health of the storage its disks lie on, then resume the VM (virsh resume).",
        ),
    };
    words(Condition::IoError, Severity::Critical, message, remedy)
}

fn severity_of(percent: f64, limits: &LimitSettings) -> Option<Severity> {
    if percent >= limits.pool_crit_percent {
        Some(Severity::Critical)
    } else if percent >= limits.pool_warn_percent {
        Some(Severity::Warning)
    } else {
        None
    }
}

fn pool(pool: &Arc<Pool>, limits: &LimitSettings, now: Timestamp) -> impl Iterator<Item = Alert> {
    let record = &pool.record;
    let about = |w: Words, since| w.about(Subject::Pool(record.name.clone()), &record.name, since);
    let read = match &pool.trouble {
        Some(PoolTrouble::NoAnswer { since }) => Some(about(
            words(
                Condition::PoolTrouble,
                Severity::Critical,
                "does not answer; VMs with disks there may hang",
                "Check its storage: a dead NFS server or device (mount, dmesg).",
            ),
            Some(*since.min(&now)),
        )),
        Some(PoolTrouble::Failed { message }) => Some(about(
            words(Condition::PoolTrouble, Severity::Warning, format!("cannot be read: {message}"), ""),
            None,
        )),
        None if record.state == PoolState::Inaccessible => Some(about(
            words(
                Condition::PoolTrouble,
                Severity::Critical,
                "its storage cannot be reached",
                "Check the device or mount it lies on.",
            ),
            None,
        )),
        None if record.state == PoolState::Degraded => Some(about(
            words(
                Condition::PoolTrouble,
                Severity::Warning,
                "runs degraded",
                "Check the devices it is made of.",
            ),
            None,
        )),
        None => None,
    };
    let known = pool.at.is_some();
    let inactive = known && record.state == PoolState::Inactive && record.autostart == Some(true);
    let inactive = inactive.then(|| {
        let w = words(
            Condition::PoolInactive,
            Severity::Warning,
            "is not started, though it should start with the host",
            "Start it (virsh pool-start); its log line tells why it did not start.",
        );
        about(w, None)
    });
    let percent = pool.used_share().map(|s| s * 100.0).filter(|_| record.state != PoolState::Inactive);
    let full = percent.and_then(|p| {
        let severity = severity_of(p, limits)?;
        let free =
            record.available.map_or_else(String::new, |a| format!(", {} free", units::bytes(a as f64)));
        let message = format!("{:.0} % full{free}", p.min(100.0).floor());
        let w = words(
            Condition::PoolNearlyFull,
            severity,
            message,
            "Delete or move volumes, or give the pool more space.",
        );
        Some(about(w, None))
    });
    [read, inactive, full].into_iter().flatten()
}

fn network(network: &Arc<Network>) -> Option<Alert> {
    let missing = !network.active && network.autostart == Some(true);
    missing.then(|| {
        let w = words(
            Condition::NetworkInactive,
            Severity::Warning,
            "is not started, though it should start with the host",
            "Start it (virsh net-start); VMs that use it do not start without it.",
        );
        w.about(Subject::Network(network.name.clone()), &network.name, None)
    })
}

fn file_system(fs: &FileSystem, limits: &LimitSettings) -> Option<Alert> {
    let (used, available) = (fs.used?, fs.available?);
    let whole = used.checked_add(available).filter(|w| *w > 0)?;
    // As df counts: blocks reserved for root are neither used nor available.
    let percent = used as f64 / whole as f64 * 100.0;
    let severity = severity_of(percent, limits).filter(|_| !fs.read_only)?;
    let free = units::bytes(available as f64);
    let w = words(
        Condition::FileSystemNearlyFull,
        severity,
        format!("file system {:.0} % full, {free} free", percent.floor()),
        "Make room: when it is full, VMs with disks there pause, and logs are lost.",
    );
    Some(w.about(Subject::Host, &fs.mount_point, None))
}
