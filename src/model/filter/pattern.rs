//! Texts to look for: case never matters, `*` stands for anything unless quoted.

use std::fmt;

/// How a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It stands somewhere in the value.
    Within,
    /// It is the value.
    Whole,
}

/// One text to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// As it was typed, without quotes.
    text: String,
    /// Whether it was quoted: then `*` is a star.
    quoted: bool,
    lower: String,
}

impl Pattern {
    pub(super) fn new(text: String, quoted: bool) -> Self {
        let lower = text.to_lowercase();
        Self { text, quoted, lower }
    }

    /// As it was typed, without quotes.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the value matches.
    pub(super) fn matches(&self, how: How, value: &str) -> bool {
        if value.is_ascii() && self.lower.is_ascii() && !self.has_star() {
            let (value, wanted) = (value.as_bytes(), self.lower.as_bytes());
            return match how {
                How::Whole => value.eq_ignore_ascii_case(wanted),
                How::Within if wanted.is_empty() => true,
                How::Within => value.windows(wanted.len()).any(|w| w.eq_ignore_ascii_case(wanted)),
            };
        }
        let value = value.to_lowercase();
        match how {
            _ if self.has_star() => glob(&self.lower, &value),
            How::Within => value.contains(&self.lower),
            How::Whole => value == self.lower,
        }
    }

    fn has_star(&self) -> bool {
        !self.quoted && self.lower.contains('*')
    }
}

/// The text as it can be typed again.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted {
            write!(f, "\"{}\"", self.text.replace('\\', "\\\\").replace('"', "\\\""))
        } else {
            f.write_str(&self.text)
        }
    }
}

/// Whether `value` is `pattern` with each `*` standing for any text.
fn glob(pattern: &str, value: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| value.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, value, expected) in [
            ("web*", "web01", true),
            ("web*", "myweb", false),
            ("*01", "WEB01", true),
            ("w*b*1", "web01", true),
            ("w*b*1", "web012", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("**é", "CAFÉ", true),
        ] {
            let pattern = Pattern::new(pattern.into(), false);
            assert_eq!(pattern.matches(How::Within, value), expected, "{pattern} {value}");
        }
        assert!(Pattern::new("a*".into(), true).matches(How::Within, "ba*c"));
        assert!(!Pattern::new("a*".into(), true).matches(How::Within, "abc"));
    }

    #[test]
    fn case_does_not_matter() {
        assert!(Pattern::new("É".into(), false).matches(How::Within, "café"));
        assert!(Pattern::new("ERP".into(), false).matches(How::Within, "legacy-erp"));
        assert!(!Pattern::new("erp".into(), false).matches(How::Whole, "legacy-erp"));
        assert!(Pattern::new(String::new(), true).matches(How::Within, "x"));
    }
}
