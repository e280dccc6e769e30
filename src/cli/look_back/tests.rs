//! What the commands print of a history written by hand.

use std::time::Duration;

use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::*;
use crate::cli::args::{By, Of};
use crate::cli::commands::history::Question;
use crate::cli::recorded::Recorded;
use crate::cli::steps::Step;
use crate::engine::history::{self as kept, Event, EventKind, Retention, Subject};
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::HistoryWriter;

/// 2026-11-23 07:00 UTC.
const BEGIN: i64 = 1_795_417_200_000;
const MINUTE: i64 = 60_000;
const CPU: &[MetricId] = &[MetricId::VmCpu, MetricId::VmCpuHost];
const DISK: &[MetricId] = &[MetricId::DiskRead];

fn id(n: u8) -> VmId {
    VmId::from_bytes([n; 16])
}

/// Ten minutes of two VMs every 2 s; `web` was called `old` before, and not measured in the fourth minute.
fn recorded() -> (TempDir, Past, Clock) {
    let folder = tempfile::tempdir().unwrap();
    let begin = Timestamp(BEGIN);
    let mut w = HistoryWriter::open(folder.path(), Retention::default(), begin).unwrap().writer;
    let (web, db, disk) = (Subject::Vm(id(1)), Subject::Vm(id(2)), Subject::Disk(id(1), "vda".into()));
    w.name(begin, &web, "old");
    w.name(begin, &db, "db\x1b[2J");
    w.name(Timestamp(BEGIN + 5 * MINUTE), &web, "web");
    for at in (BEGIN..BEGIN + 10 * MINUTE).step_by(2000) {
        let minute = (at - BEGIN) / MINUTE;
        if minute != 3 {
            w.add(Timestamp(at), &web, CPU, &[Some(minute as f32 * 10.0), Some(1.0)]).unwrap();
        }
        w.add(Timestamp(at), &db, CPU, &[Some(50.0), None]).unwrap();
        w.add(Timestamp(at), &disk, DISK, &[Some(1024.0 * 1024.0)]).unwrap();
    }
    for (minute, subject, kind, detail) in [
        (0, None, EventKind::RecordingStarted, ""),
        (2, Some(&web), EventKind::VmStarted, ""),
        (4, Some(&db), EventKind::VmIoError, "paused: I/O error"),
        (5, Some(&web), EventKind::VmRenamed, "from old"),
        (8, Some(&web), EventKind::VmStopped, ""),
    ] {
        let at = Timestamp(BEGIN + minute * MINUTE);
        w.event(Event { at, subject: subject.cloned(), kind, detail: detail.into() });
    }
    w.commit().unwrap();
    drop(w);
    let past = kept::open(folder.path()).unwrap();
    (folder, past, Clock { now: Timestamp(BEGIN + 10 * MINUTE), zone: TimeZone::UTC })
}

fn text(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn last_ten() -> Window {
    Window { from: Timestamp(BEGIN), to: Timestamp(BEGIN + 10 * MINUTE) }
}

fn every(seconds: u64) -> Step {
    Step::Every(Duration::from_secs(seconds))
}

fn shown(name: &str, metric: &str, step: Step, format: Format) -> (String, Vec<String>) {
    let (_folder, past, clock) = recorded();
    let q = Question { name, metric, window: last_ten(), step: Some(step) };
    let series = history::ask(&past, &q, &clock).unwrap();
    (text(|out| history::write(out, &series, &clock, format, Layout::default())), series.notes)
}

fn refused(name: &str, metric: &str) -> Failure {
    let (_folder, past, clock) = recorded();
    history::ask(&past, &Question { name, metric, window: last_ten(), step: None }, &clock).unwrap_err()
}

#[test]
fn a_series_has_its_rows_and_its_gap() {
    insta::assert_snapshot!(shown("web", "cpu", every(60), Format::Table).0);
}

#[test]
fn programs_get_numbers_and_null() {
    let (out, notes) = shown("old", "cpu_percent", every(120), Format::Json);
    assert!(notes.is_empty(), "{notes:?}");
    let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(parsed["name"], "web", "a former name finds it");
    assert_eq!(parsed["metric"], "cpu_percent");
    assert_eq!((&parsed["unit"], &parsed["step_seconds"]), (&"percent".into(), &120.into()));
    assert_eq!(
        (&parsed["from"], &parsed["to"]),
        (&"2026-11-23T07:00:00Z".into(), &"2026-11-23T07:10:00Z".into())
    );
    let points = parsed["points"].as_array().unwrap();
    assert_eq!(points.len(), 5);
    assert_eq!(
        points[0],
        serde_json::json!({"at": "2026-11-23T07:00:00Z", "mean": 5.0, "min": 0.0, "max": 10.0, "count": 60})
    );
    assert_eq!(points[1]["count"], 30, "half of it is a gap");
    let (csv, _) = shown("web", "cpu", every(60), Format::Csv);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines[0], "at,mean,min,max,count");
    assert_eq!(lines[4], "2026-11-23T07:03:00Z,,,,0");
    assert_eq!(lines[5], "2026-11-23T07:04:00Z,40.0,40.0,40.0,30");
}

