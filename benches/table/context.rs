//! What rows share: the hosts, and measurements that several of them read.

use std::cell::OnceCell;
use std::time::Duration;

use crate::Outcome;
use crate::args::Args;
use crate::libvirtd::{Host, Scratch};
use crate::rest::Rest;

/// The built program.
pub(crate) const NOVACRON: &str = env!("CARGO_BIN_EXE_novacron");

/// What rows share. Built when first needed.
#[derive(Debug)]
pub(crate) struct Context {
    /// Shorter windows.
    pub(crate) quick: bool,
    scratch: OnceCell<Result<Scratch, String>>,
    overview: OnceCell<Result<Rest, String>>,
    vms: OnceCell<Result<Rest, String>>,
}

impl Context {
    /// Nothing measured yet.
    pub(crate) const fn new(args: &Args) -> Self {
        Self { quick: args.quick, scratch: OnceCell::new(), overview: OnceCell::new(), vms: OnceCell::new() }
    }

    /// One duration or the other.
    pub(crate) const fn window(&self, full_s: u64, quick_s: u64) -> Duration {
        Duration::from_secs(if self.quick { quick_s } else { full_s })
    }

    /// One number or the other.
    pub(crate) const fn times(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// A host that may be stalled.
    pub(crate) fn scratch(&self) -> Outcome<&Host> {
        let up = || Host::from_environment().and_then(|main| Scratch::up(&main)).map_err(|e| e.to_string());
        Ok(&self.scratch.get_or_init(up).as_ref().map_err(Clone::clone)?.host)
    }

    /// A minute of a console on its first screen.
    pub(crate) fn overview(&self) -> Outcome<&Rest> {
        let measured = self.overview.get_or_init(|| Rest::of_overview(self).map_err(|e| e.to_string()));
        Ok(measured.as_ref().map_err(Clone::clone)?)
    }

    /// A minute of a console that shows all running VMs.
    pub(crate) fn vms(&self) -> Outcome<&Rest> {
        let measured = self.vms.get_or_init(|| Rest::of_running(self).map_err(|e| e.to_string()));
        Ok(measured.as_ref().map_err(Clone::clone)?)
    }
}
