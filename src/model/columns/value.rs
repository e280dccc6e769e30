//! What stands in a cell, in one form for people, for programs and for sorting.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::Duration;

use serde_json::Value as Json;

use crate::model::text;
use crate::model::time::human_age;
use crate::model::units::{self, Unit};
use crate::model::vm::VmState;

/// What a cell shows when nothing is known.
pub const UNKNOWN: &str = "–";

/// A cell's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known, or not applicable now. Never 0.
    Unknown,
    /// A name or text from outside, not cleaned.
    Text(Cow<'a, str>),
    /// One of our own words.
    Word(&'static str),
    /// A VM's state.
    State(VmState),
    /// A number in its unit.
    Number(f64, Unit),
    /// Used of total, in bytes.
    Share {
        /// Used; `None` when unknown.
        used: Option<f64>,
        /// Of so much.
        total: f64,
    },
    /// Yes or no.
    Flag(bool),
    /// Several texts, not cleaned.
    List(Vec<Cow<'a, str>>),
    /// A length of time.
    Span(Duration),
}

impl<'a> Value<'a> {
    /// The text, if there is one.
    pub fn text(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Unknown, |t| Self::Text(t.into()))
    }

    /// A plain number.
    pub fn count(n: impl TryInto<u64>) -> Self {
        n.try_into().map_or(Self::Unknown, |n| Self::Number(n as f64, Unit::Count))
    }

    /// Bytes, if known.
    pub fn bytes(n: Option<u64>) -> Self {
        n.map_or(Self::Unknown, |n| Self::Number(n as f64, Unit::Bytes))
    }

    /// Yes or no, if known.
    pub fn flag(flag: Option<bool>) -> Self {
        flag.map_or(Self::Unknown, Self::Flag)
    }

    /// Several texts.
    pub fn list<S: Into<Cow<'a, str>>>(texts: impl IntoIterator<Item = S>) -> Self {
        Self::List(texts.into_iter().map(Into::into).collect())
    }

    /// Whether nothing is known; a share whose used part is unknown is.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Share { used: None, .. })
    }

    /// The value as it stands in a cell whose header tells the unit: one line, cleaned, `–` for unknown.
    pub fn cell(&self) -> Cow<'_, str> {
        match self {
            Self::Unknown => UNKNOWN.into(),
            Self::Text(t) => text::clean(t),
            Self::Word(w) => (*w).into(),
            Self::State(s) => s.phrase().into(),
            Self::Number(v, unit) => unit.cell(*v).into(),
            Self::Share { used, total } => units::bytes_of(*used, *total).into(),
            Self::Flag(true) => "yes".into(),
            Self::Flag(false) => "no".into(),
            Self::List(items) => items.iter().map(|t| text::clean(t)).collect::<Vec<_>>().join(", ").into(),
            Self::Span(d) => human_age(*d).into(),
        }
    }

    /// The value on a line of its own, with its unit: `2.10 GiB of 4.00 GiB (52 %)`.
    pub fn full(&self) -> Cow<'_, str> {
        match self {
            Self::Number(v, unit) => unit.show(*v).into(),
            Self::Share { used: Some(used), total } if *total > 0.0 => {
                let share = units::percent(used / total * 100.0);
                format!("{} of {} ({share} %)", units::bytes(*used), units::bytes(*total)).into()
            }
            Self::Share { used: None, total } => format!("{UNKNOWN} of {}", units::bytes(*total)).into(),
            Self::Span(d) => crate::model::time::human_duration(*d).into(),
            other => other.cell(),
        }
    }

    /// The value for programs: numbers in the key's unit, names as they are, null for unknown.
    pub fn json(&self) -> Json {
        match self {
            Self::Unknown => Json::Null,
            Self::Text(t) => Json::from(t.as_ref()),
            Self::Word(w) => Json::from(*w),
            Self::State(s) => Json::from(s.word()),
            Self::Number(v, unit) => number(*v, *unit),
            Self::Share { used, .. } => used.map_or(Json::Null, |v| number(v, Unit::Bytes)),
            Self::Flag(flag) => Json::from(*flag),
            Self::List(items) => items.iter().map(|t| Json::from(t.as_ref())).collect(),
            Self::Span(d) => Json::from(d.as_secs()),
        }
    }

    /// The order of two values of one column; unknown comes last, whichever the direction.
    pub fn compare(&self, other: &Self, descending: bool) -> Ordering {
        match (self.is_unknown(), other.is_unknown()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) if descending => other.ascending(self),
            (false, false) => self.ascending(other),
        }
    }

    fn ascending(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::State(a), Self::State(b)) => a.rank().cmp(&b.rank()),
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::Span(a), Self::Span(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a
                .iter()
                .zip(b)
                .map(|(a, b)| natural(a, b))
                .find(|o| o.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len())),
            (a, b) => match (a.magnitude(), b.magnitude()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => natural(a.words(), b.words()).then_with(|| a.kind().cmp(&b.kind())),
            },
        }
    }

    const fn magnitude(&self) -> Option<f64> {
        match self {
            Self::Number(v, _) => Some(*v),
            Self::Share { used, .. } => *used,
            _ => None,
        }
    }

    fn words(&self) -> &str {
        match self {
            Self::Text(t) => t,
            Self::Word(w) => w,
            _ => "",
        }
    }

    /// Keeps the order total should a column ever mix kinds.
    const fn kind(&self) -> u8 {
        match self {
            Self::Text(_) | Self::Word(_) => 0,
            Self::State(_) => 1,
            Self::Flag(_) => 2,
            Self::Span(_) => 3,
            Self::List(_) => 4,
            Self::Number(..) | Self::Share { .. } | Self::Unknown => 5,
        }
    }
}

/// A number as precise as it was measured, whole where the unit is.
fn number(v: f64, unit: Unit) -> Json {
    let digits = match unit {
        Unit::Bytes => 0,
        Unit::BytesPerSecond => 1,
        Unit::Percent | Unit::PerSecond | Unit::Count => 2,
        Unit::Seconds => 6,
    };
    let scale = 10f64.powi(digits);
    let rounded = (v * scale).round() / scale;
    if !rounded.is_finite() {
        Json::Null
    } else if rounded.fract() == 0.0 && rounded.abs() < 9e15 {
        Json::from(rounded as i64)
    } else {
        Json::from(rounded)
    }
}

/// Orders names as people count: `vm2` before `vm10`, `10.0.0.9` before `10.0.0.10`, capitals with small
/// letters. Only names that are the same to the byte are equal.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    while let (Some(l), Some(r)) = (left.first(), right.first()) {
        let order = if l.is_ascii_digit() && r.is_ascii_digit() {
            let (l, r) = (digits(&mut left), digits(&mut right));
            l.len().cmp(&r.len()).then_with(|| l.cmp(r))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            l.to_ascii_lowercase().cmp(&r.to_ascii_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Takes the leading digits off, without leading zeros.
fn digits<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let (number, tail) = rest.split_at(end);
    *rest = tail;
    let zeros = number.iter().position(|b| *b != b'0').unwrap_or(number.len());
    &number[zeros..]
}
