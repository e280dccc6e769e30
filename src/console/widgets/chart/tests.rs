use proptest::prelude::*;

use super::*;
use crate::console::widgets::testing::{draw, draw_ascii, snapshot, text};
use crate::console::widgets::tests::{anywhere, stays_inside};

/// 2026-01-05 14:02:11 UTC.
const NOW: Timestamp = Timestamp(1_767_621_731_000);

fn clock(t: Timestamp) -> String {
    let minutes = t.0.div_euclid(60_000).rem_euclid(1440);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Fifteen minutes, every two seconds, with a hole.
fn points(f: impl Fn(f64) -> f64) -> Vec<(Timestamp, Option<f64>)> {
    (0..450i64)
        .map(|i| {
            let share = i as f64 / 450.0;
            let value = (!(0.55..0.6).contains(&share)).then(|| f(share));
            (Timestamp(NOW.0 - (449 - i) * 2000), value)
        })
        .collect()
}

fn from() -> Timestamp {
    Timestamp(NOW.0 - 900_000)
}

#[test]
fn percentages_have_a_fixed_scale_round_times_and_the_current_value() {
    let cpu = points(|x| 50.0 + 40.0 * (x * 12.0).sin());
    let series = [ChartSeries { name: "CPU".into(), role: Role::Chart1, points: &cpu, band: &[] }];
    let chart = Chart::new(&series, from(), NOW, Unit::Percent).scale(Scale::Fixed(100.0)).times(0, &clock);
    insta::assert_snapshot!("chart", snapshot(&draw(60, 8, |buf, area, look| chart.draw(buf, area, look))));
    insta::assert_snapshot!(
        "chart_ascii",
        text(&draw_ascii(60, 8, |buf, area, look| chart.draw(buf, area, look)))
    );
    let block = Chart { ink: Ink::Block, ..chart.clone() };
    insta::assert_snapshot!("chart_block", text(&draw(60, 8, |buf, area, look| block.draw(buf, area, look))));
    let small = |w, h| text(&draw(w, h, |buf, area, look| chart.draw(buf, area, look)));
    insta::assert_snapshot!("chart_small", [small(24, 3), small(12, 2), small(6, 1)].join("---\n"));
}

#[test]
fn several_series_share_a_scale_and_a_legend() {
    let (read, write) = (points(|x| 3.1e6 * x), points(|x| 1e6 * (1.0 - x)));
    let series = [
        ChartSeries { name: "read".into(), role: Role::Chart1, points: &read, band: &[] },
        ChartSeries { name: "written".into(), role: Role::Chart2, points: &write, band: &[] },
    ];
    let chart = Chart::new(&series, from(), NOW, Unit::BytesPerSecond).times(3600, &clock).legend();
    insta::assert_snapshot!(
        "chart_two",
        snapshot(&draw(70, 9, |buf, area, look| chart.draw(buf, area, look)))
    );
}

#[test]
fn spans_have_a_band_and_the_cursor_and_events_lie_over_it() {
    let cpu = points(|x| 40.0 + 20.0 * (x * 12.0).sin());
    let band: Vec<Band> = cpu.iter().filter_map(|(at, v)| v.map(|v| (*at, v * 0.6, v * 1.5))).collect();
    let series = [ChartSeries { name: "CPU".into(), role: Role::Chart1, points: &cpu, band: &band }];
    let markers = [
        Marker { at: Timestamp(NOW.0 - 700_000), role: Role::StateRunning },
        Marker { at: Timestamp(NOW.0 - 120_000), role: Role::Critical },
    ];
    let chart = Chart { aggregate: Aggregate::Mean, ..Chart::new(&series, from(), NOW, Unit::Percent) }
        .times(0, &clock)
        .over(Some(Timestamp(NOW.0 - 300_000)), &markers);
    insta::assert_snapshot!(
        "chart_band",
        snapshot(&draw(60, 9, |buf, area, look| chart.draw(buf, area, look)))
    );
    insta::assert_snapshot!(
        "chart_band_ascii",
        text(&draw_ascii(60, 9, |buf, area, look| chart.draw(buf, area, look)))
    );
}

#[test]
fn nothing_known_draws_scale_and_dash() {
    let series = [ChartSeries { name: "CPU".into(), role: Role::Chart1, points: &[(NOW, None)], band: &[] }];
    let chart = Chart::new(&series, from(), NOW, Unit::Percent).scale(Scale::Fixed(100.0));
    let shown = text(&draw(40, 3, |buf, area, look| chart.draw(buf, area, look)));
    assert!(shown.starts_with("100 ┤┈") && shown.ends_with("–\n"), "{shown}");
}

#[test]
fn a_gap_stays_empty() {
    let cpu = points(|_| 50.0);
    let series = [ChartSeries { name: "CPU".into(), role: Role::Chart1, points: &cpu, band: &[] }];
    let chart = Chart { scale: Scale::Fixed(100.0), ..Chart::new(&series, from(), NOW, Unit::Percent) };
    let shown = text(&draw(60, 1, |buf, area, look| chart.draw(buf, area, look)));
    // One row has no scale: a line, a hole, a line, and the value with its unit.
    let parts: Vec<_> = shown.split(['┈', ' ', '\n']).filter(|p| !p.is_empty()).collect();
    assert_eq!(parts.len(), 4, "{shown}");
    assert_eq!(parts[2..], ["50", "%"]);
    assert!(parts[..2].iter().all(|p| p.chars().all(|c| c == '⠤')), "{shown}");
}

#[test]
fn a_chart_of_fifteen_minutes_is_cheap() {
    let cpu = points(|x| 50.0 + 40.0 * (x * 40.0).sin());
    let series = [ChartSeries { name: "CPU".into(), role: Role::Chart1, points: &cpu, band: &[] }];
    let chart = Chart::new(&series, from(), NOW, Unit::Percent).scale(Scale::Fixed(100.0)).times(0, &clock);
    let mut best = Duration::MAX;
    draw(90, 12, |buf, area, look| {
        for _ in 0..50 {
            let start = std::time::Instant::now();
            chart.draw(buf, area, look);
            best = best.min(start.elapsed());
        }
    });
    println!("a chart of 450 points in 90×12 cells: {best:?}");
    // Without optimization, on a busy machine; the bench asks for less than 100 µs.
    assert!(best < Duration::from_millis(10), "{best:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn charts_fit_anywhere(
        (buf, area) in anywhere(),
        ascii: bool,
        raw in prop::collection::vec((any::<i64>(), prop::option::of(any::<f64>())), 0..60),
        near in prop::collection::vec((0i64..1_000_000, prop::option::of(0.0f64..1e12)), 0..60),
        unit in prop::sample::select(vec![Unit::Percent, Unit::Bytes, Unit::BytesPerSecond, Unit::PerSecond, Unit::Seconds, Unit::Count]),
        ink in prop::sample::select(vec![Ink::Braille, Ink::Block, Ink::Ascii]),
        from_zero: bool,
        times in (any::<i64>(), any::<i64>()),
    ) {
        let raw: Vec<_> = raw.into_iter().map(|(t, v)| (Timestamp(t), v)).collect();
        let mut near: Vec<_> = near.into_iter().map(|(t, v)| (Timestamp(NOW.0 - t), v)).collect();
        near.sort_by_key(|(t, _)| *t);
        let band: Vec<Band> = raw.iter().filter_map(|(t, v)| v.map(|v| (*t, v, v * 2.0))).collect();
        let series = [&raw, &near].map(|points| ChartSeries { name: "n".into(), role: Role::Chart1, points, band: &band });
        let markers = raw.iter().map(|(at, _)| Marker { at: *at, role: Role::Info }).collect::<Vec<_>>();
        for (from, to) in [(from(), NOW), (Timestamp(times.0), Timestamp(times.1))] {
            let chart = Chart { from_zero, ink, ..Chart::new(&series, from, to, unit).times(times.0 % 86_400, &clock).legend().over(near.first().map(|p| p.0), &markers) };
            stays_inside(buf, area, ascii, |buf, look| chart.draw(buf, area, look));
        }
    }
}
