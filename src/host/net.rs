//! What the machine has of networks: its IPv4 routes, its devices, and whether its bridges filter VLANs.

use std::net::Ipv4Addr;
use std::path::Path;

use super::files::Files;
use crate::model::network::{HostDevice, HostNetworks, HostRoute};

/// The kernel's `RTF_UP`.
const UP: u32 = 0x1;

/// Reads them; what cannot be read is not there. Takes less than a millisecond.
pub fn networks() -> HostNetworks {
    networks_at(Path::new("/"))
}

/// The same of a machine whose `proc` and `sys` lie below `root`.
pub(super) fn networks_at(root: &Path) -> HostNetworks {
    let mut files = Files::new(root);
    let table = files.word("proc/net/route").unwrap_or_default();
    let routes = table.lines().skip(1).filter_map(route).collect();
    let names = files.names("sys/class/net").unwrap_or_default();
    let device = |name: String| {
        let filtering = files.number(&format!("sys/class/net/{name}/bridge/vlan_filtering"));
        HostDevice { vlan_filtering: filtering.map(|n| n != 0), name }
    };
    HostNetworks { routes, devices: names.into_iter().map(device).collect() }
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`; the default route is none to anywhere in particular.
fn route(line: &str) -> Option<HostRoute> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let [device, destination, _, flags, _, _, _, mask, ..] = fields[..] else { return None };
    // The kernel writes addresses in the order that they have in its memory.
    let address = |hex: &str| u32::from_str_radix(hex, 16).ok().map(|n| Ipv4Addr::from(n.to_ne_bytes()));
    let up = u32::from_str_radix(flags, 16).ok()? & UP != 0;
    let prefix = u8::try_from(u32::from(address(mask)?).leading_ones()).ok()?;
    (up && prefix > 0).then_some(())?;
    Some(HostRoute { network: address(destination)?, prefix, device: device.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn routes_and_bridges_are_read() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("proc/net")).unwrap();
        fs::create_dir_all(at("sys/class/net/br0/bridge")).unwrap();
        fs::create_dir_all(at("sys/class/net/eth0")).unwrap();
        fs::write(at("sys/class/net/br0/bridge/vlan_filtering"), "1\n").unwrap();
        let hex = |ip: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(ip));
        let line = |device: &str, to: [u8; 4], flags: &str, mask: [u8; 4]| {
            format!("{device}\t{}\t00000000\t{flags}\t0\t0\t0\t{}\t0\t0\t0\n", hex(to), hex(mask))
        };
        let table = [
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n".to_owned(),
            line("eth0", [0, 0, 0, 0], "0003", [0, 0, 0, 0]),
            line("eth0", [10, 1, 16, 0], "0001", [255, 255, 240, 0]),
            line("down0", [10, 9, 0, 0], "0000", [255, 255, 0, 0]),
            "garbage\n".to_owned(),
        ];
        fs::write(at("proc/net/route"), table.concat()).unwrap();
        let found = networks_at(root.path());
        let route = HostRoute { network: [10, 1, 16, 0].into(), prefix: 20, device: "eth0".into() };
        assert_eq!(found.routes, [route]);
        let device = |name: &str, vlan_filtering| HostDevice { name: name.into(), vlan_filtering };
        assert_eq!(found.devices, [device("br0", Some(true)), device("eth0", None)]);
        assert_eq!(networks_at(&at("nowhere")), HostNetworks::default());
    }
}
