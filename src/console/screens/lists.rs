//! Lists that lie over a screen: deleted VMs, and volumes that no VM uses.

use ratatui::layout::Rect;

use super::Canvas;
use super::overlays::open_box;
use crate::console::app::msg::Target;
use crate::console::app::ops::sheets::{HeldList, OrphanList, TemplateList};
use crate::console::theme::Role;
use crate::console::widgets::{
    ColumnSpec, Pane as Frame, Rich, Row, TableSpec, Width, draw as cellwise, scroll_to_show, table,
    visible_rows, wrap,
};
use crate::engine::jobs::TemplateVersion;
use crate::model::held::HeldVm;
use crate::model::storage::Orphan;
use crate::model::text::clean;
use crate::model::units::bytes;

/// Columns at most.
const MOST: u16 = 120;

/// Draws the deleted VMs.
pub(super) fn held(c: &mut Canvas<'_>, area: Rect, list: &HeldList) {
    let rows: Vec<Row<'_>> = list.fetch.ready().into_iter().flatten().map(|h| of_held(c, h)).collect();
    let columns = [
        ColumnSpec::left("NAME", Width::Flex { min: 16, weight: 2, max: 32 }, 100),
        ColumnSpec::left("DELETED", Width::Fixed(16), 80),
        ColumnSpec::left("BY", Width::Flex { min: 8, weight: 1, max: 14 }, 60),
        ColumnSpec::right("LEFT", Width::Fixed(9), 95),
        ColumnSpec::right("SIZE", Width::Fixed(9), 70),
        ColumnSpec::left("DISKS", Width::Flex { min: 14, weight: 3, max: u16::MAX }, 50),
    ];
    let empty = [
        "No deleted VM is held.",
        "D on a VM deletes it. It is held here for a while, and can be brought back as it was; its disks stay.",
    ];
    let table = Listed {
        title: "Deleted VMs",
        index: list.cursor.index(),
        failed: list.fetch.got.as_ref().and_then(|got| got.as_ref().err()),
        reading: list.fetch.got.is_none(),
        foot: "What is held goes by itself once no time is left; purging it goes at once. Disks stay unless they are purged too.",
    };
    draw(c, area, &table, &columns, &rows, &empty);
}

fn of_held(c: &Canvas<'_>, held: &HeldVm) -> Row<'static> {
    let now = c.app.now;
    let left = if held.until <= now {
        Rich::of("none", Role::Warning)
    } else {
        let days = now.age(held.until).as_secs() / 86_400;
        let text = match days {
            0 => "< 1 day".to_owned(),
            1 => "1 day".to_owned(),
            n => format!("{n} days"),
        };
        Rich::of(text, if days < 3 { Role::Warning } else { Role::Text })
    };
    let volumes = held.kept.volumes.iter().map(|v| v.size).sum::<Option<u64>>();
    let size = volumes.map(|v| v + held.kept.files.iter().map(|f| f.size).sum::<u64>());
    let disks: Vec<String> =
        held.kept.volumes.iter().map(|v| clean(&v.source.describe()).into_owned()).collect();
    Row::new(vec![
        Rich::of(clean(&held.name).into_owned(), Role::Strong),
        super::audit::time(c, held.deleted),
        Rich::of(clean(&held.by.user).into_owned(), Role::Text),
        left,
        size.map_or_else(
            || Rich::of(c.look.glyphs.dash, Role::Unknown),
            |s| Rich::of(bytes(s as f64), Role::Text),
        ),
        Rich::of(disks.join(" "), Role::Dim),
    ])
}

/// Draws the orphans.
pub(super) fn orphans(c: &mut Canvas<'_>, area: Rect, list: &OrphanList) {
    let rows: Vec<Row<'_>> = list.fetch.ready().into_iter().flatten().map(of_orphan).collect();
    let columns = [
        ColumnSpec::left("VOLUME", Width::Flex { min: 24, weight: 3, max: 60 }, 100),
        ColumnSpec::right("SIZE", Width::Fixed(9), 80),
        ColumnSpec::right("OCCUPIES", Width::Fixed(9), 90),
        ColumnSpec::left("FORMAT", Width::Fixed(8), 60),
        ColumnSpec::left("LIES BELOW", Width::Flex { min: 12, weight: 2, max: u16::MAX }, 50),
    ];
    let empty = ["Every volume of the started pools is used by a VM.", "Stopped pools are not looked at."];
    let total: u64 = list.fetch.ready().into_iter().flatten().map(|o| o.volume.allocation).sum();
    let foot = format!(
        "They occupy {} together. VMs of other hosts and what reads files directly are not known here.",
        bytes(total as f64)
    );
    let table = Listed {
        title: "Volumes that no VM uses",
        index: list.cursor.index(),
        failed: list.fetch.got.as_ref().and_then(|got| got.as_ref().err()),
        reading: list.fetch.got.is_none(),
        foot: &foot,
    };
    draw(c, area, &table, &columns, &rows, &empty);
}

fn of_orphan(orphan: &Orphan) -> Row<'static> {
    let v = &orphan.volume;
    Row::new(vec![
        Rich::of(clean(&format!("{}/{}", orphan.pool, v.name)).into_owned(), Role::Strong),
        Rich::of(bytes(v.capacity as f64), Role::Text),
        Rich::of(bytes(v.allocation as f64), Role::Text),
        Rich::of(clean(v.format.as_deref().unwrap_or("")).into_owned(), Role::Dim),
        Rich::of(clean(&orphan.below.join(", ")).into_owned(), Role::Dim),
    ])
}

