//! Metrics by the names people type.

use super::exit::{Exit, Failure};
use crate::model::metric::{Entity, Metric, metrics_of};
use crate::model::suggest::did_you_mean;

/// A thing in a word or two.
pub(super) const fn entity_word(entity: Entity) -> &'static str {
    match entity {
        Entity::Host => "host",
        Entity::Vm => "VM",
        Entity::Disk => "disk",
        Entity::Nic => "NIC",
        Entity::Pool => "pool",
    }
}

/// The metric of such a thing with this JSON key, or name without its unit; `-` stands for `_` as well.
pub(super) fn find(entity: Entity, typed: &str) -> Result<&'static Metric, Failure> {
    let name = typed.replace('-', "_");
    if let Some(metric) = metrics_of(entity).find(|m| m.key() == name) {
        return Ok(metric);
    }
    let of = entity_word(entity);
    let keys: Vec<String> = metrics_of(entity).map(Metric::key).collect();
    let mut named = metrics_of(entity).filter(|m| m.name == name);
    match (named.next(), named.next()) {
        (Some(metric), None) => Ok(metric),
        (Some(one), Some(other)) => {
            let what = format!("\"{typed}\" of a {of} is measured in several units");
            Err(Failure::new(Exit::Usage, what).hint(format!("Say {} or {}.", one.key(), other.key())))
        }
        _ => {
            let known = keys.iter().map(String::as_str).chain(metrics_of(entity).map(|m| m.name));
            let hint = did_you_mean(&name, known);
            Err(Failure::new(Exit::Usage, format!("a {of} has no metric \"{typed}\"{hint}"))
                .hint(format!("Metrics of a {of}: {}.", keys.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::{METRICS, MetricId};

    #[test]
    fn metrics_are_found_by_key_and_by_name() {
        for metric in METRICS {
            assert_eq!(find(metric.entity, &metric.key()).unwrap().id, metric.id);
        }
        assert_eq!(find(Entity::Vm, "cpu").unwrap().id, MetricId::VmCpu);
        assert_eq!(find(Entity::Vm, "disk-read").unwrap().id, MetricId::VmDiskRead);
        assert_eq!(find(Entity::Host, "load_1min").unwrap().id, MetricId::HostLoad);
    }

    #[test]
    fn what_is_no_metric_or_several_is_told() {
        let e = find(Entity::Vm, "memory_used").unwrap_err();
        assert_eq!(e.now, "Say memory_used_bytes or memory_used_percent.");
        let e = find(Entity::Disk, "raed").unwrap_err();
        assert_eq!(e.exit, Exit::Usage);
        assert_eq!(e.what, "a disk has no metric \"raed\"; did you mean \"read\"?");
        assert!(e.now.starts_with("Metrics of a disk: read_bytes_per_second, "), "{}", e.now);
    }
}
