//! Builds the simulated host's VMs from a seed.

use std::net::Ipv4Addr;

use uuid::Uuid;

use super::config::SimConfig;
use super::dice::{between, mix, pick, spread, unit};
use super::names::{self, Role};
use super::network;
use super::shape::Shape;
use super::spec::{DiskKind, DiskSpec, NicSpec, VmSpec};
use super::storage::PoolPlan;
use crate::model::id::VmId;
use crate::xml::domain::novacron_element;

const GIB: u64 = 1 << 30;

/// A UUID of chance (version 4 in form).
pub(crate) fn uuid(seed: u64, salt: u64) -> Uuid {
    let (high, low) = (mix(seed, salt), mix(!seed, salt));
    uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes()).into_uuid()
}

/// The shape of the `index`th VM: as configured, or a usual mixture.
fn shape(config: &SimConfig, index: usize, seed: u64) -> Shape {
    if !config.shapes.is_empty() {
        return config.shapes[index % config.shapes.len()];
    }
    match mix(seed, 50) % 100 {
        0..=24 => Shape::Idle,
        25..=54 => Shape::Steady,
        55..=74 => Shape::Diurnal,
        75..=89 => Shape::Bursty,
        90..=95 => Shape::Leak,
        _ => Shape::Noisy,
    }
}

/// The `index`th VM of the host, with a usual name.
pub(crate) fn vm(config: &SimConfig, index: usize, pools: &[PoolPlan]) -> VmSpec {
    let (name, role) = names::vm_name(index);
    named_vm(config, index, name, role, pools)
}

/// The `index`th VM of the host under this name.
pub(crate) fn named_vm(
    config: &SimConfig,
    index: usize,
    name: String,
    role: &Role,
    pools: &[PoolPlan],
) -> VmSpec {
    let salt = u64::try_from(index).unwrap_or(u64::MAX);
    let seed = mix(config.seed, salt);
    let memory = GIB << pick(seed, 51, &[0, 1, 1, 2, 2, 2, 3, 3, 4, 5]).copied().unwrap_or(1);
    let tags: Vec<_> = role.tags.iter().map(|t| (*t).to_owned()).collect();
    VmSpec {
        id: VmId(uuid(config.seed, salt)),
        description: format!("{} server {}", role.name, index / names::ROLES.len() + 1),
        title: String::new(),
        metadata: novacron_element(&tags, false, None),
        os: role.os,
        vcpus: pick(seed, 52, &[1, 2, 2, 2, 4, 4, 8]).copied().unwrap_or(1),
        memory,
        disks: disks(seed, &name, pools),
        nics: nics(config, index, seed),
        uefi: unit(seed, 53) < 0.4,
        agent: unit(seed, 54) < 0.6,
        balloon: unit(seed, 55) < 0.95,
        shape: shape(config, index, seed),
        seed,
        name,
    }
}

/// One to three disks, and on some VMs an empty drive.
fn disks(seed: u64, name: &str, pools: &[PoolPlan]) -> Vec<DiskSpec> {
    let count = *pick(seed, 60, &[1_u32, 1, 1, 2, 2, 3]).unwrap_or(&1);
    let bus = if unit(seed, 61) < 0.85 { "virtio" } else { "scsi" };
    let prefix = if bus == "virtio" { "vd" } else { "sd" };
    let letters = ('a'..='z').map(|c| format!("{prefix}{c}"));
    let mut disks: Vec<_> = (0..count)
        .zip(letters)
        .map(|(i, target)| DiskSpec { target, bus, kind: volume(seed, name, i, pools) })
        .collect();
    if unit(seed, 62) < 0.3 {
        // Where the data disks are sdX, the drive takes a letter they never reach.
        disks.push(DiskSpec { target: "sdz".to_owned(), bus: "sata", kind: DiskKind::EmptyDrive });
    }
    disks
}

fn volume(seed: u64, name: &str, number: u32, pools: &[PoolPlan]) -> DiskKind {
    let salt = u64::from(number);
    let any = (mix(seed, 70 + salt) as usize) % pools.len().max(1);
    let index = if pools.get(any).is_some_and(|p| p.name == "iso") { 0 } else { any };
    let (directory, block) = pools
        .get(index)
        .map_or(("/var/lib/libvirt/images", false), |p| (p.path.as_str(), p.kind == "logical"));
    let capacity = (spread(seed, 80 + salt, 8.0, 400.0) as u64) * GIB;
    let file = match (number, block) {
        (0, true) => name.to_owned(),
        (n, true) => format!("{name}-data{n}"),
        (0, false) => format!("{name}.qcow2"),
        (n, false) => format!("{name}-data{n}.qcow2"),
    };
    let overlay = !block && number == 0 && unit(seed, 90) < 0.25;
    let share = if block { 1.0 } else { between(seed, 91 + salt, 0.05, 0.8) };
    DiskKind::Volume {
        pool: index,
        path: format!("{directory}/{file}"),
        name: file,
        capacity,
        allocation: (capacity as f64 * share) as u64,
        backing: overlay.then(|| format!("{directory}/base-debian12.qcow2")),
        block,
    }
}

/// One NIC, or two.
fn nics(config: &SimConfig, index: usize, seed: u64) -> Vec<NicSpec> {
    let count = if unit(seed, 100) < 0.75 { 1 } else { 2 };
    let networks = config.networks.max(1);
    (0..count)
        .map(|i| {
            let network = (mix(seed, 101 + i) as usize) % networks;
            let number = index * 2 + usize::try_from(i).unwrap_or(0);
            NicSpec {
                mac: mac(number),
                network,
                device: format!("vnet{number}"),
                address: address(network, number),
                leased: network::has_dhcp(network),
            }
        })
        .collect()
}

/// QEMU's prefix, then the NIC's number.
fn mac(number: usize) -> String {
    let n = number as u32;
    format!("52:54:00:{:02x}:{:02x}:{:02x}", (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff)
}

/// The address of NIC number so and so on a network.
fn address(network: usize, number: usize) -> Ipv4Addr {
    let host = number as u32 + 10;
    Ipv4Addr::new(10, 20_u8.wrapping_add(network as u8), (host >> 8) as u8, host as u8)
}
