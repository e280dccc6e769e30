use std::time::Duration;

use super::{HistoryWriter, Retention};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::tests::{CPU, T0, at, cpu, open, put, read, value, vm};
use crate::store::{Event, EventKind, Rank, Subject, Tier};

/// Records VM 1 every two seconds in this span.
fn fill(writer: &mut HistoryWriter, from: i64, to: i64) {
    for s in (from..to).step_by(2) {
        put(writer, 1, s);
    }
}

fn expected(spans: &[(i64, i64)]) -> Vec<(f64, Option<f32>)> {
    let seconds = spans.iter().flat_map(|(from, to)| (*from..*to).step_by(2));
    seconds.map(|s| (s as f64, Some(value(1, s)))).collect()
}

fn counted(folder: &std::path::Path, to_s: i64) -> u64 {
    let points = read(folder).points(&vm(1), MetricId::VmCpu, at(0), at(to_s), 50).unwrap();
    assert_ne!(points.tier, Tier::Raw);
    points.points.iter().map(|p| p.count).sum()
}

#[test]
fn what_was_recorded_is_read_bit_for_bit_at_every_stage() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let mut done = 0;
    // In the journal, in pieces, in blocks of samples, of minutes; then by a writer that begins anew.
    for to in [10, 130, 1500, 4000, 8000] {
        fill(&mut writer, done, to);
        done = to;
        assert_eq!(cpu(&read(folder.path()), 1), expected(&[(0, to)]));
        drop(writer);
        writer = open(folder.path());
        assert_eq!(cpu(&read(folder.path()), 1), expected(&[(0, to)]));
    }
    assert_eq!(counted(folder.path(), 9000), 4000);
}

#[test]
fn odd_values_and_gaps_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let odd = [Some(-0.0), None, Some(f32::INFINITY), Some(1e-40), Some(f32::NAN), Some(0.1)];
    for (s, v) in (0..3000).zip(odd.iter().cycle()) {
        writer.add(at(s), &vm(1), CPU, &[*v, None]).unwrap();
        writer.commit().unwrap();
    }
    let back = cpu(&read(folder.path()), 1);
    assert_eq!(back.len(), 3000);
    for ((_, back), v) in back.iter().zip(odd.iter().cycle()) {
        assert_eq!(back.map(f32::to_bits), v.filter(|v| !v.is_nan()).map(f32::to_bits));
    }
}

#[test]
fn samples_that_come_twice_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    fill(&mut writer, 0, 3000);
    fill(&mut writer, 100, 140);
    fill(&mut writer, 2000, 2990);
    fill(&mut writer, 2990, 8000);
    assert_eq!(cpu(&read(folder.path()), 1), expected(&[(0, 8000)]));
    assert_eq!(counted(folder.path(), 9000), 4000);
}

#[test]
fn late_samples_go_to_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    fill(&mut writer, 0, 500);
    fill(&mut writer, 700, 5000);
    drop(writer);
    let mut writer = open(folder.path());
    fill(&mut writer, 500, 700);
    assert_eq!(cpu(&read(folder.path()), 1), expected(&[(0, 5000)]));
    fill(&mut writer, 5000, 9000);
    assert_eq!(cpu(&read(folder.path()), 1), expected(&[(0, 9000)]));
    assert_eq!(counted(folder.path(), 9000), 4500);
}

#[test]
fn a_clock_set_back_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    fill(&mut writer, 0, 4000);
    // The same times again, other values: they were measured at other moments.
    for s in (1000..6000).step_by(2) {
        writer.add(at(s), &vm(1), CPU, &[Some(-1.0), None]).unwrap();
        writer.commit().unwrap();
    }
    fill(&mut writer, 6000, 9000);
    let back = cpu(&read(folder.path()), 1);
    assert!(back.is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(back.iter().filter(|(_, v)| *v == Some(-1.0)).count(), 2500);
    let first: Vec<_> = back.into_iter().filter(|(_, v)| *v != Some(-1.0)).collect();
    assert_eq!(first, expected(&[(0, 4000), (6000, 9000)]));
    assert_eq!(counted(folder.path(), 9000), 2000 + 2500 + 1500);
}

#[test]
fn a_clock_that_was_wrong_for_a_while_does_not_cost_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    fill(&mut writer, 0, 3000);
    let years = 50 * 365 * 86_400;
    fill(&mut writer, years, years + 3000);
    fill(&mut writer, 3000, 6000);
    let back = cpu(&read(folder.path()), 1);
    assert!(back[..3000] == expected(&[(0, 6000)]));
    assert_eq!(back.len(), 4500);
}

