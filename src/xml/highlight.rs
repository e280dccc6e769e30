//! Any text as the XML view colours it. A tokeniser, not a parser: broken XML, half a document or no XML at
//! all still comes out whole, every character once and in order.

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An element's name, with its prefix.
    Tag,
    /// An attribute's name.
    Attribute,
    /// An attribute's value, with its quotes.
    Value,
    /// Text between tags, and white space anywhere.
    Text,
    /// A comment, processing instruction or DOCTYPE.
    Comment,
    /// `<`, `</`, `/>`, `>`, `=` and the marks of CDATA.
    Punctuation,
}

/// A piece of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// The piece as it stands in the text; never empty, never with a line break.
    pub text: &'a str,
}

/// The text by lines, each as its pieces from left to right. There is one line more than there are line breaks.
///
/// Nothing is cleaned: give it text from [`clean_lines`](crate::model::text::clean_lines) to draw it.
pub fn tokens(text: &str) -> Vec<Vec<Token<'_>>> {
    let mut lexer = Lexer { rest: text, lines: vec![Vec::new()] };
    while !lexer.rest.is_empty() {
        lexer.content();
    }
    lexer.lines
}

struct Lexer<'a> {
    rest: &'a str,
    lines: Vec<Vec<Token<'a>>>,
}

impl Lexer<'_> {
    /// Takes the next `len` bytes, over as many lines as they span.
    fn take(&mut self, kind: Kind, len: usize) {
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        for (i, text) in taken.split('\n').enumerate() {
            if i > 0 {
                self.lines.push(Vec::new());
            }
            if let Some(line) = self.lines.last_mut().filter(|_| !text.is_empty()) {
                line.push(Token { kind, text });
            }
        }
    }

    /// Takes up to the first character that `ends` holds for, or everything.
    fn take_until(&mut self, kind: Kind, ends: impl Fn(char) -> bool) {
        self.take(kind, self.rest.find(ends).unwrap_or(self.rest.len()));
    }

    /// Takes through the first `end`, or everything.
    fn take_through(&mut self, kind: Kind, end: &str) {
        self.take(kind, self.rest.find(end).map_or(self.rest.len(), |at| at + end.len()));
    }

    /// One piece outside tags, or one whole tag.
    fn content(&mut self) {
        const CDATA: &str = "<![CDATA[";
        if self.rest.starts_with("<!--") {
            self.take_through(Kind::Comment, "-->");
        } else if self.rest.starts_with(CDATA) {
            self.take(Kind::Punctuation, CDATA.len());
            self.take(Kind::Text, self.rest.find("]]>").unwrap_or(self.rest.len()));
            self.take(Kind::Punctuation, "]]>".len().min(self.rest.len()));
        } else if self.rest.starts_with("<?") {
            self.take_through(Kind::Comment, "?>");
        } else if self.rest.starts_with("<!") {
            self.take_through(Kind::Comment, ">");
        } else if let Some(mark) = tag_mark(self.rest) {
            self.take(Kind::Punctuation, mark);
            self.take_until(Kind::Tag, |c| !is_name(c));
            self.inside_tag();
        } else {
            // A `<` that begins no tag is text; what follows it may hold one.
            let first = self.rest.chars().next().map_or(0, char::len_utf8);
            let len = self.rest[first..].find('<').map_or(self.rest.len(), |at| first + at);
            self.take(Kind::Text, len);
        }
    }

    /// Attributes up to and with the end of the tag; a tag left open ends where the next `<` stands.
    fn inside_tag(&mut self) {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '<' => return,
                '>' => return self.take(Kind::Punctuation, 1),
                '/' if self.rest.starts_with("/>") => return self.take(Kind::Punctuation, 2),
                '=' | '/' => self.take(Kind::Punctuation, 1),
                '"' | '\'' => self.value(c),
                c if c.is_whitespace() => self.take_until(Kind::Text, |c| !c.is_whitespace()),
                _ => self.take_until(Kind::Attribute, |c| !is_name(c)),
            }
        }
    }

    /// A quoted value. One that is never closed ends before the next `<`, which no value may hold.
    fn value(&mut self, quote: char) {
        let body = &self.rest[1..];
        let len = match body.find([quote, '<']) {
            Some(at) if body[at..].starts_with(quote) => at + 2,
            Some(at) => at + 1,
            None => self.rest.len(),
        };
        self.take(Kind::Value, len);
    }
}

/// Bytes of the `<` or `</` that begins a tag here.
fn tag_mark(text: &str) -> Option<usize> {
    let len = if text.starts_with("</") { 2 } else { 1 };
    let name = text.strip_prefix('<')?.trim_start_matches('/');
    (len == 2 || name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':')).then_some(len)
}

/// Whether a character may stand in a name here: anything that does not end one.
fn is_name(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '<' | '>' | '/' | '=' | '"' | '\'')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each piece in brackets behind the first letter of its kind (Tag and Text share one).
    fn show(text: &str) -> String {
        let token = |t: &Token<'_>| format!("{:.1}[{}]", format!("{:?}", t.kind), t.text);
        let line = |line: &Vec<Token<'_>>| line.iter().map(token).collect::<String>();
        tokens(text).iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn whole(text: &str) -> String {
        let line = |line: Vec<Token<'_>>| line.iter().map(|t| t.text).collect::<String>();
        tokens(text).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_document_is_told_apart() {
        assert_eq!(
            show("<?xml version='1.0'?>\n<a:vm id='1' x=\"y\"/>t &amp;</vm >"),
            "C[<?xml version='1.0'?>]\n\
             P[<]T[a:vm]T[ ]A[id]P[=]V['1']T[ ]A[x]P[=]V[\"y\"]P[/>]T[t &amp;]P[</]T[vm]T[ ]P[>]"
        );
        assert_eq!(show("<!-- a\nb --><b>"), "C[<!-- a]\nC[b -->]P[<]T[b]P[>]");
        assert_eq!(show("<![CDATA[<x>]]>y"), "P[<![CDATA[]T[<x>]P[]]>]T[y]");
        assert_eq!(show("<a\n b='1\n2'>"), "P[<]T[a]\nT[ ]A[b]P[=]V['1]\nV[2']P[>]");
    }

    #[test]
    fn broken_text_recovers_at_the_next_tag() {
        assert_eq!(show("<a b='c <d/>"), "P[<]T[a]T[ ]A[b]P[=]V['c ]P[<]T[d]P[/>]");
        assert_eq!(show("1 < 2 <a"), "T[1 ]T[< 2 ]P[<]T[a]");
        assert_eq!(show("<!-- open"), "C[<!-- open]");
        assert_eq!(show("<a b/c = é>"), "P[<]T[a]T[ ]A[b]P[/]A[c]T[ ]P[=]T[ ]A[é]P[>]");
        assert_eq!(show(""), "");
        assert_eq!(show("<"), "T[<]");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_piece_is_empty(text in "([<>/='\"!?\\-\\[\\] a\n&é]|CDATA|.){0,60}") {
            prop_assert_eq!(whole(&text), text.as_str());
            for token in tokens(&text).into_iter().flatten() {
                prop_assert!(!token.text.is_empty() && !token.text.contains('\n'));
            }
        }
    }
}
