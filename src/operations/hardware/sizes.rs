//! vCPUs and memory.

use super::change::{Case, Change, Live, LivePart};
use crate::model::hardware::Edit;
use crate::model::operation::{HardwareOperation, Memory, Vcpus};
use crate::model::plan::{Planned, RefusalKind, Weight};
use crate::model::units;

const VERB: &str = "Set vCPUs and memory of";
const MIB: u64 = 1 << 20;
/// As many as any machine type of QEMU takes.
const MOST_VCPUS: u32 = 4096;

/// What changes of one of the two.
struct Part {
    edit: Edit,
    back: Edit,
    live: Option<LivePart>,
    /// For `virt-xml`.
    option: [String; 2],
    /// A single `virsh` that does it, where there is one.
    virsh: Option<Vec<String>>,
    told: String,
    notes: Vec<(Weight, String)>,
}

pub(super) fn resize(case: &Case<'_>, cpus: Option<Vcpus>, ram: Option<Memory>) -> Planned {
    let mut parts = Vec::new();
    for part in [cpus.map(|c| vcpus(case, c)), ram.map(|m| memory(case, m))].into_iter().flatten() {
        match part {
            Ok(part) => parts.push(part),
            Err(no) => return *no,
        }
    }
    if parts.is_empty() {
        return case.refuse(VERB, RefusalKind::BadRequest, "Neither vCPUs nor memory are given.", "");
    }
    let was = (&case.defined, case.now());
    let same = was.0.vcpus == was.1.vcpus && was.0.memory == was.1.memory;
    let inverse = HardwareOperation::Resize {
        vcpus: cpus.map(|_| Vcpus { count: was.0.vcpus, max: Some(was.0.vcpus_max) }),
        memory: ram.map(|_| Memory { bytes: was.0.memory, max: Some(was.0.memory_max) }),
    };
    let told: Vec<&str> = parts.iter().map(|p| p.told.as_str()).collect();
    let change = Change {
        verb: VERB.into(),
        what: format!("Set {}", told.join(" and ")),
        edits: parts.iter().map(|p| p.edit.clone()).collect(),
        back: parts.iter().map(|p| p.back.clone()).collect(),
        command: command(case, &parts),
        lives: parts.iter().filter_map(|p| p.live.clone()).collect(),
        inverse: same.then_some(inverse),
        ..Change::default()
    };
    let notes: Vec<_> = parts.into_iter().flat_map(|p| p.notes).collect();
    let basis = |of: &crate::model::vm::VmDefinition| {
        format!("{} of {} vCPUs, {} of {} bytes", of.vcpus, of.vcpus_max, of.memory, of.memory_max)
    };
    case.plan(change, |plan| {
        let plan = plan.rests_on("its size by definition", basis(was.0)).rests_on("its size", basis(was.1));
        notes.into_iter().fold(plan, |plan, (weight, text)| plan.note(weight, text))
    })
}

fn command(case: &Case<'_>, parts: &[Part]) -> Vec<String> {
    if let [Part { virsh: Some(virsh), .. }] = parts {
        return virsh.clone();
    }
    let head = ["virt-xml".to_owned(), case.name(), "--edit".to_owned()];
    head.into_iter().chain(parts.iter().flat_map(|p| p.option.clone())).collect()
}

type Made = Result<Part, Box<Planned>>;

fn vcpus(case: &Case<'_>, Vcpus { count, max }: Vcpus) -> Made {
    let bad = |reason: String, remedy: &str| {
        Err(Box::new(case.refuse(VERB, RefusalKind::BadRequest, reason, remedy)))
    };
    if count == 0 || count > MOST_VCPUS {
        return bad(format!("A VM has 1 to {MOST_VCPUS} vCPUs."), "");
    }
    if max.is_some_and(|max| max < count) {
        return bad("The most it can have cannot be fewer than it has.".into(), "");
    }
    let of = &case.defined;
    // Who never told the two apart does not have to now.
    let follow = if of.vcpus == of.vcpus_max { count } else { of.vcpus_max.max(count) };
    let max = max.unwrap_or(if count < of.vcpus && case.live.is_some() { of.vcpus_max } else { follow });
    if max > MOST_VCPUS {
        return bad(format!("A VM has 1 to {MOST_VCPUS} vCPUs."), "");
    }
    if case.machine.numa && max != of.vcpus_max {
        return bad(
            "Its vCPUs are dealt out to NUMA cells: the most it can have stands there as well.".into(),
            "Edit its XML.",
        );
    }
    let sockets = match case.machine.socket {
        Some(each) if max.is_multiple_of(each) => Some(max / each),
        Some(each) => {
            return bad(
                format!("Its topology has {each} vCPUs a socket, and {max} is no multiple of that."),
                "Choose such a number, or change the topology in its XML.",
            );
        }
        None => None,
    };
    let now_sockets = case.machine.socket.map(|each| of.vcpus_max / each);
    let name = case.name();
    let mut notes = Vec::new();
    if let Some((host, _)) = case.facts.hardware.node
        && count > host
    {
        notes.push((
            Weight::Warning,
            format!("The host has {host} CPUs: {count} vCPUs slow each other down."),
        ));
    }
    Ok(Part {
        edit: Edit::Vcpus { count, max, sockets },
        back: Edit::Vcpus { count: of.vcpus, max: of.vcpus_max, sockets: now_sockets },
        live: live_vcpus(case, count),
        option: ["--vcpus".into(), format!("{max},current={count}")],
        virsh: (max == of.vcpus_max)
            .then(|| ["virsh", "setvcpus", &name, &count.to_string(), "--config"].map(str::to_owned).into()),
        told: if count == max { format!("{count} vCPUs") } else { format!("{count} of {max} vCPUs") },
        notes,
    })
}

