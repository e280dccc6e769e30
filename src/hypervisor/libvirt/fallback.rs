//! Statistics VM by VM, for drivers that do not give them in bulk (the test driver, LXC).

use super::devices::Names;
use super::error::{is_fatal, kind};
use super::ffi::{Domain, DomainInfo, Param, RawError, RawResult, code};
use crate::hypervisor::Groups;
use crate::hypervisor::HvErrorKind;
use crate::model::counters::{
    BalloonCounters, CpuCounters, DiskCounters, NicCounters, VcpuCounters, VmCounters,
};
use crate::model::metric::Group;

/// Fills in these groups of an active VM. One that the VM cannot give now is left out; the error says that the VM
/// is gone or the connection lost.
pub(super) fn fill(
    counters: &mut VmCounters,
    groups: Groups,
    domain: &Domain,
    names: impl FnOnce() -> RawResult<std::sync::Arc<Names>>,
) -> RawResult<()> {
    if [Group::Cpu, Group::Vcpu, Group::Balloon].iter().any(|g| groups.has(*g))
        && let Some(info) = left_out(domain.info())?
    {
        cpu_and_memory(counters, groups, domain, info)?;
    }
    if !groups.has(Group::Block) && !groups.has(Group::Interface) {
        return Ok(());
    }
    let Some(names) = left_out(names())? else { return Ok(()) };
    if groups.has(Group::Block) {
        counters.disks = disks(domain, &names)?;
    }
    if groups.has(Group::Interface) {
        counters.nics = nics(domain, &names)?;
    }
    Ok(())
}

/// Whether the driver has such a call at all. The devices asked for need not be there: a driver without the call
/// says so before it looks for them.
pub(super) fn serves(domain: &Domain, group: Group) -> bool {
    const NO_SUCH: &str = "novacron-asks";
    let answer = match group {
        Group::State => domain.state().map(|_| ()),
        Group::Cpu => domain.info().map(|_| ()),
        Group::Vcpu => domain.vcpus(1).map(|_| ()),
        Group::Balloon => domain.memory_stats().map(|_| ()),
        Group::Block => domain
            .block_stats(NO_SUCH, |_| ())
            .or_else(|e| if lacks(&e) { domain.block_stats_old(NO_SUCH).map(|_| ()) } else { Err(e) }),
        Group::Interface => domain.interface_stats(NO_SUCH).map(|_| ()),
        Group::Node | Group::Pool => return false,
    };
    !answer.is_err_and(|e| lacks(&e))
}

fn lacks(e: &RawError) -> bool {
    e.code == code::NO_SUPPORT
}

/// The answer, or `None` when this VM has none now.
fn left_out<T>(answer: RawResult<T>) -> RawResult<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(e) if is_fatal(&e) || kind(&e) == HvErrorKind::NotFound => Err(e),
        Err(_) => Ok(None),
    }
}

fn cpu_and_memory(
    counters: &mut VmCounters,
    groups: Groups,
    domain: &Domain,
    info: DomainInfo,
) -> RawResult<()> {
    if groups.has(Group::Cpu) {
        counters.cpu = Some(CpuCounters { time_ns: info.cpu_time_ns, ..CpuCounters::default() });
    }
    if groups.has(Group::Vcpu) {
        let vcpus = left_out(domain.vcpus(info.vcpus))?.unwrap_or_default();
        counters.vcpus = vcpus
            .iter()
            .map(|v| VcpuCounters {
                number: v.number,
                running: v.state != 0,
                time_ns: Some(v.cpu_time_ns),
                ..VcpuCounters::default()
            })
            .collect();
    }
    if groups.has(Group::Balloon) {
        let stats = left_out(domain.memory_stats())?;
        counters.balloon = stats.map(|stats| balloon(info, &stats));
    }
    Ok(())
}

fn balloon(info: DomainInfo, stats: &[(u32, u64)]) -> BalloonCounters {
    // VIR_DOMAIN_MEMORY_STAT_…
    let count = |tag| stats.iter().find(|(t, _)| *t == tag).map(|(_, v)| *v);
    let bytes = |tag| count(tag).map(kib);
    BalloonCounters {
        current: Some(kib(info.memory_kib)),
        maximum: Some(kib(info.memory_max_kib)),
        swap_in: bytes(0),
        swap_out: bytes(1),
        major_faults: count(2),
        unused: bytes(4),
        available: bytes(5),
        rss: bytes(7),
        usable: bytes(8),
        last_update_s: count(9),
    }
}

const fn kib(n: u64) -> u64 {
    n.saturating_mul(1024)
}

fn disks(domain: &Domain, names: &Names) -> RawResult<Option<Vec<DiskCounters>>> {
    let mut disks = Vec::with_capacity(names.disks.len());
    for (target, path) in &names.disks {
        let Some(mut disk) = left_out(disk(domain, target))? else { continue };
        disk.path.clone_from(path);
        if let Some([allocation, capacity, physical]) = left_out(domain.block_info(target))? {
            disk.allocation = Some(allocation);
            disk.capacity = Some(capacity);
            disk.physical = Some(physical);
        }
        disks.push(disk);
    }
    // None at all is an answer only of a VM without disks.
    Ok((!disks.is_empty() || names.disks.is_empty()).then_some(disks))
}

fn disk(domain: &Domain, target: &str) -> RawResult<DiskCounters> {
    let mut disk = DiskCounters { target: target.to_owned(), ..DiskCounters::default() };
    match domain.block_stats(target, |Param { field, value }| match field {
        b"rd_operations" => disk.read.requests = value.count(),
        b"rd_bytes" => disk.read.bytes = value.count(),
        b"rd_total_times" => disk.read.time_ns = value.count(),
        b"wr_operations" => disk.write.requests = value.count(),
        b"wr_bytes" => disk.write.bytes = value.count(),
        b"wr_total_times" => disk.write.time_ns = value.count(),
        b"flush_operations" => disk.flush.requests = value.count(),
        b"flush_total_times" => disk.flush.time_ns = value.count(),
        b"errs" => disk.errors = value.count(),
        _ => {}
    }) {
        Ok(()) => Ok(disk),
        Err(e) if lacks(&e) => {
            let [rd_req, rd_bytes, wr_req, wr_bytes, errors] = domain.block_stats_old(target)?.map(known);
            disk.read.requests = rd_req;
            disk.read.bytes = rd_bytes;
            disk.write.requests = wr_req;
            disk.write.bytes = wr_bytes;
            disk.errors = errors;
            Ok(disk)
        }
        Err(e) => Err(e),
    }
}

fn nics(domain: &Domain, names: &Names) -> RawResult<Option<Vec<NicCounters>>> {
    let mut nics = Vec::with_capacity(names.nics.len());
    for device in &names.nics {
        let Some(stats) = left_out(domain.interface_stats(device))? else { continue };
        let [rx_bytes, rx_packets, rx_errors, rx_drops, tx_bytes, tx_packets, tx_errors, tx_drops] =
            stats.map(known);
        nics.push(NicCounters {
            device: device.clone(),
            rx_bytes,
            rx_packets,
            rx_errors,
            rx_drops,
            tx_bytes,
            tx_packets,
            tx_errors,
            tx_drops,
        });
    }
    Ok((!nics.is_empty() || names.nics.is_empty()).then_some(nics))
}

/// libvirt's −1 stands for unknown.
fn known(n: i64) -> Option<u64> {
    u64::try_from(n).ok()
}
