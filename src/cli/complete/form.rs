//! Words and names as shells have them. Pure.

use clap_complete::Shell;

/// In which quotes a word stands open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    No,
    Single,
    Double,
}

/// A word of the line, as bash and zsh hand it over, in the meaning that it has there; and what of it is still open.
pub(super) fn meant(word: &str) -> (String, Open) {
    let mut out = String::with_capacity(word.len());
    let mut open = Open::No;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match (open, c) {
            (Open::No, '\'') => open = Open::Single,
            (Open::No, '"') => open = Open::Double,
            (Open::Single, '\'') | (Open::Double, '"') => open = Open::No,
            (Open::No, '\\') => out.extend(chars.next()),
            (Open::Double, '\\') if chars.peek().is_some_and(|next| "\\\"$`".contains(*next)) => {
                out.extend(chars.next());
            }
            (_, c) => out.push(c),
        }
    }
    (out, open)
}

/// A name as a shell takes it in place of the word under the cursor. zsh and fish quote by themselves. `None` where it
/// cannot be written behind the quote that is open.
pub(super) fn written(shell: Shell, open: Open, name: &str) -> Option<String> {
    match (shell, open) {
        (Shell::Bash, Open::No) => Some(escaped(name)),
        (Shell::Bash, Open::Single) => (!name.contains('\'')).then(|| name.to_owned()),
        // Within these, bash looks for its history behind a `!` whatever stands before it.
        (Shell::Bash, Open::Double) if name.contains('!') => None,
        (Shell::Bash, Open::Double) => Some(name.chars().fold(String::new(), |mut out, c| {
            out.extend("\\\"$`".contains(c).then_some('\\'));
            out.push(c);
            out
        })),
        _ => Some(name.to_owned()),
    }
}

/// With a backslash before whatever bash would take for something else: what was typed so far stays its beginning.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, c) in name.chars().enumerate() {
        let plain = !c.is_ascii() || c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
        out.extend((!plain || (at == 0 && c == '=')).then_some('\\'));
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_mean_what_the_shell_takes_them_for() {
        for (word, means, open) in [
            ("web01", "web01", Open::No),
            (r"a\ b", "a b", Open::No),
            ("'a b'c", "a bc", Open::No),
            (r"'a\", r"a\", Open::Single),
            (r#""a\"b\c "#, r#"a"b\c "#, Open::Double),
            (r"'it'\''s", "it's", Open::Single),
            ("", "", Open::No),
            ("\\", "", Open::No),
        ] {
            assert_eq!(meant(word), (means.to_owned(), open), "{word}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_for_bash_is_read_back(name in "[^\0\n]{1,20}", quote in 0..3usize) {
            let (open, quote) = [(Open::No, ""), (Open::Single, "'"), (Open::Double, "\"")][quote];
            let Some(written) = written(Shell::Bash, open, &name) else { return Ok(()) };
            let word = format!("{quote}{written}{quote}");
            let out = std::process::Command::new("bash")
                .args(["--norc", "-c", &format!("printf %s {word}")])
                .env("LC_ALL", "C.UTF-8")
                .output()
                .unwrap();
            prop_assert_eq!(String::from_utf8(out.stdout).unwrap(), name.clone());
            prop_assert_eq!(meant(&word).0, name);
        }
    }
}
