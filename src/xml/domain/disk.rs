//! A `<disk>`: its active layer and the chain below it.

use crate::model::vm::{BackingLayer, DiskDefinition, DiskSource};
use crate::xml::tree::Element;

/// Layers kept of a chain; libvirt itself refuses more than 200.
const MAX_LAYERS: usize = 256;

/// Protocols whose source names mean nothing without their host.
const NEEDS_HOST: [&str; 8] = ["http", "https", "ftp", "ftps", "tftp", "ssh", "nbd", "nfs"];

/// Reads one disk.
pub(super) fn read(disk: Element<'_>) -> DiskDefinition {
    let target = disk.child("target");
    let target_attr = |name| target.and_then(|t| t.string(name)).unwrap_or_default();
    let driver_attr = |name| disk.child_attr("driver", name);
    DiskDefinition {
        target: target_attr("dev"),
        device: disk.string("device").unwrap_or_else(|| "disk".into()),
        bus: target_attr("bus"),
        format: driver_attr("type"),
        source: source(disk),
        backing: backing(disk),
        read_only: disk.child("readonly").is_some(),
        shareable: disk.child("shareable").is_some(),
        cache: driver_attr("cache"),
        serial: disk.child_text("serial"),
    }
}

/// The source of a disk or backing store; `None` for an empty drive and for the end of a chain.
fn source(owner: Element<'_>) -> Option<DiskSource> {
    let kind = owner.attr("type");
    let source = owner.child("source")?;
    let other =
        |kind: &str, detail: Option<String>| DiskSource::Other([kind, &detail.unwrap_or_default()].join(" "));
    match kind.as_deref().unwrap_or("file") {
        "file" => source.string("file").map(DiskSource::File),
        "block" => source.string("dev").map(DiskSource::Block),
        "volume" => {
            let (pool, volume) = (source.string("pool"), source.string("volume"));
            Some(DiskSource::Volume { pool: pool?, volume: volume? })
        }
        "network" => Some(network(source)),
        "dir" => Some(other("dir", Some(source.string("dir")?))),
        "nvme" => {
            let address = source.child("address").map(pci_address);
            Some(other("nvme", address))
        }
        kind @ ("vhostuser" | "vhostvdpa") => {
            Some(other(kind, source.string("path").or_else(|| source.string("dev"))))
        }
        kind => Some(DiskSource::Other(kind.to_owned())),
    }
}

fn network(source: Element<'_>) -> DiskSource {
    let protocol = source.string("protocol").unwrap_or_default();
    let name = source.string("name");
    let host = source.child("host").and_then(|host| {
        let Some(address) = host.string("name") else { return host.string("socket") };
        Some(host.string("port").map_or_else(|| address.clone(), |port| format!("{address}:{port}")))
    });
    let name = match (host, name) {
        (Some(host), Some(name)) if NEEDS_HOST.contains(&protocol.as_str()) => format!("{host}/{name}"),
        (_, Some(name)) | (Some(name), None) => name,
        (None, None) => String::new(),
    };
    DiskSource::Network { protocol, name }
}

/// `0000:01:00.0` from an `<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>`.
fn pci_address(address: Element<'_>) -> String {
    let part = |name| {
        let text = address.attr(name).unwrap_or_default();
        u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or_default()
    };
    format!("{:04x}:{:02x}:{:02x}.{:x}", part("domain"), part("bus"), part("slot"), part("function"))
}

/// The layers below the active one, nearest first, as the nested `<backingStore>` elements tell them.
fn backing(disk: Element<'_>) -> Vec<BackingLayer> {
    let chain = std::iter::successors(disk.child("backingStore"), |layer| layer.child("backingStore"));
    let layer = |layer: Element<'_>| {
        Some(BackingLayer { format: layer.child_attr("format", "type"), source: source(layer)? })
    };
    chain.map_while(layer).take(MAX_LAYERS).collect()
}
