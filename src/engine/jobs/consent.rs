//! That somebody agreed to a plan.

use crate::model::plan::{Confirm, Plan};
use crate::model::text::clean;

/// What was given to go ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// A yes, with the names that had to be confirmed.
    Given {
        /// These names, as plans ask for them: each typed, or of several plans covered by their number that was typed.
        names: Vec<String>,
    },
    /// `--yes`: stands for the yes and for the name.
    Standing,
}

impl Consent {
    /// Whether it covers these plans; if not, why.
    ///
    /// # Errors
    /// One sentence for the user.
    pub fn covers(&self, plans: &[Plan]) -> Result<(), String> {
        let given = match self {
            Self::Standing => return Ok(()),
            Self::Given { names } => names,
        };
        let mut names = plans.iter().filter_map(|plan| match &plan.confirm {
            Confirm::Name(name) => Some(name),
            Confirm::Yes => None,
        });
        match names.find(|name| !given.contains(name)) {
            Some(name) => Err(format!("The name {} was not typed: nothing was done.", clean(name))),
            None => Ok(()),
        }
    }
}