#[test]
fn times_that_make_no_sense_are_counted_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for t in [-1, i64::MIN, i64::MAX] {
        writer.add(Timestamp(t), &vm(1), CPU, &[Some(1.0), Some(1.0)]).unwrap();
    }
    assert_eq!(writer.commit().unwrap().dropped, 6);
    put(&mut writer, 1, 2);
    assert_eq!(cpu(&read(folder.path()), 1).len(), 1);
}

#[test]
fn what_is_too_old_goes_tier_by_tier() {
    let folder = tempfile::tempdir().unwrap();
    let hour = Duration::from_secs(3600);
    let keep = Retention { raw: hour, minutes: hour * 3, hours: hour * 24 * 365, bytes: u64::MAX };
    let mut writer = HistoryWriter::open(folder.path(), keep, at(0)).unwrap().writer;
    for s in (0..8 * 3600).step_by(10) {
        put(&mut writer, 1, s);
    }
    let reader = read(folder.path());
    let oldest = |tier| (reader.oldest(tier).unwrap().unwrap().0 - T0) / 60_000;
    assert_eq!(oldest(Tier::Raw), 6 * 60);
    assert_eq!(oldest(Tier::Minute), 4 * 60);
    assert_eq!(oldest(Tier::Hour), 0);
    let top = reader.top(MetricId::VmCpu, Rank::Mean, at(0), at(8 * 3600), 3).unwrap();
    assert_eq!(top.len(), 1);
}

#[test]
fn the_oldest_samples_go_first_when_there_is_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Retention { bytes: 1, ..Retention::default() };
    let mut writer = HistoryWriter::open(folder.path(), keep, at(0)).unwrap().writer;
    fill(&mut writer, 0, 3 * 3600);
    let reader = read(folder.path());
    let oldest = |tier| (reader.oldest(tier).unwrap().unwrap().0 - T0) / 60_000;
    assert_eq!(oldest(Tier::Raw), 60);
    assert!(cpu(&reader, 1).ends_with(&expected(&[(10_000, 3 * 3600)])));
}

#[test]
fn a_vm_keeps_its_series_when_it_is_renamed_and_loses_them_when_it_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for (s, name) in [(0, "web"), (10, "web"), (20, "www")] {
        writer.name(at(s), &vm(1), name);
        put(&mut writer, 1, s);
    }
    // Recreated under the first name: another UUID, so another VM.
    writer.name(at(30), &vm(2), "web");
    put(&mut writer, 2, 30);
    let reader = read(folder.path());
    let names: Vec<_> = reader.names(&vm(1)).unwrap().into_iter().map(|n| (n.since, n.name)).collect();
    assert_eq!(names, [(at(0), "web".to_owned()), (at(20), "www".to_owned())]);
    assert_eq!((cpu(&reader, 1).len(), cpu(&reader, 2).len()), (3, 1));
    assert_eq!(reader.subjects().unwrap(), [vm(1), vm(2)]);
    assert_eq!(reader.series(&vm(1)).unwrap(), CPU);
}

#[test]
fn events_are_read_as_they_were_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let events: Vec<Event> = (0..)
        .zip(EventKind::ALL.iter().filter(|kind| **kind != EventKind::VmSeen))
        .map(|(i, kind)| Event {
            at: at(i),
            subject: (i % 2 == 0).then(|| vm(1)),
            kind: *kind,
            detail: format!("no. {i}"),
        })
        .collect();
    events.iter().cloned().for_each(|e| writer.event(e));
    writer.commit().unwrap();
    let reader = read(folder.path());
    assert_eq!(reader.events(at(0), at(99), 99).unwrap(), events);
    assert_eq!(reader.events(at(3), at(9), 2).unwrap(), events[7..9]);
}

#[test]
fn states_that_were_seen_did_not_happen_and_are_of_one_recording() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let event = |i, subject: Option<Subject>, kind, detail: &str| Event {
        at: at(i),
        subject,
        kind,
        detail: detail.into(),
    };
    let seen = |i, n, detail| event(i, Some(vm(n)), EventKind::VmSeen, detail);
    let began = |i| event(i, None, EventKind::RecordingStarted, "");
    let told = [began(1), seen(1, 1, "off"), seen(4, 2, "paused"), began(7), seen(8, 1, "running")];
    told.iter().cloned().for_each(|e| writer.event(e));
    writer.commit().unwrap();
    let reader = read(folder.path());
    assert_eq!(reader.events(at(0), at(99), 99).unwrap(), [began(1), began(7)]);
    assert_eq!(reader.seen(at(0)).unwrap(), []);
    assert_eq!(reader.seen(at(3)).unwrap(), told[1..2]);
    assert_eq!(reader.seen(at(6)).unwrap(), told[1..3]);
    assert_eq!(reader.seen(at(7)).unwrap(), []);
    assert_eq!(reader.seen(at(99)).unwrap(), told[4..]);
}

