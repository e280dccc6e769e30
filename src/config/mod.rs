//! Settings and paths.

mod settings;

pub use settings::*;
