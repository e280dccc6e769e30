//! A connection, and what is asked of it as a whole.

use std::ffi::{c_char, c_int, c_ulong};
use std::ptr::{null, null_mut};

use virt::sys;

use super::domain::Domain;
use super::error::{RawResult, count, done};
use super::handle::{given, handle, list};
use super::network::Network;
use super::storage::Pool;
use super::text::{c_string, copied, field_bytes, taken};

handle!(
    /// One reference to a connection. Closing the last one may block while the daemon does not answer.
    Conn(sys::virConnect), sys::virConnectClose
);

/// Which domains are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Listed {
    /// All.
    All,
    /// Those that are active.
    Active,
    /// Those that have snapshots.
    WithSnapshots,
}

/// What the node is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct NodeInfo {
    /// CPU model.
    pub model: String,
    /// Memory, KiB.
    pub memory_kib: u64,
    /// Logical CPUs.
    pub cpus: u32,
    /// NUMA cells.
    pub cells: u32,
    /// Sockets a cell.
    pub sockets: u32,
    /// Cores a socket.
    pub cores: u32,
    /// Threads a core.
    pub threads: u32,
}

impl Conn {
    /// Opens a connection; without URI, libvirt's default. Blocks for as long as the transport does.
    pub(in super::super) fn open(uri: Option<&str>, read_only: bool) -> RawResult<Self> {
        let uri = uri.map(c_string).transpose()?;
        let flags = if read_only { sys::VIR_CONNECT_RO } else { 0 };
        // SAFETY: the URI is null or terminated and outlives the call. No credentials are asked for: a
        // null `auth` makes libvirt fail instead of prompting.
        let conn = unsafe {
            sys::virConnectOpenAuth(uri.as_ref().map_or(null(), |u| u.as_ptr()), null_mut(), flags)
        };
        // SAFETY: a fresh connection has one reference, for the caller.
        given(conn).map(|c| unsafe { Self::own(c) })
    }

    /// Has both sides notice a dead peer after `interval_s` × (`count` + 1) seconds.
    pub(in super::super) fn keep_alive(&self, interval_s: i32, count: u32) -> RawResult<()> {
        // SAFETY: a live connection.
        done(unsafe { sys::virConnectSetKeepAlive(self.raw(), interval_s, count) })
    }

    /// Whether the connection stands; asks nobody.
    pub(in super::super) fn is_alive(&self) -> bool {
        // SAFETY: a live connection.
        unsafe { sys::virConnectIsAlive(self.raw()) == 1 }
    }

    /// The URI that was opened in the end.
    pub(in super::super) fn uri(&self) -> RawResult<String> {
        // SAFETY: a live connection; the string is the caller's.
        unsafe { taken(sys::virConnectGetURI(self.raw())) }
    }

    /// Name of the driver (`QEMU`, `Test`).
    pub(in super::super) fn driver(&self) -> RawResult<String> {
        // SAFETY: a live connection; the string belongs to it.
        unsafe { copied(sys::virConnectGetType(self.raw())) }.ok_or_else(super::error::RawError::last)
    }

    /// Version of libvirt on the other side.
    pub(in super::super) fn libvirt_version(&self) -> RawResult<u64> {
        let mut version: c_ulong = 0;
        // SAFETY: a live connection and a place to write to.
        done(unsafe { sys::virConnectGetLibVersion(self.raw(), &raw mut version) })?;
        Ok(version)
    }

    /// Version of the hypervisor; 0 when unknown.
    pub(in super::super) fn hypervisor_version(&self) -> RawResult<u64> {
        let mut version: c_ulong = 0;
        // SAFETY: a live connection and a place to write to.
        done(unsafe { sys::virConnectGetVersion(self.raw(), &raw mut version) })?;
        Ok(version)
    }

    /// What the host can do, as XML.
    pub(in super::super) fn host_capabilities(&self) -> RawResult<String> {
        // SAFETY: a live connection; the string is the caller's.
        unsafe { taken(sys::virConnectGetCapabilities(self.raw())) }
    }

    /// Host name of the node.
    pub(in super::super) fn hostname(&self) -> RawResult<String> {
        // SAFETY: a live connection; the string is the caller's.
        unsafe { taken(sys::virConnectGetHostname(self.raw())) }
    }

    /// What the node is made of.
    pub(in super::super) fn node_info(&self) -> RawResult<NodeInfo> {
        // SAFETY: all zero bytes are a valid record of numbers and characters.
        let mut info: sys::virNodeInfo = unsafe { std::mem::zeroed() };
        // SAFETY: a live connection and a place to write to.
        done(unsafe { sys::virNodeGetInfo(self.raw(), &raw mut info) })?;
        Ok(NodeInfo {
            model: String::from_utf8_lossy(field_bytes(&info.model)).into_owned(),
            memory_kib: info.memory,
            cpus: info.cpus,
            cells: info.nodes,
            sockets: info.sockets,
            cores: info.cores,
            threads: info.threads,
        })
    }

