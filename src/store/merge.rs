//! Rows that come to a place where rows are already: late, twice, or after the clock was set back.
//!
//! The rule for samples, the same whatever the order of writing: at one instant of one track, a value that stands
//! is not changed. A row that says the same or fills gaps joins it; a row that says otherwise was measured at
//! another moment (the clock was set back) and goes to the next free millisecond. Nothing is lost, nothing doubled.

use super::codec::chunk::Rows;
use super::rollup;
use crate::model::metric::MetricId;

/// Puts a sample row to its place. Returns where it went and what was new in it; `None` if nothing was.
pub(crate) fn settle(rows: &mut Rows, offset: u32, values: &[f32]) -> Option<(u32, Vec<f32>)> {
    if rows.offsets.last().is_none_or(|last| *last < offset) {
        rows.push(offset, values);
        return Some((offset, values.to_vec()));
    }
    let mut offset = offset;
    loop {
        match rows.offsets.binary_search(&offset) {
            Err(place) => {
                rows.insert(place, offset, values);
                return Some((offset, values.to_vec()));
            }
            Ok(place) if agrees(rows.row(place), values) => return fill(rows, place, values),
            Ok(_) => offset = offset.checked_add(1)?,
        }
    }
}

fn agrees(held: &[f32], new: &[f32]) -> bool {
    held.iter().zip(new).all(|(h, n)| h.is_nan() || n.is_nan() || h.to_bits() == n.to_bits())
}

/// Fills the gaps of a row.
fn fill(rows: &mut Rows, place: usize, values: &[f32]) -> Option<(u32, Vec<f32>)> {
    let begin = place * rows.width;
    let mut new = vec![f32::NAN; values.len()];
    for (i, v) in values.iter().enumerate() {
        let held = &mut rows.values[begin + i];
        if held.is_nan() && !v.is_nan() {
            *held = *v;
            new[i] = *v;
        }
    }
    new.iter().any(|v| !v.is_nan()).then(|| (rows.offsets[place], new))
}

/// Joins sample rows to others, moved by `shift` milliseconds.
pub(crate) fn samples(into: &mut Rows, from: &Rows, shift: u32) {
    for (row, offset) in from.offsets.iter().enumerate() {
        let offset = offset.saturating_add(shift);
        if into.offsets.last().is_none_or(|last| *last < offset) {
            into.push(offset, from.row(row));
        } else {
            settle(into, offset, from.row(row));
        }
    }
}

/// Joins roll-ups: two of the same span are of different samples, so they add up.
pub(crate) fn rollups(into: &mut Rows, from: &Rows, shift: u32, metrics: &[Option<MetricId>]) {
    for (row, offset) in from.offsets.iter().enumerate() {
        let offset = offset.saturating_add(shift);
        match into.offsets.binary_search(&offset) {
            Err(place) => into.insert(place, offset, from.row(row)),
            Ok(place) => {
                let both = rollup::of_rollups([into.row(place), from.row(row)].into_iter(), metrics);
                let begin = place * into.width;
                into.values[begin..begin + both.len()].copy_from_slice(&both);
            }
        }
    }
}
