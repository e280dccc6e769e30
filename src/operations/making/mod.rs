//! New VMs: clones of others, VMs from templates, VMs that are installed; and templates.

mod base;
mod clone;
mod disks;
mod facts;
mod fresh;
mod iso;
mod macs;
mod seed;
mod template;
#[cfg(test)]
mod tests;

pub(super) use base::children;
pub use facts::MakingFacts;
pub use seed::image as seed_image;
pub(super) use seed::is_seed;
pub use template::manifest_of;

use super::build::Draft;
use super::definition::OtherVm;
use super::facts::{Facts, Needs, StorageNeeds, VmFacts};
use super::vm::name_is_good;
use crate::model::id::VmId;
use crate::model::operation::{NewVm, NewVmFrom, Operation, Target, TemplateOperation, VmOperation};
use crate::model::plan::{Planned, Refusal, RefusalKind};
use crate::model::text::clean;

/// What all of these rest on.
pub(super) const NEEDS: Needs =
    Needs { definition: true, names: true, making: true, storage: StorageNeeds::Uses, ..Needs::NONE };

/// What is asked of a VM that is there.
pub(super) fn plan_of_vm(act: &VmOperation, vm: &VmFacts, facts: &Facts) -> Planned {
    match act {
        VmOperation::Template(make) => template::make(vm, facts, act, make),
        VmOperation::Clone(new) => clone::plan(vm, facts, act, new),
        _ => On::vm(vm, act, facts, "Change").no(RefusalKind::Unsupported, "It is not known how.", ""),
    }
}

/// A VM that is to be made.
pub(super) fn plan_new(id: VmId, name: &str, new: &NewVm, facts: &Facts) -> Planned {
    let on = On {
        operation: Operation::NewVm { id, name: name.to_owned(), new: Box::new(new.clone()) },
        target: Target::vm(id, name),
        verb: "Create",
        title: format!("Create {}", clean(name)),
        facts,
    };
    let planned = on.name_is_free(name, id).and_then(|()| match &new.from {
        NewVmFrom::Template { name: template, version, linked } => {
            template::instance(&on, id, name, new, (template, *version, *linked))
        }
        NewVmFrom::Iso(_) | NewVmFrom::Disk { .. } => fresh::plan(&on, id, name, new),
    });
    planned.unwrap_or_else(|no| no)
}

/// What is asked of a template.
pub(super) fn plan_template(name: &str, act: &TemplateOperation, facts: &Facts) -> Planned {
    let TemplateOperation::Delete { version } = act;
    let on = On {
        operation: Operation::Template { name: name.to_owned(), act: act.clone() },
        target: Target::template(name),
        verb: "Delete template",
        title: format!("Delete template {}", clean(name)),
        facts,
    };
    template::delete(&on, name, *version).unwrap_or_else(|no| no)
}

/// One operation, with what is known.
struct On<'o> {
    operation: Operation,
    target: Target,
    verb: &'static str,
    title: String,
    facts: &'o Facts,
}

impl<'o> On<'o> {
    fn vm(vm: &VmFacts, act: &VmOperation, facts: &'o Facts, verb: &'static str) -> Self {
        let target = Target::vm(vm.id, &vm.name);
        let title = format!("{verb} {}", target.display_name());
        Self { operation: Operation::vm(vm.id, act.clone()), target, verb, title, facts }
    }

    fn draft(&self) -> Draft {
        Draft::new(self.operation.clone(), self.target.clone(), self.title.clone(), self.verb)
    }

    fn no(&self, kind: RefusalKind, reason: impl AsRef<str>, remedy: impl AsRef<str>) -> Planned {
        Planned::Refused(Box::new(Refusal {
            operation: self.operation.clone(),
            target: self.target.clone(),
            title: self.title.clone(),
            reason: clean(reason.as_ref()).into_owned(),
            remedy: clean(remedy.as_ref()).into_owned(),
            kind,
        }))
    }

    fn others(&self) -> &'o [OtherVm] {
        &self.facts.making.others
    }

    /// Refuses a name that is none, or is taken.
    fn name_is_free(&self, name: &str, id: VmId) -> Result<(), Planned> {
        if let Err(why) = name_is_good(name) {
            return Err(self.no(RefusalKind::BadRequest, why, "Give it a name such as web01."));
        }
        if self.others().iter().any(|o| o.name == name) {
            let reason = format!("There is a VM {name} already.");
            return Err(self.no(RefusalKind::Taken, reason, "Choose another name."));
        }
        if self.others().iter().any(|o| o.id == id) {
            let reason = "There is a VM of this UUID already.";
            return Err(self.no(RefusalKind::Taken, reason, "Ask again: another one is drawn."));
        }
        Ok(())
    }
}

/// The arguments as they are.
fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}
