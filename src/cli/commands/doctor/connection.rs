//! The hypervisor: whether it answers, and what it can do.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Check, Status};
use crate::cli::exit::Failure;
use crate::config::Environment;
use crate::model::host::version_text;
use crate::model::metric::MetricId;
use crate::model::snapshot::Snapshot;
use crate::model::vm::{Vm, VmState};

const AREA: &str = "Hypervisor";

/// What came of trying to connect.
pub(crate) enum Seen<'a> {
    /// It answered, after so long.
    Answered(&'a Snapshot, Duration),
    /// It did not.
    Failed(&'a str, &'a Failure),
}

/// Checks of the hypervisor and of what is on it.
pub(crate) fn of_host(seen: &Seen<'_>, environment: &Environment) -> Vec<Check> {
    match seen {
        Seen::Failed(uri, failure) => {
            let mut checks = vec![Check::new(
                AREA,
                "connection",
                Status::Fail,
                format!("{uri}: {}", failure.what),
                &failure.now,
            )];
            checks.extend(socket(uri, environment));
            checks
        }
        Seen::Answered(s, took) => {
            let ms = took.as_millis();
            let read_only = if s.limits.read_only { ", read-only" } else { "" };
            let mut checks = vec![
                Check::ok(AREA, "connection", format!("{} answered within {ms} ms{read_only}", s.uri)),
                versions(s),
            ];
            if s.limits.read_only {
                let found = "nothing can be changed, and some things cannot be asked";
                checks.push(Check::new(
                    AREA,
                    "read-only",
                    Status::Note,
                    found,
                    "Start without --read-only to be able to.",
                ));
            }
            checks.extend(abilities(s));
            checks.extend(guests(s));
            checks.extend(s.alerts.iter().map(|a| {
                let found = format!("{}: {}", a.name, a.message);
                Check::new("Needs attention", a.severity.word(), Status::Warn, found, &a.remedy)
            }));
            checks
        }
    }
}

fn versions(s: &Snapshot) -> Check {
    let Some(node) = &s.host.node else {
        return Check::new(AREA, "versions", Status::Warn, "the node does not tell them", "");
    };
    let libvirt = match node.libvirt_version {
        0 => "libvirt of unknown version".to_owned(),
        v => format!("libvirt {}", version_text(v)),
    };
    let hypervisor = match node.hypervisor_version {
        0 => node.driver.clone(),
        v => format!("{} {}", node.driver, version_text(v)),
    };
    let found = format!("{libvirt}, {hypervisor}");
    if node.libvirt_version > 0 && node.libvirt_version < 9_000_000 {
        return Check::new(
            AREA,
            "versions",
            Status::Warn,
            found,
            "NovaCron is tested with libvirt 9.0 and newer.",
        );
    }
    Check::ok(AREA, "versions", found)
}

fn abilities(s: &Snapshot) -> Vec<Check> {
    let l = &s.limits;
    let one_by_one = l.no_bulk_stats.as_ref().map(|why| format!("asked VM by VM: {why}"));
    vec![
        Check::unless(AREA, "statistics", one_by_one.as_deref(), "one call for all VMs"),
        Check::unless(AREA, "events", l.no_events.as_deref(), "changes are told as they happen"),
        Check::unless(AREA, "arming", l.no_arming.as_deref(), "guests' memory statistics can be armed"),
        Check::unless(AREA, "guest agent", l.no_agent.as_deref(), "agents can be asked"),
        Check::unless(AREA, "pool refresh", l.no_refresh.as_deref(), "pools can be refreshed"),
    ]
}

fn guests(s: &Snapshot) -> Vec<Check> {
    let area = "Guests";
    let running: Vec<&Vm> = s.vms.iter().map(AsRef::as_ref).filter(|v| v.state == VmState::Running).collect();
    let mut checks =
        vec![Check::ok(area, "VMs", format!("{}, of which {} running", s.vms.len(), running.len()))];
    if running.is_empty() {
        return checks;
    }
    let names = |which: &dyn Fn(&Vm) -> bool| -> Vec<String> {
        running.iter().filter(|v| which(v)).map(|v| v.display_name().into_owned()).collect()
    };
    let silent = names(&|v| v.now.get(MetricId::VmMemory).is_none());
    checks.push(some(
        area,
        "memory",
        &silent,
        "every running guest tells its memory",
        "tell no memory statistics: their use is unknown",
        "They need a balloon device and its driver in the guest; the console arms the statistics by itself \
         (poll.arm_memory_stats_seconds), after which they take some seconds.",
    ));
    let unconnected = names(&|v| {
        v.definition.as_ref().is_some_and(|d| !d.has_agent_channel || d.agent_connected == Some(false))
    });
    checks.push(some(
        area,
        "agents",
        &unconnected,
        "a guest agent is connected everywhere",
        "have no guest agent connected: addresses come from leases and ARP",
        "Install qemu-guest-agent in the guest, and give the VM a channel org.qemu.guest_agent.0.",
    ));
    checks
}

