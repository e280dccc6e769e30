//! NICs: attached, detached, linked up and down, in another network.

use super::change::{Case, Change, Live, LivePart, virsh};
use super::disk::coming;
use crate::model::hardware::{Device, Edit, Plug};
use crate::model::operation::{HardwareOperation, NewNic};
use crate::model::plan::{Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::vm::{NicDefinition, NicSource, VmDefinition};
use crate::xml::edit::write;

const ATTACH: &str = "Attach a NIC to";
const DETACH: &str = "Detach a NIC from";
const LINK: &str = "Set the link of a NIC of";
const NETWORK: &str = "Change the network of a NIC of";
const MODELS: [&str; 8] = ["virtio", "e1000", "e1000e", "rtl8139", "igb", "ne2k_pci", "pcnet", "vmxnet3"];

type Checked<T> = Result<T, Box<Planned>>;

pub(super) fn attach(case: &Case<'_>, new: &NewNic) -> Planned {
    match made(case, new) {
        Ok(change) => {
            let down = !new.up;
            case.plan(change, |plan| {
                plan.rests_on("its NICs", macs(case).join(" ")).note_if(
                    down,
                    Weight::Info,
                    "Its link is down: the guest sees no cable.",
                )
            })
        }
        Err(no) => *no,
    }
}

fn made(case: &Case<'_>, new: &NewNic) -> Checked<Change> {
    let refuse =
        |reason: String, remedy: &str| Box::new(case.refuse(ATTACH, RefusalKind::BadRequest, reason, remedy));
    let mac = new.mac.to_ascii_lowercase();
    if !mac_is_good(&mac) {
        let reason = format!("“{}” is no MAC address of one machine.", clean(&new.mac));
        return Err(refuse(reason, "It is like 52:54:00:12:34:56, its first byte even."));
    }
    mac_is_free(case, ATTACH, &mac)?;
    let model = new.model.as_deref().unwrap_or("virtio");
    if !MODELS.contains(&model) {
        let reason = format!("“{}” is no model of NICs.", clean(model));
        return Err(refuse(reason, "virtio is the usual one, e1000e what every guest knows."));
    }
    let not_now = network_of(case, ATTACH, &new.to)?.or_else(|| case.no_port());
    let (kind, name) = match &new.to {
        Plug::Network(name) => ("network", name),
        Plug::Bridge(name) => ("bridge", name),
    };
    let words =
        ["attach-interface", &case.name(), kind, name, "--model", model, "--mac", &mac].map(str::to_owned);
    let what = format!("Attach a NIC {mac} in {}", new.to.phrase());
    let xml = write::nic(&new.to, model, &mac, new.up);
    let change = coming(ATTACH, what, xml, Device::Nic(mac.clone()), &words, not_now);
    Ok(change.undone(HardwareOperation::DetachNic { nic: mac }))
}

/// Whether a NIC that is given as it was can come: why not now, or why not at all.
pub(super) fn fits(case: &Case<'_>, verb: &str, nic: &NicDefinition) -> Checked<Option<String>> {
    mac_is_free(case, verb, &nic.mac)?;
    let network = match plug_of(nic) {
        Some(plug) => network_of(case, verb, &plug)?,
        None => None,
    };
    Ok(network.or_else(|| case.no_port()))
}

fn mac_is_good(mac: &str) -> bool {
    let bytes: Vec<Option<u8>> = mac
        .split(':')
        .map(|part| if part.len() == 2 { u8::from_str_radix(part, 16).ok() } else { None })
        .collect();
    let [Some(first), ..] = bytes.as_slice() else { return false };
    bytes.len() == 6
        && bytes.iter().all(Option::is_some)
        && first % 2 == 0
        && bytes.iter().any(|b| *b != Some(0))
}

fn mac_is_free(case: &Case<'_>, verb: &str, mac: &str) -> Checked<()> {
    let taken = |whose: &str| {
        let reason = format!("{mac} is taken by {}.", clean(whose));
        Err(Box::new(case.refuse(verb, RefusalKind::Taken, reason, "Choose another address.")))
    };
    if macs(case).iter().any(|m| m == mac) {
        return taken(&case.vm.name);
    }
    let other = case.facts.hardware.others.iter().find(|o| o.nics.iter().any(|n| n.mac == mac));
    other.map_or(Ok(()), |other| taken(&other.name))
}

/// Why a network cannot be used now; refused where there is none of that name.
fn network_of(case: &Case<'_>, verb: &str, plug: &Plug) -> Checked<Option<String>> {
    let Plug::Network(name) = plug else {
        let Plug::Bridge(name) = plug else { return Ok(None) };
        // The kernel's own limit of such names.
        let good = !name.is_empty() && name.len() < 16 && !name.contains(['/', ' ']) && clean(name) == *name;
        let reason = || format!("“{}” is no name of a bridge.", clean(name));
        let refuse = || Box::new(case.refuse(verb, RefusalKind::BadRequest, reason(), ""));
        return if good { Ok(None) } else { Err(refuse()) };
    };
    match case.facts.hardware.networks.iter().find(|(n, _)| n == name) {
        Some((_, true)) => Ok(None),
        Some((name, false)) => Ok(Some(format!(
            "network {} is not started; the VM does not start either before it is.",
            clean(name)
        ))),
        None => {
            let all: Vec<_> =
                case.facts.hardware.networks.iter().map(|(n, _)| clean(n).into_owned()).collect();
            let remedy =
                if all.is_empty() { String::new() } else { format!("There are {}.", all.join(", ")) };
            let reason = format!("There is no network {}.", clean(name));
            Err(Box::new(case.refuse(verb, RefusalKind::NotFound, reason, remedy)))
        }
    }
}

/// All its MAC addresses, in what is defined and in what runs.
fn macs(case: &Case<'_>) -> Vec<String> {
    let live = case.live.iter().flat_map(|(live, _)| &live.nics);
    let mut all: Vec<String> = case.defined.nics.iter().chain(live).map(|n| n.mac.clone()).collect();
    all.sort();
    all.dedup();
    all
}

/// The NIC that is meant: by its MAC address, its device, or the name of its network.
fn nic_of<'c>(case: &'c Case<'_>, verb: &str, text: &str) -> Checked<&'c NicDefinition> {
    let named = text.to_ascii_lowercase();
    let of = |vm: &'c VmDefinition| -> Vec<&'c NicDefinition> {
        let by_mac: Vec<_> = vm.nics.iter().filter(|n| n.mac == named).collect();
        if !by_mac.is_empty() {
            return by_mac;
        }
        let is = |n: &&NicDefinition| n.device.as_deref() == Some(text) || n.source.name() == Some(text);
        vm.nics.iter().filter(is).collect()
    };
    let live = case.live.as_ref().map(|(live, _)| of(live)).unwrap_or_default();
    let found = if live.is_empty() { of(&case.defined) } else { live };
    let refuse = |kind, reason: String| {
        let remedy = format!("It has {}.", macs(case).join(", "));
        Box::new(case.refuse(verb, kind, reason, if macs(case).is_empty() { String::new() } else { remedy }))
    };
    match found.as_slice() {
        [one] if !one.mac.is_empty() => Ok(one),
        [] | [_] => Err(refuse(RefusalKind::NotFound, format!("It has no NIC {}.", clean(text)))),
        _ => Err(refuse(RefusalKind::BadRequest, format!("Several of its NICs are in {}.", clean(text)))),
    }
}

fn plug_of(nic: &NicDefinition) -> Option<Plug> {
    match &nic.source {
        NicSource::Network(name) => Some(Plug::Network(name.clone())),
        NicSource::Bridge(name) => Some(Plug::Bridge(name.clone())),
        _ => None,
    }
}

pub(super) fn detach(case: &Case<'_>, text: &str) -> Planned {
    let nic = match nic_of(case, DETACH, text) {
        Ok(nic) => nic,
        Err(no) => return *no,
    };
    let mac = nic.mac.clone();
    let device = Device::Nic(mac.clone());
    let xml = case.element(&device).unwrap_or_default();
    let kind = match &nic.source {
        NicSource::Network(_) => "network",
        NicSource::Bridge(_) => "bridge",
        NicSource::Direct(_) => "direct",
        NicSource::HostDevice => "hostdev",
        _ => "user",
    };
    let (live, command) = virsh(&["detach-interface", &case.name(), kind, "--mac", &mac]);
    let edit = Edit::Remove(device);
    let back = Edit::Add { xml: xml.clone() };
    let what = format!("Detach NIC {mac}");
    let change = Change {
        verb: DETACH.into(),
        lives: vec![LivePart {
            what: what.clone(),
            can: Live::Can(edit.clone(), live),
            back: Some(back.clone()),
        }],
        what,
        edits: vec![edit],
        back: vec![back],
        command,
        inverse: Some(HardwareOperation::AttachXml { xml: xml.clone() }),
        ..Change::default()
    };
    let last = macs(case).len() == 1;
    case.plan(change, |plan| {
        plan.rests_on(format!("its NIC {mac}"), xml).note_if(
            last,
            Weight::Warning,
            "It is its only NIC: the guest is not reached by network any more.",
        )
    })
}

pub(super) fn link(case: &Case<'_>, text: &str, up: bool) -> Planned {
    let nic = match nic_of(case, LINK, text) {
        Ok(nic) => nic,
        Err(no) => return *no,
    };
    let mac = nic.mac.clone();
    let word = if up { "up" } else { "down" };
    let name = case.name();
    let live = ["domif-setlink", &name, &mac, word].map(str::to_owned).into();
    let edit = Edit::Link { mac: mac.clone(), up };
    let back = Edit::Link { mac: mac.clone(), up: !up };
    let what = format!("Link {word} NIC {mac}");
    let change = Change {
        verb: LINK.into(),
        lives: vec![LivePart {
            what: what.clone(),
            can: Live::Can(edit.clone(), live),
            back: Some(back.clone()),
        }],
        what,
        edits: vec![edit],
        back: vec![back],
        command: ["virsh", "domif-setlink", &name, &mac, word, "--config"].map(str::to_owned).into(),
        inverse: Some(HardwareOperation::SetLink { nic: mac.clone(), up: !up }),
        ..Change::default()
    };
    let was = links(case, &mac);
    let cut = !up && case.live.is_some();
    case.plan(change, |plan| {
        plan.rests_on(format!("link of {mac}"), was).note_if(
            cut,
            Weight::Warning,
            "Connections of the guest over this NIC stop.",
        )
    })
}

fn links(case: &Case<'_>, mac: &str) -> String {
    let of = |vm: &VmDefinition| {
        let nic = vm.nics.iter().find(|n| n.mac == mac);
        nic.map_or("none", |n| if n.link_up { "up" } else { "down" })
    };
    format!("{}, {} by definition", of(case.now()), of(&case.defined))
}

pub(super) fn change_network(case: &Case<'_>, text: &str, to: &Plug) -> Planned {
    match moved(case, text, to) {
        Ok((change, mac, was)) => case.plan(change, |plan| {
            plan.rests_on(format!("network of {mac}"), was).note(
                Weight::Warning,
                "The guest keeps the address it has until it asks for another: it may not be reached before.",
            )
        }),
        Err(no) => *no,
    }
}

fn moved(case: &Case<'_>, text: &str, to: &Plug) -> Checked<(Change, String, String)> {
    let nic = nic_of(case, NETWORK, text)?;
    let mac = nic.mac.clone();
    let before = plug_of(nic);
    let not_started = network_of(case, NETWORK, to)?;
    let edit = Edit::Plug { mac: mac.clone(), to: to.clone() };
    let name = case.name();
    let option = match to {
        Plug::Network(name) => format!("network={name}"),
        Plug::Bridge(name) => format!("bridge={name}"),
    };
    let head = ["virt-xml", &name, "--edit", &format!("mac={mac}"), "--network", &option];
    let command: Vec<String> = head.into_iter().map(str::to_owned).collect();
    let can = match (not_started, &before) {
        (Some(why), _) => Live::Cannot(why),
        (None, None) => Live::Cannot("from what it is plugged into now it can go only with a start.".into()),
        // What `virsh` would need is a file with the whole device.
        (None, Some(_)) => {
            let words = ["update-device".into(), name, "FILE".into(), "--live".into()];
            Live::Can(edit.clone(), words.into())
        }
    };
    let back = before.clone().map(|to| Edit::Plug { mac: mac.clone(), to });
    let what = format!("Plug NIC {mac} into {}", to.phrase());
    let change = Change {
        verb: NETWORK.into(),
        lives: vec![LivePart { what: what.clone(), can, back: back.clone() }],
        what,
        edits: vec![edit],
        back: back.into_iter().collect(),
        command,
        inverse: before.clone().map(|to| HardwareOperation::ChangeNetwork { nic: mac.clone(), to }),
        ..Change::default()
    };
    let was = before.map_or_else(|| "another".to_owned(), |plug| plug.phrase());
    Ok((change, mac, was))
}