    /// CPU times of the node over all its CPUs, nanoseconds, by libvirt's name of the mode.
    pub(in super::super) fn node_cpu(&self) -> RawResult<Vec<(String, u64)>> {
        let all = sys::VIR_NODE_CPU_STATS_ALL_CPUS;
        // SAFETY: as `fill` promises to call it.
        fill::<sys::virNodeCPUStats>(|p, n| unsafe { sys::virNodeGetCPUStats(self.raw(), all, p, n, 0) })
            .map(|v| v.iter().map(|s| (named(&s.field), s.value)).collect())
    }

    /// Memory of the node, KiB, by libvirt's name of the part.
    pub(in super::super) fn node_memory(&self) -> RawResult<Vec<(String, u64)>> {
        let all = sys::VIR_NODE_MEMORY_STATS_ALL_CELLS;
        // SAFETY: as `fill` promises to call it.
        fill::<sys::virNodeMemoryStats>(|p, n| unsafe {
            sys::virNodeGetMemoryStats(self.raw(), all, p, n, 0)
        })
        .map(|v| v.iter().map(|s| (named(&s.field), s.value)).collect())
    }

    /// Handles of domains.
    pub(in super::super) fn domains(&self, which: Listed) -> RawResult<Vec<Domain>> {
        let flags = match which {
            Listed::All => 0,
            Listed::Active => sys::VIR_CONNECT_LIST_DOMAINS_ACTIVE,
            Listed::WithSnapshots => sys::VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
        };
        // SAFETY: a live connection; each element of the list is a reference for the caller.
        list(
            |out| unsafe { sys::virConnectListAllDomains(self.raw(), out, flags) },
            |d| unsafe { Domain::own(d) },
        )
    }

    /// The handle of the domain with this UUID.
    pub(in super::super) fn domain(&self, uuid: &[u8; 16]) -> RawResult<Domain> {
        // SAFETY: a live connection and sixteen bytes; the reference is the caller's.
        given(unsafe { sys::virDomainLookupByUUID(self.raw(), uuid.as_ptr()) })
            .map(|d| unsafe { Domain::own(d) })
    }

    /// Handles of all pools.
    pub(in super::super) fn pools(&self) -> RawResult<Vec<Pool>> {
        // SAFETY: a live connection; each element of the list is a reference for the caller.
        list(
            |out| unsafe { sys::virConnectListAllStoragePools(self.raw(), out, 0) },
            |p| unsafe { Pool::own(p) },
        )
    }

    /// The handle of the pool with this UUID.
    pub(in super::super) fn pool(&self, uuid: &[u8; 16]) -> RawResult<Pool> {
        // SAFETY: a live connection and sixteen bytes; the reference is the caller's.
        given(unsafe { sys::virStoragePoolLookupByUUID(self.raw(), uuid.as_ptr()) })
            .map(|p| unsafe { Pool::own(p) })
    }

    /// Handles of all networks.
    pub(in super::super) fn networks(&self) -> RawResult<Vec<Network>> {
        // SAFETY: a live connection; each element of the list is a reference for the caller.
        list(
            |out| unsafe { sys::virConnectListAllNetworks(self.raw(), out, 0) },
            |n| unsafe { Network::own(n) },
        )
    }

    /// The handle of the network with this UUID.
    pub(in super::super) fn network(&self, uuid: &[u8; 16]) -> RawResult<Network> {
        // SAFETY: a live connection and sixteen bytes; the reference is the caller's.
        given(unsafe { sys::virNetworkLookupByUUID(self.raw(), uuid.as_ptr()) })
            .map(|n| unsafe { Network::own(n) })
    }
}

fn named(field: &[c_char]) -> String {
    String::from_utf8_lossy(field_bytes(field)).into_owned()
}

/// Calls twice, as the node statistics want it: with null for how many there are, then with room for them.
/// `T` must be a plain record for which all zero bytes are valid.
fn fill<T: Clone>(call: impl Fn(*mut T, *mut c_int) -> c_int) -> RawResult<Vec<T>> {
    let mut len: c_int = 0;
    done(call(null_mut(), &raw mut len))?;
    // SAFETY: the callers' records hold only characters and numbers.
    let mut items: Vec<T> = vec![unsafe { std::mem::zeroed() }; count(len)?];
    done(call(items.as_mut_ptr(), &raw mut len))?;
    items.truncate(count(len)?);
    Ok(items)
}
