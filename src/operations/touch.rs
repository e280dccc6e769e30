//! Names of things that one job at a time works on, besides its target.

use crate::model::operation::Target;
use crate::model::vm::DiskSource;

/// A file or device of the host.
pub(super) fn file(path: &str) -> String {
    // As it is written, but for doubled slashes.
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("file/{}", parts.join("/"))
}

/// What a disk holds.
pub(super) fn source(source: &DiskSource) -> Option<String> {
    match source {
        DiskSource::File(path) | DiskSource::Block(path) => Some(file(path)),
        DiskSource::Volume { pool, volume } => Some(Target::volume(pool, volume).thing()),
        DiskSource::Network { protocol, name } => Some(format!("{protocol}/{name}")),
        DiskSource::Other(_) => None,
    }
}
