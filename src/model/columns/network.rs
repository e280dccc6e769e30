//! Columns of virtual networks.

use super::{Column, Measured, Needs, Value};
use crate::model::metric::MetricId;
use crate::model::network::Network;

impl Measured for Network {
    fn reading(&self, _: MetricId) -> Option<f64> {
        None
    }
}

/// Columns of networks, in the order they are shown.
pub static NETWORK_COLUMNS: &[Column<Network>] = &[
    Column::<Network>::of_field("name", "name", "NAME", 16, 0, "The network's name.", |n, _| {
        Value::Text(n.name.as_str().into())
    })
    .growing()
    .on_overview(),
    Column::<Network>::of_field("state", "state", "STATE", 8, 1, "Whether it is started.", |n, _| {
        Value::Word(if n.active { "active" } else { "inactive" })
    })
    .on_overview(),
    Column::<Network>::of_field("forward", "forward", "FORWARD", 8, 2, "How it reaches out.", |n, _| {
        Value::Text(n.definition.forward.word().into())
    })
    .by_default(),
    Column::<Network>::of_field("bridge", "bridge", "BRIDGE", 10, 2, "Its bridge on the host.", |n, _| {
        Value::text(n.definition.bridge.as_deref())
    })
    .by_default(),
    Column::<Network>::of_field(
        "uplink",
        "forward_device",
        "UPLINK",
        10,
        5,
        "Host device it goes out by.",
        |n, _| Value::text(n.definition.forward_device.as_deref()),
    ),
    Column::<Network>::of_field(
        "addresses",
        "addresses",
        "ADDRESSES",
        20,
        3,
        "Addresses of the host in it.",
        |n, _| Value::list(n.definition.addresses.iter().map(String::as_str)),
    )
    .growing()
    .by_default(),
    Column::<Network>::of_field(
        "dhcp",
        "dhcp",
        "DHCP",
        4,
        4,
        "Whether libvirt gives out addresses in it.",
        |n, _| Value::Flag(n.definition.dhcp),
    )
    .by_default(),
    Column::<Network>::of_field(
        "vms",
        "vm_count",
        "VMS",
        4,
        3,
        "How many VMs are plugged into it.",
        |n, context| match context.vms_in(&n.name).len() {
            0 if !context.all_defined() => Value::Unknown,
            count => Value::count(count),
        },
    )
    .needing(Needs::Definition)
    .right()
    .by_default(),
    Column::<Network>::of_field(
        "autostart",
        "autostart",
        "AUTO",
        4,
        4,
        "Whether it starts with the host.",
        |n, _| Value::flag(n.autostart),
    )
    .by_default(),
    Column::<Network>::of_field("domain", "domain", "DOMAIN", 14, 6, "DNS domain of it.", |n, _| {
        Value::text(n.definition.domain.as_deref())
    }),
    Column::<Network>::of_field("vlans", "vlans", "VLANS", 8, 6, "VLAN tags.", |n, _| {
        Value::list(n.definition.vlans.iter().map(u16::to_string))
    }),
    Column::<Network>::of_field(
        "persistent",
        "persistent",
        "DEFINED",
        7,
        8,
        "Whether it stays when it stops.",
        |n, _| Value::flag(n.persistent),
    ),
    Column::<Network>::of_field(
        "age",
        "age_seconds",
        "AGE",
        6,
        8,
        "How long ago it was read.",
        |n, context| Value::Span(n.at.age(context.now())),
    )
    .right(),
    Column::<Network>::of_field("uuid", "uuid", "UUID", 36, 9, "Its identity.", |n, _| {
        Value::Text(n.id.to_string().into())
    }),
];
