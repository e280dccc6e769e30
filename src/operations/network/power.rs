//! Starting, stopping and forgetting networks.

use super::facts::{NetworkFact, NetworkUser};
use super::{Made, On, act, listed, subnet};
use crate::model::operation::{NetworkOperation as Op, Operation};
use crate::model::plan::{AfterKill, NetworkAct, RefusalKind, Weight};
use crate::model::text::clean;

pub(super) fn start(on: &On<'_>) -> Made {
    let network = on.there()?;
    if network.active {
        return Err(on.no(RefusalKind::AlreadySo, "It is started already.", ""));
    }
    let known = on.known();
    for (_, net) in subnet::of(network) {
        if let Some(who) = subnet::taken(net, on.name, true, known) {
            let remedy = "Stop the other, or give this one another subnet.";
            return Err(on.no(RefusalKind::Taken, who, remedy));
        }
    }
    let own = network.own_bridge();
    let twin = known.networks.iter().find(|n| n.active && own.is_some() && n.own_bridge() == own);
    if let (Some(twin), Some(bridge)) = (twin, own) {
        let reason = format!("Network {} runs, and has the bridge {bridge} too.", twin.name);
        return Err(on.no(RefusalKind::Taken, reason, "Give one of them another bridge."));
    }
    let plan = on
        .draft(network)
        .summary(network.definition.forward.word())
        .step_by("Start it", on.virsh("net-start", &[]), act(NetworkAct::Start { network: on.name.into() }))
        .note_if(
            network.autostart == Some(false),
            Weight::Info,
            format!(
                "It does not start with the host: `novacron network autostart {} on` sets that.",
                on.name
            ),
        );
    Ok(missing_bridge(on, plan, network).back_by(Operation::network(on.name, Op::Stop)).planned(on.facts))
}

/// Says that the host has no such bridge, where that is known.
fn missing_bridge(
    on: &On<'_>,
    plan: crate::operations::build::Draft,
    network: &NetworkFact,
) -> crate::operations::build::Draft {
    if network.definition.forward.has_own_bridge() {
        return plan;
    }
    match (&network.definition.bridge, &on.known().host) {
        (Some(bridge), Some(host)) if !host.devices.iter().any(|d| d.name == *bridge) => {
            let said = format!("The host has no bridge {bridge} now: VMs on this network will not start.");
            plan.note(Weight::Warning, said)
        }
        _ => plan,
    }
}

pub(super) fn stop(on: &On<'_>) -> Made {
    let network = on.there()?;
    if !network.active {
        return Err(on.no(RefusalKind::AlreadySo, "It is not started.", ""));
    }
    let (live, off) = users(on, network);
    let cut = network.definition.forward.has_own_bridge() && !live.is_empty();
    let gone = network.persistent == Some(false);
    let lost = leases_go(on, network);
    let mut plan = on
        .draft(network)
        .summary(if cut { "VMs that run lose their connection" } else { "nobody loses a connection" })
        .step_by("Stop it", on.virsh("net-destroy", &[]), act(NetworkAct::Stop { network: on.name.into() }))
        .rests_on("who is on it", live.join(", "))
        .note_if(gone, Weight::Warning, "It is transient: its definition is gone once it is stopped.")
        .note_if(gone && lost.is_some(), Weight::Warning, lost.unwrap_or_default())
        .note_if(
            !cut && !live.is_empty(),
            Weight::Info,
            format!("VMs that run keep their connection by the host's bridge: {}.", listed(&live)),
        )
        .note_if(
            !off.is_empty(),
            Weight::Warning,
            format!("VMs that are off will not start while it is stopped: {}.", listed(&off)),
        );
    if cut {
        plan = plan
            .note(Weight::Danger, format!("These lose their connection at once: {}.", listed(&live)))
            .note(
                Weight::Warning,
                "Starting it again does not plug them in again: restart these VMs, or detach and attach their NICs.",
            )
            .typed();
    }
    if !gone {
        plan = plan.back_by(Operation::network(on.name, Op::Start));
    }
    Ok(plan.planned(on.facts))
}

