//! `novacron template list|show`: templates, with their sizes and what lies on them, and what one holds.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::beside::beside;
use crate::cli::args::{Form, How};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, to_stdout, write_cells, write_json};
use crate::engine::jobs::{TemplateSeen, TemplateVersion as Version, template, templates};
use crate::hypervisor::{Connector, Purpose};
use crate::model::columns::Align;
use crate::model::storage::Volume;
use crate::model::text::{clean, clean_lines};
use crate::model::units::bytes;
use crate::model::vm::Firmware;

/// Lists them.
pub(in crate::cli) fn list(
    connector: Arc<dyn Connector>,
    how: &How,
    layout: Layout,
) -> Result<Exit, Failure> {
    let found = beside(connector, Purpose::Storage, how.timeout, templates)?;
    match how.format {
        Form::Json => to_stdout(|out| {
            write_json(out, &json!({ "templates": found.iter().map(object).collect::<Vec<_>>() }))
        })?,
        Form::Text => to_stdout(|out| table(out, &found, layout))?,
    }
    Ok(Exit::Done)
}

/// Tells of one, or prints the definition it holds.
pub(in crate::cli) fn show(
    connector: Arc<dyn Connector>,
    (name, version): (&str, Option<u32>),
    xml: bool,
    how: &How,
    layout: Layout,
) -> Result<Exit, Failure> {
    let asked = name.to_owned();
    let seen = beside(connector, Purpose::Storage, how.timeout, move |hv| template(hv, &asked, version))?
        .ok_or_else(|| {
            let which = version.map(|v| format!(", version {v}")).unwrap_or_default();
            Failure::new(Exit::NotFound, format!("there is no template \"{}\"{which}", clean(name)))
                .hint("`novacron template list` shows all.")
        })?;
    to_stdout(|out| match how.format {
        _ if xml => out.write_all(clean_lines(&seen.xml).as_bytes()),
        Form::Json => write_json(out, &whole(&seen)),
        Form::Text => page(out, &seen, layout),
    })?;
    Ok(Exit::Done)
}

/// A version with the VM it holds.
fn whole(seen: &TemplateSeen) -> Json {
    let disk = |v: &Volume| {
        json!({
            "name": v.name, "path": v.path, "format": v.format,
            "capacity_bytes": v.capacity, "allocation_bytes": v.allocation,
        })
    };
    let vm = seen.definition.as_ref().map(|d| {
        let networks: Vec<String> =
            d.nics.iter().map(|n| n.source.name().unwrap_or("none").to_owned()).collect();
        json!({
            "vcpus": d.vcpus, "memory_bytes": d.memory, "arch": d.arch, "machine": d.machine,
            "firmware": firmware(d.firmware), "networks": networks, "tags": d.tags,
            "agent_channel": d.has_agent_channel,
        })
    });
    let mut all = object(&seen.version);
    all["disks"] = seen.disks.iter().map(disk).collect();
    all["vm"] = vm.unwrap_or(Json::Null);
    all
}

const fn firmware(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::Bios => "bios",
        Firmware::Uefi { .. } => "uefi",
        Firmware::DirectKernel => "kernel",
    }
}

fn page(out: &mut dyn Write, seen: &TemplateSeen, layout: Layout) -> io::Result<()> {
    let v = &seen.version;
    let mut lines = vec![
        ("Template", v.name.clone()),
        ("Version", v.version.to_string()),
        ("Pool", v.pool.clone()),
        ("Occupies", bytes(v.size as f64)),
        ("Lies below", v.children.join(", ")),
    ];
    match &seen.definition {
        Some(d) => lines.extend([
            ("vCPUs", d.vcpus.to_string()),
            ("Memory", bytes(d.memory as f64)),
            ("Machine", d.machine.clone().unwrap_or_default()),
            ("Firmware", firmware(d.firmware).to_owned()),
            (
                "Networks",
                d.nics.iter().map(|n| n.source.name().unwrap_or("none")).collect::<Vec<_>>().join(", "),
            ),
            ("Tags", d.tags.join(", ")),
        ]),
        None => lines.push(("VM", "its definition cannot be read".to_owned())),
    }
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name:<12} {}", layout.text(&clean(value)))?;
    }
    if seen.disks.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let header =
        [("DISK", Align::Left), ("SIZE", Align::Right), ("OCCUPIES", Align::Right), ("FORMAT", Align::Left)];
    let row = |v: &Volume| {
        let format = v.format.as_deref().unwrap_or("");
        vec![
            clean(&v.name).into_owned(),
            bytes(v.capacity as f64),
            bytes(v.allocation as f64),
            clean(format).into_owned(),
        ]
    };
    write_cells(out, &header, seen.disks.iter().map(row).collect(), layout)
}

fn object(version: &Version) -> Json {
    json!({
        "name": version.name,
        "version": version.version,
        "pool": version.pool,
        "volumes": version.disks,
        "size_bytes": version.size,
        "children": version.children,
    })
}

fn table(out: &mut dyn Write, found: &[Version], layout: Layout) -> io::Result<()> {
    if found.is_empty() {
        return out.write_all(b"There is no template in the started pools.\n");
    }
    let header = [
        ("TEMPLATE", Align::Left),
        ("VERSION", Align::Right),
        ("POOL", Align::Left),
        ("OCCUPIES", Align::Right),
        ("LIES BELOW", Align::Left),
    ];
    let row = |v: &Version| {
        vec![
            clean(&v.name).into_owned(),
            v.version.to_string(),
            clean(&v.pool).into_owned(),
            bytes(v.size as f64),
            clean(&v.children.join(", ")).into_owned(),
        ]
    };
    write_cells(out, &header, found.iter().map(row).collect(), layout)
}
