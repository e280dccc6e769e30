//! Values as they are written, and what a key accepts.

use std::borrow::Cow;

use toml::de::DeValue;

use super::group::UserGroup;
use crate::model::columns::{VM_COLUMNS, find};
use crate::model::suggest::did_you_mean;

/// A value as written in a file or the environment.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl Raw {
    /// The value of a file; the sentence says what it is instead.
    pub(super) fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        let number =
            |text: &str| text.replace('_', "").parse().map_err(|_| format!("{text} is not a number"));
        match value {
            DeValue::Boolean(flag) => Ok(Self::Flag(*flag)),
            DeValue::Integer(n) if n.radix() == 10 => number(n.as_str()).map(Self::Number),
            DeValue::Float(n) => number(n.as_str()).map(Self::Number),
            DeValue::String(text) => Ok(Self::Text(text.to_string())),
            DeValue::Array(items) => {
                let texts = items.iter().map(|i| i.get_ref().as_str().map(str::to_owned));
                texts
                    .collect::<Option<_>>()
                    .map(Self::List)
                    .ok_or_else(|| "a list may hold texts only".into())
            }
            other => Err(format!("{} is not possible here", other.type_str())),
        }
    }

    /// The value as TOML writes it.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(n) => n.to_string(),
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The flag; false when it is something else.
    pub(super) const fn flag(&self) -> bool {
        matches!(self, Self::Flag(true))
    }

    /// The number; 0 when it is something else.
    pub(super) const fn number(&self) -> f64 {
        if let Self::Number(n) = self { *n } else { 0.0 }
    }

    /// The text; empty when it is something else.
    pub(super) fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// The texts; none when it is something else.
    pub(super) fn list(&self) -> &[String] {
        if let Self::List(items) = self { items } else { &[] }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What a key accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A number within these bounds, and 0 where that means "off".
    Number {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
        /// 0 is accepted too.
        zero: bool,
    },
    /// Any text.
    Text,
    /// A group of the system's users, by name or number; empty for none.
    Group,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A program with its arguments.
    Words {
        /// So many words at least.
        least: usize,
    },
    /// A list of VM columns.
    Columns,
    /// A VM column, with `:asc` or `:desc` behind it if wanted.
    Sort,
}

impl Kind {
    /// What is accepted, as the documentation says it.
    pub fn describe(self) -> Cow<'static, str> {
        match self {
            Self::Flag => "true or false".into(),
            Self::Number { min, max, zero: false } => format!("{min} to {max}").into(),
            Self::Number { min, max, zero: true } => format!("{min} to {max}, or 0").into(),
            Self::Text => "text".into(),
            Self::Group => "name or number of a group, or empty".into(),
            Self::Choice(words) => words.join(", ").into(),
            Self::Words { least: 0 } => "list of words, or an empty one".into(),
            Self::Words { .. } => "list of words".into(),
            Self::Columns => "ids of VM columns".into(),
            Self::Sort => "id of a VM column, then :asc or :desc if wanted".into(),
        }
    }

    /// The value of an environment variable: the same words as in a file, without quotes; lists with commas.
    pub(super) fn read(self, text: &str) -> Result<Raw, String> {
        let raw = match self {
            Self::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Raw::Flag(true),
                "false" | "no" | "off" | "0" | "" => Raw::Flag(false),
                _ => return Err(format!("\"{text}\" is neither true nor false")),
            },
            Self::Number { .. } => {
                Raw::Number(text.trim().parse().map_err(|_| format!("\"{text}\" is not a number"))?)
            }
            Self::Columns => Raw::List(
                text.split(',').map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect(),
            ),
            // In the environment blanks stand between words.
            Self::Words { .. } => Raw::List(text.split_whitespace().map(str::to_owned).collect()),
            Self::Text | Self::Group | Self::Choice(_) | Self::Sort => Raw::Text(text.to_owned()),
        };
        self.check(raw)
    }

    /// The value if it is acceptable, in its stable form; else what is wrong with it.
    pub(super) fn check(self, raw: Raw) -> Result<Raw, String> {
        match (self, raw) {
            (Self::Number { min, max, zero }, Raw::Number(n)) => {
                if (min..=max).contains(&n) || (zero && n == 0.0) {
                    Ok(Raw::Number(n))
                } else {
                    Err(format!("{n} is out of bounds ({})", self.describe()))
                }
            }
            (Self::Choice(words), Raw::Text(text)) => {
                let lower = text.to_ascii_lowercase();
                if words.contains(&lower.as_str()) {
                    Ok(Raw::Text(lower))
                } else {
                    let hint = did_you_mean(&text, words.iter().copied());
                    Err(format!("\"{text}\" is not one of {}{hint}", words.join(", ")))
                }
            }
            (Self::Group, Raw::Text(name)) if !name.is_empty() && UserGroup::find(&name).is_none() => {
                Err(format!("there is no group \"{name}\" on this machine"))
            }
            (Self::Columns, Raw::List(items)) if !items.is_empty() => {
                items.iter().map(|i| column(i)).collect::<Result<_, _>>().map(Raw::List)
            }
            (Self::Words { least }, raw @ Raw::List(_)) if raw.list().len() >= least => Ok(raw),
            (Self::Columns, Raw::List(_)) => Err("the list names no column".into()),
            (Self::Sort, Raw::Text(text)) => sort(&text).map(Raw::Text),
            (Self::Flag, raw @ Raw::Flag(_)) | (Self::Text | Self::Group, raw @ Raw::Text(_)) => Ok(raw),
            (kind, _) => Err(format!("expected {}", kind.describe())),
        }
    }
}

fn column(name: &str) -> Result<String, String> {
    find(VM_COLUMNS, name).map(|c| c.id.to_owned()).ok_or_else(|| {
        let hint = did_you_mean(name, VM_COLUMNS.iter().map(|c| c.id));
        format!("there is no VM column \"{name}\"{hint}")
    })
}

/// The sort with its direction spelled out.
fn sort(text: &str) -> Result<String, String> {
    let (name, direction) = text.split_once(':').map_or((text, None), |(n, d)| (n, Some(d)));
    let id = column(name)?;
    let descends = find(VM_COLUMNS, &id).is_some_and(crate::model::columns::Column::descends);
    match direction {
        Some("asc" | "desc") => Ok(format!("{id}:{}", direction.unwrap_or_default())),
        None => Ok(format!("{id}:{}", if descends { "desc" } else { "asc" })),
        Some(other) => Err(format!("\"{other}\" is not a direction: asc or desc")),
    }
}
