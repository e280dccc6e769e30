//! "Did you mean", as a theme's warnings say it.

use crate::model::suggest::closest;

/// `; did you mean …?` with the nearest known name, or nothing when none is near.
pub(super) fn hint<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    closest(wrong, known).map_or_else(String::new, |k| format!("; did you mean `{k}`?"))
}
