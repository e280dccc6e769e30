//! The past without an engine: what a command reads that needs no hypervisor.

use std::path::Path;

use super::StoreError;
/// The recorded past of one host. Its questions are those of the handle, answered at once: calls block for the disk.
pub use crate::store::HistoryReader as Past;

/// Opens what was recorded in this folder, also while another process records. Makes no thread and no file.
///
/// # Errors
/// [`StoreError::Missing`] where nothing was recorded yet; a damaged database, or one that may not be read.
pub fn open(folder: &Path) -> Result<Past, StoreError> {
    Past::open(folder)
}