#[test]
fn samples_come_as_they_were_measured() {
    let (csv, _) = shown("web/vda", "read", Step::Raw, Format::Csv);
    assert_eq!(csv.lines().count(), 301);
    assert_eq!(csv.lines().nth(2), Some("2026-11-23T07:00:02Z,1048576.0,1048576.0,1048576.0,1"));
}

#[test]
fn what_is_not_recorded_is_told() {
    let e = refused("web", "steal");
    assert_eq!((e.exit, e.what.as_str()), (Exit::NotFound, "no steal_percent is recorded of \"web\""));
    assert_eq!(e.now, "Recorded: cpu_percent, cpu_host_percent.");
    assert_eq!(refused("web", "cpuu").exit, Exit::Usage);
    assert_eq!(refused("wbe", "cpu").exit, Exit::NotFound);
    assert_eq!(refused("host", "cpu").now, "It never ran while it was recorded.");
    let (_folder, past, clock) = recorded();
    let window = Window { from: Timestamp(0), to: Timestamp(MINUTE) };
    let q = Question { name: "web", metric: "cpu", window, step: Some(every(10)) };
    let series = history::ask(&past, &q, &clock).unwrap();
    assert!(series.bins.iter().all(|b| b.value.is_none()) && !series.bins.is_empty());
    assert!(
        series
            .notes
            .iter()
            .any(|n| n == "Nothing was measured in that time; history begins at 2026-11-23 07:00:00."),
        "{:?}",
        series.notes
    );
}

#[test]
fn what_is_recorded_is_listed() {
    let (_folder, past, clock) = recorded();
    let recorded = Recorded::of(&past).unwrap();
    let list = |of: Option<&str>, format| {
        let of = of.map(|name| recorded.find(name, &clock).unwrap());
        let listed = history::listed(&past, &recorded, of.as_ref()).unwrap();
        text(|out| history::write_list(out, listed, format, Layout::default()))
    };
    insta::assert_snapshot!("everything", list(None, Format::Table));
    insta::assert_snapshot!("of_one", list(Some("web"), Format::Table));
    let parsed: serde_json::Value = serde_json::from_str(&list(None, Format::Json)).unwrap();
    assert_eq!(parsed[0]["metrics"], serde_json::json!(["cpu_percent", "cpu_host_percent"]));
}

#[test]
fn the_greatest_users_come_first() {
    let (_folder, past, _) = recorded();
    let top = |of, metric, by, format| {
        let q = top::Question { of, metric, by, window: last_ten(), limit: 5 };
        let ranks = top::ask(&past, &q).unwrap();
        text(|out| top::write(out, &ranks, format, Layout::default()))
    };
    insta::assert_snapshot!("top_cpu", top(Of::Vms, "cpu", By::Mean, Format::Table));
    insta::assert_snapshot!("top_disks", top(Of::Disks, "read", By::Total, Format::Table));
    let parsed: serde_json::Value =
        serde_json::from_str(&top(Of::Vms, "cpu", By::Total, Format::Json)).unwrap();
    assert_eq!(parsed[0]["unit"], "seconds");
    // Ten minutes at half of its vCPUs.
    assert_eq!(parsed[0]["value"], 300.0);
    let q = top::Question {
        of: Of::Vms,
        metric: "memory_used_bytes",
        by: By::Total,
        window: last_ten(),
        limit: 5,
    };
    assert_eq!(top::ask(&past, &q).unwrap_err().exit, Exit::Usage);
}

#[test]
fn events_have_the_names_of_their_time() {
    let (_folder, past, clock) = recorded();
    let window = Window { from: Timestamp(BEGIN), to: Timestamp(BEGIN + 10 * MINUTE) };
    let list = |vm, limit, format| {
        let happened = events::ask(&past, window, vm, limit, &clock).unwrap();
        (text(|out| events::write(out, &happened, &clock, format, Layout::default())), happened.cut)
    };
    insta::assert_snapshot!("events", list(None, 10, Format::Table).0);
    let (csv, cut) = list(Some("web"), 2, Format::Csv);
    assert!(cut);
    assert_eq!(
        csv.lines().nth(1),
        Some("2026-11-23T07:05:00Z,vm_renamed,web,01010101-0101-0101-0101-010101010101,from old")
    );
    assert_eq!(csv.lines().count(), 3);
    assert_eq!(
        events::ask(&past, window, Some("nobody"), 2, &clock).map(|_| ()).unwrap_err().exit,
        Exit::NotFound
    );
}
