//! The private test hosts, driven through `hostctl`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;

/// A test host that somebody else brought up.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// How to connect.
    pub(crate) uri: String,
    hostctl: PathBuf,
    folder: PathBuf,
}

impl Host {
    /// The one in the environment that `./dev bench` sets.
    pub(crate) fn from_environment() -> Outcome<Self> {
        let of = |name: &str| {
            std::env::var(name)
                .map_err(|_| format!("{name} is not set: run ./dev bench, it brings up the test host"))
        };
        Ok(Self {
            uri: of("NOVACRON_TEST_URI")?,
            hostctl: of("NOVACRON_TEST_HOSTCTL")?.into(),
            folder: of("NOVACRON_HOST_DIR")?.into(),
        })
    }

    /// The URI of libvirt's test driver in its daemon, with the VMs of this host file: to the console a host as any other.
    pub(crate) fn of_file(&self, file: &std::path::Path) -> Outcome<String> {
        let (_, socket) = self.uri.split_once("socket=").ok_or("the test host's URI names no socket")?;
        Ok(format!("test+unix://{}?socket={socket}", file.display()))
    }

    /// Where it keeps its files, seen alike by its daemon.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    fn ctl(&self, args: &[&str]) -> Outcome<String> {
        let out = Command::new(&self.hostctl).args(args).env("NOVACRON_HOST_DIR", &self.folder).output()?;
        if !out.status.success() {
            let said = String::from_utf8_lossy(&out.stderr);
            return Err(format!("hostctl {}: {}", args.join(" "), said.trim()).into());
        }
        Ok(String::from_utf8(out.stdout)?)
    }

    /// libvirtd's CPU time so far. Exact to 10 ms.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        Ok(Duration::from_millis(self.ctl(&["cpu"])?.trim().parse()?))
    }

    /// Names of its VMs; with `running`, of those that run.
    pub(crate) fn names(&self, running: bool) -> Outcome<Vec<String>> {
        names(&self.uri, running)
    }

    /// Stops libvirtd with SIGSTOP.
    pub(crate) fn stall(&self) -> Outcome<()> {
        self.ctl(&["stall"]).map(drop)
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) -> Outcome<()> {
        self.ctl(&["cont"]).map(drop)
    }
}

/// Names of the VMs of a hypervisor, as virsh tells them.
pub(crate) fn names(uri: &str, running: bool) -> Outcome<Vec<String>> {
    let which = if running { "--state-running" } else { "--all" };
    let out = Command::new("virsh").args(["--connect", uri, "list", "--name", which]).output()?;
    if !out.status.success() {
        return Err(format!("virsh: {}", String::from_utf8_lossy(&out.stderr).trim()).into());
    }
    let names: Vec<_> =
        String::from_utf8(out.stdout)?.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect();
    if names.is_empty() { Err(format!("{uri} has no VMs").into()) } else { Ok(names) }
}

/// A small host of this bench's own, to be stalled; it ends with this.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// The host.
    pub(crate) host: Host,
    name: String,
    main: Host,
}

impl Scratch {
    /// Brings it up beside the main one.
    pub(crate) fn up(main: &Host) -> Outcome<Self> {
        let name = format!("bench-{}", std::process::id());
        let told = main.ctl(&["scratch", "up", &name, "--guests", "2", "--defined", "40"])?;
        let of = |key: &str| {
            let line = told.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
            line.map(str::to_owned).ok_or_else(|| format!("hostctl scratch up tells no {key}"))
        };
        let host = Host {
            uri: of("NOVACRON_TEST_URI")?,
            folder: of("NOVACRON_HOST_DIR")?.into(),
            hostctl: main.hostctl.clone(),
        };
        Ok(Self { host, name, main: main.clone() })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = self.host.go_on();
        if let Err(why) = self.main.ctl(&["scratch", "down", &self.name]) {
            eprintln!("the scratch host {} is left behind: {why}", self.name);
        }
    }
}
