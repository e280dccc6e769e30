//! "Did you mean": the nearest of the known names.

/// Edits between two names: insert, delete, replace, or swap two neighbours.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, ca) in a.chars().enumerate() {
        let mut next = vec![i + 1; b.len() + 1];
        for (j, cb) in b.iter().enumerate() {
            let swap = match last {
                Some(l) if j > 0 && l == *cb && b[j - 1] == ca => before[j - 1] + 1,
                _ => usize::MAX,
            };
            next[j + 1] = (row[j] + usize::from(ca != *cb)).min(row[j + 1] + 1).min(next[j] + 1).min(swap);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(ca);
    }
    row[b.len()]
}

/// `; did you mean …?` with the nearest known name, or nothing when none is near.
pub(super) fn hint<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    // Names are short: a long text is no misspelling of one.
    if wrong.len() > 64 {
        return String::new();
    }
    let allowed = wrong.chars().count().div_ceil(3);
    known
        .map(|k| (edits(wrong, k), k))
        .filter(|(d, _)| *d <= allowed)
        .min_by_key(|(d, _)| *d)
        .map_or_else(String::new, |(_, k)| format!("; did you mean `{k}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let known = || ["state.running", "state.paused", "ok"].into_iter();
        assert_eq!(hint("state.runing", known()), "; did you mean `state.running`?");
        assert_eq!(hint("ko", known()), "; did you mean `ok`?");
        assert_eq!(hint("chart", known()), "");
        assert_eq!(edits("", "abc"), 3);
    }
}
