//! Pools with their use, and the volumes of the selected one.

use ratatui::layout::{Constraint, Layout, Rect};

use super::{Canvas, cells, timechart};
use crate::console::app::fresh::is_stale;
use crate::console::app::msg::Target;
use crate::console::app::place::{Pane, Screen};
use crate::console::theme::Role;
use crate::console::widgets::{
    Bar, ColumnSpec, Pane as Frame, Rich, Row, TableSpec, Width, table, visible_rows,
};
use crate::model::columns::{Column, Context, POOL_COLUMNS, VOLUME_COLUMNS, VolumeRow, volume_rows};
use crate::model::storage::{Pool, PoolState, PoolTrouble};
use crate::model::text::clean;
use crate::model::time::human_age;
use crate::model::units::bytes_of;

/// From so many rows below the pools on, volumes and charts both have a place.
const ROOMY: u16 = 20;

/// From so many columns on, they stand beside each other.
const WIDE: u16 = 150;

/// The storage screen: pools above, volumes and charts of the selected pool below.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let pools_there = c.app.view().pools.as_ref().map_or(0, |p| p.len()) as u16;
    let height = (pools_there + 3).clamp(5, area.height * 2 / 5);
    let [upper, lower] = Layout::vertical([Constraint::Length(height), Constraint::Min(6)]).areas(area);
    pools(c, upper);
    let charting = c.app.pane() == Pane::PoolCharts;
    if lower.height >= ROOMY {
        let [left, right] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(lower);
        if lower.width >= WIDE {
            volumes(c, left);
            return timechart::pane(c, Pane::PoolCharts, right);
        }
        let [above, below] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(lower);
        volumes(c, above);
        return timechart::pane(c, Pane::PoolCharts, below);
    }
    if charting { timechart::pane(c, Pane::PoolCharts, lower) } else { volumes(c, lower) }
}

/// The pools: a line each in Overview, a table on the screen.
pub(super) fn pools(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let focused = c.has_focus(Pane::Storage);
    let count = app.view().pools.as_ref().map_or(String::new(), |p| format!(" {}", p.len()));
    let title = Rich::of("Storage", Role::Title).and(count, Role::Dim);
    let inner = Frame::new(title).focused(focused).draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Storage));
    let Some(pools) = app.view().pools.clone() else {
        let why = if app.view().link.is_up() { "Reading the pools …" } else { "Not known: not connected." };
        return c.line(inner, &Rich::of(why, Role::Dim));
    };
    if pools.is_empty() {
        return c.empty(
            inner,
            &[
                "No storage pools are defined.",
                "n defines one: a folder, a file system, NFS, LVM, ZFS or Ceph.",
            ],
        );
    }
    let table_form = app.screen == Screen::Storage || app.zoomed;
    let height = visible_rows(inner.height, table_form);
    let index = app.storage.pool.index();
    let first = c.offset(Pane::Storage, index, height, pools.len());
    let shown = &pools[first..(first + height).min(pools.len())];
    let (columns, rows): (Vec<_>, Vec<_>) = if table_form {
        let context = Context::new(app.view(), app.time());
        let mut columns: Vec<ColumnSpec<'_>> = POOL_COLUMNS.iter().map(|c| cells::spec(c, None)).collect();
        columns.insert(1, ColumnSpec::left("", Width::Flex { min: 10, weight: 1, max: 20 }, 150));
        columns.push(ColumnSpec::left("", Width::Flex { min: 0, weight: 3, max: 60 }, 90));
        (columns, shown.iter().map(|p| pool_cells(c, p, &context)).collect())
    } else {
        (short_columns(), shown.iter().map(|p| short_row(c, p, inner.width)).collect())
    };
    let spec = TableSpec {
        cursor: Some(index.saturating_sub(first)).filter(|_| focused || table_form),
        focused,
        header: table_form,
        gutter: table_form,
        ..TableSpec::new(&columns, &rows)
    };
    let areas = table(c.buf, inner, c.look, &spec);
    for (i, area) in areas.rows.iter().enumerate() {
        c.view.hits.push(*area, Target::Row(Pane::Storage, first + i));
    }
    if focused {
        c.view.drawn.page = height;
    }
}

