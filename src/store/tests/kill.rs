//! A writer that is killed at any moment: this test binary again, writing until it is no more.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{CPU, T0, at, cpu, open, read, value, vm};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::Tier;

const FOLDER: &str = "NOVACRON_TEST_STORE_FOLDER";
const FROM: &str = "NOVACRON_TEST_STORE_FROM";
const VMS: u8 = 5;

/// Writes two seconds after two seconds, telling each that is committed, until it is killed.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn work() {
    let (Ok(folder), Ok(from)) = (std::env::var(FOLDER), std::env::var(FROM)) else { return };
    let mut writer = open(Path::new(&folder));
    for s in (from.parse::<i64>().unwrap()..).step_by(2) {
        for n in 1..=VMS {
            let v = value(n, s);
            writer.add(at(s), &vm(n), CPU, &[Some(v), Some(v / 2.0)]).unwrap();
        }
        writer.commit().unwrap();
        println!("committed: {s}");
    }
}

/// Lets a child write from second `from` on and kills it after `commits` commits. Gives the last it told of.
pub(super) fn killed(folder: &Path, from: i64, commits: usize) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .arg(format!("{}::work", module_path!().split_once("::").unwrap().1))
        .env(FOLDER, folder)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = None;
    let mut seen = 0;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in &mut lines {
        if let Some((_, s)) = line.unwrap().split_once("committed: ") {
            last = Some(s.trim().parse().unwrap());
            seen += 1;
        }
        if seen == commits {
            break;
        }
    }
    // SIGKILL; it is somewhere in the next commit.
    child.kill().unwrap();
    child.wait().unwrap();
    // What it told between the last line read and its end.
    for line in lines.map_while(Result::ok) {
        if let Some(s) = line.split_once("committed: ").and_then(|(_, s)| s.trim().parse().ok()) {
            last = Some(s);
        }
    }
    last.unwrap()
}

#[test]
fn a_killed_writer_loses_nothing_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let mut from = 0;
    // Kills in the middle of a minute, as minutes are sealed, and as blocks close: those of samples from second 3726
    // on, of minutes from 7386 on, a group with each commit; and once more after each start.
    let targets =
        [2, 8, 74, 150, 1350, 2650, 3724, 3726, 3728, 3786, 3788, 7326, 7384, 7386, 7388, 7446, 7448, 12_000];
    for target in targets {
        let last = killed(folder.path(), from, usize::try_from((target - from) / 2).unwrap_or(1).max(1));
        let db = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
        let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        let reader = read(folder.path());
        for n in 1..=VMS {
            let samples = cpu(&reader, n);
            let times: Vec<i64> = samples.iter().map(|(s, _)| *s as i64).collect();
            let expected: Vec<i64> = (0..=last).step_by(2).collect();
            assert_eq!(times[..expected.len()], expected, "lost");
            // It may have committed once more before it could tell.
            assert!(times.len() <= expected.len() + 1, "doubled");
            assert!(samples.iter().all(|(s, v)| *v == Some(value(n, *s as i64))));
            let end = Timestamp(T0 + 86_400_000);
            let points = reader.points(&vm(n), MetricId::VmCpu, at(0), end, 30).unwrap();
            assert_eq!(points.tier, Tier::Minute);
            let counted: u64 = points.points.iter().map(|p| p.count).sum();
            assert_eq!(counted, samples.len() as u64, "roll-ups count each sample once");
            from = times.last().unwrap() + 2;
        }
    }
}
