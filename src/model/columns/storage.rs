//! Columns of pools and volumes.

use std::sync::Arc;

use super::{Column, Measured, Needs, Value};
use crate::model::metric::MetricId;
use crate::model::storage::{Pool, PoolTrouble, Volume};
use crate::model::time::human_age;

impl Measured for Pool {
    fn reading(&self, metric: MetricId) -> Option<f64> {
        match metric {
            MetricId::PoolUsed => self.record.allocation.map(|b| b as f64),
            MetricId::PoolUsedShare => self.used_share().map(|s| s * 100.0),
            MetricId::PoolCapacity => self.record.capacity.map(|b| b as f64),
            _ => None,
        }
    }
}

/// Columns of pools, in the order they are shown.
pub static POOL_COLUMNS: &[Column<Pool>] = &[
    Column::<Pool>::of_field("name", "name", "NAME", 16, 0, "The pool's name.", |p, _| {
        Value::Text(p.record.name.as_str().into())
    })
    .growing()
    .on_overview(),
    Column::<Pool>::of_field("state", "state", "STATE", 12, 1, "Its state.", |p, _| {
        Value::Word(p.record.state.word())
    })
    .on_overview(),
    Column::<Pool>::of_field(
        "type",
        "type",
        "TYPE",
        8,
        3,
        "What it is made of: dir, logical, netfs, zfs.",
        |p, _| Value::Text(p.record.kind.as_str().into()),
    )
    .by_default(),
    Column::<Pool>::of_metric("used", MetricId::PoolUsed, 9, 1)
        .showing(|p, _| match (p.record.allocation, p.record.capacity) {
            (used, Some(total)) => Value::Share { used: used.map(|u| u as f64), total: total as f64 },
            (used, None) => Value::bytes(used),
        })
        .on_overview(),
    Column::<Pool>::of_metric("used-percent", MetricId::PoolUsedShare, 6, 2).by_default(),
    Column::<Pool>::of_metric("capacity", MetricId::PoolCapacity, 8, 6),
    Column::<Pool>::of_field("available", "available_bytes", "FREE", 5, 3, "Space left in it.", |p, _| {
        Value::bytes(p.record.available)
    })
    .right()
    .by_default(),
    Column::<Pool>::of_field(
        "volumes",
        "volume_count",
        "VOLUMES",
        7,
        4,
        "How many volumes it holds.",
        |p, _| p.volumes.as_ref().map_or(Value::Unknown, |v| Value::count(v.len())),
    )
    .right()
    .by_default(),
    Column::<Pool>::of_field(
        "autostart",
        "autostart",
        "AUTO",
        4,
        5,
        "Whether it starts with the host.",
        |p, _| Value::flag(p.record.autostart),
    )
    .by_default(),
    Column::<Pool>::of_field(
        "trouble",
        "trouble",
        "TROUBLE",
        24,
        4,
        "Why it is not being read now.",
        |p, context| match &p.trouble {
            None => Value::Unknown,
            Some(PoolTrouble::NoAnswer { since }) => {
                Value::Text(format!("no answer for {}", human_age(since.age(context.now()))).into())
            }
            Some(PoolTrouble::Failed { message }) => Value::Text(message.as_str().into()),
        },
    )
    .growing()
    .by_default(),
    Column::<Pool>::of_field("path", "path", "PATH", 28, 6, "Where it is on the host.", |p, _| {
        Value::text(p.record.path.as_deref())
    })
    .growing(),
    Column::<Pool>::of_field(
        "persistent",
        "persistent",
        "DEFINED",
        7,
        8,
        "Whether it stays when it stops.",
        |p, _| Value::flag(p.record.persistent),
    ),
    Column::<Pool>::of_field("age", "age_seconds", "AGE", 6, 8, "How long ago it was read.", |p, context| {
        p.at.map_or(Value::Unknown, |t| Value::Span(t.age(context.now())))
    })
    .right(),
    Column::<Pool>::of_field("uuid", "uuid", "UUID", 36, 9, "Its identity.", |p, _| {
        Value::Text(p.record.id.to_string().into())
    }),
];

/// A volume with the pool it lies in.
#[derive(Clone, Debug)]
pub struct VolumeRow {
    /// Its pool.
    pub pool: Arc<Pool>,
    volumes: Arc<[Volume]>,
    index: usize,
}

impl VolumeRow {
    /// The volume.
    pub fn volume(&self) -> &Volume {
        &self.volumes[self.index]
    }
}

/// One row for each volume of the pools, as far as they were read.
pub fn volume_rows(pools: &[Arc<Pool>]) -> Vec<VolumeRow> {
    let mut rows = Vec::new();
    for pool in pools {
        let Some(volumes) = &pool.volumes else { continue };
        rows.extend((0..volumes.len()).map(|index| VolumeRow {
            pool: Arc::clone(pool),
            volumes: Arc::clone(volumes),
            index,
        }));
    }
    rows
}

impl Measured for VolumeRow {
    fn reading(&self, _: MetricId) -> Option<f64> {
        None
    }
}

/// Columns of volumes, in the order they are shown.
pub static VOLUME_COLUMNS: &[Column<VolumeRow>] = &[
    Column::<VolumeRow>::of_field("name", "name", "NAME", 24, 0, "The volume's name.", |r, _| {
        Value::Text(r.volume().name.as_str().into())
    })
    .growing()
    .on_overview(),
    Column::<VolumeRow>::of_field("pool", "pool", "POOL", 12, 1, "The pool it lies in.", |r, _| {
        Value::Text(r.pool.record.name.as_str().into())
    })
    .by_default(),
    Column::<VolumeRow>::of_field(
        "type",
        "type",
        "TYPE",
        7,
        7,
        "File, block device, directory or network.",
        |r, _| Value::Word(r.volume().kind),
    ),
    Column::<VolumeRow>::of_field("format", "format", "FORMAT", 7, 3, "Image format.", |r, _| {
        Value::text(r.volume().format.as_deref())
    })
    .by_default(),
    Column::<VolumeRow>::of_field(
        "capacity",
        "capacity_bytes",
        "CAPACITY",
        8,
        2,
        "Space a guest may fill.",
        |r, _| Value::bytes(Some(r.volume().capacity)),
    )
    .right()
    .by_default(),
    Column::<VolumeRow>::of_field(
        "allocation",
        "allocation_bytes",
        "ALLOC",
        5,
        2,
        "Space it occupies now.",
        |r, _| Value::bytes(Some(r.volume().allocation)),
    )
    .right()
    .by_default(),
    Column::<VolumeRow>::of_field(
        "used-by",
        "used_by",
        "USED BY",
        20,
        3,
        "VMs that have it or build on it.",
        |r, context| match context.users_of(&r.pool.record.name, r.volume()) {
            [] if !context.all_defined() => Value::Unknown,
            users => Value::list(users.iter().map(|n| (*n).to_owned())),
        },
    )
    .needing(Needs::Definition)
    .growing()
    .by_default(),
    Column::<VolumeRow>::of_field(
        "backing",
        "backing_path",
        "BACKING",
        24,
        6,
        "The image it builds on.",
        |r, _| Value::text(r.volume().backing.as_deref()),
    )
    .growing(),
    Column::<VolumeRow>::of_field("path", "path", "PATH", 32, 7, "Where it is on the host.", |r, _| {
        Value::Text(r.volume().path.as_str().into())
    })
    .growing(),
    Column::<VolumeRow>::of_field(
        "key",
        "key",
        "KEY",
        32,
        9,
        "libvirt's key of it, unique over pools.",
        |r, _| Value::Text(r.volume().key.as_str().into()),
    ),
];