#[test]
fn things_of_all_kinds_have_series() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let Subject::Vm(id) = vm(1) else { unreachable!() };
    let disk = Subject::Disk(id, "vda".into());
    writer.add(at(0), &disk, &[MetricId::DiskRead], &[Some(1.5)]).unwrap();
    writer.add(at(0), &Subject::Pool("p".into()), &[MetricId::PoolUsed], &[Some(2.0)]).unwrap();
    writer.add(at(0), &Subject::Host, &[MetricId::HostCpu], &[Some(3.0)]).unwrap();
    writer.commit().unwrap();
    let reader = read(folder.path());
    let one = |s: &Subject, m| reader.raw(s, m, at(0), at(1)).unwrap()[0].1;
    assert_eq!(one(&disk, MetricId::DiskRead), Some(1.5));
    assert_eq!(one(&Subject::Pool("p".into()), MetricId::PoolUsed), Some(2.0));
    assert_eq!(one(&Subject::Host, MetricId::HostCpu), Some(3.0));
}

/// Records five VMs every two seconds: several groups.
fn fill_five(writer: &mut HistoryWriter, from: i64, to: i64) {
    for s in (from..to).step_by(2) {
        for n in 1..=5 {
            let v = value(n, s);
            writer.add(at(s), &vm(n), CPU, &[Some(v), Some(v / 2.0)]).unwrap();
        }
        writer.commit().unwrap();
    }
}

fn all_five(folder: &std::path::Path, to: i64) {
    let reader = read(folder);
    for n in 1..=5 {
        let expected: Vec<_> = (0..to).step_by(2).map(|s| (s as f64, Some(value(n, s)))).collect();
        assert!(cpu(&reader, n) == expected, "VM {n} to {to}");
        let points = reader.points(&vm(n), MetricId::VmCpu, at(0), at(86_400), 100).unwrap();
        let counted: u64 = points.points.iter().map(|p| p.count).sum();
        assert_eq!(counted as usize, expected.len(), "VM {n} to {to}");
    }
}

#[test]
fn blocks_close_group_by_group_and_can_be_left_at_any_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let db = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
    let closed = |table| -> i64 {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut done = 0;
    // An hour of samples is over, then two hours of minutes; some commits are looked at, some writers left.
    for (until, step) in [(3690, 3690), (3770, 2), (7370, 3600), (7470, 2), (14_700, 7230)] {
        while done < until {
            fill_five(&mut writer, done, done + step);
            done += step;
            seen.insert((closed("raw"), closed("minute")));
            all_five(folder.path(), done);
            if done % 4 == 2 {
                drop(writer);
                writer = open(folder.path());
            }
        }
    }
    // Partly closed, of each tier.
    assert!(seen.iter().any(|(raw, _)| (1..5).contains(raw)), "{seen:?}");
    assert!(seen.iter().any(|(_, minute)| (1..5).contains(minute)), "{seen:?}");
    assert_eq!((closed("raw"), closed("minute")), (4 * 5, 2 * 5));
    assert_eq!(closed("raw_axis"), 4, "all groups share their times");
}

#[test]
fn what_is_old_goes_little_by_little() {
    let folder = tempfile::tempdir().unwrap();
    let hour = Duration::from_secs(3600);
    let keep = Retention { raw: hour, ..Retention::default() };
    let mut writer = HistoryWriter::open(folder.path(), keep, at(0)).unwrap().writer;
    let db = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
    let of_block = |table, block: i64| -> i64 {
        let sql = format!("SELECT count(*) FROM {table} WHERE id >> 24 = ?");
        db.query_row(&sql, [T0 / 3_600_000 + block], |row| row.get(0)).unwrap()
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut before = 0;
    for s in (0..3 * 3600).step_by(2) {
        fill_five(&mut writer, s, s + 2);
        let left = of_block("raw", 0);
        assert!(before - left <= 3, "{before} chunks, then {left}");
        // What is left is read: its times go last.
        assert_eq!(of_block("raw_axis", 0), i64::from(left > 0), "{left} chunks");
        if left < before {
            let first: Vec<_> = (1..=5).map(|n| cpu(&read(folder.path()), n)[0].0).collect();
            assert_eq!(i64::try_from(first.iter().filter(|s| **s == 0.0).count()).unwrap(), left);
            assert!(first.iter().all(|s| [0.0, 3600.0].contains(s)), "{first:?}");
        }
        seen.insert(left);
        before = left;
    }
    assert!(seen.contains(&5) && seen.contains(&2) && before == 0, "{seen:?}");
}
