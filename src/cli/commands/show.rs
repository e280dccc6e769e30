//! `novacron show`.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::host_facts;
use crate::cli::output::{
    Format, Layout, Listing, fields, object, write_csv, write_fields, write_json, write_table,
};
use crate::model::columns::{
    Column, Context, DISK_COLUMNS, Measured, NETWORK_COLUMNS, NIC_COLUMNS, POOL_COLUMNS, VM_COLUMNS,
    VOLUME_COLUMNS, VolumeRow, disk_rows, nic_rows, volume_rows,
};
use crate::model::network::Network;
use crate::model::snapshot::Snapshot;
use crate::model::storage::Pool;
use crate::model::suggest::did_you_mean;
use crate::model::text::{clean, clean_lines};
use crate::model::vm::Vm;

/// A thing of the host.
pub(crate) enum Thing {
    Host,
    Vm(Arc<Vm>),
    Pool(Arc<Pool>),
    Volume(VolumeRow),
    Network(Arc<Network>),
}

impl Thing {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Vm(_) => "vm",
            Self::Pool(_) => "pool",
            Self::Volume(_) => "volume",
            Self::Network(_) => "network",
        }
    }
}

/// Finds what a name means; says so when it means nothing, or several things.
pub(crate) fn resolve(snapshot: &Snapshot, name: &str) -> Result<Thing, Failure> {
    if name == "host" {
        return Ok(Thing::Host);
    }
    let (kind, rest) = match name.split_once(':') {
        Some((k @ ("vm" | "pool" | "network" | "volume"), rest)) => (Some(k), rest),
        _ => (None, name),
    };
    let mut found = matches(snapshot, rest);
    found.retain(|t| kind.is_none_or(|k| k == t.kind()));
    match found.len() {
        0 => Err(not_found(snapshot, rest, kind)),
        1 => Ok(found.remove(0)),
        _ => {
            let kinds: Vec<_> = found.iter().map(Thing::kind).collect();
            let ways: Vec<_> = kinds.iter().map(|k| format!("{k}:{rest}")).collect();
            Err(Failure::new(Exit::Usage, format!("\"{rest}\" means several things: {}", kinds.join(", ")))
                .hint(format!("Say which: {}.", ways.join(" or "))))
        }
    }
}

fn matches(snapshot: &Snapshot, name: &str) -> Vec<Thing> {
    let pools = snapshot.pools.as_deref().unwrap_or_default();
    let networks = snapshot.networks.as_deref().unwrap_or_default();
    let uuid = uuid::Uuid::parse_str(name).ok();
    let is = |id: uuid::Uuid, n: &str| n == name || uuid == Some(id);
    let vms = snapshot.vms.iter().filter(|v| is(v.id.0, &v.name)).map(|v| Thing::Vm(Arc::clone(v)));
    let pools_found =
        pools.iter().filter(|p| is(p.record.id, &p.record.name)).map(|p| Thing::Pool(Arc::clone(p)));
    let networks = networks.iter().filter(|n| is(n.id, &n.name)).map(|n| Thing::Network(Arc::clone(n)));
    let volumes = volume_rows(pools).into_iter().filter(|r| {
        let v = r.volume();
        v.path == name
            || name.strip_prefix(&r.pool.record.name).and_then(|n| n.strip_prefix('/'))
                == Some(v.name.as_str())
    });
    vms.chain(pools_found).chain(networks).chain(volumes.map(Thing::Volume)).collect()
}

fn not_found(snapshot: &Snapshot, name: &str, kind: Option<&str>) -> Failure {
    let pools = snapshot.pools.as_deref().unwrap_or_default();
    let networks = snapshot.networks.as_deref().unwrap_or_default();
    let names = snapshot
        .vms
        .iter()
        .map(|v| v.name.as_str())
        .chain(pools.iter().map(|p| p.record.name.as_str()))
        .chain(networks.iter().map(|n| n.name.as_str()));
    let hint = did_you_mean(name, names);
    let kind = kind.unwrap_or("VM, pool, volume or network");
    Failure::new(Exit::NotFound, format!("there is no {kind} \"{name}\"{hint}"))
        .hint("`novacron list vms` names the VMs; pools, volumes and networks likewise.")
}

/// Writes the thing.
pub(crate) fn write(
    out: &mut dyn Write,
    snapshot: &Snapshot,
    thing: &Thing,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    let context = &Context::new(snapshot, snapshot.at);
    match thing {
        Thing::Host => write_host(out, snapshot, format, layout),
        Thing::Vm(vm) => write_vm(out, vm, context, format, layout),
        Thing::Pool(pool) => write_pool(out, pool, context, format, layout),
        Thing::Volume(row) => write_row(out, VOLUME_COLUMNS, row, context, format, layout),
        Thing::Network(n) => write_row(out, NETWORK_COLUMNS, n.as_ref(), context, format, layout),
    }
}

