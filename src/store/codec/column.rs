//! One column: `f32` values with gaps, bit for bit.
//!
//! Measured values lie on a grid of powers of two (`model::resolution`), so they are whole numbers in disguise. Two
//! disguises are tried and the shorter kept: *scaled*, a whole number times a power of two, good for what moves in
//! even steps; *shifted*, the bits of the float without the trailing zeros that all have in common, a logarithmic
//! scale, good for what spans several powers of ten. The second holds every `f32`: nothing is ever rounded here.
//! Not-a-number is a gap, whatever its bits.

use super::bytes::{Bytes, put_size};
use super::ints;

/// No value but gaps.
const EMPTY: u8 = 0;
/// The same value in every row. The low bits tell of how many bytes, the zero ones at the end left out.
const CONSTANT: u8 = 1;
/// Whole numbers times a power of two.
const SCALED: u8 = 2;
/// Bits of the float, shifted.
const SHIFTED: u8 = 3;
/// Beside the kind: some rows are gaps.
const WITH_GAPS: u8 = 8;

/// Appends a column. How many rows it has the reader must know.
pub(crate) fn write(values: &[f32], out: &mut Vec<u8>) {
    let mut bits: Vec<u32> = values.iter().filter(|v| !v.is_nan()).map(|v| v.to_bits()).collect();
    let Some(first) = bits.first().copied() else { return out.push(EMPTY) };
    let gaps = if bits.len() < values.len() { WITH_GAPS } else { 0 };
    let constant = bits.iter().all(|b| *b == first);
    let body = if constant { Vec::new() } else { shortest(&mut bits) };
    let kind = body.first().copied().unwrap_or_else(|| CONSTANT | (significant_bytes(first) as u8) << 4);
    out.push(kind | gaps);
    if gaps != 0 {
        write_runs(values, out);
    }
    if constant {
        out.extend_from_slice(&first.to_be_bytes()[..significant_bytes(first)]);
    } else {
        out.extend_from_slice(&body[1..]);
    }
}

/// Bytes from the highest on that are not all zero.
const fn significant_bytes(bits: u32) -> usize {
    4 - bits.trailing_zeros() as usize / 8 * (bits != 0) as usize - if bits == 0 { 4 } else { 0 }
}

/// The shorter of the two disguises, kind first.
fn shortest(bits: &mut [u32]) -> Vec<u8> {
    let mut best = Vec::with_capacity(bits.len() * 2);
    if let Some((exponent, numbers)) = scaled(bits) {
        best.push(SCALED);
        best.push(exponent as i8 as u8);
        ints::write(&numbers, &mut best);
    }
    let shift = bits.iter().fold(0, |all, b| all | b).trailing_zeros();
    for b in bits.iter_mut() {
        *b >>= shift;
    }
    let mut other = Vec::with_capacity(bits.len() * 2);
    other.extend([SHIFTED, shift as u8]);
    ints::write(bits, &mut other);
    if best.is_empty() || other.len() < best.len() { other } else { best }
}

/// The power of two of the lowest and of the highest bit that is set; `None` for zero.
const fn span(bits: u32) -> Option<(i32, i32)> {
    let mantissa = bits & 0x7f_ffff;
    let exponent = (bits >> 23 & 0xff) as i32;
    let (digits, unit) =
        if exponent == 0 { (mantissa, -149) } else { (mantissa | 0x80_0000, exponent - 150) };
    if digits == 0 {
        return None;
    }
    Some((unit + digits.trailing_zeros() as i32, unit + 31 - digits.leading_zeros() as i32))
}

/// The values as whole numbers below 2^24 times a power of two, if they are such.
fn scaled(bits: &[u32]) -> Option<(i32, Vec<u32>)> {
    const MINUS_ZERO: u32 = 1 << 31;
    let (mut low, mut high) = (i32::MAX, i32::MIN);
    for b in bits {
        if *b == MINUS_ZERO || b >> 23 & 0xff == 0xff {
            return None;
        }
        if let Some((l, h)) = span(*b) {
            (low, high) = (low.min(l), high.max(h));
        }
    }
    let fits = low <= high && high - low < 24 && (-127..=127).contains(&low);
    let unit = 2_f64.powi(-low);
    fits.then(|| (low, bits.iter().map(|b| (f64::from(f32::from_bits(*b)) * unit) as i32 as u32).collect()))
}

/// How many rows in turn have a value, then a gap, and so on.
fn write_runs(values: &[f32], out: &mut Vec<u8>) {
    let mut rest = values;
    let mut gap = false;
    while !rest.is_empty() {
        let run = rest.iter().position(|v| v.is_nan() != gap).unwrap_or(rest.len());
        put_size(run, out);
        rest = &rest[run..];
        gap = !gap;
    }
}

/// Lengths of runs of values and gaps in turn, and how many values there are.
fn read_runs(bytes: &mut Bytes<'_>, rows: usize) -> Option<(Vec<usize>, usize)> {
    let (mut runs, mut seen, mut present) = (Vec::new(), 0, 0);
    while seen < rows {
        let run = bytes.size()?;
        seen = seen.checked_add(run)?;
        // Only the first may be empty: anything else would never end.
        if seen > rows || (run == 0 && !runs.is_empty()) {
            return None;
        }
        if runs.len() % 2 == 0 {
            present += run;
        }
        runs.push(run);
    }
    Some((runs, present))
}

/// Appends the `rows` values of a column; gaps are NaN.
pub(crate) fn read(mut bytes: Bytes<'_>, rows: usize, out: &mut Vec<f32>) -> Option<()> {
    let head = bytes.byte()?;
    if head == EMPTY {
        out.resize(out.len() + rows, f32::NAN);
        return Some(());
    }
    if head & WITH_GAPS == 0 {
        return read_values(head, &mut bytes, rows, out);
    }
    let (runs, present) = read_runs(&mut bytes, rows)?;
    let mut values = Vec::with_capacity(present);
    read_values(head, &mut bytes, present, &mut values)?;
    let mut rest = values.as_slice();
    for (i, run) in runs.into_iter().enumerate() {
        if i % 2 == 0 {
            let (now, later) = rest.split_at_checked(run)?;
            out.extend_from_slice(now);
            rest = later;
        } else {
            out.resize(out.len() + run, f32::NAN);
        }
    }
    Some(())
}

fn read_values(head: u8, bytes: &mut Bytes<'_>, count: usize, out: &mut Vec<f32>) -> Option<()> {
    match head & 0x07 {
        CONSTANT => {
            let mut be = [0; 4];
            let given = bytes.take(usize::from(head >> 4).min(4))?;
            be[..given.len()].copy_from_slice(given);
            out.resize(out.len() + count, f32::from_bits(u32::from_be_bytes(be)));
        }
        SCALED => {
            let unit = 2_f64.powi(i32::from(bytes.byte()? as i8));
            let mut numbers = Vec::with_capacity(count);
            ints::read(bytes, count, &mut numbers)?;
            out.extend(numbers.into_iter().map(|n| (f64::from(n as i32) * unit) as f32));
        }
        SHIFTED => {
            let shift = u32::from(bytes.byte()?);
            let mut numbers = Vec::with_capacity(count);
            ints::read(bytes, count, &mut numbers)?;
            out.extend(numbers.into_iter().map(|n| f32::from_bits(n.checked_shl(shift).unwrap_or(0))));
        }
        _ => return None,
    }
    Some(())
}

/// Whether a column holds one value, or gaps only: what the figures tell apart.
pub(crate) fn is_constant(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|head| matches!(head & 0x07, EMPTY | CONSTANT))
}
