use std::time::Duration;

use crate::model::metric::MetricId;
use crate::store::tests::{CPU, at, open, put, read, value, vm};
use crate::store::{Rank, Tier};

const M: MetricId = MetricId::VmCpu;

#[test]
fn a_gap_is_a_gap_in_every_tier() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for s in (0..3 * 3600).step_by(10).filter(|s| !(3600..7200).contains(s)) {
        put(&mut writer, 1, s);
    }
    let reader = read(folder.path());
    for (target, tier) in [(2000, Tier::Raw), (600, Tier::Raw), (180, Tier::Minute), (60, Tier::Minute)] {
        let points = reader.points(&vm(1), M, at(0), at(3 * 3600), target).unwrap();
        assert_eq!(points.tier, tier, "{target}");
        let gaps: Vec<_> = points.points.iter().filter(|p| p.mean.is_none()).map(|p| p.at).collect();
        assert_eq!(gaps.len(), 1, "{target}: {gaps:?}");
        assert!(gaps[0] > at(3500) && gaps[0] < at(7200));
        assert!(points.points.len() <= target + 1);
        assert_eq!(points.points.iter().map(|p| p.count).sum::<u64>(), 720);
    }
}

#[test]
fn a_recorded_gap_breaks_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for s in 0..20 {
        let v = (s != 10).then_some(5.0);
        writer.add(at(s), &vm(1), CPU, &[v, v]).unwrap();
    }
    writer.commit().unwrap();
    let points = read(folder.path()).points(&vm(1), M, at(0), at(20), 100).unwrap().points;
    assert_eq!(points.len(), 20);
    assert_eq!(points.iter().position(|p| p.mean.is_none()), Some(10));
}

#[test]
fn points_are_band_and_mean_of_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for s in 0..7200 {
        let v = if s % 60 == 59 { 100.0 } else { 1.0 };
        writer.add(at(s), &vm(1), CPU, &[Some(v), None]).unwrap();
        writer.commit().unwrap();
    }
    let reader = read(folder.path());
    for target in [10, 60, 119, 500] {
        let points = reader.points(&vm(1), M, at(0), at(7200), target).unwrap();
        for p in &points.points {
            if points.tier == Tier::Minute {
                assert_eq!((p.min, p.max), (1.0, 100.0));
                assert!((p.mean.unwrap() - 2.65).abs() < 0.02);
            }
            assert!(f64::from(p.min) <= p.mean.unwrap() && p.mean.unwrap() <= f64::from(p.max));
        }
    }
    let nothing = reader.points(&vm(1), MetricId::VmCpuHost, at(0), at(7200), 10).unwrap();
    assert!(nothing.points.iter().all(|p| p.mean.is_none()));
}

#[test]
fn a_past_moment_shows_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for s in (0..9000).step_by(10) {
        for n in 1..=3 {
            // The third came later.
            if n < 3 || s >= 6000 {
                let v = value(n, s - s % 60);
                writer.add(at(s), &vm(n), CPU, &[Some(v), None]).unwrap();
            }
        }
        writer.commit().unwrap();
    }
    let reader = read(folder.path());
    // In a closed block, in pieces, in the minute that is not over.
    for (s, vms) in [(1234, 2), (3600 + 20, 2), (6100, 3), (8700, 3), (8995, 3)] {
        let view = reader.moment(at(s), Duration::from_secs(900)).unwrap();
        assert_eq!(view.at, at(s - s % 60));
        assert_eq!(view.series.len(), vms, "{s}");
        for (n, series) in (1..).zip(&view.series) {
            assert_eq!((&series.subject, series.metric), (&vm(n), M));
            assert_eq!(series.recent.len(), 15);
            let mean = f64::from(series.value.unwrap());
            assert!((mean - f64::from(value(n, s - s % 60))).abs() < 0.02, "{s} {mean}");
        }
        let back = view.series[0].recent.iter().filter(|v| v.is_some()).count();
        assert_eq!(back, 15);
    }
    assert!(reader.moment(at(-999_999), Duration::from_secs(900)).unwrap().series.is_empty());
}

