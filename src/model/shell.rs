//! Commands as they may be shown, and typed into a shell.

use std::fmt::Write;

use super::text::clean;

/// The words as one line that a shell reads back as these words. What may not be drawn is written as an escape.
pub fn line<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words: Vec<String> = words.into_iter().map(|w| quoted(w.as_ref())).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    if clean(word) != word {
        return escaped(word);
    }
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// In the form `$'…'`, with escapes for what does not stay when it is cleaned.
fn escaped(word: &str) -> String {
    let mut out = String::from("$'");
    let mut buffer = [0; 4];
    for c in word.chars() {
        let text: &str = c.encode_utf8(&mut buffer);
        match c {
            '\\' | '\'' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if clean(text) == text => out.push(c),
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\x{byte:02x}");
                }
            }
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(line(["virsh", "start", "web01"]), "virsh start web01");
        assert_eq!(line(["a b", "", "it's", "$(x)", "büro"]), r"'a b' '' 'it'\''s' '$(x)' büro");
        assert_eq!(line(["a\u{1b}[2J\n'"]), r"$'a\x1b[2J\n\''");
        assert_eq!(line(["\u{202e}x"]), r"$'\xe2\x80\xaex'");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_clean_and_a_shell_reads_it_back(word in "[^\0]{0,20}") {
            let shown = line([&word]);
            prop_assert_eq!(clean(&shown), shown.as_str());
            let out = std::process::Command::new("bash").args(["-c", &format!("printf %s {shown}")]).env("LC_ALL", "C.UTF-8").output().unwrap();
            prop_assert_eq!(String::from_utf8(out.stdout).unwrap(), word);
        }
    }
}
