//! Reads Rust source far enough to see paths and words: no comments, no literals, test code apart.

/// A word, `::`, or one other character, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// A path as written from its root (`crate::model::id`, `std::time::Instant`), groups spread out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) parts: Vec<String>,
    pub(crate) line: usize,
}

impl Path {
    /// Whether the path begins with these parts.
    pub(crate) fn starts(&self, with: &[&str]) -> bool {
        self.parts.len() >= with.len() && self.parts.iter().zip(with).all(|(a, b)| a == b)
    }
}

/// One source file, split into what ships and what tests.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) shipped: Vec<Token>,
    pub(crate) tests: Vec<Token>,
    /// Lines that ship, comments and blanks included.
    pub(crate) lines: usize,
    /// Modules of this file that exist only for tests and lie in files of their own.
    pub(crate) test_modules: Vec<String>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let (mut shipped, mut tests, mut test_modules) = (Vec::new(), Vec::new(), Vec::new());
        let mut test_lines = 0;
        let mut i = 0;
        while i < tokens.len() {
            if !is_cfg_test(&tokens[i..]) {
                shipped.push(tokens[i].clone());
                i += 1;
                continue;
            }
            let end = i + item_length(&tokens[i..]);
            let item = &tokens[i..end];
            if let [.., m, name, semicolon] = item
                && m.text == "mod"
                && semicolon.text == ";"
            {
                test_modules.push(name.text.clone());
            }
            test_lines += item.last().map_or(0, |last| last.line - item[0].line + 1);
            tests.extend_from_slice(item);
            i = end;
        }
        Self { shipped, tests, lines: text.lines().count() - test_lines, test_modules }
    }
}

/// Whether `tokens` begin with `#[cfg(test)]`, alone or among other conditions.
fn is_cfg_test(tokens: &[Token]) -> bool {
    let head: Vec<&str> = tokens.iter().take(4).map(|t| t.text.as_str()).collect();
    if head != ["#", "[", "cfg", "("] {
        return false;
    }
    let inner: Vec<&str> =
        tokens[4..].iter().take_while(|t| t.text != "]").map(|t| t.text.as_str()).collect();
    matches!(inner[..], ["test", ")"] | ["all", "(", "test", ..])
}

