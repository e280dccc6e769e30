//! Which devices lead out of the host: the ports of its bridges, and where its default route goes.

use super::files::Files;
use crate::model::host::Bridge;
use crate::model::text::clean;

/// The kernel's `RTF_UP` and `RTF_GATEWAY`.
const UP_BY_GATEWAY: u32 = 0x3;

/// Bridges with the ports that are not guests' taps, by name.
pub(super) fn bridges(files: &mut Files) -> Vec<Bridge> {
    let names = files.names("sys/class/net").unwrap_or_default();
    names
        .iter()
        .filter_map(|name| {
            let ports = files.names(&format!("sys/class/net/{name}/brif")).ok()?;
            let outward = ports.iter().filter(|port| !is_tap(files, port));
            let ports = outward.map(|port| clean(port).into_owned()).collect();
            Some(Bridge { name: clean(name).into_owned(), ports })
        })
        .collect()
}

fn is_tap(files: &mut Files, device: &str) -> bool {
    files.word(&format!("sys/class/net/{device}/tun_flags")).is_some()
}

/// The device of the default route with the lowest metric; IPv4, as libvirt's NAT is.
pub(super) fn default_route(files: &mut Files) -> Option<String> {
    let table = files.word("proc/net/route")?;
    let device = table.lines().skip(1).filter_map(default_of).min_by_key(|(_, metric)| *metric)?.0;
    Some(clean(device).into_owned())
}

/// Device and metric, when the line is a default route: `Iface Destination Gateway Flags RefCnt Use Metric Mask …`.
fn default_of(line: &str) -> Option<(&str, u32)> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let [device, destination, _, flags, _, _, metric, mask, ..] = fields[..] else { return None };
    let everywhere = destination == "00000000" && mask == "00000000";
    let flags = u32::from_str_radix(flags, 16).ok()?;
    let usable = everywhere && flags & UP_BY_GATEWAY == UP_BY_GATEWAY;
    usable.then_some(())?;
    Some((device, metric.parse().ok()?))
}
