//! "Did you mean": the nearest of a few known words.

/// Letters of a word that are looked at: a long text is no misspelling of a name.
const MOST: usize = 64;

/// The candidate nearest to `word`, if one is near enough to be meant; one that begins with it is.
pub fn closest<C: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = C>) -> Option<C> {
    let word = word.to_lowercase();
    let limit = match word.chars().count() {
        0 => return None,
        1..=3 => 1,
        4..=7 => 2,
        8..=MOST => 3,
        _ => return None,
    };
    let scored = candidates.into_iter().map(|c| {
        let candidate = c.as_ref().to_lowercase();
        let begun = word.chars().nth(1).is_some() && candidate.starts_with(&word);
        (if begun { 1 } else { distance(&word, &candidate) }, c)
    });
    scored.filter(|(d, _)| *d <= limit).min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

/// `; did you mean "x"?` when a candidate is near, else nothing: to be put behind a sentence without its stop.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    closest(word, candidates).map_or_else(String::new, |c| format!("; did you mean \"{c}\"?"))
}

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        let words = ["theme", "read_only", "mouse", "cpu"];
        assert_eq!(closest("theem", words), Some("theme"));
        assert_eq!(closest("readonly", words), Some("read_only"));
        assert_eq!(closest("CPUU", words), Some("cpu"));
        assert_eq!(closest("volume", words), None);
        assert_eq!(closest("", words), None);
        assert_eq!(closest("mo", words), Some("mouse"));
        assert_eq!(closest(&"m".repeat(65), words), None);
        assert_eq!(did_you_mean("mose", words), "; did you mean \"mouse\"?");
    }

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
