//! A field of a form.

use tui_input::{Input, InputRequest};

/// Something that can be typed, chosen or ticked.
#[derive(Clone, Debug)]
pub struct Field {
    /// By which the form finds it.
    pub key: &'static str,
    /// What stands before it.
    pub label: &'static str,
    /// What it means, shown while it has the keys.
    pub hint: String,
    /// What it holds.
    pub value: Value,
    /// It is there only while that choice has one of these words.
    pub only_for: Option<(&'static str, &'static [&'static str])>,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// A line of text.
    Text {
        /// What is typed.
        input: Input,
        /// What holds where nothing is typed.
        otherwise: String,
        /// What it could be.
        known: Vec<String>,
        /// What was typed when it was completed first, and by which of `known` it is completed now.
        completed: Option<(String, usize)>,
    },
    /// One of some words.
    Choice {
        /// These.
        words: Vec<String>,
        /// Which.
        at: usize,
    },
    /// Yes or no.
    Tick(bool),
}

impl Field {
    /// A line of text with what it says at first.
    pub fn text(key: &'static str, label: &'static str, now: impl Into<String>) -> Self {
        let value = Value::Text {
            input: Input::new(now.into()),
            otherwise: String::new(),
            known: Vec::new(),
            completed: None,
        };
        Self { key, label, hint: String::new(), value, only_for: None }
    }

    /// One of some words, with the one that is chosen at first.
    pub fn choice<W: Into<String>>(
        key: &'static str,
        label: &'static str,
        words: impl IntoIterator<Item = W>,
        at: usize,
    ) -> Self {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        let at = at.min(words.len().saturating_sub(1));
        Self { key, label, hint: String::new(), value: Value::Choice { words, at }, only_for: None }
    }

    /// Yes or no.
    pub const fn tick(key: &'static str, label: &'static str, now: bool) -> Self {
        Self { key, label, hint: String::new(), value: Value::Tick(now), only_for: None }
    }

    /// The same, with what it means.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same, with what holds where nothing is typed.
    #[must_use]
    pub fn otherwise(mut self, text: impl Into<String>) -> Self {
        if let Value::Text { otherwise, .. } = &mut self.value {
            *otherwise = text.into();
        }
        self
    }

    /// The same, with what it could be.
    #[must_use]
    pub fn known(mut self, all: impl IntoIterator<Item = String>) -> Self {
        if let Value::Text { known, .. } = &mut self.value {
            *known = all.into_iter().collect();
        }
        self
    }

    /// The same, there only while a choice has one of these words.
    #[must_use]
    pub const fn only_for(mut self, choice: &'static str, words: &'static [&'static str]) -> Self {
        self.only_for = Some((choice, words));
        self
    }

    /// What it could be by what is typed: the first of them, and how many there are.
    pub fn could_be(&self) -> Option<(&str, usize)> {
        let Value::Text { input, known, completed, .. } = &self.value else { return None };
        let typed = completed.as_ref().map_or(input.value().trim(), |(typed, _)| typed);
        let mut fits = known.iter().filter(|k| fits(k, typed));
        let first = fits.next()?;
        Some((first, 1 + fits.count()))
    }

    pub(super) fn edit(&mut self, request: InputRequest) {
        use InputRequest as R;
        match &mut self.value {
            Value::Text { input, completed, .. } => {
                input.handle(request);
                *completed = None;
            }
            Value::Choice { words, at } => {
                let n = words.len().max(1);
                match request {
                    R::GoToNextChar | R::InsertChar(' ') => *at = (*at + 1) % n,
                    R::GoToPrevChar => *at = (*at + n - 1) % n,
                    R::InsertChar(c) => {
                        // The next one that begins with it.
                        let begins = |i: &usize| words[*i].to_lowercase().starts_with(c.to_ascii_lowercase());
                        if let Some(next) = (1..=n).map(|i| (*at + i) % n).find(begins) {
                            *at = next;
                        }
                    }
                    _ => {}
                }
            }
            Value::Tick(on) => {
                if matches!(request, R::GoToNextChar | R::GoToPrevChar | R::InsertChar(' ')) {
                    *on = !*on;
                }
            }
        }
    }

    pub(super) fn complete(&mut self) {
        let Value::Text { input, known, completed, .. } = &mut self.value else { return };
        let (typed, next) = match completed.take() {
            Some((typed, at)) => (typed, at + 1),
            None => (input.value().trim().to_owned(), 0),
        };
        let fitting: Vec<&String> = known.iter().filter(|k| fits(k, &typed)).collect();
        if fitting.is_empty() {
            return;
        }
        let at = next % fitting.len();
        *input = Input::new(fitting[at].clone());
        *completed = Some((typed, at));
    }
}

fn fits(known: &str, typed: &str) -> bool {
    known.to_lowercase().contains(&typed.to_lowercase())
}
