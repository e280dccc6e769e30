//! Ever longer waits, with jitter so that many consoles do not knock at once.

use std::time::Duration;

/// A small deterministic generator (splitmix64): jitter needs no more.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// A generator from a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number in 0..1.
    pub(crate) fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Waits that double up to a limit.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits from `first` to `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// Failures in a row.
    pub(crate) const fn failures(&self) -> u32 {
        self.failures
    }

    /// Counts a failure and tells how long to wait: within a tenth of the plain doubling.
    pub(crate) fn fail(&mut self, dice: &mut Dice) -> Duration {
        let doublings = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        let plain = self.first.saturating_mul(1 << doublings).min(self.longest);
        plain.mul_f64(0.9 + 0.2 * dice.roll())
    }

    /// It worked: the next wait is the first again.
    pub(crate) const fn succeed(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_begin_anew_after_success() {
        let mut dice = Dice::new(7);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = backoff.fail(&mut dice).as_secs_f64();
            assert!((wait / expected - 1.0).abs() <= 0.1, "{wait} for {expected}");
        }
        backoff.succeed();
        assert!(backoff.fail(&mut dice).as_secs_f64() <= 1.1);
    }

    #[test]
    fn jitter_differs_by_seed_and_repeats_for_one() {
        let rolls = |seed| {
            let mut dice = Dice::new(seed);
            (0..8).map(|_| dice.roll()).collect::<Vec<_>>()
        };
        assert_eq!(rolls(1), rolls(1));
        assert_ne!(rolls(1), rolls(2));
        assert!(rolls(3).iter().all(|r| (0.0..1.0).contains(r)));
    }
}
