//! One open connection.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::abreast::abreast;
use super::error::Doing;
use super::events::Subscriber;
use super::ffi::{Conn, Domain, Listed, Pool, RawError, code};
use super::probe::{self, Abilities};
use crate::hypervisor::{Capabilities, HvError, HvResult, Hypervisor};
use crate::model::id::VmId;
use crate::model::vm::VmRecord;

/// An open connection, owned by one thread.
///
/// Dropping it closes it. That may block while the daemon does not answer (keep-alive ends it after 20 s);
/// it never panics.
pub(super) struct Connection {
    // Dropped in this order: registrations, then handles, then the connection itself.
    pub(super) subscriber: Subscriber,
    domains: RefCell<HashMap<VmId, Arc<Domain>>>,
    pools: RefCell<HashMap<[u8; 16], Arc<Pool>>>,
    pub(super) conn: Arc<Conn>,
    capabilities: Capabilities,
    pub(super) abilities: Abilities,
}

impl Connection {
    /// Asks a fresh connection what it can do.
    pub(super) fn new(conn: Arc<Conn>, read_only: bool, local: bool) -> HvResult<Self> {
        let (abilities, capabilities) = probe::probe(&conn, read_only, local)?;
        Ok(Self {
            subscriber: Subscriber::default(),
            domains: RefCell::default(),
            pools: RefCell::default(),
            conn,
            capabilities,
            abilities,
        })
    }

    /// The handle of a VM: kept, so that asking of it costs no look-up.
    pub(super) fn domain(&self, id: VmId, operation: &'static str) -> HvResult<Arc<Domain>> {
        if let Some(domain) = self.domains.borrow().get(&id) {
            return Ok(Arc::clone(domain));
        }
        // The first look-up fetches all handles: one round trip instead of one for each VM.
        if self.domains.borrow().is_empty() {
            let all = self.conn.domains(Listed::All).doing(operation)?;
            self.keep_domains(all.into_iter().filter_map(|d| Some((VmId::from_bytes(d.uuid().ok()?), d))));
            if let Some(domain) = self.domains.borrow().get(&id) {
                return Ok(Arc::clone(domain));
            }
        }
        let domain =
            Arc::new(self.conn.domain(id.bytes()).doing(operation).map_err(|e| e.of(id.to_string()))?);
        self.domains.borrow_mut().insert(id, Arc::clone(&domain));
        Ok(domain)
    }

    /// Does something with a VM; forgets its handle when the VM is gone.
    pub(super) fn with_domain<T>(
        &self,
        id: VmId,
        operation: &'static str,
        ask: impl FnOnce(&Domain) -> Result<T, RawError>,
    ) -> HvResult<T> {
        let domain = self.domain(id, operation)?;
        self.told(id, &domain, operation, ask(&domain))
    }

    /// Asks something of many VMs, of some at a time; the answers come in the order of the questions.
    pub(super) fn with_domains<W: Sync, T: Send>(
        &self,
        wanted: &[(VmId, W)],
        operation: &'static str,
        ask: impl Fn(&Domain, &W) -> Result<T, RawError> + Sync,
    ) -> Vec<HvResult<T>> {
        let asked: Vec<_> =
            wanted.iter().map(|(id, what)| (*id, self.domain(*id, operation), what)).collect();
        let answers = abreast(&asked, |(_, domain, what)| {
            let domain = domain.as_ref().map_err(Clone::clone)?;
            Ok(ask(domain, what))
        });
        let told = asked.into_iter().zip(answers).map(|((id, domain, _), answer)| {
            let (domain, answer) = (domain?, answer?);
            self.told(id, &domain, operation, answer)
        });
        told.collect()
    }

    /// The answer about a VM; forgets its handle when the VM is gone.
    fn told<T>(
        &self,
        id: VmId,
        domain: &Domain,
        operation: &'static str,
        answer: Result<T, RawError>,
    ) -> HvResult<T> {
        answer
            .inspect_err(|e| self.forget_if_gone(id, e))
            .doing(operation)
            .map_err(|e| e.of(domain.name().unwrap_or_else(|_| id.to_string())))
    }

    /// Does something that changes a VM, which a read-only connection refuses before anybody is asked.
    pub(super) fn change<T>(
        &self,
        id: VmId,
        operation: &'static str,
        act: impl FnOnce(&Domain) -> Result<T, RawError>,
    ) -> HvResult<T> {
        if self.capabilities.read_only {
            return Err(HvError::read_only(operation));
        }
        self.with_domain(id, operation, act)
    }

    /// Whether what changes something is refused.
    pub(super) const fn is_read_only(&self) -> bool {
        self.capabilities.read_only
    }

    /// Forgets a VM's handle.
    pub(super) fn forget_domain(&self, id: VmId) {
        self.domains.borrow_mut().remove(&id);
    }

    /// Forgets a VM's handle when the error says that the VM is gone.
    pub(super) fn forget_if_gone(&self, id: VmId, error: &RawError) {
        if error.code == code::NO_DOMAIN {
            self.forget_domain(id);
        }
    }

    /// Whether a VM's handle is kept, from the same run of the VM and with its name of now.
    pub(super) fn knows(&self, vm: &VmRecord) -> bool {
        self.domains.borrow().get(&vm.id).is_some_and(|d| d.id() == vm.domain_id && d.is_named(&vm.name))
    }

    /// Keeps handles.
    pub(super) fn keep_domains(&self, domains: impl Iterator<Item = (VmId, Domain)>) {
        self.domains.borrow_mut().extend(domains.map(|(id, d)| (id, Arc::new(d))));
    }

    /// Drops the handles of VMs that are not in a complete list.
    pub(super) fn retain_domains(&self, listed: impl ExactSizeIterator<Item = VmId>) {
        let mut domains = self.domains.borrow_mut();
        // Every listed VM is kept, so the sizes differ exactly when one has vanished.
        if domains.len() > listed.len() {
            let listed: HashSet<_> = listed.collect();
            domains.retain(|id, _| listed.contains(id));
        }
    }

    /// The handle of a pool.
    pub(super) fn stored_pool(&self, uuid: &[u8; 16], operation: &'static str) -> HvResult<Arc<Pool>> {
        if let Some(pool) = self.pools.borrow().get(uuid) {
            return Ok(Arc::clone(pool));
        }
        let pool = Arc::new(self.conn.pool(uuid).doing(operation)?);
        self.pools.borrow_mut().insert(*uuid, Arc::clone(&pool));
        Ok(pool)
    }

    /// Forgets a pool's handle.
    pub(super) fn forget_pool(&self, uuid: &[u8; 16]) {
        self.pools.borrow_mut().remove(uuid);
    }

    /// Keeps exactly these pools' handles.
    pub(super) fn keep_pools(&self, pools: impl Iterator<Item = ([u8; 16], Pool)>) {
        *self.pools.borrow_mut() = pools.map(|(uuid, p)| (uuid, Arc::new(p))).collect();
    }
}

impl Hypervisor for Connection {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn is_alive(&self) -> bool {
        self.conn.is_alive()
    }
}
