//! Changes of a text, kept until all are known.

use std::ops::Range;

use quick_xml::escape::escape;

use super::spans::{At, Text};

/// Replacements of parts of a text, of which no two overlap.
pub(super) struct Patch<'t, 'x> {
    text: &'t Text<'x>,
    parts: Vec<(Range<usize>, String)>,
}

impl<'t, 'x> Patch<'t, 'x> {
    pub(super) const fn new(text: &'t Text<'x>) -> Self {
        Self { text, parts: Vec::new() }
    }

    /// The text with all of them.
    pub(super) fn done(mut self) -> String {
        // Insertions at one place stay in the order in which they were made.
        self.parts.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.xml.len() + 256);
        let mut from = 0;
        for (range, with) in &self.parts {
            out.push_str(self.text.xml.get(from..range.start).unwrap_or_default());
            out.push_str(with);
            from = from.max(range.end);
        }
        out.push_str(self.text.xml.get(from..).unwrap_or_default());
        out
    }

    fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.parts.push((range, with.into()));
    }

    /// Gives an element an attribute, or another value for it.
    pub(super) fn set(&mut self, at: At, name: &str, value: &str) {
        match self.text.attribute(at, name) {
            Some(_) if self.text.value(at, name) == value => {}
            Some(a) => self.replace(a.value, escape(value)),
            None => {
                let behind = self.text.behind_attributes(at);
                self.replace(behind..behind, format!(" {name}='{}'", escape(value)));
            }
        }
    }

    /// Takes an attribute away.
    pub(super) fn unset(&mut self, at: At, name: &str) {
        if let Some(a) = self.text.attribute(at, name) {
            self.replace(a.whole, "");
        }
    }

    /// Gives an element without children another text.
    pub(super) fn write(&mut self, at: At, value: &str) {
        if self.text.content(at) == value {
            return;
        }
        let Some(inner) = self.text.inner(at) else {
            return self.open(at, &escape(value));
        };
        let content = self.text.content(at);
        let start = inner.start + self.text.xml[inner.clone()].find(content).unwrap_or(0);
        self.replace(start..start + content.len(), escape(value));
    }

    /// Gives an element without end tag one, and something in between.
    fn open(&mut self, at: At, inner: &str) {
        let whole = self.text.whole(at);
        let name = self.text.xml[whole.start + 1..].split([' ', '\t', '\r', '\n', '/', '>']).next();
        self.replace(whole.end - 2..whole.end, format!(">{inner}</{}>", name.unwrap_or_default()));
    }

    /// Takes an element away, with its line where nothing else stands there.
    pub(super) fn remove(&mut self, at: At) {
        self.replace(self.text.line(at), "");
    }

    /// Puts an element in the place of another.
    pub(super) fn swap(&mut self, at: At, element: &str) {
        self.replace(self.text.whole(at), element);
    }

    /// Puts an element behind another, on a line of its own where that has one.
    pub(super) fn behind(&mut self, at: At, element: &str) {
        let line = self.text.indent(at).map(|indent| format!("\n{indent}")).unwrap_or_default();
        let end = self.text.whole(at).end;
        self.replace(end..end, line + element);
    }

    /// Puts an element into another, behind its last child.
    pub(super) fn append(&mut self, parent: At, element: &str) {
        if let Some(last) = self.text.children(parent).last() {
            return self.behind(last, element);
        }
        let outer = self.text.indent(parent);
        let (line, close) = outer.map(|i| (format!("\n{i}  "), format!("\n{i}"))).unwrap_or_default();
        match self.text.inner(parent) {
            None => self.open(parent, &format!("{line}{element}{close}")),
            Some(inner) if self.text.xml[inner.clone()].trim().is_empty() => {
                self.replace(inner, format!("{line}{element}{close}"));
            }
            Some(inner) => self.replace(inner.start..inner.start, format!("{line}{element}")),
        }
    }
}
