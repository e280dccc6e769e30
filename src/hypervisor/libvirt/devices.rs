//! Device names of VMs whose statistics are asked for one device at a time.
//!
//! They stand in the VM's XML, which costs more than the statistics: it is read once, and again when an event
//! says that the VM changed, when it was started anew, or after a while where no events come.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::ffi::{Domain, RawResult};
use crate::model::id::VmId;
use crate::xml;

/// For how long names are believed when no event would tell of a change.
const BELIEVED: Duration = Duration::from_secs(30);

/// The names of one VM.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Disks with something in them: target and image path.
    pub disks: Vec<(String, Option<String>)>,
    /// Host devices of the NICs.
    pub nics: Vec<String>,
}

struct Known {
    names: Arc<Names>,
    run: Option<u32>,
    at: Instant,
}

/// The names that are known; forgotten from the event thread.
#[derive(Clone, Default)]
pub(super) struct Devices(Arc<Mutex<HashMap<VmId, Known>>>);

impl Devices {
    /// The names of a VM; reads its XML when they are not known. `told` is whether events tell of changes.
    pub(super) fn names(&self, id: VmId, domain: &Domain, told: bool) -> RawResult<Arc<Names>> {
        let run = domain.id();
        let fresh = |k: &&Known| k.run == run && (told || k.at.elapsed() < BELIEVED);
        if let Some(known) = self.lock().get(&id).filter(fresh) {
            return Ok(Arc::clone(&known.names));
        }
        let at = Instant::now();
        let names = Arc::new(from_xml(&domain.xml()?));
        self.lock().insert(id, Known { names: Arc::clone(&names), run, at });
        Ok(names)
    }

    /// Forgets a VM that changed or is gone.
    pub(super) fn forget(&self, id: VmId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<VmId, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An XML that cannot be read names nothing.
fn from_xml(xml: &str) -> Names {
    let definition = xml::domain::parse(xml).unwrap_or_default();
    Names {
        disks: definition
            .disks
            .into_iter()
            .filter_map(|d| Some((d.target, Some(d.source?.describe()))))
            .collect(),
        nics: definition.nics.into_iter().filter_map(|n| n.device).collect(),
    }
}
