//! The commands that look back and export, as the built binary runs them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use novacron::engine::clock::{Clock, ManualClock};
use novacron::engine::history::{HistoryConfig, Retention};
use novacron::engine::{Command as Order, Engine, EngineConfig, Focus};
use novacron::hypervisor::sim::{SimConfig, SimHost};
use novacron::model::snapshot::{Recording, Snapshot};
use serde_json::Value as Json;
use tempfile::TempDir;

/// A host that nobody serves: what answers here needs no hypervisor.
const NOWHERE: &str = "qemu+unix:///system?socket=/nonexistent/sock";

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Where the history of that host lies.
    fn folder(&self) -> PathBuf {
        let name = "qemu+unix%3a%2f%2f%2fsystem%3fsocket%3d%2fnonexistent%2fsock";
        self.0.path().join("data/novacron/hosts").join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
        let home = self.0.path();
        command.args(args).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin");
        command.env("LANG", "C.UTF-8").env("TZ", "UTC").env("NOVACRON_CONNECT", NOWHERE);
        command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn done(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{args:?}");
        text(&out.stdout)
    }

    fn json(&self, args: &[&str]) -> Json {
        serde_json::from_str(&self.done(&[args, &["-f", "json"]].concat())).unwrap()
    }

    fn fails(&self, args: &[&str]) -> (i32, String) {
        let out = self.run(args);
        assert_eq!(text(&out.stdout), "", "{args:?}");
        (out.status.code().unwrap(), text(&out.stderr))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// An engine records a simulated host for so long of its own time. Root keeps its data elsewhere: see `folder`.
fn record(folder: &Path, minutes: u64) {
    let host = SimHost::new(SimConfig::manual(6, 4));
    let clock = Arc::new(ManualClock::new(host.clock().clone()));
    let history = HistoryConfig {
        folder: folder.to_owned(),
        retention: Retention::default(),
        record: true,
        readers: None,
    };
    let config = EngineConfig {
        clock: clock.clone(),
        history: Some(history),
        ..EngineConfig::new(Arc::new(host.connector()))
    };
    let engine = Engine::start(config).unwrap();
    let mut snapshots = engine.handle().subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut until = |condition: &dyn Fn(&Snapshot) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !condition(&snapshots.borrow_and_update()) {
            assert!(Instant::now() < deadline, "not in time");
            clock.advance(Duration::from_millis(500));
            let soon = Duration::from_millis(20);
            let _ = runtime.block_on(async { tokio::time::timeout(soon, snapshots.changed()).await });
        }
    };
    until(&|s| s.listed && s.recording == Recording::Here);
    let visible = engine.handle().snapshot().vms.iter().map(|vm| vm.id).collect();
    assert!(engine.handle().send(Order::Focus(Focus { visible, detail: None })));
    let begun = clock.now();
    while begun.wall.age(clock.now().wall) < Duration::from_secs(60 * minutes) {
        clock.advance(Duration::from_secs(2));
        let now = clock.now().mono_us;
        let deadline = Instant::now() + Duration::from_secs(20);
        while !engine.is_done(now, 0) {
            assert!(Instant::now() < deadline, "the engine does not follow");
            std::thread::yield_now();
        }
    }
    assert_eq!(engine.stop(Duration::from_secs(20)), 0);
}

const WINDOW: [&str; 4] = ["--from", "2026-01-05T09:00:00Z", "--to", "2026-01-05T09:10:00Z"];

#[test]
fn what_was_recorded_is_told_without_a_hypervisor() {
    let home = Home::new();
    record(&home.folder(), 4);
    let list = home.json(&["history", "--list"]);
    let things = list.as_array().unwrap();
    let vm = things.iter().find(|t| t["of"] == "VM" && t["metrics"].as_array().unwrap().len() > 5).unwrap();
    let (name, id) = (vm["name"].as_str().unwrap(), vm["uuid"].as_str().unwrap());
    let of = |metric, step| {
        let args = ["history", name, metric, "--step", step];
        home.json(&[&args[..], &WINDOW].concat())["points"].as_array().unwrap().clone()
    };
    let minutes = of("cpu", "1m");
    assert_eq!(minutes.len(), 10);
    assert!(minutes[9]["mean"].is_null() && minutes[9]["count"] == 0, "not over yet: {}", minutes[9]);
    let raw = of("cpu", "raw");
    let second: Vec<f64> = raw
        .iter()
        .filter(|p| p["at"].as_str().unwrap().starts_with("2026-01-05T09:02"))
        .filter_map(|p| p["mean"].as_f64())
        .collect();
    assert_eq!(minutes[2]["count"], second.len());
    let mean = second.iter().sum::<f64>() / second.len() as f64;
    // A minute that is over is kept as finely as its samples, to the next 32nd.
    assert!((minutes[2]["mean"].as_f64().unwrap() - mean).abs() <= 1.0 / 32.0, "{} {mean}", minutes[2]);
    let by_id = home.done(&[&["history", id, "cpu_percent", "-f", "csv"], &WINDOW[..]].concat());
    assert!(by_id.starts_with("at,mean,min,max,count\n2026-01-05T09:00:00Z,"), "{by_id}");
    let host = home.json(&[&["history", "host", "memory_used_bytes"], &WINDOW[..]].concat());
    assert!(
        host["points"].as_array().unwrap().iter().any(|p| p["mean"].is_number()) && host["uuid"].is_null()
    );
    let device = things.iter().find(|t| t["of"] == "disk").unwrap()["name"].as_str().unwrap();
    let table = home.done(&[&["history", device, "write"], &WINDOW[..]].concat());
    assert!(table.starts_with("TIME ") && table.contains("2026-01-05 09:00:"), "{table}");

    let top = home.json(&[&["top", "--limit", "3"], &WINDOW[..]].concat());
    let values: Vec<f64> = top.as_array().unwrap().iter().map(|r| r["value"].as_f64().unwrap()).collect();
    assert!(values.len() == 3 && values.is_sorted_by(|a, b| a >= b), "{values:?}");
    let events = home.json(&[&["events"], &WINDOW[..]].concat());
    assert_eq!(events[0]["event"], "recording_started");

    let (code, told) = home.fails(&["history", &format!("{name}x"), "cpu"]);
    assert!(code == 3 && told.contains(&format!("did you mean \"{name}\"?")), "{told}");
    let (code, told) = home.fails(&["history", name, "cup"]);
    assert!(code == 2 && told.contains("did you mean \"cpu\"?"), "{told}");
    assert_eq!(home.fails(&["history", name, "cpu", "--from", "now", "--to", "-1h"]).0, 2);
    assert_eq!(home.fails(&["top", "--limit", "0"]).0, 2);
    let out = home.run(&["history", name, "cpu", "--from", "2020-01-01", "--to", "2020-01-02"]);
    assert_eq!((out.status.code(), text(&out.stdout).as_str()), (Some(0), ""));
    assert!(text(&out.stderr).contains("Nothing was measured in that time; history begins at 2026-01-05"));
}

#[test]
fn trouble_with_the_history_has_its_sentence() {
    let home = Home::new();
    let ask = ["history", "web", "cpu"];
    let (code, told) = home.fails(&ask);
    assert!(code == 3 && told.contains("no history of this host has been recorded yet"), "{told}");
    assert_eq!(home.fails(&["top", "--demo"]).0, 3);
    record(&home.folder(), 1);
    let file = home.folder().join("history.db");
    let db = rusqlite::Connection::open(&file).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let out = home.run(&["history", "--list"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(text(&out.stderr).contains("written by a newer NovaCron"), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("cpu") || text(&out.stdout).contains("VM"));
    for name in ["history.db-wal", "history.db-shm"] {
        let _ = std::fs::remove_file(home.folder().join(name));
    }
    std::fs::write(&file, [b'x'; 9000]).unwrap();
    for args in [&ask[..], &["top"], &["events"]] {
        let (code, told) = home.fails(args);
        assert!(code == 1 && told.contains("the database is damaged"), "{told}");
        assert!(told.lines().nth(1).is_some_and(|l| l.starts_with("  ")), "what to do: {told}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), [b'x'; 9000], "a reader leaves it alone");
}

#[test]
fn a_history_of_somebody_else_is_told_as_such() {
    use std::os::unix::process::CommandExt;
    let home = Home::new();
    record(&home.folder(), 1);
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(home.0.path(), open.clone()).unwrap();
    let mut command = home.command(&["history", "--list"]);
    if rustix::process::geteuid().is_root() {
        // As nobody, who can get as far as the folder.
        command.uid(65534).gid(65534);
        for folder in home.folder().ancestors().skip(1).take(3) {
            std::fs::set_permissions(folder, open.clone()).unwrap();
        }
    } else {
        std::fs::set_permissions(home.folder(), std::fs::Permissions::from_mode(0o0)).unwrap();
    }
    let out = match command.output() {
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
            return println!("skipped: another user cannot run the program where it was built");
        }
        out => out.unwrap(),
    };
    std::fs::set_permissions(home.folder(), open).unwrap();
    let told = text(&out.stderr);
    assert!(out.status.code() == Some(1) && told.contains("permission denied"), "{told}");
}

#[test]
fn a_page_is_printed_or_written_once() {
    let home = Home::new();
    let page = home.done(&["export", "prometheus", "-c", "test:///default"]);
    assert!(
        page.contains("\nnovacron_up 1\n")
            && page.contains("novacron_vm_info{name=\"test\",uuid=\"6695eb01-"),
        "{page}"
    );
    let file = home.0.path().join("novacron.prom");
    let path = file.to_str().unwrap();
    assert_eq!(home.done(&["export", "prometheus", "--demo", "--textfile", path]), "");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("novacron_vm_cpu_ratio{") && written.ends_with('\n'));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(home.fails(&["export", "prometheus", "--textfile", path]).0, 6);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written, "what failed leaves the old page");
    let (code, told) = home.fails(&["export", "prometheus", "--demo", "--textfile", "/nonexistent/x.prom"]);
    assert!(code == 1 && told.contains("could not write /nonexistent/x.prom"), "{told}");
    assert_eq!(home.fails(&["export", "prometheus", "--interval", "1s"]).0, 2);
}

/// A program that goes on until it is told to end.
struct Running(Child);

impl Running {
    fn end(mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert_eq!(self.0.wait().unwrap().code(), Some(0), "that is how it is ended");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_page_is_served_until_it_is_told_to_end() {
    let home = Home::new();
    let command = ["export", "prometheus", "--demo", "--listen", "127.0.0.1:0"];
    let mut server = Running(home.command(&command).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("novacron: serving http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = get(address);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("# EOF\n"), "{answer}");
        if answer.contains("\nnovacron_vm_cpu_ratio{") && answer.contains("\nnovacron_pool_used_bytes{") {
            break;
        }
        assert!(Instant::now() < deadline, "{answer}");
    }
    let (code, told) = home.fails(&["export", "prometheus", "--demo", "--listen", address]);
    assert!(code == 1 && told.contains("could not listen on"), "{told}");
    let (code, told) = home.fails(&["export", "prometheus", "--demo", "--listen", "0.0.0.0:0"]);
    assert!(code == 4 && told.contains("--allow-remote"), "{told}");
    server.end();
}

#[test]
fn the_file_is_written_again_and_again_also_without_a_connection() {
    let home = Home::new();
    let file = home.0.path().join("novacron.prom");
    let path = file.to_str().unwrap();
    let command = ["export", "prometheus", "--textfile", path, "--interval", "1s"];
    let server = Running(home.command(&command).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        assert!(Instant::now() < deadline, "{seen:?}");
        if let Ok(changed) = std::fs::metadata(&file).and_then(|m| m.modified())
            && seen.last() != Some(&changed)
        {
            seen.push(changed);
        }
        std::thread::yield_now();
    }
    assert!(std::fs::read_to_string(&file).unwrap().contains("\nnovacron_up 0\n"));
    server.end();
}
