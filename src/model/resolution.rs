//! To what a measured value is rounded, once, when it is measured: rings and history then hold the same number,
//! bit for bit, and history is small.
//!
//! | what | kept |
//! | --- | --- |
//! | percent | steps of 1/32 % |
//! | rates, latencies, counts | eleven significant bits: at most 0.05 % off, no more than three figures show |
//! | memory in bytes | fourteen significant bits: at most 0.006 % off, steps of 1 MiB up to 16 GiB |
//! | space of disks and pools | all that `f32` holds: it is read seldom and changes little |
//!
//! Powers of two, not of ten: such a value is the same number in `f32`, so rounding twice changes nothing.

use super::metric::{Entity, MetricId};
use super::units::Unit;

/// The smallest step of a percentage, as a power of two.
const PERCENT_STEP: f64 = 1.0 / 32.0;

/// The value as it is kept: rounded to the metric's resolution. Not a number stays not a number.
///
/// ```
/// use novacron::model::{metric::MetricId, resolution};
/// let kept = resolution::round(MetricId::VmDiskRead, 123_457.0);
/// assert_eq!(kept, 123_456.0);
/// assert_eq!(resolution::round(MetricId::VmDiskRead, f64::from(kept)), kept);
/// ```
pub fn round(metric: MetricId, value: f64) -> f32 {
    let facts = metric.get();
    match facts.unit {
        Unit::Percent => significant((value / PERCENT_STEP).round() * PERCENT_STEP, 12),
        Unit::Bytes if matches!(facts.entity, Entity::Disk | Entity::Pool) => value as f32,
        Unit::Bytes => significant(value, 14),
        Unit::BytesPerSecond | Unit::PerSecond | Unit::Seconds | Unit::Count => significant(value, 11),
    }
}

/// To this many significant bits (2 to 24), to nearest, ties away from zero.
fn significant(value: f64, bits: u32) -> f32 {
    let v = value as f32;
    if !v.is_finite() {
        return v;
    }
    let drop = 24 - bits.clamp(2, 24);
    let half = (1_u32 << drop) >> 1;
    // A carry out of the mantissa counts the exponent up, which is what rounding up means; beyond the greatest
    // number it would be infinite.
    let rounded = f32::from_bits((v.to_bits() + half) & !((1 << drop) - 1));
    if rounded.is_finite() { rounded } else { v }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::METRICS;

    #[test]
    fn rounding_twice_changes_nothing_and_errs_little() {
        for metric in METRICS {
            for v in [0.0, 1e-6, 0.031, 0.5, 3.0, 42.424_242, 99.97, 1234.5, 7.7e6, 1.1e10, 9.9e13] {
                let once = round(metric.id, v);
                assert_eq!(
                    round(metric.id, f64::from(once)).to_bits(),
                    once.to_bits(),
                    "{} {v}",
                    metric.name
                );
                let most = if metric.unit == Unit::Percent { PERCENT_STEP / 2.0 } else { 0.0 };
                let off = (f64::from(once) - v).abs();
                assert!(off <= f64::max(most, v * 0.000_5), "{} {v} {once}", metric.name);
            }
        }
    }

    #[test]
    fn odd_numbers_go_through() {
        assert!(round(MetricId::VmDiskRead, f64::NAN).is_nan());
        for (v, kept) in [
            (f64::INFINITY, f32::INFINITY),
            (f64::from(f32::MAX), f32::MAX),
            (-123_457.0, -123_456.0),
            (1.0, 1.0),
        ] {
            assert_eq!(round(MetricId::VmDiskRead, v).to_bits(), kept.to_bits());
        }
    }
}
