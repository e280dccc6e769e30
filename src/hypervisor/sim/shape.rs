//! Shapes of load over time, as integrals in closed form: what happened between any two instants is one
//! subtraction, whatever was asked before.

use std::f64::consts::TAU;

use super::dice::{between, unit};

/// How the load of a VM goes over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Next to nothing.
    Idle,
    /// About the same all the time.
    Steady,
    /// High by day, low by night.
    Diurnal,
    /// Short bursts out of near silence.
    Bursty,
    /// Steady, while its memory grows until it is restarted from within.
    Leak,
    /// Long bursts that cost others CPU time and disk latency.
    Noisy,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 6] =
        [Self::Idle, Self::Steady, Self::Diurnal, Self::Bursty, Self::Leak, Self::Noisy];
}

/// Activity of one channel (CPU, reads, …) of one VM: a rate between 0 and 1 whose mean is well below 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activity {
    seed: u64,
    floor: f64,
    day_height: f64,
    day_s: f64,
    burst_height: f64,
    cycle_s: f64,
    phase: f64,
}

/// How far the jitter moves the floor, up and down, in each of its two layers.
const JITTER: f64 = 0.35;
/// Lengths of the jitter's two layers in seconds.
const JITTER_SLOTS: [f64; 2] = [6.0, 40.0];
/// Share of a cycle that a burst takes on average.
const DUTY: f64 = 0.3;

impl Activity {
    /// The activity of a shape. `own` differs between channels, `vm` is the same for all channels of a VM,
    /// so that their bursts and days come together.
    pub(crate) fn new(shape: Shape, vm: u64, own: u64, day_s: f64) -> Self {
        let (floor, day_height, burst_height, cycle) = match shape {
            Shape::Idle => (0.02, 0.0, 0.0, 1.0),
            Shape::Steady => (0.5, 0.0, 0.0, 1.0),
            Shape::Diurnal => (0.15, 0.7, 0.0, 1.0),
            Shape::Bursty => (0.05, 0.0, 0.65, 150.0),
            Shape::Leak => (0.3, 0.0, 0.0, 1.0),
            Shape::Noisy => (0.1, 0.0, 0.6, 300.0),
        };
        let cycle_s = cycle * between(vm, 11, 0.7, 1.6);
        Self { seed: own, floor, day_height, day_s, burst_height, cycle_s, phase: unit(vm, 12) }
    }

    /// The lowest rate this activity ever has.
    pub(crate) fn lowest(&self) -> f64 {
        self.floor * (1.0 - 2.0 * JITTER)
    }

    /// Activity up to `t` seconds: never falls, and grows by at most 1 a second.
    pub(crate) fn until(&self, t: f64) -> f64 {
        let jitter: f64 = (0_u64..).zip(JITTER_SLOTS).map(|(i, slot)| self.jitter(t, slot, i)).sum();
        self.floor * (t + JITTER * jitter)
            + self.day_height * self.day(t)
            + self.burst_height * self.bursts(t)
    }

    /// The bursts alone, with a mean of about [`DUTY`] a second.
    pub(crate) fn bursts(&self, t: f64) -> f64 {
        let cycles = t / self.cycle_s + self.phase;
        let cycle = cycles.floor();
        let salt = cycle as u64;
        let length = DUTY * between(self.burst_seed(), salt, 0.75, 1.25);
        let begin = (1.0 - length) * unit(self.burst_seed() ^ 1, salt);
        let done = ((cycles - cycle - begin) / length).clamp(0.0, 1.0);
        // Each cycle holds the same area however its burst lies, so no sum over the past is needed.
        (cycle + done) * DUTY * self.cycle_s
    }

    /// Bursts of all channels of a VM come together: they hang on what the channels share.
    fn burst_seed(&self) -> u64 {
        self.phase.to_bits()
    }

    /// Half of the time above, half below: a day from trough to trough.
    fn day(&self, t: f64) -> f64 {
        let turn = TAU / self.day_s;
        0.5 * t - 0.5 / turn * (turn * t + TAU * self.phase).sin()
    }

    /// A layer of jitter: up for half a slot, then down as much, so that its integral is back at 0 with each slot.
    fn jitter(&self, t: f64, slot: f64, layer: u64) -> f64 {
        let slots = t / slot;
        let within = slots.fract();
        let height = between(self.seed ^ (layer << 32), slots.floor() as u64, -1.0, 1.0);
        height * slot * within.min(1.0 - within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_never_falls_and_never_exceeds_one() {
        for shape in Shape::ALL {
            for seed in 0..20 {
                let a = Activity::new(shape, seed, seed * 7 + 1, 3600.0);
                let mut before = a.until(0.0);
                for step in 1..20_000_u32 {
                    let now = a.until(f64::from(step) * 0.5);
                    let rate = (now - before) / 0.5;
                    assert!(
                        rate >= a.lowest() - 1e-9 && rate <= 1.0,
                        "{shape:?} {seed}: rate {rate} at {step}"
                    );
                    before = now;
                }
            }
        }
    }

    #[test]
    fn shapes_look_like_their_names() {
        let rates = |shape, step: f64| -> Vec<f64> {
            let a = Activity::new(shape, 3, 4, 86_400.0);
            (0..1000).map(|i| f64::from(i) * step).map(|t| (a.until(t + step) - a.until(t)) / step).collect()
        };
        let range =
            |r: &[f64]| (r.iter().copied().fold(1.0, f64::min), r.iter().copied().fold(0.0, f64::max));
        let (low, high) = range(&rates(Shape::Diurnal, 600.0));
        assert!(low < 0.25 && high > 0.75, "a day goes from {low} to {high}");
        let (low, high) = range(&rates(Shape::Bursty, 2.0));
        assert!(low < 0.07 && high > 0.5, "bursts go from {low} to {high}");
        let (low, high) = range(&rates(Shape::Steady, 120.0));
        assert!(high - low < 0.05, "steady goes from {low} to {high}");
        assert!(range(&rates(Shape::Idle, 2.0)).1 < 0.05);
    }
}
