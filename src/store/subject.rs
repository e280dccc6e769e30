//! What is measured: the things that have series, with a stable text form each.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use crate::model::id::VmId;
use crate::model::metric::{Entity, METRICS, MetricId};

/// A thing that has series, names and events.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The machine the hypervisor runs on.
    Host,
    /// A VM, whatever it is called: a rename or restart does not break its series.
    Vm(VmId),
    /// A disk of a VM, by its target (`vda`).
    Disk(VmId, String),
    /// A NIC of a VM, by whatever stays the same for it: its MAC address or target.
    Nic(VmId, String),
    /// A storage pool, by its UUID or name: whatever the caller always uses.
    Pool(String),
}

impl Subject {
    /// The kind of thing.
    pub const fn entity(&self) -> Entity {
        match self {
            Self::Host => Entity::Host,
            Self::Vm(_) => Entity::Vm,
            Self::Disk(..) => Entity::Disk,
            Self::Nic(..) => Entity::Nic,
            Self::Pool(_) => Entity::Pool,
        }
    }

    /// The VM it is or belongs to.
    pub const fn vm(&self) -> Option<VmId> {
        match self {
            Self::Vm(id) | Self::Disk(id, _) | Self::Nic(id, _) => Some(*id),
            Self::Host | Self::Pool(_) => None,
        }
    }

    /// Back from the text form.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let (kind, rest) = key.split_once(':').unwrap_or((key, ""));
        let part = || {
            let (id, name) = rest.split_once('/')?;
            Some((id.parse().ok()?, name.to_owned()))
        };
        match kind {
            "host" => Some(Self::Host),
            "vm" => rest.parse().ok().map(Self::Vm),
            "disk" => part().map(|(id, name)| Self::Disk(id, name)),
            "nic" => part().map(|(id, name)| Self::Nic(id, name)),
            "pool" => Some(Self::Pool(rest.to_owned())),
            _ => None,
        }
    }
}

/// The text form, as it stands in the database.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("host"),
            Self::Vm(id) => write!(f, "vm:{id}"),
            Self::Disk(id, target) => write!(f, "disk:{id}/{target}"),
            Self::Nic(id, name) => write!(f, "nic:{id}/{name}"),
            Self::Pool(key) => write!(f, "pool:{key}"),
        }
    }
}

/// The keys of metrics, commas between them: a track's columns, as the database has them.
pub(crate) fn columns_text(metrics: &[MetricId]) -> String {
    metrics.iter().map(|m| m.get().key()).collect::<Vec<_>>().join(",")
}

/// Back from [`columns_text`]; `None` for a metric that this version does not know.
pub(crate) fn columns_of(entity: Entity, text: &str) -> Vec<Option<MetricId>> {
    static KEYS: OnceLock<HashMap<(Entity, String), MetricId>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| METRICS.iter().map(|m| ((m.entity, m.key()), m.id)).collect());
    text.split(',').map(|key| keys.get(&(entity, key.to_owned())).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_read_back() {
        let id = VmId::from_bytes([7; 16]);
        for subject in [
            Subject::Host,
            Subject::Vm(id),
            Subject::Disk(id, "vda".into()),
            Subject::Nic(id, "52:54:00:00:00:01".into()),
            Subject::Pool("a/b:c".into()),
        ] {
            assert_eq!(Subject::parse(&subject.to_string()), Some(subject));
        }
        assert_eq!(Subject::parse("comet:1"), None);
        assert_eq!(Subject::parse("vm:1"), None);
    }

    #[test]
    fn metrics_are_known_by_their_keys() {
        let metrics = [MetricId::VmMemory, MetricId::VmMemoryShare];
        let text = columns_text(&metrics);
        assert_eq!(text, "memory_used_bytes,memory_used_percent");
        assert_eq!(columns_of(Entity::Vm, &text), metrics.map(Some));
        assert_eq!(columns_of(Entity::Vm, "cpu_percent,gone"), [Some(MetricId::VmCpu), None]);
    }
}
