//! Rows of one track, and the same as bytes: each column by itself, so that one is read without the others.

use super::bytes::{Bytes, put_size};
use super::{column, ints};

/// Rows of one track: offsets in milliseconds from some instant, and values, row after row. Gaps are NaN.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) width: usize,
    pub(crate) offsets: Vec<u32>,
    pub(crate) values: Vec<f32>,
}

impl Rows {
    /// None yet, of this many columns.
    pub(crate) const fn new(width: usize) -> Self {
        Self { width, offsets: Vec::new(), values: Vec::new() }
    }

    /// How many.
    pub(crate) const fn len(&self) -> usize {
        self.offsets.len()
    }

    /// The values of a row.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// Adds a row at the end.
    pub(crate) fn push(&mut self, offset: u32, values: &[f32]) {
        self.offsets.push(offset);
        self.values.extend_from_slice(values);
    }

    /// Adds a row at its place.
    pub(crate) fn insert(&mut self, row: usize, offset: u32, values: &[f32]) {
        self.offsets.insert(row, offset);
        let at = row * self.width;
        self.values.splice(at..at, values.iter().copied());
    }

    /// The values of all columns as bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bodies = Vec::with_capacity(self.values.len() * 2);
        let mut out = Vec::with_capacity(self.width + self.values.len() * 2);
        let mut values = Vec::with_capacity(self.len());
        for c in 0..self.width {
            values.clear();
            values.extend(self.values.iter().skip(c).step_by(self.width.max(1)));
            let begin = bodies.len();
            column::write(&values, &mut bodies);
            // The last ends where the chunk does.
            if c + 1 < self.width {
                put_size(bodies.len() - begin, &mut out);
            }
        }
        out.extend_from_slice(&bodies);
        out
    }

    /// The rows of a chunk of `width` columns at these offsets.
    pub(crate) fn decode(width: usize, offsets: Vec<u32>, chunk: &[u8]) -> Option<Self> {
        let count = offsets.len();
        let columns = columns(width, chunk)?;
        let mut values = vec![f32::NAN; count * width];
        let mut column = Vec::with_capacity(count);
        for (c, bytes) in columns.into_iter().enumerate() {
            column.clear();
            column::read(Bytes(bytes), count, &mut column)?;
            for (row, v) in column.iter().enumerate() {
                values[row * width + c] = *v;
            }
        }
        Some(Self { width, offsets, values })
    }
}

/// The bytes of each column.
pub(crate) fn columns(width: usize, chunk: &[u8]) -> Option<Vec<&[u8]>> {
    let mut bytes = Bytes(chunk);
    let lengths: Vec<usize> = (1..width).map(|_| bytes.size()).collect::<Option<_>>()?;
    let mut out: Vec<&[u8]> = lengths.into_iter().map(|n| bytes.take(n)).collect::<Option<_>>()?;
    if width > 0 {
        out.push(bytes.0);
    }
    Some(out)
}

/// Shows the bytes of every column of a chunk, without making a list of them.
pub(crate) fn each_column<'a>(
    width: usize,
    chunk: &'a [u8],
    mut show: impl FnMut(usize, &'a [u8]) -> Option<()>,
) -> Option<()> {
    let mut lengths = Bytes(chunk);
    let mut bodies = lengths;
    for _ in 1..width {
        bodies.size()?;
    }
    for c in 1..width {
        show(c - 1, bodies.take(lengths.size()?)?)?;
    }
    if width > 0 { show(width - 1, bodies.0) } else { Some(()) }
}

/// The bytes of one column; the others are not looked at.
pub(crate) fn bytes_of(width: usize, column: usize, chunk: &[u8]) -> Option<&[u8]> {
    let mut bytes = Bytes(chunk);
    let (mut before, mut own) = (0_usize, None);
    for c in 0..width.checked_sub(1)? {
        let length = bytes.size()?;
        match c {
            _ if c < column => before = before.checked_add(length)?,
            _ if c == column => own = Some(length),
            _ => {}
        }
    }
    bytes.take(before)?;
    if column + 1 == width { Some(bytes.0) } else { bytes.take(own?) }
}

/// The values of one column of a chunk.
pub(crate) fn column_of(width: usize, column: usize, rows: usize, chunk: &[u8]) -> Option<Vec<f32>> {
    let mut values = Vec::with_capacity(rows);
    column::read(Bytes(bytes_of(width, column, chunk)?), rows, &mut values)?;
    Some(values)
}

/// Offsets of rows as bytes; tracks of one poll have the same ones.
pub(crate) fn encode_axis(offsets: &[u32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(offsets.len() + 8);
    put_size(offsets.len(), &mut out);
    ints::write(offsets, &mut out);
    out
}

/// How many offsets these bytes are.
pub(crate) fn axis_len(bytes: &[u8]) -> Option<usize> {
    Bytes(bytes).size()
}

/// Back from [`encode_axis`].
pub(crate) fn decode_axis(bytes: &[u8]) -> Option<Vec<u32>> {
    let mut bytes = Bytes(bytes);
    let count = bytes.size()?;
    let mut out = Vec::with_capacity(count.min(1 << 16));
    ints::read(&mut bytes, count, &mut out)?;
    Some(out)
}
