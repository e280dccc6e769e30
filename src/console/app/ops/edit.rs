//! Definitions that are edited in the user's own editor. What was written is kept until it holds, or is given up.

use crate::model::id::VmId;
use crate::model::operation::{NetworkOperation, Operation, Redefined, VmOperation};

/// Whose definition it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditOf {
    /// A VM's.
    Vm(VmId),
    /// A network's, by its name.
    Network(String),
}

/// A text for the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whose definition.
    pub of: EditOf,
    /// The text.
    pub text: String,
    /// What was wrong with it; said at its head.
    pub said: Option<String>,
}

impl EditOf {
    /// Whose definition an operation would replace by what was written.
    pub fn of(operation: &Operation) -> Option<Self> {
        match operation {
            Operation::Vm { id, act: VmOperation::Redefine { why: Redefined::Edit, .. } } => {
                Some(Self::Vm(*id))
            }
            Operation::Network { name, act: NetworkOperation::Edit { .. } } => {
                Some(Self::Network(name.clone()))
            }
            _ => None,
        }
    }
}

impl Draft {
    /// The operation that it stands for.
    pub fn operation(&self) -> Operation {
        let xml = self.text.clone();
        match &self.of {
            EditOf::Vm(id) => {
                Operation::vm(*id, VmOperation::Redefine { xml, secrets: false, why: Redefined::Edit })
            }
            EditOf::Network(name) => Operation::network(name, NetworkOperation::Edit { xml }),
        }
    }
}
