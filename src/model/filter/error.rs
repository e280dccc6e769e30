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

/// The candidate closest to what was typed, if any is close enough to have been meant.
pub(super) fn closest<C: AsRef<str>>(typed: &str, candidates: impl IntoIterator<Item = C>) -> Option<C> {
    let typed: Vec<char> = typed.to_lowercase().chars().take(32).collect();
    let allowed = if typed.len() < 4 { 1 } else { 2 };
    let scored = candidates.into_iter().map(|c| {
        let begins =
            typed.len() > 1 && c.as_ref().chars().zip(&typed).filter(|(a, b)| a == *b).count() == typed.len();
        (if begins { 1 } else { distance(&typed, c.as_ref()) }, c)
    });
    scored.filter(|(d, _)| *d <= allowed).min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

/// Edits between two words: characters changed, added, taken out, or two neighbours swapped.
fn distance(typed: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=candidate.len()).collect();
    for (i, t) in typed.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, c) in candidate.iter().enumerate() {
            let mut best = (above[j] + usize::from(t != c)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && typed[i - 1] == *c && candidate[j - 1] == *t {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[candidate.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn what_was_meant_is_found() {
        let names = ["state", "tag", "network", "cpu", "steal"];
        for (typed, expected) in [
            ("stat", Some("state")),
            ("sate", Some("state")),
            ("tga", Some("tag")),
            ("NETWROK", Some("network")),
            ("netw", Some("network")),
            ("pcu", Some("cpu")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(closest(typed, names), expected, "{typed}");
        }
    }
}