/// The row by its own columns alone.
fn write_row<T: Measured>(
    out: &mut dyn Write,
    table: &'static [Column<T>],
    row: &T,
    context: &Context<'_>,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    let columns: Vec<_> = table.iter().collect();
    match format {
        Format::Json => write_json(out, &object(&columns, row, context).into()),
        Format::Csv => one_line(out, &object(&columns, row, context)),
        Format::Table => write_fields(out, &fields(table, row, context), 0, layout),
    }
}

fn one_line(out: &mut dyn Write, object: &Map<String, Json>) -> io::Result<()> {
    let keys: Vec<_> = object.iter().filter(|(_, v)| flat(v)).map(|(k, _)| k.clone()).collect();
    write_csv(out, &keys, std::slice::from_ref(object))
}

/// Whether it fits into one field: tables within do not.
fn flat(value: &Json) -> bool {
    match value {
        Json::Object(_) => false,
        Json::Array(items) => items.iter().all(|i| !i.is_object()),
        _ => true,
    }
}

fn write_vm(
    out: &mut dyn Write,
    vm: &Arc<Vm>,
    context: &Context<'_>,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    if format == Format::Csv {
        return write_row(out, VM_COLUMNS, vm.as_ref(), context, format, layout);
    }
    let (disks, nics) = (disk_rows(vm), nic_rows(vm));
    let description = vm.definition.as_ref().and_then(|d| d.description.as_deref());
    if format == Format::Json {
        let mut all = object(&VM_COLUMNS.iter().collect::<Vec<_>>(), vm.as_ref(), context);
        all.insert("description".into(), description.into());
        all.insert("addresses_unavailable".into(), vm.addresses_unavailable.as_deref().into());
        let disk_columns: Vec<_> = DISK_COLUMNS.iter().collect();
        let nic_columns: Vec<_> = NIC_COLUMNS.iter().collect();
        all.insert("disks".into(), disks.iter().map(|r| object(&disk_columns, r, context)).collect());
        all.insert("nics".into(), nics.iter().map(|r| object(&nic_columns, r, context)).collect());
        return write_json(out, &all.into());
    }
    // The best known address is the first of all.
    let facts = fields(VM_COLUMNS.iter().filter(|c| c.id != "address"), vm.as_ref(), context);
    write_fields(out, &facts, 0, layout)?;
    if let Some(text) = description {
        writeln!(out, "\nDescription")?;
        for line in clean_lines(text).trim_end().lines() {
            writeln!(out, "  {line}")?;
        }
    }
    if let Some(why) = &vm.addresses_unavailable {
        writeln!(out, "\nAddresses are not known: {}", clean(why))?;
    }
    section(out, "Disks", DISK_COLUMNS, &disks, context, layout)?;
    section(out, "Network interfaces", NIC_COLUMNS, &nics, context, layout)
}

fn write_pool(
    out: &mut dyn Write,
    pool: &Arc<Pool>,
    context: &Context<'_>,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    let volumes = volume_rows(std::slice::from_ref(pool));
    if format == Format::Json {
        let mut all = object(&POOL_COLUMNS.iter().collect::<Vec<_>>(), pool.as_ref(), context);
        let columns: Vec<_> = VOLUME_COLUMNS.iter().collect();
        let listed = pool.volumes.is_some();
        let volumes: Json = volumes.iter().map(|r| object(&columns, r, context)).collect();
        all.insert("volumes".into(), if listed { volumes } else { Json::Null });
        return write_json(out, &all.into());
    }
    write_row(out, POOL_COLUMNS, pool.as_ref(), context, format, layout)?;
    if format == Format::Table {
        section(out, "Volumes", VOLUME_COLUMNS, &volumes, context, layout)?;
    }
    Ok(())
}

fn section<T: Measured>(
    out: &mut dyn Write,
    title: &str,
    table: &'static [Column<T>],
    rows: &[T],
    context: &Context<'_>,
    layout: Layout,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let mut rows =
        Listing { columns: crate::model::columns::defaults(table), rows: rows.iter().collect(), context };
    if let Some(width) = layout.width {
        rows.fit(width);
    }
    write_table(out, &rows, layout)
}

fn write_host(out: &mut dyn Write, snapshot: &Snapshot, format: Format, layout: Layout) -> io::Result<()> {
    match format {
        Format::Json => write_json(out, &host_facts::object(snapshot).into()),
        Format::Csv => one_line(out, &host_facts::object(snapshot)),
        Format::Table => host_facts::write(out, snapshot, layout),
    }
}
