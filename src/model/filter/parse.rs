//! Reads a filter, term by term.

use super::error::FilterError;
use super::field::{FIELDS, Field, Flag, Number, STATES, Text, all_names};
use super::number::{Amount, example};
use super::pattern::{How, Pattern};
use super::{Compare, Filter, Term, Test};
use crate::model::suggest::closest;
use crate::model::units::Unit;

type Result<T> = std::result::Result<T, FilterError>;

/// What stands between a field and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Colon,
    NotEqual,
    Compare(Compare),
}

/// Longest first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 7] = [
    (">=", Operator::Compare(Compare::AtLeast)),
    ("<=", Operator::Compare(Compare::AtMost)),
    ("!=", Operator::NotEqual),
    (">", Operator::Compare(Compare::More)),
    ("<", Operator::Compare(Compare::Less)),
    ("=", Operator::Compare(Compare::Equal)),
    (":", Operator::Colon),
];

/// A value with the place it begins at.
struct Value {
    at: usize,
    pattern: Pattern,
}

/// Reads a whole filter.
pub(super) fn filter(input: &str) -> Result<Filter> {
    let mut cursor = Cursor { input, at: 0 };
    let mut terms = Vec::new();
    loop {
        cursor.skip_space();
        if cursor.rest().is_empty() {
            return Ok(Filter { terms });
        }
        terms.push(cursor.term()?);
    }
}

/// The field name and operator a term begins with: name, operator, bytes of both.
///
/// Around `>`, `<` and `=` there may be space: `cpu > 80`.
pub(super) fn field_and_operator(term: &str) -> Option<(&str, Operator, usize)> {
    let end = term.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(term.len());
    let (name, rest) = term.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let spaced = rest.trim_start();
    let (text, operator) = OPERATORS.iter().find(|(text, _)| spaced.starts_with(text))?;
    if *operator == Operator::Colon {
        return rest.starts_with(':').then_some((name, *operator, end + 1));
    }
    let after = &spaced[text.len()..];
    Some((name, *operator, term.len() - after.trim_start().len()))
}

struct Cursor<'a> {
    input: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.input[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.input.len() - self.rest().trim_start().len();
    }

    fn term(&mut self) -> Result<Term> {
        let begin = self.at;
        let negated = self.rest().starts_with(['-', '!']);
        self.at += usize::from(negated);
        if negated && self.rest().starts_with(|c: char| c.is_whitespace()) || self.rest().is_empty() {
            return Err(FilterError::new(begin, "Nothing is negated", "Put a term behind it: -tag:web"));
        }
        if let Some((name, operator, len)) = field_and_operator(self.rest()).filter(|_| !self.is_address()) {
            let at = self.at;
            let Some(field) = Field::find(name) else { return Err(unknown_field(at, name)) };
            self.at += len;
            let values = self.values(field)?;
            let negated = negated != (operator == Operator::NotEqual);
            return Ok(Term { negated, test: test(field, operator, values, at)? });
        }
        if OPERATORS.iter().any(|(text, _)| self.rest().starts_with(text)) {
            return Err(FilterError::new(self.at, "A field is missing", "For example cpu>80 or tag:web"));
        }
        let words = self.values(Field::Text(Text::Name))?;
        Ok(Term { negated, test: Test::Word(words.into_iter().map(|v| v.pattern).collect()) })
    }

    /// Whether an IPv6 or MAC address stands here: its first part looks like a field.
    fn is_address(&self) -> bool {
        let word = self.rest().split(|c: char| c.is_whitespace() || c == '|').next().unwrap_or_default();
        word.matches(':').count() > 1 && word.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'))
    }

    fn values(&mut self, field: Field) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        loop {
            let at = self.at;
            let pattern = self.value(field)?;
            values.push(Value { at, pattern });
            if !self.rest().starts_with('|') {
                return Ok(values);
            }
            self.at += 1;
        }
    }

    fn value(&mut self, field: Field) -> Result<Pattern> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let rest = self.rest();
        let len = rest.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(rest.len());
        if len == 0 {
            return Err(FilterError::new(
                self.at,
                "A value is missing",
                format!("For example {}", field.example()),
            ));
        }
        self.at += len;
        Ok(Pattern::new(rest[..len].to_owned(), false))
    }

    /// A quoted value; `\"` and `\\` stand for themselves inside.
    fn quoted(&mut self) -> Result<Pattern> {
        let begin = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = begin + at + 1;
                    return Ok(Pattern::new(text, true));
                }
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                c => text.push(c),
            }
        }
        Err(FilterError::new(begin, "The quote is not closed", "Close it with \""))
    }
}

