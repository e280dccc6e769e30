//! Definitions changed in some places, and left byte for byte as they are in all others.

mod patch;
mod spans;
mod twin;

pub use twin::{DiskAt, NewDisk, Overrides, Twin, Twinned, twin};
