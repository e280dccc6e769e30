//! Whole numbers, 64 at a time: a base, and each number's distance from it in as many bits as most of them need.
//! The few that need more are patched. A block holds the numbers themselves or their differences, whichever is shorter.

use super::bytes::{Bytes, put, unzigzag, zigzag};

/// Numbers in a block.
const BLOCK: usize = 64;
/// In the head byte: differences, not the numbers themselves.
const DIFFERENCES: u8 = 0x80;
/// In the head byte: patches follow.
const PATCHED: u8 = 0x40;

/// How a block's distances are laid out.
#[derive(Clone, Copy)]
struct Layout {
    base: u32,
    width: u32,
    bits: usize,
}

/// Bits that `v` needs.
const fn length(v: u32) -> usize {
    32 - v.leading_zeros() as usize
}

/// The width that makes the block shortest; `base` is not counted.
fn layout(distances: impl Iterator<Item = u32>, base: u32) -> Layout {
    let mut lengths = [0_usize; 33];
    let mut count = 0;
    for d in distances {
        lengths[length(d)] += 1;
        count += 1;
    }
    let most = lengths.iter().rposition(|n| *n > 0).unwrap_or(0);
    let mut best = Layout { base, width: most as u32, bits: most * count };
    for width in 0..most {
        let patches: usize = (width + 1..=most).map(|l| lengths[l] * (8 + 8 * (l - width).div_ceil(7))).sum();
        let bits = width * count + patches + 8;
        if bits < best.bits {
            best = Layout { base, width: width as u32, bits };
        }
    }
    best
}

/// Appends the numbers. How many they are the reader must know.
pub(crate) fn write(values: &[u32], out: &mut Vec<u8>) {
    let mut before = 0;
    for block in values.chunks(BLOCK) {
        let mut differences = [0_u32; BLOCK];
        for (slot, v) in differences.iter_mut().zip(block) {
            *slot = v.wrapping_sub(before);
            before = *v;
        }
        let differences = &differences[..block.len()];
        let least = block.iter().copied().min().unwrap_or(0);
        let direct = layout(block.iter().map(|v| v - least), least);
        let least = differences.iter().map(|d| *d as i32).min().unwrap_or(0) as u32;
        let stepped = layout(differences.iter().map(|d| d.wrapping_sub(least)), least);
        let cost = |l: &Layout, base: u32| l.bits + 8 * length(base).max(1).div_ceil(7);
        if cost(&stepped, zigzag(stepped.base as i32)) < cost(&direct, direct.base) {
            write_block(differences, stepped, DIFFERENCES, out);
        } else {
            write_block(block, direct, 0, out);
        }
    }
}

fn write_block(values: &[u32], layout: Layout, head: u8, out: &mut Vec<u8>) {
    let high = |d: u32| d.checked_shr(layout.width).unwrap_or(0);
    let distances = || values.iter().map(|v| v.wrapping_sub(layout.base));
    let patches = distances().filter(|d| high(*d) > 0).count();
    out.push(head | layout.width as u8 | if patches > 0 { PATCHED } else { 0 });
    let base = if head == DIFFERENCES { zigzag(layout.base as i32) } else { layout.base };
    put(u64::from(base), out);
    pack(distances(), layout.width, out);
    if patches > 0 {
        out.push(patches as u8);
        for (place, d) in distances().enumerate().filter(|(_, d)| high(*d) > 0) {
            out.push(place as u8);
            put(u64::from(high(d)), out);
        }
    }
}

/// The low `width` bits of each value, without a gap between them.
fn pack(values: impl Iterator<Item = u32>, width: u32, out: &mut Vec<u8>) {
    let mask = (1_u64 << width) - 1;
    let (mut held, mut bits) = (0_u64, 0);
    for v in values {
        held |= (u64::from(v) & mask) << bits;
        bits += width;
        while bits >= 8 {
            out.push(held as u8);
            held >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        out.push(held as u8);
    }
}

/// Appends `count` numbers that [`write`] wrote.
pub(crate) fn read(bytes: &mut Bytes<'_>, count: usize, out: &mut Vec<u32>) -> Option<()> {
    let mut before = 0;
    let mut left = count;
    while left > 0 {
        let n = left.min(BLOCK);
        let begin = out.len();
        let head = bytes.byte()?;
        let width = u32::from(head & 0x3f);
        let base = u32::try_from(bytes.number()?).ok()?;
        unpack(bytes.take((n * width as usize).div_ceil(8))?, width, n, out)?;
        let block = out.get_mut(begin..)?;
        if head & PATCHED != 0 {
            for _ in 0..bytes.byte()? {
                let slot = block.get_mut(usize::from(bytes.byte()?))?;
                *slot |= u32::try_from(bytes.number()?).ok()?.checked_shl(width)?;
            }
        }
        if head & DIFFERENCES == 0 {
            for v in block {
                *v = v.wrapping_add(base);
            }
        } else {
            let base = unzigzag(base) as u32;
            for v in block {
                before = v.wrapping_add(base).wrapping_add(before);
                *v = before;
            }
        }
        before = *out.last()?;
        left -= n;
    }
    Some(())
}

fn unpack(packed: &[u8], width: u32, count: usize, out: &mut Vec<u32>) -> Option<()> {
    if width > 32 {
        return None;
    }
    let mask = (1_u64 << width) - 1;
    for i in 0..count {
        let bit = i * width as usize;
        let at = bit / 8;
        // Eight bytes at once, but for the last few.
        let word = match packed.get(at..at + 8) {
            Some(eight) => u64::from_le_bytes(eight.try_into().ok()?),
            None => packed.get(at..)?.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        out.push((word >> (bit % 8) & mask) as u32);
    }
    Some(())
}