fn name(c: &Canvas<'_>, pool: &Pool) -> Rich<'static> {
    let (glyph, role) = cells::pool_state(pool.record.state, c.look);
    let name_role = if pool.record.state == PoolState::Inactive { Role::Dim } else { Role::Text };
    Rich::of(format!("{glyph} "), role).and(pool.display_name().into_owned(), name_role)
}

fn bar(c: &Canvas<'_>, pool: &Pool, width: usize) -> Rich<'static> {
    match pool.used_share() {
        Some(share) if pool.record.state != PoolState::Inactive => {
            Bar::new(Some(share * 100.0)).show(width, c.look.glyphs)
        }
        _ => Rich::new(),
    }
}

/// A percentage that is well is quiet.
fn share_role(percent: f64) -> Role {
    match Bar::new(Some(percent)).role() {
        Role::BarMid => Role::Warning,
        Role::BarHigh => Role::Critical,
        _ => Role::Text,
    }
}

/// What is wrong with the pool, in words; else nothing.
fn trouble(c: &Canvas<'_>, pool: &Pool) -> Rich<'static> {
    match (&pool.trouble, pool.record.state) {
        (Some(PoolTrouble::NoAnswer { since }), _) => {
            Rich::of(format!("no answer for {}", human_age(since.age(c.app.time()))), Role::Warning)
        }
        (Some(PoolTrouble::Failed { message }), _) => Rich::of(clean(message).into_owned(), Role::Warning),
        (None, PoolState::Degraded | PoolState::Inaccessible) => {
            Rich::of(pool.record.state.word(), Role::Critical)
        }
        (None, PoolState::Inactive) => Rich::of("inactive", Role::Dim),
        (None, _) if c.app.storage.refreshing.contains(&*pool.display_name()) => {
            Rich::of("refreshing …", Role::Accent)
        }
        (None, _) => Rich::new(),
    }
}

fn short_columns() -> Vec<ColumnSpec<'static>> {
    let name = Width::Flex { min: 9, weight: 1, max: 18 };
    vec![
        ColumnSpec::left("", name, 100),
        ColumnSpec::left("", Width::Flex { min: 22, weight: 3, max: u16::MAX }, 90),
    ]
}

/// Bar, used of size, percent; or what is wrong.
fn short_row(c: &Canvas<'_>, pool: &Pool, width: u16) -> Row<'static> {
    let trouble = trouble(c, pool);
    let share = pool.used_share().filter(|_| pool.record.state != PoolState::Inactive);
    let (Some(share), Some(total)) = (share, pool.record.capacity) else {
        return Row::new(vec![name(c, pool), trouble]);
    };
    let sizes = bytes_of(pool.record.allocation.map(|a| a as f64), total as f64);
    let bar_width = if width < 40 { 6 } else { 12 };
    let rest = bar(c, pool, bar_width)
        .and(format!(" {sizes:>9}"), if is_stale(c.app) { Role::Stale } else { Role::Text })
        .and(format!(" {:>3.0} %", share * 100.0), share_role(share * 100.0))
        .and(if trouble.is_empty() { "" } else { "  " }, Role::Text)
        .join(trouble);
    Row::new(vec![name(c, pool), rest])
}

fn pool_cells(c: &Canvas<'_>, pool: &Pool, context: &Context<'_>) -> Row<'static> {
    let stale = is_stale(c.app) || pool.trouble.is_some();
    let mut row: Vec<Rich<'static>> = POOL_COLUMNS
        .iter()
        .map(|column| match column.id {
            "name" => name(c, pool),
            _ => cells::value(&column.value(pool, context), column.metric(), stale, c.look),
        })
        .collect();
    row.insert(1, bar(c, pool, 20));
    // The state's column says that it is inactive.
    row.push(if pool.record.state == PoolState::Inactive { Rich::new() } else { trouble(c, pool) });
    Row::new(row)
}

/// Columns of a volume beneath its pool: the pool's name would say the same in every row.
fn volume_columns() -> impl Iterator<Item = &'static Column<VolumeRow>> {
    VOLUME_COLUMNS.iter().filter(|c| c.id != "pool")
}

/// The volumes of the selected pool.
pub(super) fn volumes(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let focused = c.has_focus(Pane::Volumes);
    let Some(pool) = app.selected_pool().cloned() else {
        let inner = Frame::new("Volumes").focused(focused).draw(c.buf, area, c.look);
        return c.line(inner, &Rich::of("No pool is selected.", Role::Dim));
    };
    let count = pool.volumes.as_ref().map_or(String::new(), |v| format!(" {}", v.len()));
    let title = Rich::of(format!("Volumes of {}", pool.display_name()), Role::Title).and(count, Role::Dim);
    let inner = Frame::new(title).focused(focused).draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Volumes));
    let rows = volume_rows(std::slice::from_ref(&pool));
    if rows.is_empty() {
        let why = match (&pool.volumes, pool.record.state) {
            (_, PoolState::Inactive) => "The pool is not started: its volumes are unknown.",
            (None, _) if app.past.is_some() => "History keeps no volumes.",
            (None, _) => "Reading the volumes …",
            (Some(_), _) => "The pool has no volumes.",
        };
        return c.line(inner, &Rich::of(why, Role::Dim));
    }
    let context = Context::new(app.view(), app.time());
    let height = visible_rows(inner.height, true);
    let index = app.storage.volume.index();
    let first = c.offset(Pane::Volumes, index, height, rows.len());
    let shown = &rows[first..(first + height).min(rows.len())];
    let columns: Vec<ColumnSpec<'_>> = volume_columns().map(|c| cells::spec(c, None)).collect();
    let cells: Vec<Row<'_>> = shown
        .iter()
        .map(|v| {
            let cell = |col: &'static Column<VolumeRow>| {
                cells::value(&col.value(v, &context), col.metric(), false, c.look)
            };
            Row::new(volume_columns().map(cell).collect())
        })
        .collect();
    let spec =
        TableSpec { cursor: Some(index.saturating_sub(first)), focused, ..TableSpec::new(&columns, &cells) };
    let areas = table(c.buf, inner, c.look, &spec);
    for (i, area) in areas.rows.iter().enumerate() {
        c.view.hits.push(*area, Target::Row(Pane::Volumes, first + i));
    }
    if focused {
        c.view.drawn.page = height;
    }
}
