//! Plans and records to write down.

use super::at;
use crate::model::audit::AuditRecord;
use crate::model::id::VmId;
use crate::model::job::{Actor, JobId, JobState, Via};
use crate::model::operation::{AskGuest, Operation, Target, VmOperation};
use crate::model::plan::{Act, AfterKill, Confirm, Downtime, Fact, Plan, Step};
use crate::store::NewJob;

/// Who does everything here.
pub(in crate::store) fn ann() -> Actor {
    Actor { user: "ann".into(), origin: "192.0.2.7".into(), via: Via::Command, pid: 4711 }
}

/// Identity of VM number `n`.
pub(in crate::store) fn id(n: u8) -> VmId {
    VmId::from_bytes([n; 16])
}

pub(in crate::store) fn target(n: u8) -> Target {
    Target::vm(id(n), format!("web{n:02}"))
}

pub(in crate::store) fn shutdown(n: u8) -> Operation {
    Operation::vm(id(n), VmOperation::Shutdown { by: AskGuest::Acpi, within_s: 90 })
}

/// Two steps on VM number `n`.
pub(in crate::store) fn plan(n: u8) -> Plan {
    let vm = id(n);
    let step = |title: &str, command: &[&str], act| Step {
        title: title.into(),
        command: command.iter().map(|&word| word.to_owned()).collect(),
        act,
        undo: None,
    };
    Plan {
        operation: shutdown(n),
        target: target(n),
        title: format!("Shut down web{n:02}"),
        verb: "Shut down".into(),
        summary: "ACPI; 90 s".into(),
        done: "It is off.".into(),
        steps: vec![
            step("Ask", &["virsh", "shutdown", "web"], Act::Shutdown { vm, by: AskGuest::Acpi }),
            step("Wait", &[], Act::AwaitOff { vm, within_s: 90 }),
        ],
        notes: Vec::new(),
        confirm: Confirm::Yes,
        diff: String::new(),
        space: Vec::new(),
        downtime: Downtime::UntilStarted,
        basis: vec![Fact { what: format!("state of web{n:02}"), was: "running".into() }],
        touches: std::collections::BTreeSet::new(),
        inverse: Some(Operation::vm(vm, VmOperation::Start { paused: false, discard_saved: false })),
        after_kill: AfterKill::Stay,
        no_way_back: None,
    }
}

pub(in crate::store) fn job(n: u8) -> NewJob {
    NewJob { plan: plan(n), by: ann(), host: "qemu:///system".into() }
}

/// What was done to VM number `n` at second `s`.
pub(in crate::store) fn record(n: u8, s: i64) -> AuditRecord {
    AuditRecord {
        at: at(s),
        by: ann(),
        ended_by: None,
        host: "qemu:///system".into(),
        operation: shutdown(n),
        target: target(n),
        job: Some(JobId(s)),
        plan: "virsh shutdown web\nWait".into(),
        xml_before: String::new(),
        xml_after: String::new(),
        result: JobState::Done,
        outcome: "It is off.".into(),
        duration_ms: 1200,
    }
}
