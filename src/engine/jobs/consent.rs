//! That somebody agreed to a plan.

use crate::model::plan::{Confirm, Plan};
use crate::model::text::clean;

/// What was given to go ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// A yes in the dialog, with what was typed where a name had to be.
    Given {
        /// What was typed.
        typed: Option<String>,
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
        let typed = match self {
            Self::Standing => return Ok(()),
            Self::Given { typed } => typed.as_deref(),
        };
        let mut names = plans.iter().filter_map(|plan| match &plan.confirm {
            Confirm::Name(name) => Some(name),
            Confirm::Yes => None,
        });
        match names.find(|name| typed != Some(name.as_str())) {
            Some(name) => Err(format!("The name {} was not typed: nothing was done.", clean(name))),
            None => Ok(()),
        }
    }
}
