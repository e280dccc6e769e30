//! Metric families: the registry by Prometheus' own names, in base units.

use crate::model::metric::{Entity, METRICS, Metric};
use crate::model::units::Unit;

/// What kind of values a family has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Goes up and down.
    Gauge,
    /// Goes up only; its samples end in `_total`, its name does not.
    Counter,
    /// Facts as labels; its samples end in `_info`, its name does not.
    Info,
    /// One sample for each state, 1 for the one that holds.
    StateSet,
}

/// A family of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// Its name, without the suffix of its samples.
    pub(super) name: String,
    /// What its values are.
    pub(super) kind: Type,
    /// The unit at the end of its name; may be empty.
    pub(super) unit: &'static str,
    /// One sentence.
    pub(super) help: &'static str,
}

impl Family {
    pub(super) fn new(name: &str, kind: Type, unit: &'static str, help: &'static str) -> Self {
        Self { name: format!("novacron_{name}"), kind, unit, help }
    }

    /// The family of a metric of the registry. All are gauges: they are told as rates, not as counters.
    pub(super) fn of(metric: &Metric) -> Self {
        let entity = match metric.entity {
            Entity::Host => "host",
            Entity::Vm => "vm",
            Entity::Disk => "disk",
            Entity::Nic => "nic",
            Entity::Pool => "pool",
        };
        let unit = unit(metric.unit);
        let gap = if unit.is_empty() { "" } else { "_" };
        Self::new(&format!("{entity}_{}{gap}{unit}", metric.name), Type::Gauge, unit, metric.doc)
    }

    /// The name of its samples.
    pub(super) fn sample_name(&self) -> String {
        match self.kind {
            Type::Counter => format!("{}_total", self.name),
            Type::Info => format!("{}_info", self.name),
            Type::Gauge | Type::StateSet => self.name.clone(),
        }
    }
}

/// The families of the metrics of one kind of thing, in registry order.
pub(super) fn families(entity: Entity) -> impl Iterator<Item = (&'static Metric, Family)> {
    METRICS.iter().filter(move |m| m.entity == entity).map(|m| (m, Family::of(m)))
}

/// The base unit, as it stands at the end of a name.
const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "ratio",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_second",
        Unit::PerSecond => "per_second",
        Unit::Seconds => "seconds",
        Unit::Count => "",
    }
}

/// A value in its base unit.
pub(super) fn base(unit: Unit, value: f64) -> f64 {
    match unit {
        Unit::Percent => value / 100.0,
        Unit::Bytes | Unit::BytesPerSecond | Unit::PerSecond | Unit::Seconds | Unit::Count => value,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::model::metric::MetricId;

    #[test]
    fn every_metric_has_a_legal_name_of_its_own() {
        let mut names = HashSet::new();
        for metric in METRICS {
            let family = Family::of(metric);
            let name = &family.name;
            assert!(names.insert(name.clone()), "{name} stands twice");
            assert!(name.starts_with("novacron_"), "{name}");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
            assert!(!name.contains("__") && name.ends_with(family.unit), "{name}");
            // Suffixes that Prometheus keeps for other types, and what is no base unit.
            for suffix in ["_total", "_info", "_count", "_sum", "_bucket", "_created", "_percent"] {
                assert!(!name.ends_with(suffix), "{name}");
            }
            assert!(!family.help.is_empty() && !family.help.contains('\n'), "{name}");
        }
    }

    #[test]
    fn names_are_as_one_would_look_for_them() {
        let name = |id: MetricId| Family::of(id.get()).sample_name();
        assert_eq!(name(MetricId::VmCpu), "novacron_vm_cpu_ratio");
        assert_eq!(name(MetricId::VmMemory), "novacron_vm_memory_used_bytes");
        assert_eq!(name(MetricId::VmMemoryShare), "novacron_vm_memory_used_ratio");
        assert_eq!(name(MetricId::DiskReadLatency), "novacron_disk_read_latency_seconds");
        assert_eq!(name(MetricId::NicRx), "novacron_nic_receive_bytes_per_second");
        assert_eq!(name(MetricId::HostLoad), "novacron_host_load_1min");
        assert!((base(Unit::Percent, 71.25) - 0.7125).abs() < 1e-12);
    }
}
