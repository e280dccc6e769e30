//! Chance without a state: the same seed and salt give the same number, in any order of asking.

/// Sixty-four well-mixed bits (the finalizer of splitmix64).
pub(crate) const fn mix(seed: u64, salt: u64) -> u64 {
    let mut z = seed ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number in `0..1`.
pub(crate) fn unit(seed: u64, salt: u64) -> f64 {
    (mix(seed, salt) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A number in `low..high`.
pub(crate) fn between(seed: u64, salt: u64, low: f64, high: f64) -> f64 {
    low + (high - low) * unit(seed, salt)
}

/// A number in `low..high`, as likely within one power of ten as within another.
pub(crate) fn spread(seed: u64, salt: u64, low: f64, high: f64) -> f64 {
    low * (high / low).powf(unit(seed, salt))
}

/// One of a slice; `None` when it is empty.
pub(crate) fn pick<T>(seed: u64, salt: u64, of: &[T]) -> Option<&T> {
    let index = mix(seed, salt) % u64::try_from(of.len()).ok().filter(|n| *n > 0)?;
    of.get(usize::try_from(index).ok()?)
}
