//! What needs attention, worst first.

use ratatui::layout::{Constraint, Layout, Rect};

use super::Canvas;
use crate::console::app::msg::Target;
use crate::console::app::place::{Pane, Screen};
use crate::console::theme::Role;
use crate::console::widgets::{
    ColumnSpec, Pane as Frame, Rich, Row, TableSpec, Width, draw as cellwise, paragraph, table, visible_rows,
};
use crate::model::alert::{Alert, Severity};
use crate::model::text::clean;
use crate::model::time::human_age;

/// Draws the pane or the screen.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let alerts = &app.view().alerts;
    let focused = c.has_focus(Pane::Alerts);
    let title = Rich::of("Alerts", Role::Title);
    let notes =
        if alerts.is_empty() { Rich::new() } else { Rich::of(format!("{} open", alerts.len()), Role::Dim) };
    let pane = Frame::new(title).notes(notes).focused(focused);
    let inner = pane.draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Alerts));
    if alerts.is_empty() {
        let calm = if app.past_step_ms().is_some() {
            "History keeps no alerts. Esc returns to now."
        } else if app.view().listed {
            "Nothing needs attention."
        } else {
            "Nothing is known yet."
        };
        return c.line(inner, &Rich::of(calm, Role::Dim));
    }
    let large = app.screen == Screen::Alerts || app.zoomed;
    let [inner, below] = Layout::vertical([
        Constraint::Min(2),
        Constraint::Length(if large { (inner.height / 3).min(8) } else { 0 }),
    ])
    .areas(inner);
    if large {
        detail(c, below);
    }
    let height = visible_rows(inner.height, large);
    let first = c.offset(Pane::Alerts, app.alerts.index(), height, alerts.len());
    let shown = &alerts[first..(first + height).min(alerts.len())];
    let wide = inner.width >= 100;
    let roomy = inner.width >= 60;
    let name = if roomy {
        Width::Flex { min: 10, weight: 1, max: 22 }
    } else {
        Width::Flex { min: 7, weight: 1, max: 9 }
    };
    let mut columns = vec![
        ColumnSpec::left("", Width::Fixed(4), 100),
        ColumnSpec::left("SINCE", Width::Fixed(5), 40),
        ColumnSpec::left("WHAT", name, 90),
        ColumnSpec::left("", Width::Flex { min: 16, weight: 6, max: u16::MAX }, 95),
    ];
    if !roomy {
        columns.remove(1);
    }
    if wide {
        columns.push(ColumnSpec::left("WHAT TO DO", Width::Flex { min: 20, weight: 4, max: 60 }, 20));
    }
    let rows: Vec<Row<'_>> = shown.iter().map(|a| row(c, a, roomy, wide)).collect();
    let spec = TableSpec {
        cursor: Some(app.alerts.index().saturating_sub(first)).filter(|_| focused),
        focused,
        header: large,
        gutter: large,
        ..TableSpec::new(&columns, &rows)
    };
    let areas = table(c.buf, inner, c.look, &spec);
    for (i, area) in areas.rows.iter().enumerate() {
        c.view.hits.push(*area, Target::Row(Pane::Alerts, first + i));
    }
    if focused {
        c.view.drawn.page = height;
    }
}

/// The selected alert in full: nothing of it is cut.
fn detail(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let Some(alert) = app.view().alerts.get(app.alerts.index()) else { return };
    let since = format!("since {} ({})", app.clock(alert.since), human_age(alert.since.age(app.time())));
    let text = [
        Rich::of(format!("{} ", alert.severity.word()), alert.severity.into())
            .and(clean(&alert.name).into_owned(), Role::Strong)
            .and(format!("  {since}"), Role::Dim),
        Rich::of(clean(&alert.message).into_owned(), Role::Text),
        Rich::of(clean(&alert.remedy).into_owned(), Role::Accent),
    ];
    let area = cellwise::inset(cellwise::below(area, 1), 2, 0);
    paragraph(c.buf, area, c.look, &text, 0);
}

fn row(c: &Canvas<'_>, alert: &Alert, roomy: bool, wide: bool) -> Row<'static> {
    let severity = alert.severity;
    let message_role = if severity == Severity::Critical { Role::Strong } else { Role::Text };
    let since = alert.since.age(c.app.time());
    // A clock time says when; once a day old, an age says more.
    let when = if since.as_secs() < 86_400 { c.app.clock(alert.since) } else { human_age(since) };
    let mut cells = vec![
        Rich::of(severity.word(), severity.into()),
        Rich::of(when, Role::Dim),
        Rich::of(clean(&alert.name).into_owned(), Role::Strong),
        Rich::of(clean(&alert.message).into_owned(), message_role),
    ];
    if !roomy {
        cells.remove(1);
    }
    if wide {
        cells.push(Rich::of(clean(&alert.remedy).into_owned(), Role::Dim));
    }
    Row::new(cells)
}
