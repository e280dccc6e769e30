//! `novacron volume orphans`: volumes that no VM uses.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::beside::beside;
use crate::cli::args::{Form, How};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, to_stdout, write_cells, write_json};
use crate::engine::jobs::orphans;
use crate::hypervisor::{Connector, Purpose};
use crate::model::columns::Align;
use crate::model::held::HeldVm;
use crate::model::storage::Orphan;
use crate::model::text::clean;
use crate::model::units::bytes;

/// Lists them.
pub(in crate::cli) fn run(
    connector: Arc<dyn Connector>,
    held: Vec<HeldVm>,
    how: &How,
    layout: Layout,
) -> Result<Exit, Failure> {
    let found = beside(connector, Purpose::Storage, how.timeout, move |hv| orphans(hv, &held))?;
    match how.format {
        Form::Json => to_stdout(|out| {
            write_json(out, &json!({ "orphans": found.iter().map(object).collect::<Vec<_>>() }))
        })?,
        Form::Text => to_stdout(|out| table(out, &found, layout))?,
    }
    Ok(Exit::Done)
}

fn object(orphan: &Orphan) -> Json {
    let v = &orphan.volume;
    json!({
        "pool": orphan.pool,
        "name": v.name,
        "path": v.path,
        "format": v.format,
        "capacity_bytes": v.capacity,
        "allocation_bytes": v.allocation,
        "lies_below": orphan.below,
    })
}

fn table(out: &mut dyn Write, found: &[Orphan], layout: Layout) -> io::Result<()> {
    if found.is_empty() {
        return out.write_all(b"Every volume of the started pools is used by a VM or a template.\n");
    }
    let header = [
        ("VOLUME", Align::Left),
        ("SIZE", Align::Right),
        ("OCCUPIES", Align::Right),
        ("FORMAT", Align::Left),
        ("LIES BELOW", Align::Left),
    ];
    let row = |o: &Orphan| {
        let v = &o.volume;
        vec![
            clean(&format!("{}/{}", o.pool, v.name)).into_owned(),
            bytes(v.capacity as f64),
            bytes(v.allocation as f64),
            clean(v.format.as_deref().unwrap_or("")).into_owned(),
            clean(&o.below.join(", ")).into_owned(),
        ]
    };
    write_cells(out, &header, found.iter().map(row).collect(), layout)
}
