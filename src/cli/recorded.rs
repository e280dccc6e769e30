//! What was recorded, by the names people know it by.

use std::collections::BTreeMap;

use super::exit::{Exit, Failure};
use super::past;
use super::when::Clock;
use crate::engine::history::{Named, Past, Subject};
use crate::model::id::VmId;
use crate::model::metric::Entity;
use crate::model::suggest::did_you_mean;
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// Everything that was ever recorded of a host.
pub(super) struct Recorded {
    /// Each thing with the names it had, oldest first; devices and the host have none.
    things: BTreeMap<Subject, Vec<Named>>,
}

impl Recorded {
    /// Reads what there is.
    pub(super) fn of(reader: &Past) -> Result<Self, Failure> {
        let subjects = reader.subjects().map_err(|e| past::failure(&e))?;
        let things = subjects.into_iter().map(|subject| {
            let has_names = matches!(subject, Subject::Vm(_) | Subject::Pool(_));
            let names = if has_names { reader.names(&subject) } else { Ok(Vec::new()) };
            names.map(|names| (subject, names)).map_err(|e| past::failure(&e))
        });
        Ok(Self { things: things.collect::<Result<_, _>>()? })
    }

    /// Every thing.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.things.keys()
    }

    /// The name a VM or pool had at an instant, else its first; its UUID where it had none.
    pub(super) fn name(&self, subject: &Subject, at: Timestamp) -> String {
        let thing = subject.vm().map_or_else(|| subject.clone(), Subject::Vm);
        let names = self.things.get(&thing).map_or(&[][..], Vec::as_slice);
        match names.iter().rev().find(|n| n.since <= at).or(names.first()) {
            Some(found) => found.name.clone(),
            None => uuid(&thing),
        }
    }

    /// The name it had last.
    pub(super) fn last_name(&self, subject: &Subject) -> String {
        self.name(subject, Timestamp(i64::MAX))
    }

    /// What finds it again on the command line: `host`, `web01`, `web01/vda`, `pool:default`. Not cleaned.
    pub(super) fn said(&self, subject: &Subject) -> String {
        match subject {
            Subject::Host => "host".into(),
            Subject::Vm(_) => self.last_name(subject),
            Subject::Disk(_, device) | Subject::Nic(_, device) => {
                format!("{}/{device}", self.last_name(subject))
            }
            Subject::Pool(_) => format!("pool:{}", self.last_name(subject)),
        }
    }

    /// What a name means: of several things that had it, the one that has it now.
    pub(super) fn find(&self, name: &str, clock: &Clock) -> Result<Subject, Failure> {
        if name == "host" {
            return Ok(Subject::Host);
        }
        let (kind, rest) = match name.split_once(':') {
            Some(("vm", rest)) => (Some(Entity::Vm), rest),
            Some(("pool", rest)) => (Some(Entity::Pool), rest),
            _ => (None, name),
        };
        if let Some(found) = self.one_of(&self.called(rest, kind), rest, clock)? {
            return Ok(found);
        }
        if kind != Some(Entity::Pool)
            && let Some((vm, device)) = rest.rsplit_once('/')
            && let Some(Subject::Vm(id)) = self.one_of(&self.called(vm, Some(Entity::Vm)), vm, clock)?
        {
            return self.device(id, vm, device);
        }
        let names = self.things.values().flatten().map(|n| n.name.as_str()).chain(["host"]);
        let what = match kind {
            Some(Entity::Pool) => "pool",
            Some(_) => "VM",
            None => "VM or pool",
        };
        let hint = did_you_mean(rest, names);
        Err(Failure::new(Exit::NotFound, format!("nothing is recorded of a {what} \"{rest}\"{hint}"))
            .hint("`novacron history --list` names what is recorded."))
    }

    /// A VM by its name or UUID.
    pub(super) fn find_vm(&self, name: &str, clock: &Clock) -> Result<VmId, Failure> {
        let name = name.strip_prefix("vm:").unwrap_or(name);
        match self.find(&format!("vm:{name}"), clock)? {
            Subject::Vm(id) => Ok(id),
            _ => Err(Failure::new(Exit::Usage, format!("\"{name}\" is not a VM"))),
        }
    }

    /// VMs and pools that have or had this name or UUID: those that have it now, if any do.
    fn called(&self, name: &str, kind: Option<Entity>) -> Vec<&Subject> {
        let kinds = |s: &Subject| match kind {
            Some(kind) => s.entity() == kind,
            None => matches!(s.entity(), Entity::Vm | Entity::Pool),
        };
        let things = || self.things.iter().filter(|(s, _)| kinds(s));
        let id = uuid::Uuid::parse_str(name).ok().map(|id| id.to_string());
        let now: Vec<_> = things()
            .filter(|(s, names)| {
                names.last().is_some_and(|n| n.name == name) || id.as_ref() == Some(&uuid(s))
            })
            .map(|(s, _)| s)
            .collect();
        if !now.is_empty() {
            return now;
        }
        things().filter(|(_, names)| names.iter().any(|n| n.name == name)).map(|(s, _)| s).collect()
    }

    fn one_of(&self, found: &[&Subject], name: &str, clock: &Clock) -> Result<Option<Subject>, Failure> {
        match found {
            [] => Ok(None),
            [one] => Ok(Some((*one).clone())),
            several => {
                let ways = several.iter().map(|s| {
                    let since = self.things[*s].iter().find(|n| n.name == name).map(|n| clock.shown(n.since));
                    let since = since.map_or_else(String::new, |t| format!(" (so called since {t})"));
                    let kind = if s.entity() == Entity::Pool { "pool" } else { "vm" };
                    format!("{kind}:{}{since}", uuid(s))
                });
                let ways: Vec<_> = ways.collect();
                Err(Failure::new(Exit::Usage, format!("\"{name}\" means {} recorded things", several.len()))
                    .hint(format!("Say which: {}.", ways.join(" or "))))
            }
        }
    }

    fn device(&self, id: VmId, vm: &str, device: &str) -> Result<Subject, Failure> {
        let devices: Vec<_> = self.devices(id).collect();
        let is = |s: &&Subject| part(s).is_some_and(|name| name.eq_ignore_ascii_case(device));
        if let Some(found) = devices.iter().copied().find(is) {
            return Ok(found.clone());
        }
        let names: Vec<_> = devices.iter().filter_map(|s| part(s)).collect();
        let hint = did_you_mean(device, names.iter().copied());
        let now = if names.is_empty() {
            "No disk or NIC of it is recorded.".to_owned()
        } else {
            format!("Recorded: {}.", names.join(", "))
        };
        Err(Failure::new(Exit::NotFound, format!("nothing is recorded of \"{device}\" of VM \"{vm}\"{hint}"))
            .hint(now))
    }

    /// The recorded disks and NICs of a VM.
    pub(super) fn devices(&self, id: VmId) -> impl Iterator<Item = &Subject> {
        self.subjects().filter(move |s| s.vm() == Some(id) && part(s).is_some())
    }
}

/// A disk's target, or what a NIC is recorded by: its MAC address, or its device where that was not known.
pub(super) fn part(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Disk(_, name) | Subject::Nic(_, name) => Some(name),
        Subject::Host | Subject::Vm(_) | Subject::Pool(_) => None,
    }
}

/// The UUID of a VM, its VM or a pool; empty for the host.
pub(super) fn uuid(subject: &Subject) -> String {
    match (subject, subject.vm()) {
        (_, Some(id)) => id.to_string(),
        (Subject::Pool(key), None) => clean(key).into_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
