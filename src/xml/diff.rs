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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told_with_its_surroundings() {
        let lines: Vec<_> = (1..=20).map(|n| format!("line {n}\n")).collect();
        let before = lines.concat();
        let after = before.replace("line 10\n", "line ten\n");
        let expected =
            "@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+line ten\n line 11\n line 12\n line 13\n";
        assert_eq!(unified(&before, &after), expected);
        assert_eq!(unified(&before, &before), "");
    }

    #[test]
    fn what_was_empty_is_added_and_what_becomes_empty_is_taken_away() {
        assert_eq!(unified("", "<vm>\n<protected/>\n"), "@@ -0,0 +1,2 @@\n+<vm>\n+<protected/>\n");
        assert_eq!(unified("<vm/>\n", ""), "@@ -1 +0,0 @@\n-<vm/>\n");
    }

    #[test]
    fn a_missing_last_line_break_runs_nothing_together() {
        assert_eq!(unified("a\nb", "a\nc"), "@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }

    #[test]
    fn texts_that_nobody_would_read_are_not_compared() {
        let long = "x\n".repeat(MAX);
        assert!(unified(&long, "y").contains("too long"));
        assert_eq!(unified(&long, &long), "");
    }
}
