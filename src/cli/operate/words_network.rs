//! Operations on networks as the commands that ask for them.

use crate::model::operation::{Dhcp, NetworkOperation as Op, NewNetwork, Subnet};

/// The command that asks for this of a network; of one that is restored or changed, the plain tool's, which takes a file
/// of XML.
pub(super) fn network(name: &str, act: &Op) -> Vec<String> {
    let (action, rest) = match act {
        Op::Restore { .. } | Op::Edit { .. } => {
            return ["virsh", "net-define", "--file", &format!("{name}.xml")].map(str::to_owned).to_vec();
        }
        Op::Define(new) => ("define", new_network(new)),
        Op::Start => ("start", Vec::new()),
        Op::Stop => ("stop", Vec::new()),
        Op::Autostart { on } => ("autostart", vec![if *on { "on" } else { "off" }.to_owned()]),
        Op::Undefine => ("undefine", Vec::new()),
        Op::Reserve { who, address, hostname } => {
            let name = hostname.iter().flat_map(|h| ["--hostname".to_owned(), h.clone()]);
            ("reserve", std::iter::once(who.clone()).chain(address.clone()).chain(name).collect())
        }
        Op::Release { who } => ("reserve", vec![who.clone(), "--remove".into()]),
    };
    let mut words: Vec<String> = ["novacron", "network", action, name].map(str::to_owned).to_vec();
    words.extend(rest);
    words
}

fn new_network(new: &NewNetwork) -> Vec<String> {
    let mut all = vec!["--kind".to_owned(), new.forward.word().into()];
    let mut option = |name: &str, value: &str| all.extend([format!("--{name}"), value.to_owned()]);
    match &new.subnet {
        Subnet::Free => {}
        Subnet::None => option("subnet", "none"),
        Subnet::Given(subnet) => option("subnet", subnet),
    }
    match &new.dhcp {
        Dhcp::Whole => {}
        Dhcp::Off => option("dhcp", "off"),
        Dhcp::Range { from, to } => option("dhcp", &format!("{from}-{to}")),
    }
    let texts = [("bridge", &new.bridge), ("device", &new.device), ("domain", &new.domain)];
    for (name, value) in texts {
        if let Some(value) = value {
            option(name, value);
        }
    }
    if let Some(mtu) = new.mtu {
        option("mtu", &mtu.to_string());
    }
    for tag in &new.vlans {
        option("vlan", &tag.to_string());
    }
    let flags = [(new.openvswitch, "openvswitch"), (!new.start, "no-start"), (new.autostart, "autostart")];
    all.extend(flags.iter().filter(|(so, _)| *so).map(|(_, flag)| format!("--{flag}")));
    all
}
