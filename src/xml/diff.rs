//! What differs between two texts, as a person reads it.

use similar::TextDiff;

/// Lines kept around a change.
const CONTEXT: usize = 3;
/// Texts longer than this are not compared: nobody would read the outcome.
const MAX: usize = 1 << 20;

/// A unified diff without file names; empty when nothing differs.
pub fn unified(before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    if before.len().max(after.len()) > MAX {
        return "@@ too long to be compared @@\n".to_owned();
    }
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(CONTEXT)
        .missing_newline_hint(false)
        .to_string()
}
