//! What is wrong with a filter, where, and what would be right.

use crate::model::text::clean;

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// Byte of the input where the trouble begins; always on a character's boundary.
    pub at: usize,
    /// What is wrong, one phrase, cleaned.
    pub message: String,
    /// What would be right, one phrase; empty when there is nothing to say.
    pub hint: String,
}

impl FilterError {
    pub(super) fn new(at: usize, message: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        Self { at, message: clean(message.as_ref()).into_owned(), hint: clean(hint.as_ref()).into_owned() }
    }
}