fn live_vcpus(case: &Case<'_>, count: u32) -> Option<LivePart> {
    let (now, machine) = case.live.as_ref()?;
    let (has, max) = (now.vcpus, now.vcpus_max);
    let can = if count > max {
        Live::Cannot(format!("it was started with {max} vCPUs at most."))
    } else if has.saturating_sub(count) > machine.removable_vcpus {
        Live::Cannot(match machine.removable_vcpus {
            0 => format!("none of its {has} vCPUs can be taken away from the guest."),
            n => format!("only {n} of its {has} vCPUs can be taken away from the guest."),
        })
    } else {
        let words = ["setvcpus".into(), case.name(), count.to_string(), "--live".into()];
        Live::Can(Edit::Vcpus { count, max, sockets: None }, words.into())
    };
    // Fewer again is only possible with those that were plugged in.
    let back = (count > has).then_some(Edit::Vcpus { count: has, max, sockets: None });
    Some(LivePart { what: format!("Set {count} vCPUs"), can, back })
}

fn memory(case: &Case<'_>, Memory { bytes, max }: Memory) -> Made {
    let bad = |reason: String, remedy: &str| {
        Err(Box::new(case.refuse(VERB, RefusalKind::BadRequest, reason, remedy)))
    };
    let whole = |n: u64| n.is_multiple_of(1024);
    if !(MIB..=1 << 50).contains(&bytes) || !whole(bytes) || !whole(max.unwrap_or(0)) {
        return bad("Memory is at least 1 MiB, in whole KiB.".into(), "Give it as 4G or 512M.");
    }
    if max.is_some_and(|max| max < bytes) {
        return bad("The most it can have cannot be less than it has.".into(), "");
    }
    let of = &case.defined;
    let same = of.memory == of.memory_max;
    let max = max.unwrap_or(if same { bytes } else { of.memory_max.max(bytes) });
    if case.machine.numa && max != of.memory_max {
        return bad(
            "Its memory is dealt out to NUMA cells: the most it can have stands there as well.".into(),
            "Edit its XML.",
        );
    }
    let size = |n: u64| units::bytes(n as f64);
    let name = case.name();
    let mut notes = Vec::new();
    if let Some((_, host)) = case.facts.hardware.node
        && max > host
    {
        let text = format!("The host has {} of memory: the VM may not start.", size(host));
        notes.push((Weight::Warning, text));
    }
    let live = live_memory(case, bytes);
    if matches!(&live, Some(LivePart { can: Live::Can(..), .. })) && bytes < case.now().memory {
        let text = "The guest is asked to give memory back, which may take a while; what it needs more than that it swaps or kills.";
        notes.push((Weight::Warning, text.into()));
    }
    let mib = |n: u64| n.div_ceil(MIB);
    Ok(Part {
        edit: Edit::Memory { current: bytes, max },
        back: Edit::Memory { current: of.memory, max: of.memory_max },
        live,
        option: ["--memory".into(), format!("memory={},currentMemory={}", mib(max), mib(bytes))],
        virsh: (max == of.memory_max).then(|| {
            ["virsh", "setmem", &name, &(bytes / 1024).to_string(), "--config"].map(str::to_owned).into()
        }),
        told: if bytes == max { size(bytes) } else { format!("{} of {}", size(bytes), size(max)) },
        notes,
    })
}

fn live_memory(case: &Case<'_>, bytes: u64) -> Option<LivePart> {
    let (now, _) = case.live.as_ref()?;
    let size = |n: u64| units::bytes(n as f64);
    let can = if bytes > now.memory_max {
        Live::Cannot(format!("it was started with {} of memory at most.", size(now.memory_max)))
    } else if !now.has_balloon {
        Live::Cannot("it has no memory balloon.".into())
    } else {
        let words = ["setmem".into(), case.name(), (bytes / 1024).to_string(), "--live".into()];
        Live::Can(Edit::Memory { current: bytes, max: now.memory_max }, words.into())
    };
    let back = Some(Edit::Memory { current: now.memory, max: now.memory_max });
    Some(LivePart { what: format!("Set the balloon to {}", size(bytes)), can, back })
}
