//! Forms: a few fields with what is usual filled in, which together stand for operations. What they mean is checked
//! while it is typed; a plan is made of it only by Enter.

pub mod device;
mod field;
pub mod layers;
pub mod making;
pub mod network;
pub mod storage;
pub mod vm;

#[cfg(test)]
mod tests;

use tui_input::InputRequest;

pub use field::{Field, Value};

use crate::model::id::VmId;
use crate::model::operation::Operation;

/// What a form is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// VMs, one at least.
    Vms(Vec<VmId>),
    /// A disk, NIC or snapshot of a VM, by target, MAC address or name.
    Part(VmId, String),
    /// A volume, by its pool and its name.
    Volume(String, String),
    /// A pool, by its name.
    Pool(String),
    /// A network, by its name.
    Network(String),
    /// The host: something new is made.
    Host,
    /// A VM that is to be: its UUID, and a number that belongs to it alone.
    New(VmId, u64),
    /// One that is to be made of another: that, and the same.
    NewOf(VmId, VmId, u64),
}

/// What is wrong, and in which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Key of the field.
    pub field: &'static str,
    /// Why, a sentence.
    pub why: String,
}

/// What is wrong with a field.
pub fn wrong(field: &'static str, why: impl Into<String>) -> Wrong {
    Wrong { field, why: why.into() }
}

/// What a form's fields mean.
pub type Build = fn(&Form) -> Result<Vec<Operation>, Wrong>;

/// A form's state.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is for: `Take a snapshot of web01`.
    pub title: String,
    /// What it is about.
    pub on: On,
    /// Its fields, in order. Some are there only for what another one says.
    pub fields: Vec<Field>,
    /// The field that has the keys, among all.
    pub focus: usize,
    /// What is wrong with what it says now.
    pub wrong: Option<Wrong>,
    /// Enter was pressed: what is missing is wrong from now on.
    pub given: bool,
    /// What it means.
    build: Build,
}

impl Form {
    /// A form as it opens.
    pub fn new(title: impl Into<String>, on: On, fields: Vec<Field>, build: Build) -> Self {
        let mut form = Self { title: title.into(), on, fields, focus: 0, wrong: None, given: false, build };
        form.check();
        form
    }

    /// Whether a field is there now.
    pub fn is_shown(&self, field: &Field) -> bool {
        field.only_for.as_ref().is_none_or(|(key, words)| {
            self.field(key).is_some_and(|choice| self.is_shown(choice)) && words.contains(&self.word(key))
        })
    }

    /// The fields that are there now, with their place among all.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| self.is_shown(field))
    }

    /// The field that has the keys.
    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// What is typed in a field, without blanks around it; nothing where the field is not there now.
    pub fn text(&self, key: &str) -> &str {
        match self.field(key).filter(|f| self.is_shown(f)).map(|f| &f.value) {
            Some(Value::Text { input, .. }) => input.value().trim(),
            _ => "",
        }
    }

    /// The same; `None` where nothing is typed.
    pub fn given_text(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|t| !t.is_empty()).map(str::to_owned)
    }

    /// The word that is chosen.
    pub fn word(&self, key: &str) -> &str {
        match self.field(key).map(|f| &f.value) {
            Some(Value::Choice { words, at }) => words.get(*at).map_or("", String::as_str),
            _ => "",
        }
    }

    /// Whether it is ticked.
    pub fn is_ticked(&self, key: &str) -> bool {
        let field = self.field(key).filter(|f| self.is_shown(f));
        matches!(field.map(|f| &f.value), Some(Value::Tick(true)))
    }

    /// A number that is typed, if one is.
    ///
    /// # Errors
    /// Where it is no number, or 0.
    pub fn number(&self, key: &'static str) -> Result<Option<u32>, Wrong> {
        self.given_text(key)
            .map(|text| match text.parse::<u32>() {
                Ok(n) if n > 0 => Ok(n),
                _ => Err(wrong(key, "This is a number from 1 on.")),
            })
            .transpose()
    }

    /// A size that is typed, if one is; bytes.
    ///
    /// # Errors
    /// Where it is none.
    pub fn size(&self, key: &'static str) -> Result<Option<u64>, Wrong> {
        let parse = |text: String| {
            crate::model::units::parse_size(&text)
                .map_err(|_| wrong(key, "A size is a number such as 512M, 20G or 1.5T."))
        };
        self.given_text(key).map(parse).transpose()
    }

    /// What has to be typed.
    ///
    /// # Errors
    /// Where nothing is.
    pub fn needed(&self, key: &'static str, why: &str) -> Result<String, Wrong> {
        self.given_text(key).ok_or_else(|| wrong(key, why))
    }

    /// The operations it stands for.
    ///
    /// # Errors
    /// With what is wrong, and where.
    pub fn operations(&self) -> Result<Vec<Operation>, Wrong> {
        (self.build)(self)
    }

    /// What is wrong as far as it is to be told: what is only missing is not, until it is given.
    pub fn told(&self) -> Option<&Wrong> {
        let wrong = self.wrong.as_ref()?;
        let typed = !self.text(wrong.field).is_empty();
        Some(wrong).filter(|_| typed || self.given)
    }

    fn check(&mut self) {
        self.wrong = self.operations().err();
    }

    /// Moves to another field, around the ends.
    pub fn step(&mut self, by: isize) {
        let shown: Vec<usize> = self.shown().map(|(i, _)| i).collect();
        let at = shown.iter().position(|i| *i == self.focus).unwrap_or(0).cast_signed();
        let n = shown.len().max(1).cast_signed();
        if let Some(next) = shown.get((at + by).rem_euclid(n).cast_unsigned()) {
            self.focus = *next;
        }
    }

    /// A key in the focused field: text is edited, a choice or tick changed.
    pub fn edit(&mut self, request: InputRequest) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.edit(request);
        }
        self.check();
    }

    /// Completes what is typed by the next thing that it could be.
    pub fn complete(&mut self) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.complete();
        }
        self.check();
    }

    /// It is given: its operations, or the field that is wrong gets the keys.
    pub fn give(&mut self) -> Option<Vec<Operation>> {
        self.given = true;
        match self.operations() {
            Ok(operations) => Some(operations),
            Err(wrong) => {
                if let Some(at) = self.fields.iter().position(|f| f.key == wrong.field) {
                    self.focus = at;
                }
                self.wrong = Some(wrong);
                None
            }
        }
    }
}