/// Draws the templates.
pub(super) fn templates(c: &mut Canvas<'_>, area: Rect, list: &TemplateList) {
    let rows: Vec<Row<'_>> = list.fetch.ready().into_iter().flatten().map(of_template).collect();
    let columns = [
        ColumnSpec::left("NAME", Width::Flex { min: 16, weight: 2, max: 40 }, 100),
        ColumnSpec::right("VERSION", Width::Fixed(7), 95),
        ColumnSpec::left("POOL", Width::Flex { min: 8, weight: 1, max: 20 }, 70),
        ColumnSpec::right("SIZE", Width::Fixed(9), 90),
        ColumnSpec::right("DISKS", Width::Fixed(5), 60),
        ColumnSpec::left("LIES ON IT", Width::Flex { min: 12, weight: 2, max: u16::MAX }, 50),
    ];
    let empty = [
        "There is no template.",
        "T on a VM makes one of it: its definition and its disks. n makes VMs of it then.",
    ];
    let table = Listed {
        title: "Templates",
        index: list.cursor.index(),
        failed: list.fetch.got.as_ref().and_then(|got| got.as_ref().err()),
        reading: list.fetch.got.is_none(),
        foot: "A version on which disks of VMs lie stays until they are gone.",
    };
    draw(c, area, &table, &columns, &rows, &empty);
}

fn of_template(version: &TemplateVersion) -> Row<'static> {
    Row::new(vec![
        Rich::of(clean(&version.name).into_owned(), Role::Strong),
        Rich::of(version.version.to_string(), Role::Text),
        Rich::of(clean(&version.pool).into_owned(), Role::Text),
        Rich::of(bytes(version.size as f64), Role::Text),
        Rich::of(version.disks.len().to_string(), Role::Text),
        Rich::of(clean(&version.children.join(", ")).into_owned(), Role::Dim),
    ])
}

struct Listed<'l> {
    title: &'static str,
    index: usize,
    failed: Option<&'l String>,
    reading: bool,
    foot: &'l str,
}

fn draw(
    c: &mut Canvas<'_>,
    area: Rect,
    list: &Listed<'_>,
    columns: &[ColumnSpec<'_>],
    rows: &[Row<'_>],
    empty: &[&str],
) {
    let area = Rect { height: area.height.saturating_sub(2), ..area };
    let room = if area.width > 84 { area.width - 4 } else { area.width };
    let wanted = (rows.len() as u16).saturating_add(7).clamp(12, area.height.max(12));
    let position = if rows.is_empty() { String::new() } else { format!("{}/{}", list.index + 1, rows.len()) };
    let title = Rich::of(list.title, Role::Title).and(format!(" {}", rows.len()), Role::Dim);
    let frame = Frame::new(title).position(Rich::of(position, Role::Dim));
    let inner = open_box(c, area, room.min(MOST), wanted, frame);
    if list.reading {
        return c.empty(inner, &["Reading …"]);
    }
    if let Some(why) = list.failed {
        let why = clean(why).into_owned();
        return c.empty(
            inner,
            &["This could not be read.", &why, "Close it and open it again to try once more."],
        );
    }
    if rows.is_empty() {
        return c.empty(inner, empty);
    }
    let foot = wrap(&Rich::of(list.foot, Role::Dim), usize::from(inner.width));
    let body = Rect { height: inner.height.saturating_sub(1 + foot.len() as u16), ..inner };
    let height = visible_rows(body.height, true);
    let index = list.index.min(rows.len() - 1);
    let first = scroll_to_show(index, height, index.saturating_sub(height / 2), rows.len());
    let shown = &rows[first..(first + height).min(rows.len())];
    let spec = TableSpec {
        cursor: Some(index - first),
        focused: true,
        gutter: true,
        ..TableSpec::new(columns, shown)
    };
    let areas = table(c.buf, body, c.look, &spec);
    for (i, place) in areas.rows.iter().enumerate() {
        c.view.hits.push(*place, Target::Entry(first + i));
    }
    c.view.drawn.page = height;
    for (y, line) in (inner.height.saturating_sub(foot.len() as u16)..inner.height).zip(&foot) {
        c.line(cellwise::row(inner, y), line);
    }
}
