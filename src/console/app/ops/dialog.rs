//! A plan, before anything happens: what the dialog shows, and what a yes needs.

use std::borrow::Cow;

use tui_input::Input;

use super::words;
use crate::engine::jobs::Consent;
use crate::model::plan::{Confirm, Plan, Planned, Refusal, Weight};
use crate::model::text::clean;

/// The dialog's state. Its first button does nothing, and has the focus at first.
#[derive(Clone, Debug)]
pub struct PlanDialog {
    /// Plans and refusals, in the order they were asked for. Never empty.
    pub planned: Vec<Planned>,
    /// What was typed, where something has to be.
    pub typed: Input,
    /// The button that Enter presses.
    pub focus: usize,
    /// Whether all is shown.
    pub details: bool,
    /// First line shown.
    pub scroll: usize,
    /// Whether it is about what was written in the editor, and that can be gone on with.
    pub again: bool,
    /// Whether it was agreed to, and the desk has not answered yet.
    pub submitted: bool,
}

impl PlanDialog {
    /// The dialog as it opens; none without anything planned.
    pub fn new(planned: Vec<Planned>) -> Option<Self> {
        (!planned.is_empty()).then(|| Self {
            planned,
            typed: Input::default(),
            focus: 0,
            details: false,
            scroll: 0,
            again: false,
            submitted: false,
        })
    }

    /// The plan, where it is about one thing and that can be done.
    pub fn single(&self) -> Option<&Planned> {
        match self.planned.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// What would be carried out.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.planned.iter().filter_map(Planned::plan)
    }

    /// What was refused.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.planned.iter().filter_map(|p| match p {
            Planned::Refused(refusal) => Some(&**refusal),
            Planned::Plan(_) => None,
        })
    }

    fn verb(&self) -> &str {
        self.plans().next().map_or_else(
            || self.refusals().next().map_or("", |r| words::verb(&r.operation)),
            |plan| plan.verb.as_str(),
        )
    }

    /// `Shut down web01`, `Shut down 3 VMs`.
    pub fn title(&self) -> String {
        match self.single() {
            Some(Planned::Plan(plan)) => clean(&plan.title).into_owned(),
            Some(Planned::Refused(refusal)) => clean(&refusal.title).into_owned(),
            None => format!("{} {}", self.verb(), words::of_several(self.planned.len())),
        }
    }

    /// What the button says that goes ahead: `Shut down`, `Shut down 2`; `None` where all was refused.
    pub fn button(&self) -> Option<String> {
        let verb = words::bare(self.verb());
        match (self.plans().count(), self.planned.len()) {
            (0, _) => None,
            (_, 1) => Some(verb.to_owned()),
            (n, _) => Some(format!("{verb} {n}")),
        }
    }

    /// How many buttons there are.
    pub fn buttons(&self) -> usize {
        1 + usize::from(self.again) + usize::from(self.plans().next().is_some())
    }

    /// Which button goes ahead; `None` where all was refused.
    pub fn go(&self) -> Option<usize> {
        self.plans().next().map(|_| 1 + usize::from(self.again))
    }

    /// What has to be typed: the name, or of several how many they are.
    pub fn word(&self) -> Option<Cow<'_, str>> {
        let name = self.plans().find_map(|plan| match &plan.confirm {
            Confirm::Name(name) => Some((clean(name), &plan.target.id)),
            Confirm::Yes => None,
        })?;
        Some(match name {
            _ if self.planned.len() > 1 => self.plans().count().to_string().into(),
            // A name of which nothing can be seen cannot be typed.
            (name, id) if name.trim().is_empty() => id.into(),
            (name, _) => name,
        })
    }

    /// Whether what had to be typed was.
    pub fn may_go(&self) -> bool {
        !self.submitted
            && self.plans().next().is_some()
            && self.word().is_none_or(|word| *word == *self.typed.value())
    }

    /// What a yes says.
    pub fn consent(&self) -> Consent {
        let named = self.plans().filter_map(|plan| match &plan.confirm {
            Confirm::Name(name) => Some(name.clone()),
            Confirm::Yes => None,
        });
        Consent::Given { names: named.collect() }
    }

    /// Whether it should give pause.
    pub fn is_dangerous(&self) -> bool {
        self.word().is_some() || self.plans().any(|plan| plan.weight() == Weight::Danger)
    }

    /// Moves to another button, around the ends.
    pub fn step(&mut self, by: isize) {
        let n = self.buttons().cast_signed();
        self.focus = (self.focus.cast_signed() + by).rem_euclid(n).cast_unsigned();
    }
}
