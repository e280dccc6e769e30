//! What the engine knows, folded from what workers bring, and published as snapshots. Pure: no clock, no thread.
//!
//! A snapshot shares everything that did not change with the one before: an unchanged VM is the same pointer,
//! and so is the whole list when no VM changed.

mod entry;
mod host;
mod roster;
mod storage;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use entry::{Entry, Ground, IoTrouble};
pub(crate) use host::HostState;
pub(crate) use roster::{Roster, executes};
pub(crate) use storage::{Nets, POOL_METRICS, Pools};

use super::conditions::{self, Facts};
use crate::config::LimitSettings;
use crate::hypervisor::Capabilities;
use crate::model::alert::Alert;
use crate::model::snapshot::{Limits, Link, Recording, SelfCost, Snapshot, Source};
use crate::model::time::{Moment, Timestamp};

/// Everything known of one host.
#[derive(Debug)]
pub(crate) struct State {
    uri: String,
    demo: bool,
    limit_settings: LimitSettings,
    /// The connection.
    pub(crate) link: Link,
    /// Whether VMs were listed once.
    pub(crate) listed: bool,
    limits: Arc<Limits>,
    /// VMs.
    pub(crate) vms: Roster,
    /// The host.
    pub(crate) host: HostState,
    /// Pools.
    pub(crate) pools: Pools,
    /// Networks.
    pub(crate) nets: Nets,
    alerts: Arc<[Alert]>,
    /// What the engine costs.
    pub(crate) cost: SelfCost,
    /// How it goes with recording.
    pub(crate) recording: Recording,
    /// Who asks.
    pub(crate) source: Source,
    serial: u64,
}

impl State {
    /// Nothing known yet.
    pub(crate) fn new(uri: String, demo: bool, limits: LimitSettings, now: Timestamp) -> Self {
        Self {
            uri,
            demo,
            limit_settings: limits,
            link: Link::Connecting { since: now },
            listed: false,
            limits: Arc::default(),
            vms: Roster::default(),
            host: HostState::new(),
            pools: Pools::default(),
            nets: Nets::default(),
            alerts: Arc::new([]),
            cost: SelfCost::default(),
            recording: Recording::Off,
            source: Source::Own,
            serial: 0,
        }
    }

    /// Takes what the connection can do.
    pub(crate) fn set_capabilities(&mut self, c: &Capabilities) {
        let limits = Limits {
            read_only: c.read_only,
            no_bulk_stats: c.no_bulk_stats.clone(),
            no_arming: c.no_arming.clone(),
            no_agent: c.no_agent.clone(),
            no_refresh: c.no_refresh.clone(),
            no_events: c.no_events.clone(),
        };
        if *self.limits != limits {
            self.limits = Arc::new(limits);
        }
        self.host.set_local(c.local);
    }

    /// Takes what was known before; nothing where nothing was.
    pub(crate) fn resume(&mut self, before: &Snapshot) {
        self.host.resume(before.host.clone());
        if before.listed {
            self.listed = true;
            self.vms.resume(&before.vms);
        }
        self.pools.resume(before.pools.as_ref());
        self.nets.resume(before.networks.as_ref());
        self.alerts = before.alerts.clone();
    }

    /// The next snapshot.
    pub(crate) fn snapshot(&mut self, now: Moment) -> Snapshot {
        let alerts = conditions::conditions(
            &Facts {
                link: &self.link,
                recording: &self.recording,
                vms: &self.vms,
                pools: &self.pools,
                networks: self.nets.publish().map_or(&[], |n| n),
                machine: self.host.view().machine.as_deref(),
                limits: &self.limit_settings,
            },
            &self.alerts,
            now.wall,
        );
        if *self.alerts != *alerts {
            self.alerts = alerts.into();
        }
        self.serial += 1;
        Snapshot {
            serial: self.serial,
            at: now.wall,
            uri: self.uri.clone(),
            demo: self.demo,
            link: self.link.clone(),
            listed: self.listed,
            limits: self.limits.clone(),
            host: self.host.view().clone(),
            vms: self.vms.publish(),
            pools: self.pools.publish(),
            networks: self.nets.publish().cloned(),
            alerts: self.alerts.clone(),
            cost: self.cost,
            recording: self.recording.clone(),
            source: self.source.clone(),
        }
    }
}
