//! Labels: names that come from outside, made fit for a page.

use crate::model::text::clean;

/// Labels of a sample, as they stand between its braces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels(String);

impl Labels {
    /// The same with one more. Of the value, what could act on a terminal is taken out; the rest is escaped.
    #[must_use]
    pub(super) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut text = self.0.clone();
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        escape(&clean(value), &mut text);
        text.push('"');
        Self(text)
    }

    /// With their braces; nothing where there are none.
    pub(super) fn braced(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!("{{{}}}", self.0) }
    }
}

/// Backslash, quote and line end are the three that mean something within a label.
fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Back from the escaped form, as Prometheus reads it; `None` where it is not well-formed.
    fn unescaped(text: &str) -> Option<String> {
        let (mut out, mut chars) = (String::new(), text.chars());
        while let Some(c) = chars.next() {
            match c {
                '"' | '\n' => return None,
                '\\' => out.push(match chars.next()? {
                    '\\' => '\\',
                    '"' => '"',
                    'n' => '\n',
                    _ => return None,
                }),
                c => out.push(c),
            }
        }
        Some(out)
    }

    #[test]
    fn labels_stand_in_order() {
        let labels = Labels::default().with("name", "we\"b\\1").with("uuid", "");
        assert_eq!(labels.braced(), r#"{name="we\"b\\1",uuid=""}"#);
        assert_eq!(Labels::default().braced(), "");
        assert_eq!(Labels::default().with("name", "a\x1b[2J\nb").braced(), r#"{name="a[2Jb"}"#);
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_read_back(value in "(\\PC|[\"\\\\\n,{}=]){0,40}") {
            let mut out = String::new();
            escape(&value, &mut out);
            prop_assert_eq!(unescaped(&out), Some(value));
        }

        #[test]
        fn a_label_never_ends_early(value in ".{0,40}") {
            let braced = Labels::default().with("name", &value).braced();
            let inner = braced.strip_prefix("{name=\"").unwrap().strip_suffix("\"}").unwrap();
            prop_assert_eq!(unescaped(inner), Some(clean(&value).into_owned()));
        }
    }
}