/// Tokens of the item that begins here, its attributes included: to the `;` or the closing `}`.
fn item_length(tokens: &[Token]) -> usize {
    let (mut depth, mut seen_body) = (0i32, false);
    for (i, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" | "(" | "[" => {
                seen_body |= token.text == "{" && depth == 0;
                depth += 1;
            }
            "}" | ")" | "]" => {
                depth -= 1;
                if depth <= 0 && token.text == "}" && seen_body {
                    return i + 1;
                }
                if depth < 0 {
                    return i;
                }
            }
            ";" | "," if depth == 0 => return i + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// All tokens outside comments; literals stand as `"`.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let rest = &chars[i..];
        let (length, word) = match rest {
            ['/', '/', ..] => (rest.iter().take_while(|c| **c != '\n').count(), None),
            ['/', '*', ..] => (block_comment(rest), None),
            [c, ..] if c.is_whitespace() => (1, None),
            _ => match literal(rest) {
                Some(n) => (n, Some("\"".to_owned())),
                None => plain(rest),
            },
        };
        if let Some(text) = word {
            out.push(Token { text, line });
        }
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        i += length;
    }
    out
}

fn plain(rest: &[char]) -> (usize, Option<String>) {
    let word = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
    let n = match rest {
        [':', ':', ..] => 2,
        _ => word.max(1),
    };
    (n, Some(rest[..n].iter().collect()))
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0, 0);
    while i < rest.len() {
        match rest[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

/// Length of the string or character literal that begins here. A lifetime is none.
fn literal(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take_while(|c| matches!(c, 'b' | 'r' | 'c')).count();
    let raw = rest[..prefix].contains(&'r');
    let hashes = if raw { rest[prefix..].iter().take_while(|c| **c == '#').count() } else { 0 };
    let open = prefix + hashes;
    match rest.get(open)? {
        '"' if raw => {
            let end = |i: usize| {
                rest[i] == '"' && rest[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes
            };
            (open + 1..rest.len()).find(|i| end(*i)).map(|i| i + 1 + hashes)
        }
        quote @ ('"' | '\'') if prefix <= 1 && !raw => {
            // 'a' and '\n' are characters, 'a is a lifetime.
            if *quote == '\'' && rest.get(open + 1) != Some(&'\\') && rest.get(open + 2) != Some(&'\'') {
                return None;
            }
            let mut i = open + 1;
            while i < rest.len() && rest[i] != *quote {
                i += if rest[i] == '\\' { 2 } else { 1 };
            }
            Some((i + 1).min(rest.len()))
        }
        _ => None,
    }
}

/// Every path with more than one part. `crate` and `super` are resolved from `module`, the file's own path
/// (`["model", "id"]`), so that all paths into this crate begin with `crate`.
pub(crate) fn paths(tokens: &[Token], module: &[String]) -> Vec<Path> {
    let mut out = Vec::new();
    let mut inner: Vec<(String, i32)> = Vec::new();
    let mut depth = 0;
    let text = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    let mut i = 0;
    while i < tokens.len() {
        match text(i) {
            "mod" if text(i + 2) == "{" => inner.push((text(i + 1).to_owned(), depth)),
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inner.retain(|(_, at)| *at < depth);
            }
            word if is_name(word) && text(i + 1) == "::" && !continues(tokens, i) => {
                let mut home = vec!["crate".to_owned()];
                home.extend_from_slice(module);
                home.extend(inner.iter().map(|(name, _)| name.clone()));
                let found = tree(tokens, &mut i, &[]);
                out.extend(found.into_iter().map(|p| resolved(p, &home)));
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    out
}

/// Whether the word at `i` goes on a path that was cut by generics (`Vec::<T>::new`) or begins one at `::`.
fn continues(tokens: &[Token], i: usize) -> bool {
    let before = |n: usize| i.checked_sub(n).and_then(|i| tokens.get(i)).map_or("", |t| t.text.as_str());
    before(1) == "::" && (before(2) == ">" || is_name(before(2)))
}

/// Words that may stand before a path that begins with `::`.
const KEYWORDS: &[&str] =
    &["use", "in", "as", "dyn", "impl", "for", "mut", "return", "match", "if", "while", "else"];

fn is_name(text: &str) -> bool {
    is_word(text) && !KEYWORDS.contains(&text)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The paths of one tree, `a::{b, c::d}`; leaves `i` behind it.
fn tree(tokens: &[Token], i: &mut usize, before: &[String]) -> Vec<Path> {
    let mut parts = before.to_vec();
    let line = tokens.get(*i).map_or(0, |t| t.line);
    while let Some(token) = tokens.get(*i) {
        match token.text.as_str() {
            "{" => {
                *i += 1;
                let mut out = Vec::new();
                while tokens.get(*i).is_some_and(|t| t.text != "}") {
                    out.extend(tree(tokens, i, &parts));
                    // Skips `as name` and the comma.
                    while tokens.get(*i).is_some_and(|t| t.text != "," && t.text != "}") {
                        *i += 1;
                    }
                    if tokens.get(*i).is_some_and(|t| t.text == ",") {
                        *i += 1;
                    }
                }
                *i += 1;
                return out;
            }
            word if is_word(word) || word == "*" => parts.push(word.to_owned()),
            _ => break,
        }
        *i += 1;
        if tokens.get(*i).is_none_or(|t| t.text != "::") {
            break;
        }
        *i += 1;
    }
    vec![Path { parts, line }]
}

fn resolved(path: Path, home: &[String]) -> Path {
    let supers = path.parts.iter().take_while(|p| *p == "super").count();
    let is_self = path.parts.first().is_some_and(|p| p == "self");
    if supers == 0 && !is_self {
        return path;
    }
    let kept = home.len().saturating_sub(supers).max(1);
    let mut parts = home[..kept].to_vec();
    parts.extend_from_slice(&path.parts[supers.max(usize::from(is_self))..]);
    Path { parts, line: path.line }
}
