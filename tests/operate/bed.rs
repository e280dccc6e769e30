//! A scratch host, and a home that keeps its journal.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use novacron::model::job::StepState;
use novacron::model::time::Timestamp;
use novacron::store::StateDb;
use serde_json::Value as Json;

use crate::pty::host::Scratch;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Bed {
    pub(crate) host: Scratch,
    home: tempfile::TempDir,
}

impl Bed {
    pub(crate) fn up(name: &str) -> Option<Self> {
        let host = Scratch::up(name)?;
        Some(Self { host, home: tempfile::tempdir().unwrap() })
    }

    pub(crate) fn define(&self, name: &str) {
        self.host.define(name);
    }

    pub(crate) fn virsh(&self, args: &[&str]) -> String {
        let out = Command::new("virsh").args(["--connect", &self.host.uri]).args(args).output().unwrap();
        assert!(out.status.success(), "virsh {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// The same, whether it does it or not.
    pub(crate) fn host_virsh(&self, args: &[&str]) -> Output {
        Command::new("virsh").args(["--connect", &self.host.uri]).args(args).output().unwrap()
    }

    /// `running`, `paused` or `off`, by virsh.
    pub(crate) fn state(&self, name: &str) -> String {
        match self.virsh(&["domstate", name]).trim() {
            "shut off" => "off".to_owned(),
            other => other.to_owned(),
        }
    }

    /// `novacron …`, on this host and with this home.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
        let home = self.home.path();
        command.args(args).args(["--connect", &self.host.uri]);
        command.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
        command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
        command.stdin(Stdio::null());
        command
    }

    /// `novacron vm …`: exit code, and all that it said.
    pub(crate) fn vm(&self, args: &[&str]) -> (i32, String) {
        let out = self.command(&[&["vm"], args].concat()).output().unwrap();
        (out.status.code().unwrap_or(-1), said(&out))
    }

    /// `novacron …`: exit code, and all that it said.
    pub(crate) fn run(&self, args: &[&str]) -> (i32, String) {
        let out = self.command(args).output().unwrap();
        (out.status.code().unwrap_or(-1), said(&out))
    }

    /// The same, which must do what was asked.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let (code, said) = self.vm(&[args, &["--yes"]].concat());
        assert_eq!(code, 0, "{args:?}: {said}");
        said
    }

    /// The same, killed when its job is at that place.
    pub(crate) fn killed_at(&self, place: &str, args: &[&str]) {
        self.any_killed_at(place, &[&["vm"], args].concat());
    }

    /// `novacron …`, killed when its job is at that place.
    pub(crate) fn any_killed_at(&self, place: &str, args: &[&str]) {
        let mut command = self.command(&[args, &["--yes"]].concat());
        let out = command.env("NOVACRON_DEBUG_KILL", place).output().unwrap();
        let signal = std::os::unix::process::ExitStatusExt::signal(&out.status);
        assert_eq!(signal, Some(9), "{place}: {}", said(&out));
    }

    /// All audit records, newest first.
    pub(crate) fn audit(&self) -> Vec<Json> {
        let out = self.command(&["audit", "list", "--format", "json"]).output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{}", said(&out));
        let mut records: Vec<Json> = serde_json::from_slice(&out.stdout).unwrap();
        records.sort_by_key(|r| std::cmp::Reverse(r["number"].as_u64()));
        records
    }

    /// Waits until a job's step has begun.
    pub(crate) fn step_begun(&self, at: usize) {
        let until = Instant::now() + PATIENCE;
        let begun = |db: &StateDb| {
            let jobs = db.jobs(1).unwrap();
            jobs.first().and_then(|j| j.job.steps.get(at)).is_some_and(|s| s.state == StepState::Begun)
        };
        while !self.state_db().is_some_and(|db| begun(&db)) {
            assert!(Instant::now() < until, "step {at} does not begin");
            std::thread::yield_now();
        }
    }

    fn state_db(&self) -> Option<StateDb> {
        Some(StateDb::open(&self.kept()?, Timestamp(0)).unwrap().0)
    }

    /// Where the state of this host is kept, once something was.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.kept().unwrap()
    }

    fn kept(&self) -> Option<std::path::PathBuf> {
        let hosts = std::fs::read_dir(self.home.path().join("data/novacron/hosts")).ok()?;
        hosts.filter_map(Result::ok).map(|e| e.path()).find(|p| p.join("state.db").exists())
    }

    /// The audit's chain holds.
    pub(crate) fn sound(&self) {
        let out = self.command(&["audit", "verify"]).output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    }

    /// Waits until there are so many audit records: what was left behind is looked after beside the command's own work.
    pub(crate) fn audited(&self, count: usize) -> Vec<Json> {
        let until = Instant::now() + PATIENCE;
        loop {
            let records = self.audit();
            if records.len() >= count {
                return records;
            }
            assert!(Instant::now() < until, "{count} records are awaited: {records:?}");
            self.run(&["job", "recover"]);
        }
    }
}

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}
