//! The filter language: `state:running cpu>80 tag:web`.
//!
//! Terms stand side by side and must all hold. A term is a bare word, looked for in name, title, tags and
//! addresses; or a field with a value: `:` compares texts (`tag:web|db`, `name:web*`), `=` compares whole
//! texts or numbers as shown, `>` `<` `>=` `<=` compare numbers (`mem>2G`, `latency>20ms`, `mem>80%`).
//! `-` or `!` in front negates. Values may be quoted. Case never matters. What is not known never matches,
//! negated or not.

mod context;
mod error;
mod field;
mod number;
mod parse;
mod pattern;
mod suggest;
#[cfg(test)]
mod tests;

use std::fmt;

pub use context::FilterContext;
pub use error::FilterError;
pub use suggest::{FieldHelp, Suggestion, fields, suggest};

use field::{Field, Flag, Number, STATES, Text};
use number::Amount;
use pattern::{How, Pattern};

use super::vm::Vm;

/// A parsed filter. The empty one matches everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

/// What a term tests; of several values any may hold.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Word(Vec<Pattern>),
    Text(Text, How, Vec<Pattern>),
    /// Indices into [`STATES`].
    State(Vec<usize>),
    Flag(Flag, Vec<bool>),
    Number(Number, Compare, Vec<Amount>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    More,
    Less,
    AtLeast,
    AtMost,
    Equal,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// When a field is unknown, or a value is missing or does not fit its field.
    pub fn parse(input: &str) -> Result<Self, FilterError> {
        parse::filter(input)
    }

    /// Whether it matches everything.
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a VM matches.
    pub fn matches(&self, vm: &Vm, context: &FilterContext<'_>) -> bool {
        self.terms.iter().all(|term| term.test.holds(vm, context).is_some_and(|holds| holds != term.negated))
    }
}

impl Test {
    /// Whether it holds; `None` when that cannot be known.
    fn holds(&self, vm: &Vm, context: &FilterContext<'_>) -> Option<bool> {
        match self {
            Self::Word(any) => Some(any.iter().any(|p| word_in(p, vm))),
            Self::Text(text, how, any) => {
                text.any(vm, context, |value| any.iter().any(|p| p.matches(*how, value)))
            }
            Self::State(any) => {
                Some(any.iter().any(|at| STATES.get(*at).is_some_and(|s| (s.holds)(vm.state))))
            }
            Self::Flag(flag, any) => flag.value(vm).map(|value| any.contains(&value)),
            Self::Number(number, compare, any) => {
                let value = number.value(vm)?;
                Some(any.iter().any(|limit| compare.holds(value, limit.value, *number)))
            }
        }
    }
}

/// Whether a bare word stands in what a person would recognise the VM by.
fn word_in(word: &Pattern, vm: &Vm) -> bool {
    let is = |value: &str| word.matches(How::Within, value);
    let defined =
        |d: &super::vm::VmDefinition| d.title.as_deref().is_some_and(is) || d.tags.iter().any(|tag| is(tag));
    is(&vm.name)
        || vm.definition.as_deref().is_some_and(defined)
        || vm.addresses.iter().any(|a| is(&a.address.to_string()))
}

impl Compare {
    fn holds(self, value: f64, limit: f64, number: Number) -> bool {
        match self {
            Self::More => value > limit,
            Self::Less => value < limit,
            Self::AtLeast => value >= limit,
            Self::AtMost => value <= limit,
            // Measured values are never equal to the last digit: what is shown decides.
            Self::Equal => number.unit().show(value) == number.unit().show(limit),
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::More => ">",
            Self::Less => "<",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Equal => "=",
        }
    }
}

/// The filter as it can be typed again.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            let space = if i > 0 { " " } else { "" };
            let sign = if term.negated { "-" } else { "" };
            write!(f, "{space}{sign}{}", term.test)?;
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(any) => f.write_str(&joined(any)),
            Self::Text(text, how, any) => {
                let sign = if *how == text.how() { ":" } else { "=" };
                write!(f, "{}{sign}{}", Field::Text(*text).name(), joined(any))
            }
            Self::State(any) => {
                let words: Vec<_> =
                    any.iter().filter_map(|at| STATES.get(*at)?.words.first().copied()).collect();
                write!(f, "state:{}", words.join("|"))
            }
            Self::Flag(flag, any) => {
                let words: Vec<_> = any.iter().map(|yes| if *yes { "yes" } else { "no" }).collect();
                write!(f, "{}:{}", Field::Flag(*flag).name(), words.join("|"))
            }
            Self::Number(number, compare, any) => {
                write!(f, "{}{}{}", Field::Number(*number).name(), compare.sign(), joined(any))
            }
        }
    }
}

fn joined(values: &[impl ToString]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
}
