//! How samples are packed: times and values to bytes and back, bit for bit. Nothing here knows a database.
//!
//! | part | packs |
//! | --- | --- |
//! | `bytes` | a cursor and variable-length integers |
//! | `ints` | whole numbers, 64 at a time: a base and as many bits as they need |
//! | `column` | `f32` values with gaps, as scaled or shifted whole numbers |
//! | `chunk` | the columns of one track over some rows |
//! | `piece` | the chunks of many tracks over a short time |
//!
//! Bytes come from a disk: whatever they are, reading them ends, with `None` where they make no sense.

#![expect(
    clippy::cast_possible_wrap,
    reason = "bits are read as signed and unsigned numbers here, on purpose"
)]

pub(crate) mod bytes;
pub(crate) mod chunk;
pub(crate) mod column;
pub(crate) mod ints;
pub(crate) mod piece;
#[cfg(test)]
mod tests;
