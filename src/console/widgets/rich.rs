//! Text as screens give it: runs of characters in roles. Styles come in when it is drawn.

use std::borrow::Cow;

use crate::console::theme::Role;
use crate::model::text;

/// Characters in one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run<'a> {
    /// The characters.
    pub text: Cow<'a, str>,
    /// What they mean.
    pub role: Role,
}

/// One line of runs: `Rich::new().and("38", Role::Text).and(" %", Role::Unit)`.
///
/// Anything like a string is a line of ordinary text, a pair of it and a role is a line in that role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich<'a> {
    /// The runs, left to right.
    pub runs: Vec<Run<'a>>,
}

impl<'a> Rich<'a> {
    /// An empty line.
    pub const fn new() -> Self {
        Self { runs: Vec::new() }
    }

    /// A line of one run.
    pub fn of(text: impl Into<Cow<'a, str>>, role: Role) -> Self {
        Self { runs: vec![Run { text: text.into(), role }] }
    }

    /// Adds a run at the end.
    #[must_use]
    pub fn and(mut self, text: impl Into<Cow<'a, str>>, role: Role) -> Self {
        self.push(text, role);
        self
    }

    /// Adds a line at the end.
    #[must_use]
    pub fn join(mut self, other: impl Into<Self>) -> Self {
        self.runs.extend(other.into().runs);
        self
    }

    /// Adds a run at the end, in place.
    pub fn push(&mut self, text: impl Into<Cow<'a, str>>, role: Role) {
        let text = text.into();
        if !text.is_empty() {
            self.runs.push(Run { text, role });
        }
    }

    /// The same line in one role, such as [`Role::Stale`].
    #[must_use]
    pub fn all(mut self, role: Role) -> Self {
        for run in &mut self.runs {
            run.role = role;
        }
        self
    }

    /// The same line with what is ordinary text in it in another role.
    #[must_use]
    pub fn plain_as(mut self, role: Role) -> Self {
        for run in self.runs.iter_mut().filter(|r| r.role == Role::Text) {
            run.role = role;
        }
        self
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.runs.iter().map(|r| text::width(&r.text)).sum()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.runs.iter().all(|r| r.text.is_empty())
    }

    /// Its characters without roles.
    pub fn text(&self) -> String {
        self.runs.iter().map(|r| r.text.as_ref()).collect()
    }
}

impl<'a> From<&'a str> for Rich<'a> {
    fn from(text: &'a str) -> Self {
        Self::of(text, Role::Text)
    }
}

impl From<String> for Rich<'_> {
    fn from(text: String) -> Self {
        Self::of(text, Role::Text)
    }
}

impl<'a> From<Cow<'a, str>> for Rich<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::of(text, Role::Text)
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<(T, Role)> for Rich<'a> {
    fn from((text, role): (T, Role)) -> Self {
        Self::of(text, role)
    }
}
