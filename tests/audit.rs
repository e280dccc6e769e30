//! `novacron audit`, as the built binary runs it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use novacron::model::audit::AuditRecord;
use novacron::model::id::VmId;
use novacron::model::job::{Actor, JobId, JobState, Via};
use novacron::model::operation::{Operation, Target, VmOperation};
use novacron::model::time::Timestamp;
use novacron::store::StateDb;
use serde_json::Value as Json;
use tempfile::TempDir;

/// A host that nobody serves: the audit needs no hypervisor.
const NOWHERE: &str = "qemu+unix:///system?socket=/nonexistent/sock";
/// 2026-11-23 07:00 UTC.
const BEGIN: i64 = 1_795_417_200_000;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        let name = "qemu+unix%3a%2f%2f%2fsystem%3fsocket%3d%2fnonexistent%2fsock";
        self.0.path().join("data/novacron/hosts").join(name)
    }

    /// So many things done, a minute each.
    fn record(&self, n: u8) {
        let (mut state, _) = StateDb::open(&self.folder(), Timestamp(BEGIN)).unwrap();
        for i in 1..=n {
            let id = VmId::from_bytes([i; 16]);
            let act = if i % 2 == 0 { VmOperation::ForceOff } else { VmOperation::Reset };
            let record = AuditRecord {
                at: Timestamp(BEGIN + i64::from(i) * 60_000),
                by: Actor { user: "ann".into(), origin: "tty1".into(), via: Via::Console, pid: 1 },
                ended_by: None,
                host: NOWHERE.into(),
                operation: Operation::vm(id, act),
                target: Target::vm(id, format!("web{i:02}\u{9b}2J")),
                job: Some(JobId(i64::from(i))),
                plan: format!("virsh reset web{i:02}"),
                xml_before: String::new(),
                xml_after: String::new(),
                result: JobState::Done,
                outcome: "Done.".into(),
                duration_ms: 20,
            };
            state.audit(&record).unwrap();
        }
    }

    fn run(&self, args: &[&str]) -> Output {
        let home = self.0.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
        command.args(args).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").current_dir(home);
        command.env("LANG", "C.UTF-8").env("TZ", "UTC").env("NOVACRON_CONNECT", NOWHERE);
        command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
        command.stdin(Stdio::null()).output().unwrap()
    }

    fn done(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{args:?}");
        text(&out.stdout)
    }

    fn fails(&self, args: &[&str]) -> (i32, String) {
        let out = self.run(args);
        assert_eq!(text(&out.stdout), "", "{args:?}");
        (out.status.code().unwrap(), text(&out.stderr))
    }

    fn numbers(&self, args: &[&str]) -> Vec<u64> {
        let list = self.done(&[&["audit", "list", "-f", "json"], args].concat());
        let list: Json = serde_json::from_str(&list).unwrap();
        list.as_array().unwrap().iter().map(|r| r["number"].as_u64().unwrap()).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_was_done_is_told_without_a_hypervisor() {
    let home = Home::new();
    home.record(4);
    let table = home.done(&["audit", "list"]);
    assert_eq!(table.lines().count(), 5);
    assert!(table.lines().nth(4).unwrap().contains("vm.force-off"), "the newest last: {table}");
    assert!(!table.contains('\u{9b}'));
    assert_eq!(home.numbers(&[]), [1, 2, 3, 4]);
    assert_eq!(home.numbers(&["--operation", "vm.force"]), [2, 4]);
    assert_eq!(home.numbers(&["--target", "02020202-0202-0202-0202-020202020202"]), [2]);
    assert_eq!(home.numbers(&["--since", "2026-11-23 07:02", "--until", "2026-11-23T07:04:00Z"]), [2, 3]);
    assert_eq!(home.numbers(&["--user", "ann", "--result", "done", "--text", "RESET WEB03"]), [3]);
    let out = home.run(&["audit", "list", "-f", "json", "--limit", "2"]);
    assert!(text(&out.stderr).contains("There are older ones: --limit NUMBER lists more."));
    assert!(text(&out.stdout).contains("\"number\": 4") && !text(&out.stdout).contains("\"number\": 2"));
    let one = home.done(&["audit", "show", "3"]);
    assert!(one.contains("virsh reset web03") && one.contains("ann from tty1, console, process 1"), "{one}");
    let (code, told) = home.fails(&["audit", "show", "5"]);
    assert_eq!((code, told.lines().next()), (3, Some("novacron: there is no audit record 5")));
    let (code, told) = home.fails(&["audit", "list", "--since", "soon"]);
    assert!(code == 2 && told.contains("--since: \"soon\" is not a time"), "{told}");
    assert_eq!(home.fails(&["audit", "list", "--result", "running"]).0, 2);
}

#[test]
fn nothing_done_is_no_error() {
    let home = Home::new();
    let out = home.run(&["audit", "list"]);
    assert_eq!((out.status.code(), text(&out.stdout).as_str()), (Some(0), ""));
    assert_eq!(text(&out.stderr), "novacron: Nothing was done, as far as it is recorded.\n");
    assert_eq!(home.done(&["audit", "verify"]), "Nothing was done yet: there is no record.\n");
    assert_eq!(home.done(&["audit", "export", "-"]), "");
    assert!(!home.folder().exists(), "looking makes no file");
    let (code, told) = home.fails(&["audit", "list", "--demo"]);
    assert!(code == 3 && told.contains("this host is made up"), "{told}");
}

#[test]
fn verify_tells_by_its_exit_code() {
    let home = Home::new();
    home.record(3);
    let told = home.done(&["audit", "verify"]);
    assert!(told.starts_with("3 records are there and as written; the newest has hash "), "{told}");
    let db = rusqlite::Connection::open(home.folder().join("state.db")).unwrap();
    db.execute_batch("DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE number = 3").unwrap();
    let (code, told) = home.fails(&["audit", "verify"]);
    let expected =
        "novacron: Records were cut off: the database ends at 2, the head file says that there were 3";
    assert_eq!((code, told.lines().next()), (1, Some(expected)));
}

#[test]
fn an_export_can_be_checked_elsewhere_and_overwrites_nothing() {
    let home = Home::new();
    home.record(3);
    home.done(&["audit", "export", "out.jsonl"]);
    let file = home.0.path().join("out.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let lines = fs::read_to_string(&file).unwrap();
    assert_eq!(home.done(&["audit", "export", "-"]), lines);
    assert_eq!(lines.lines().count(), 3);
    let mut previous = "0".repeat(64);
    for line in lines.lines() {
        let link: Json = serde_json::from_str(line).unwrap();
        assert_eq!(link["previous"], previous.as_str());
        let record = link["record"].as_str().unwrap();
        assert!(serde_json::from_str::<AuditRecord>(record).is_ok());
        let mut tool =
            Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        write!(tool.stdin.take().unwrap(), "{}\n{previous}\n{record}", link["number"]).unwrap();
        let told = text(&tool.wait_with_output().unwrap().stdout);
        previous = told.split(' ').next().unwrap().to_owned();
        assert_eq!(link["hash"], previous.as_str());
    }
    fs::write(&file, "mine").unwrap();
    let (code, told) = home.fails(&["audit", "export", "out.jsonl"]);
    assert!(code == 4 && told.contains("out.jsonl is there already"), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let (code, told) = home.fails(&["audit", "export", "nowhere/out.jsonl"]);
    assert!(code == 1 && told.contains("nowhere/out.jsonl: "), "{told}");
}
