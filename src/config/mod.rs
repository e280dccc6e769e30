//! Settings and paths: file, environment and flags over defaults.
//!
//! One table ([`KEYS`]) makes the file's keys, the environment's names, the documented default in
//! `assets/config.toml` and README's table. A broken file is survivable: what is wrong is told with file,
//! line and column, and its default stands.

mod file;
mod group;
mod keys;
mod load;
mod paths;
mod raw;
mod sample;
mod settings;
mod warning;

#[cfg(test)]
mod tests;

pub use group::UserGroup;
pub use keys::{KEYS, Key};
pub use load::{Environment, Loaded, Overrides, TextFile, load};
pub use paths::Paths;
pub use raw::{Kind, Raw};
pub use sample::{documented, effective};
pub use settings::*;
pub use warning::{ConfigError, Warning};