#[test]
fn who_used_most_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for s in (0..7200).step_by(10) {
        for n in 1..=4 {
            writer.add(at(s), &vm(n), CPU, &[Some(f32::from(n)), Some(1.0)]).unwrap();
        }
        writer.commit().unwrap();
    }
    writer.add(at(7200), &vm(1), CPU, &[Some(90.0), None]).unwrap();
    writer.commit().unwrap();
    let reader = read(folder.path());
    let top = |by, n| reader.top(M, by, at(0), at(7260), n).unwrap();
    assert_eq!(top(Rank::Mean, 2), [(vm(4), 4.0), (vm(3), 3.0)]);
    assert_eq!(top(Rank::Max, 1), [(vm(1), 90.0)]);
    assert_eq!(top(Rank::Total, 1), [(vm(4), 4.0 * 7200.0)]);
    assert_eq!(reader.top(M, Rank::Mean, at(0), at(86_400), 9).unwrap().len(), 4);
}

/// Mean, greatest and mean × time of what VM `n` measured in a window, from the samples.
fn used(n: u8, from: i64, to: i64) -> [f64; 3] {
    let all: Vec<f64> = (from..to).step_by(10).map(|s| f64::from(value(n, s))).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    [mean, all.iter().copied().fold(0.0, f64::max), mean * ((to - from + 59) / 60 * 60) as f64]
}

#[test]
fn the_ranking_is_that_of_the_samples_wherever_they_lie() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let mut done = 0;
    // In the journal and pieces; with closed blocks of minutes; told from hours, most of them in pieces.
    for until in [130, 3000, 20_000, 60_000] {
        for s in (done..until).step_by(10) {
            for n in 1..=5 {
                writer.add(at(s), &vm(n), CPU, &[Some(value(n, s)), Some(value(n, s) / 3.0)]).unwrap();
            }
            writer.commit().unwrap();
        }
        done = until;
        let reader = read(folder.path());
        let windows = [(0, until), (0, until / 120 * 60), (until / 7200 * 3600, until)];
        for (from, to) in windows.into_iter().filter(|(from, to)| from < to) {
            for (which, by) in [Rank::Mean, Rank::Max, Rank::Total].into_iter().enumerate() {
                let ranked = reader.top(M, by, at(from), at(to), 9).unwrap();
                let order: Vec<_> = ranked.iter().map(|(subject, _)| subject.clone()).collect();
                assert_eq!(order, [5, 4, 3, 2, 1].map(vm), "{by:?} {from} to {to}");
                for (n, (_, got)) in [5, 4, 3, 2, 1].into_iter().zip(ranked) {
                    let wanted = used(n, from, to)[which];
                    assert!((got / wanted - 1.0).abs() < 2e-3, "{by:?} {from} to {to}: {got}, not {wanted}");
                }
            }
        }
    }
}

#[test]
fn a_reader_sees_what_is_committed_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    put(&mut writer, 1, 0);
    let reader = read(folder.path());
    for s in 1..3000 {
        put(&mut writer, 1, s);
        if s % 50 == 0 {
            assert_eq!(reader.raw(&vm(1), M, at(0), at(s + 1)).unwrap().len(), s as usize + 1);
        }
    }
}

#[test]
fn samples_are_weighed() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    for s in 0..4000 {
        writer.add(at(s), &vm(1), CPU, &[Some(value(1, s)), Some(7.0)]).unwrap();
        writer.commit().unwrap();
    }
    let weight = read(folder.path()).weigh().unwrap();
    assert_eq!((weight.samples, weight.constant_samples), (3600 * 2, 3600));
    assert!(weight.bytes > weight.packed && weight.packed > weight.constant_packed);
}
