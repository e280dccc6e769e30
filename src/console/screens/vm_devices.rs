//! A VM's disks with their backing chains, and its NICs with their addresses.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::{Canvas, cells};
use crate::console::app::App;
use crate::console::app::fresh::is_stale;
use crate::console::app::msg::Target;
use crate::console::app::ops::parts;
use crate::console::theme::Role;
use crate::console::widgets::{ColumnSpec, Rich, Row, TableSpec, draw as cellwise, table, wrap};
use crate::model::columns::{
    Column, Context, DISK_COLUMNS, DiskRow, Measured, NIC_COLUMNS, disk_rows, nic_rows,
};
use crate::model::storage::Pool;
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::model::vm::{DiskSource, Vm};

/// The pools that images lie in. Volumes are not kept in history: as definitions, they are those of now.
fn pools(app: &App) -> &[Arc<Pool>] {
    let snapshot = if app.past.is_some() { &app.live } else { app.view() };
    snapshot.pools.as_deref().unwrap_or_default()
}

/// Draws a table of devices at the top of the area and returns what is below it.
fn device_table<T: Measured>(
    c: &mut Canvas<'_>,
    area: Rect,
    columns: &'static [Column<T>],
    rows: &[T],
    cursor: Option<usize>,
) -> Rect {
    let app = c.app;
    let context = Context::new(app.view(), app.time()).with_pools(pools(app));
    let stale = is_stale(app);
    let specs: Vec<ColumnSpec<'_>> = columns.iter().map(|c| cells::spec(c, None)).collect();
    let lines: Vec<Row<'_>> = rows
        .iter()
        .map(|row| {
            let cell = |col: &Column<T>| cells::value(&col.value(row, &context), col.metric(), stale, c.look);
            Row::new(columns.iter().map(cell).collect())
        })
        .collect();
    // Without a desk there is nothing to be done to a row, and nothing to choose.
    let cursor = cursor.filter(|_| app.ops.is_some());
    let spec = TableSpec {
        gutter: cursor.is_some(),
        gap: 2,
        cursor,
        focused: true,
        ..TableSpec::new(&specs, &lines)
    };
    let areas = table(c.buf, area, c.look, &spec);
    for (i, place) in areas.rows.iter().enumerate() {
        c.view.hits.push(*place, Target::PageRow(i));
    }
    cellwise::below(area, areas.rows.len() as u16 + 2)
}

/// The disks: a table, then each one's chain of images.
pub(super) fn disks(c: &mut Canvas<'_>, area: Rect, vm: &Arc<Vm>) {
    let rows = disk_rows(vm);
    if rows.is_empty() {
        let why =
            if vm.definition.is_some() { "This VM has no disks." } else { "Reading the definition …" };
        return c.empty(area, &[why]);
    }
    let selected = parts::disk(c.app).map(|(_, disk)| disk.target.clone());
    let at = rows.iter().position(|row| Some(row.target()) == selected.as_deref());
    let below = device_table(c, area, DISK_COLUMNS, &rows, at);
    let columns = usize::from(below.width);
    let chains: Vec<Vec<Rich<'static>>> =
        rows.iter().map(|row| chain(c, row).iter().flat_map(|line| wrap(line, columns)).collect()).collect();
    let before: usize = chains.iter().take(at.unwrap_or(0)).map(Vec::len).sum();
    let lines: Vec<Rich<'static>> = chains.concat();
    // The selected one's chain is in sight.
    let scroll = before.min(lines.len().saturating_sub(usize::from(below.height)));
    for (y, line) in (0..below.height).zip(lines.iter().skip(scroll)) {
        c.line(cellwise::row(below, y), line);
    }
    c.scrolled(usize::from(below.height), lines.len());
}

/// The active image and those below it, each with format, size and pool, where libvirt knows the volume.
fn chain(c: &Canvas<'_>, row: &DiskRow) -> Vec<Rich<'static>> {
    let Some(disk) = row.definition() else { return Vec::new() };
    let Some(source) = &disk.source else {
        return vec![
            Rich::of(format!("{:<6} ", clean(&disk.target)), Role::Strong).and("empty drive", Role::Dim),
        ];
    };
    let mut out = vec![Rich::of(format!("{:<6} ", clean(&disk.target)), Role::Strong).join(image(
        c,
        source,
        disk.format.as_deref(),
    ))];
    let g = c.look.glyphs;
    for (depth, layer) in disk.backing.iter().enumerate() {
        let indent = " ".repeat(7 + depth * 2);
        out.push(
            Rich::of(indent, Role::Text)
                .and(g.guides.last, Role::TreeGuide)
                .and(" ", Role::Text)
                .join(image(c, &layer.source, layer.format.as_deref())),
        );
    }
    out
}

fn image(c: &Canvas<'_>, source: &DiskSource, format: Option<&str>) -> Rich<'static> {
    let name = source.describe();
    let mut line = Rich::of(clean(&name).into_owned(), Role::Text);
    line.push(format!("  {}", format.map_or_else(|| "format unknown".into(), clean)), Role::Dim);
    let pools = pools(c.app);
    let found = pools.iter().flat_map(|p| p.volumes.iter().flat_map(|v| v.iter()).map(move |v| (p, v))).find(
        |(p, v)| match source {
            DiskSource::Volume { pool, volume } => p.record.name == *pool && v.name == *volume,
            _ => v.path == name,
        },
    );
    match found {
        Some((pool, volume)) => {
            // How large it was then is not known.
            if c.app.past_step_ms().is_none() {
                let (used, size) = (bytes(volume.allocation as f64), bytes(volume.capacity as f64));
                line.push(format!("  {used} of {size}"), Role::Text);
            }
            line.and(format!("  in pool {}", pool.display_name()), Role::Dim)
        }
        None if pools.iter().any(|p| p.volumes.is_none()) => line,
        None => line.and("  in no pool that libvirt knows", Role::Dim),
    }
}

/// The NICs, and why addresses are missing where there is a reason.
pub(super) fn nics(c: &mut Canvas<'_>, area: Rect, vm: &Arc<Vm>) {
    let rows = nic_rows(vm);
    if rows.is_empty() {
        let why = if vm.definition.is_some() { "This VM has no NICs." } else { "Reading the definition …" };
        return c.empty(area, &[why]);
    }
    let selected = parts::nic(c.app).map(|(_, nic)| nic.mac.clone());
    let at = rows.iter().position(|row| row.definition().map(|d| d.mac.as_str()) == selected.as_deref());
    let below = device_table(c, area, NIC_COLUMNS, &rows, at);
    let mut lines = Vec::new();
    if let Some(why) = &vm.addresses_unavailable {
        lines.push(Rich::of("Addresses: ", Role::Label).and(clean(why).into_owned(), Role::Dim));
    }
    for a in &vm.addresses {
        let source = match a.source {
            crate::model::vm::AddressSource::Lease => "DHCP lease",
            crate::model::vm::AddressSource::Agent => "guest agent",
            crate::model::vm::AddressSource::Arp => "ARP table",
        };
        let mac = a.mac.as_deref().map_or_else(|| "–".into(), clean);
        lines.push(
            Rich::of(format!("{}/{}", a.address, a.prefix), Role::Text)
                .and(format!("  {mac}  from the {source}"), Role::Dim),
        );
    }
    for (y, line) in (0..below.height).zip(&lines) {
        c.line(cellwise::row(below, y), line);
    }
}
