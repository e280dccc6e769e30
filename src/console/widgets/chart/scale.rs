//! Round numbers for a chart's axes.

use std::ops::RangeInclusive;

use crate::model::units::{self, Unit};

/// Minutes and seconds people count time in, up to half a year; seconds.
const TIME_STEPS: [i64; 26] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    345_600, 604_800, 1_209_600, 2_419_200, 5_184_000, 10_368_000, 15_552_000,
];

/// A vertical scale: its ends and the values it is labelled with, lowest first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub low: f64,
    pub high: f64,
    pub values: Vec<f64>,
    pub step: f64,
}

impl Ticks {
    /// Round values around `range`, at most `steps` steps.
    pub(super) fn around(range: &RangeInclusive<f64>, unit: Unit, steps: usize) -> Self {
        let (low, high) = (*range.start(), range.end().max(range.start() + least_span(unit)));
        let steps = steps.max(1) as f64;
        let mut step = round_up((high - low) / steps, unit);
        // Rounding the ends outwards can need one step more than the span alone.
        for _ in 0..3 {
            if ((high / step).ceil() - (low / step).floor()) <= steps {
                break;
            }
            step = round_up(step * 1.01, unit);
        }
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let count = (last - first).clamp(1.0, steps + 1.0) as usize;
        let values = (0..=count).map(|i| (first + i as f64) * step).collect();
        Self { low: first * step, high: (first + count as f64) * step, values, step }
    }

    /// From 0 to `high`, in equal parts.
    pub(super) fn fixed(high: f64, steps: usize) -> Self {
        let parts = [10, 5, 4, 2, 1].into_iter().find(|p| *p <= steps).unwrap_or(1);
        let step = high / f64::from(parts as u8);
        Self { low: 0.0, high, values: (0..=parts).map(|i| i as f64 * step).collect(), step }
    }

    /// Where a value lies: 0 at the bottom, 1 at the top; values outside are at the end they are nearer to.
    pub(super) fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// The least a scale spans, so that the noise of an idle thing does not fill the chart.
const fn least_span(unit: Unit) -> f64 {
    match unit {
        Unit::Bytes | Unit::BytesPerSecond => 1024.0,
        Unit::Seconds => 0.001,
        Unit::Percent | Unit::PerSecond | Unit::Count => 1.0,
    }
}

/// The next round number: a power of two for bytes, else 1, 2 or 5 times a power of ten.
fn round_up(v: f64, unit: Unit) -> f64 {
    if !(v.is_finite() && v > 0.0) {
        return 1.0;
    }
    if matches!(unit, Unit::Bytes | Unit::BytesPerSecond) {
        return v.log2().ceil().exp2().max(1.0);
    }
    let power = 10f64.powf(v.log10().floor());
    // A little more than the mantissa, since 3 × 0.1 is not 0.3.
    let mantissa = v / power - 1e-9;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|n| mantissa <= *n).unwrap_or(10.0);
    nice * power
}

/// A label of the vertical axis: `100`, `512K`, `20 ms`.
pub(super) fn value_label(unit: Unit, value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if matches!(unit, Unit::Percent | Unit::PerSecond | Unit::Count) && value.abs() < 1000.0 {
        let decimals = if step >= 1.0 { 0 } else { (-step.log10()).ceil().clamp(1.0, 3.0) as usize };
        return format!("{value:.decimals$}");
    }
    let label = if unit == Unit::Percent { units::count(value) } else { unit.cell(value) };
    // `4.0M` says no more than `4M`.
    match label.find(".0") {
        Some(i) if !label[i + 2..].starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{}{}", &label[..i], &label[i + 2..])
        }
        _ => label,
    }
}

/// Columns a vertical axis' labels take; does not depend on the values, so that the chart never jumps.
pub(super) const fn label_width(unit: Unit) -> u16 {
    match unit {
        Unit::Percent => 3,
        Unit::Bytes | Unit::BytesPerSecond | Unit::PerSecond | Unit::Count => 4,
        Unit::Seconds => 6,
    }
}

/// Columns a current value takes.
pub(super) const fn value_width(unit: Unit) -> u16 {
    match unit {
        Unit::Percent => 5,
        Unit::Bytes => 8,
        Unit::BytesPerSecond => 10,
        Unit::PerSecond | Unit::Seconds => 6,
        Unit::Count => 4,
    }
}

/// The least round step, in milliseconds, that divides the span into at most `parts`.
pub(super) fn time_step(span_ms: i64, parts: i64) -> i64 {
    let fits = |step: &&i64| span_ms / (**step * 1000) < parts.max(1);
    TIME_STEPS.iter().find(fits).map_or(i64::MAX / 2, |s| s * 1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scales_are_round() {
        let labels = |max: f64, unit, steps| {
            let t = Ticks::around(&(0.0..=max), unit, steps);
            t.values.iter().map(|v| value_label(unit, *v, t.step)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(0.0, Unit::Percent, 4), "0.0 0.5 1.0".replace("0.0 ", "0 "));
        assert_eq!(labels(37.0, Unit::Count, 4), "0 10 20 30 40");
        assert_eq!(labels(37.0, Unit::Count, 2), "0 20 40");
        assert_eq!(labels(1234.0, Unit::PerSecond, 3), "0 500 1k 1.5k");
        assert_eq!(labels(3e6, Unit::BytesPerSecond, 4), "0 1M 2M 3M");
        assert_eq!(labels(0.013, Unit::Seconds, 3), "0 5 ms 10 ms 15 ms");
        assert_eq!(labels(0.3, Unit::Seconds, 3), "0 100 ms 200 ms 300 ms");
        let fixed = Ticks::fixed(100.0, 4);
        assert_eq!(fixed.values, [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(Ticks::fixed(100.0, 3).values, [0.0, 50.0, 100.0]);
    }

    #[test]
    fn a_scale_need_not_begin_at_zero() {
        let t = Ticks::around(&(61.0..=68.0), Unit::Percent, 4);
        assert_eq!(t.values, [60.0, 62.0, 64.0, 66.0, 68.0]);
    }

    #[test]
    fn times_are_round() {
        assert_eq!(time_step(15 * 60_000, 4), 300_000);
        assert_eq!(time_step(15 * 60_000, 20), 60_000);
        assert_eq!(time_step(10_000, 5), 5_000);
        assert!(time_step(i64::MAX, 1) > 0);
    }

    proptest! {
        #[test]
        fn a_scale_holds_its_values_and_few_steps(
            low in 0.0f64..1e9, span in 0.0f64..1e12, steps in 1usize..8,
            unit in prop::sample::select(vec![Unit::Percent, Unit::Bytes, Unit::Seconds, Unit::Count]),
        ) {
            for low in [0.0, low] {
                let high = low + span;
                let t = Ticks::around(&(low..=high), unit, steps);
                prop_assert!(t.values.len() <= steps + 2);
                prop_assert!(t.low <= low && t.high >= high * 0.999_999, "{t:?}");
                for v in &t.values {
                    let label = value_label(unit, *v, t.step);
                    prop_assert!(unit == Unit::Seconds || label.chars().count() <= 6, "{label}");
                }
            }
        }
    }
}