pub(super) fn autostart(on: &On<'_>, switch: bool) -> Made {
    let network = on.defined()?;
    if network.autostart == Some(switch) {
        return Err(on.no(RefusalKind::AlreadySo, "It is so already.", ""));
    }
    let off: &[&str] = if switch { &[] } else { &["--disable"] };
    let set = NetworkAct::SetAutostart { network: on.name.into(), on: switch };
    let mut plan = on
        .draft(network)
        .summary(if switch {
            "libvirt starts it as the host comes up"
        } else {
            "it stays stopped until somebody starts it"
        })
        .step_by("Set it", on.virsh("net-autostart", off), act(set))
        .rests_on(
            "its autostart",
            match network.autostart {
                Some(true) => "on",
                Some(false) => "off",
                None => "unknown",
            },
        );
    if let Some(was) = network.autostart {
        plan = plan.back_by(Operation::network(on.name, Op::Autostart { on: was }));
    }
    Ok(plan.planned(on.facts))
}

pub(super) fn undefine(on: &On<'_>) -> Made {
    let network = on.defined()?;
    let (live, off) = users(on, network);
    if network.active && !live.is_empty() {
        let reason = format!("VMs that run are on it: {}.", listed(&live));
        let remedy = format!("Shut them down, or stop it first: novacron network stop {}", on.name);
        return Err(on.no(RefusalKind::InUse, reason, remedy));
    }
    let users = [live, off].concat();
    let (start, autostart) = (network.active, network.autostart == Some(true));
    let back = Op::Restore { xml: network.xml.clone(), start, autostart };
    let lost = leases_go(on, network);
    let mut plan = on.draft(network).summary("libvirt forgets it, with the addresses it reserves");
    if network.active {
        let name = || on.name.to_owned();
        plan = plan
            .step_by("Stop it", on.virsh("net-destroy", &[]), act(NetworkAct::Stop { network: name() }))
            .undo(act(NetworkAct::Start { network: name() }))
            .after_kill(AfterKill::Undo);
    }
    plan = plan
        .step_by(
            "Forget it",
            on.virsh("net-undefine", &[]),
            act(NetworkAct::Undefine { network: on.name.into() }),
        )
        .note_if(
            !users.is_empty(),
            Weight::Warning,
            format!("VMs are defined with it, and will not start without it: {}.", listed(&users)),
        )
        .note_if(lost.is_some(), Weight::Warning, lost.unwrap_or_default())
        .rests_on("its definition", &network.xml)
        .rests_on("its autostart", if network.autostart == Some(true) { "on" } else { "off" })
        .diff(&crate::xml::diff::unified(&network.xml, ""));
    Ok(plan.back_by(Operation::network(on.name, back)).planned(on.facts))
}

/// libvirt keeps leases by the name of the bridge, and takes them along with any network that names it.
fn leases_go(on: &On<'_>, network: &NetworkFact) -> Option<String> {
    let bridge = network.definition.bridge.as_deref()?;
    let other =
        on.known().networks.iter().find(|n| n.name != network.name && n.own_bridge() == Some(bridge))?;
    Some(format!(
        "{} is on the same bridge, and libvirt forgets its DHCP leases too: guests keep their addresses, but they are not told any more until they are renewed.",
        clean(&other.name)
    ))
}

/// NICs on a network: of VMs that are active, and names of VMs that are off or have it in their definition only.
fn users(on: &On<'_>, network: &NetworkFact) -> (Vec<String>, Vec<String>) {
    let (live, defined): (Vec<_>, Vec<_>) = on.known().on(network).partition(|u| u.live);
    let told: Vec<String> = live.iter().map(|u| clean(&u.told()).into_owned()).collect();
    let is_live = |vm: &str| live.iter().any(|u: &&NetworkUser| u.vm == vm);
    let mut off: Vec<String> =
        defined.iter().filter(|u| !is_live(&u.vm)).map(|u| clean(&u.vm).into_owned()).collect();
    off.sort_unstable();
    off.dedup();
    (told, off)
}