fn unknown_field(at: usize, name: &str) -> FilterError {
    let hint = closest(name, all_names()).map_or_else(
        || {
            let names: Vec<_> = FIELDS.iter().map(|f| f.name).collect();
            format!("Fields: {}, and every metric such as cpu or mem", names.join(", "))
        },
        |meant| format!("Did you mean {meant}?"),
    );
    FilterError::new(at, format!("There is no field {name}"), hint)
}

/// The test a field makes of its values. `at` is where the term begins.
fn test(field: Field, operator: Operator, values: Vec<Value>, at: usize) -> Result<Test> {
    if let Field::Number(number) = field {
        return numbers(number, operator, &values, at);
    }
    let whole = match operator {
        Operator::Colon => false,
        Operator::NotEqual | Operator::Compare(Compare::Equal) => true,
        Operator::Compare(_) => {
            let message = format!("{} is no number", field.name());
            return Err(FilterError::new(at, message, format!("For example {}", field.example())));
        }
    };
    Ok(match field {
        Field::Text(text) => {
            let how = if whole { How::Whole } else { text.how() };
            Test::Text(text, how, values.into_iter().map(|v| v.pattern).collect())
        }
        Field::State => Test::State(values.iter().map(state).collect::<Result<_>>()?),
        Field::Flag(flag) => {
            Test::Flag(flag, values.iter().map(|v| yes_or_no(flag, v)).collect::<Result<_>>()?)
        }
        Field::Number(number) => return numbers(number, operator, &values, at),
    })
}

fn state(value: &Value) -> Result<usize> {
    let word = value.pattern.text().to_lowercase();
    if let Some(at) = STATES.iter().position(|s| s.words.contains(&word.as_str())) {
        return Ok(at);
    }
    let hint = closest(&word, STATES.iter().flat_map(|s| s.words.iter().copied())).map_or_else(
        || {
            let words: Vec<_> = STATES.iter().filter_map(|s| s.words.first().copied()).collect();
            format!("States: {}", words.join(", "))
        },
        |meant| format!("Did you mean {meant}?"),
    );
    Err(FilterError::new(value.at, format!("{word} is no state"), hint))
}

fn yes_or_no(flag: Flag, value: &Value) -> Result<bool> {
    match value.pattern.text().to_lowercase().as_str() {
        "yes" | "y" | "on" | "true" | "1" => Ok(true),
        "no" | "n" | "off" | "false" | "0" => Ok(false),
        other => {
            let name = Field::Flag(flag).name();
            Err(FilterError::new(
                value.at,
                format!("{name} is yes or no, not {other}"),
                format!("For example {name}:yes"),
            ))
        }
    }
}

fn numbers(number: Number, operator: Operator, values: &[Value], at: usize) -> Result<Test> {
    let compare = match operator {
        Operator::Compare(compare) => compare,
        Operator::NotEqual => Compare::Equal,
        Operator::Colon => {
            let field = Field::Number(number);
            let message = format!("{} is a number", field.name());
            return Err(FilterError::new(at, message, format!("For example {}", field.example())));
        }
    };
    // `mem>80%` asks for the share; all values of a term are of one kind.
    let share = number.as_percent().filter(|_| values.iter().all(|v| v.pattern.text().ends_with('%')));
    let number = share.unwrap_or(number);
    let amount = |value: &Value| {
        let text = value.pattern.text();
        Amount::parse(text, number.unit()).ok_or_else(|| {
            let hint = format!("For example {}", example(number.unit()));
            FilterError::new(value.at, format!("{text} is no {}", kind(number.unit())), hint)
        })
    };
    Ok(Test::Number(number, compare, values.iter().map(amount).collect::<Result<_>>()?))
}

const fn kind(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "percentage",
        Unit::Bytes => "size",
        Unit::BytesPerSecond | Unit::PerSecond => "rate",
        Unit::Seconds => "time",
        Unit::Count => "number",
    }
}