/// All is well when there are none; else a note that names the first few.
fn some(
    area: &'static str,
    name: &'static str,
    names: &[String],
    well: &str,
    what: &str,
    remedy: &str,
) -> Check {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return Check::ok(area, name, well);
    }
    let first = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = if names.len() > SHOWN { ", …" } else { "" };
    Check::new(area, name, Status::Note, format!("{} {what} ({first}{more})", names.len()), remedy)
}

/// Looks at the socket of a local daemon, where there should be one.
fn socket(uri: &str, environment: &Environment) -> Vec<Check> {
    let candidates = sockets(uri, environment);
    if candidates.is_empty() {
        return Vec::new();
    }
    let Some(found) = candidates.iter().find(|p| is_socket(p)) else {
        let places: Vec<_> = candidates.iter().map(|p| p.display().to_string()).collect();
        let remedy = "Install and start the daemon: libvirt-daemon-system (Debian, Ubuntu), libvirt (Fedora, RHEL); \
                      then `systemctl enable --now libvirtd.socket` or `virtqemud.socket`.";
        return vec![Check::new(
            AREA,
            "socket",
            Status::Fail,
            format!("not there: {}", places.join(", ")),
            remedy,
        )];
    };
    let shown = found.display().to_string();
    let mut checks =
        vec![match rustix::fs::access(found, rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK) {
            Ok(()) => Check::ok(AREA, "socket", format!("{shown} may be used")),
            Err(e) => {
                let remedy =
                    "Join group libvirt (sudo usermod -aG libvirt $USER, then log in again), or use sudo.";
                Check::new(AREA, "socket", Status::Fail, format!("{shown} may not be used: {e}"), remedy)
            }
        }];
    checks.extend(group());
    checks
}

fn is_socket(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| m.file_type().is_socket())
}

/// Where the daemon of a local URI listens; none for a remote one, or one without a daemon.
fn sockets(uri: &str, environment: &Environment) -> Vec<PathBuf> {
    let (base, query) = uri.split_once('?').unwrap_or((uri, ""));
    let Some((scheme, rest)) = base.split_once("://") else { return Vec::new() };
    let (driver, transport) = scheme.split_once('+').unwrap_or((scheme, "unix"));
    if !rest.starts_with('/') || transport != "unix" || matches!(driver, "test" | "esx" | "vpx") {
        return Vec::new();
    }
    if let Some(named) = query.split('&').find_map(|p| p.strip_prefix("socket=")) {
        return vec![PathBuf::from(named)];
    }
    let folder = match (rest, environment.get("XDG_RUNTIME_DIR")) {
        ("/session", Some(runtime)) => Path::new(runtime).join("libvirt"),
        ("/session", None) => return Vec::new(),
        _ => PathBuf::from("/run/libvirt"),
    };
    let of_driver = match driver {
        "qemu" => "virtqemud-sock",
        "lxc" => "virtlxcd-sock",
        "xen" => "virtxend-sock",
        _ => return vec![folder.join("libvirt-sock")],
    };
    vec![folder.join("libvirt-sock"), folder.join(of_driver)]
}

/// Whether this user is in group libvirt; root needs not be.
fn group() -> Option<Check> {
    if rustix::process::geteuid().is_root() {
        return None;
    }
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    let gid: u32 =
        groups.lines().find_map(|l| l.strip_prefix("libvirt:"))?.split(':').nth(1)?.parse().ok()?;
    let member = rustix::process::getgroups().ok()?.iter().any(|g| g.as_raw() == gid);
    Some(if member {
        Check::ok(AREA, "group", "this user is in group libvirt")
    } else {
        let remedy = "sudo usermod -aG libvirt $USER, then log in again.";
        Check::new(AREA, "group", Status::Warn, "this user is not in group libvirt", remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_looked_for_where_the_daemon_listens() {
        let environment = Environment::of([("XDG_RUNTIME_DIR", "/run/user/7")]);
        let at = |uri: &str| -> Vec<String> {
            sockets(uri, &environment).iter().map(|p| p.display().to_string()).collect()
        };
        assert_eq!(at("qemu:///system"), ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"]);
        assert_eq!(at("qemu:///session")[0], "/run/user/7/libvirt/libvirt-sock");
        assert_eq!(at("qemu+unix:///system?socket=/x/sock&a=b"), ["/x/sock"]);
        for elsewhere in ["qemu+ssh://root@host/system", "test:///default", "esx://h/", "nonsense", ""] {
            assert!(at(elsewhere).is_empty(), "{elsewhere}");
        }
    }
}
