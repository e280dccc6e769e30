//! That somebody agreed to a plan.

use crate::model::plan::{Confirm, Plan};
use crate::model::text::clean;

/// That somebody agreed to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// A yes in the dialog.
    Given {
        /// The names that were confirmed where a plan asks for one: typed, or of several plans covered by the number that was
        /// typed. Empty where none had to be.
        names: Vec<String>,
    },
    /// `--yes`: stands for the yes and for the name.
    Standing,
}

impl Consent {
    /// Whether it is enough for what a plan asks for.
    pub fn covers(&self, confirm: &Confirm) -> bool {
        match (self, confirm) {
            (Self::Standing, _) | (Self::Given { .. }, Confirm::Yes) => true,
            (Self::Given { names }, Confirm::Name(name)) => names.contains(name),
        }
    }

    /// Whether it is enough for all of these.
    ///
    /// # Errors
    /// One sentence for the user.
    pub fn covers_all(&self, plans: &[Plan]) -> Result<(), String> {
        match plans.iter().find(|plan| !self.covers(&plan.confirm)) {
            Some(plan) => {
                Err(format!("The name {} was not typed: nothing was done.", clean(&plan.target.name)))
            }
            None => Ok(()),
        }
    }
}
