//! Tests that need a process to themselves: this test binary again, running one job.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{ALL, open};
use crate::hypervisor::{Connector, Groups, Purpose, Which};

const JOB: &str = "NOVACRON_TEST_CHILD_JOB";
const URI: &str = "NOVACRON_TEST_CHILD_URI";

/// A job in a process of its own.
pub(super) struct Job {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Job {
    pub(super) fn start(job: &str, uri: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .arg(format!("{}::work", module_path!().split_once("::").unwrap().1))
            .env(JOB, job)
            .env(URI, uri)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Waits for a line that starts so, and gives its rest.
    pub(super) fn line(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "no line '{start}'");
            if let Some((_, rest)) = line.split_once(start) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Waits for the end; gives what was written to descriptor 2.
    pub(super) fn end(mut self) -> String {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        let mut printed = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut printed).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}{printed}");
        printed
    }
}

/// The jobs.
#[test]
#[ignore = "run by other tests, in a process of its own"]
fn work() {
    let Ok(job) = std::env::var(JOB) else { return };
    let uri = std::env::var(URI).unwrap();
    match job.as_str() {
        "many calls" => many_calls(&uri),
        "errors" => errors(&uri),
        "until lost" => until_lost(&uri),
        other => panic!("no job '{other}'"),
    }
}

/// Grows by nothing worth mentioning, however often it asks.
fn many_calls(uri: &str) {
    let hv = open(uri);
    let ask = |n: u32| {
        for _ in 0..n {
            hv.vms().unwrap();
            hv.vm_counters(Groups::of(&ALL[..1]), Which::All).unwrap();
        }
    };
    ask(1000);
    let before = resident();
    ask(50_000);
    println!("grown: {}", resident().saturating_sub(before));
}

fn errors(uri: &str) {
    let hv = open(uri);
    hv.vm_xml("00000000-0000-4000-8000-000000000000".parse().unwrap()).unwrap_err();
    for wrong in [
        "nonsense",
        "qemu+unix:///system?socket=/nonexistent",
        "test:///nonexistent",
        "qemu+tcp://127.0.0.1:1/",
    ] {
        super::connector(wrong, false).connect(Purpose::Poll).err().unwrap();
    }
}

fn until_lost(uri: &str) {
    let hv = open(uri);
    println!("ready:");
    let error = loop {
        if let Err(e) = hv.vm_counters(Groups::of(&ALL), Which::Active) {
            break e;
        }
    };
    println!("lost: {error}");
    drop(hv);
}

/// Resident memory in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * rustix::param::page_size() as u64
}

#[test]
fn a_hundred_thousand_bulk_calls_leak_nothing() {
    let mut job = Job::start("many calls", "test:///default");
    let grown: u64 = job.line("grown:").parse().unwrap();
    job.end();
    assert!(grown < 4 << 20, "grown by {grown} bytes");
}

#[test]
fn errors_print_nothing() {
    assert_eq!(Job::start("errors", "test:///default").end(), "");
}
