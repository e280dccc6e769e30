//! Header, footer, and what lies over the last row: filter line, toast, keys begun.

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::Canvas;
use crate::console::app::action::ActionId;
use crate::console::app::fresh::{Freshness, freshness, is_stale};
use crate::console::app::msg::{Target, Tone};
use crate::console::app::ops::OpsOverlay;
use crate::console::app::overlay::Overlay;
use crate::console::app::place::{Scope, Screen};
use crate::console::keymap::Resolution;
use crate::console::theme::Role;
use crate::console::widgets::{
    Hint, Rich, Scale, Segment, Side, draw, footer as draw_footer, header as draw_header, sparkline,
};
use crate::model::alert::Severity;
use crate::model::metric::MetricId;
use crate::model::snapshot::Source;
use crate::model::text::{clean, truncate};
use crate::model::units::percent;

/// The line at the top: who, how many, how hard, what is wrong, how fresh.
pub(super) fn header(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let view = app.view();
    let host = view.host.node.as_ref().map_or("", |n| n.hostname.as_str());
    let host = truncate(&clean(host), 24).into_owned();
    // A socket's path behind the question mark would push everything else out.
    let uri = view.uri.split('?').next().unwrap_or_default();
    let uri = truncate(&clean(uri), 40).into_owned();
    let beside = if host.is_empty() { String::new() } else { format!(" · {uri}") };
    let mut segments = Vec::new();
    let name = if host.is_empty() { uri } else { host };
    // Who it is matters most when it cannot be reached.
    let importance = if view.link.is_up() { 60 } else { 94 };
    segments.push(
        Segment::new(
            Rich::of("NovaCron ", Role::HeaderApp).and(name.clone(), Role::Strong).and(beside, Role::Dim),
            importance,
        )
        .short(Rich::of(name, Role::Strong)),
    );
    if app.past_step_ms().is_some() {
        let at = app.local(view.at);
        segments.push(
            Segment::new(Rich::of(format!(" PAST {} ", at.full()), Role::Past), 97)
                .short(Rich::of(format!(" PAST {} {} ", at.day_text(), at.clock()), Role::Past)),
        );
    }
    if view.demo {
        segments.push(Segment::new(Rich::of("DEMO", Role::Demo), 95));
    }
    if view.limits.read_only {
        segments.push(
            Segment::new(Rich::of("READ-ONLY", Role::ReadOnly), 90).short(Rich::of("RO", Role::ReadOnly)),
        );
    }
    if let Source::Collector { .. } = view.source {
        segments.push(Segment::new(Rich::of("by collector", Role::Dim), 30));
    }
    if app.zoomed {
        segments.push(Segment::new(Rich::of("ZOOM", Role::Info), 50));
    }
    segments.push(counts(c));
    segments.push(usage(c, "CPU", MetricId::HostCpu, 85));
    segments.push(usage(c, "MEM", MetricId::HostMemoryShare, 84));
    if let Some(pools) = pools_used(c) {
        segments.push(Segment::new(pools, 40));
    }
    let mut screens = Vec::new();
    if let Some(jobs) = jobs(c) {
        screens.push((segments.len(), Screen::Jobs));
        segments.push(jobs);
    }
    screens.push((segments.len(), Screen::Alerts));
    segments.push(alerts(c));
    segments.push(fresh(c));
    let at = draw_header(c.buf, area, c.look, &segments);
    for (i, screen) in screens {
        if let Some(Some(area)) = at.get(i) {
            c.view.hits.push(*area, Target::Screen(screen));
        }
    }
}

fn counts(c: &Canvas<'_>) -> Segment<'static> {
    let view = c.app.view();
    if !view.listed {
        return Segment::new(Rich::of("VMs –", Role::Unknown), 80);
    }
    let n = view.counts();
    let stale = is_stale(c.app);
    let mut full = Rich::of(n.running.to_string(), Role::Strong).and(" running", Role::Text);
    let mut short = Rich::of(n.running.to_string(), Role::Strong).and(" run", Role::Text);
    // Nothing of the past is on its way; there it is what nobody recorded.
    let other = if c.app.past_step_ms().is_some() {
        (n.other, "unknown", "unkn", Role::StateUnknown)
    } else {
        (n.other, "changing", "chg", Role::StateChanging)
    };
    for (count, word, abbreviated, role) in [
        (n.paused, "paused", "paus", Role::StatePaused),
        (n.crashed, "crashed", "crash", Role::StateCrashed),
        other,
        (n.off, "off", "off", Role::Text),
    ] {
        if count > 0 {
            full.push(format!("  {count} {word}"), role);
            short.push(format!(" {count} {abbreviated}"), role);
        }
    }
    if stale {
        (full, short) = (full.all(Role::Stale), short.all(Role::Stale));
    }
    Segment::new(full, 80).short(short)
}

fn usage(c: &Canvas<'_>, label: &'static str, metric: MetricId, priority: u8) -> Segment<'static> {
    let host = &c.app.view().host;
    let label = || Rich::of(format!("{label} "), Role::Label);
    let Some(value) = host.now.get(metric) else {
        return Segment::new(label().and(c.look.glyphs.dash, Role::Unknown), priority);
    };
    let role = match value {
        _ if is_stale(c.app) => Role::Stale,
        v if v >= 95.0 => Role::Critical,
        v if v >= 85.0 => Role::Warning,
        _ => Role::Strong,
    };
    // A fixed width, so that what follows does not wander.
    let number =
        || Rich::of(format!("{:>3} %", percent(value.round()).split('.').next().unwrap_or("")), role);
    let recent = host.track.recent(metric, 8);
    let spark = sparkline(&recent, 8, Scale::Fixed(100.0), c.look.glyphs, Role::Spark);
    Segment::new(label().join(spark).and(" ", Role::Text).join(number()), priority)
        .short(label().join(number()))
}

fn pools_used(c: &Canvas<'_>) -> Option<Rich<'static>> {
    let pools = c.app.view().pools.as_ref()?;
    let sum = |f: fn(&crate::model::storage::PoolRecord) -> Option<u64>| -> u64 {
        pools.iter().filter_map(|p| p.record.capacity.and(f(&p.record))).sum()
    };
    let capacity = sum(|r| r.capacity);
    (capacity > 0).then(|| {
        let share = sum(|r| r.allocation) as f64 * 100.0 / capacity as f64;
        Rich::of("POOLS ", Role::Label).and(format!("{share:.0} %"), Role::Strong)
    })
}

/// How many jobs are open; nothing where none is.
fn jobs(c: &Canvas<'_>) -> Option<Segment<'static>> {
    let open = c.app.ops.as_ref().map(|ops| ops.active().count()).filter(|n| *n > 0)?;
    let words = if open == 1 { "1 job".to_owned() } else { format!("{open} jobs") };
    Some(Segment::new(Rich::of(format!("{} {words}", c.look.glyphs.busy), Role::StateChanging), 91))
}

fn alerts(c: &Canvas<'_>) -> Segment<'static> {
    if c.app.past_step_ms().is_some() {
        return Segment::new(Rich::new(), 1);
    }
    let alerts = &c.app.view().alerts;
    let worst = alerts.iter().map(|a| a.severity).max();
    let rich = match (alerts.len(), worst) {
        (0, _) => Rich::of("no alerts", Role::Dim),
        (1, Some(worst)) => Rich::of("1 alert", worst.max(Severity::Info).into()),
        (n, worst) => Rich::of(format!("{n} alerts"), worst.unwrap_or(Severity::Info).into()),
    };
    Segment::new(rich, 92)
}

fn fresh(c: &Canvas<'_>) -> Segment<'static> {
    let (state, text) = freshness(c.app);
    let g = c.look.glyphs;
    let (glyph, role) = match state {
        Freshness::Live => (if g.ascii { "*" } else { g.running }, Role::Live),
        Freshness::Old => (g.unknown, Role::Warning),
        Freshness::Frozen | Freshness::Past => (g.paused, Role::Past),
        Freshness::Lost => (g.crashed, Role::Critical),
    };
    let clock = c.app.clock(c.app.now);
    let full = Rich::of(format!("{glyph} {text}"), role).and(format!(" {clock}"), Role::Text);
    let short = match state {
        Freshness::Live => Rich::of(glyph, role).and(format!(" {clock}"), Role::Text),
        _ => full.clone(),
    };
    Segment::new(full, 100).short(short).side(Side::Right)
}

/// The keys that work now.
pub(super) fn footer(c: &mut Canvas<'_>, area: Rect) {
    let hints = c.app.footer();
    let at_right = |id: &ActionId| matches!(id, ActionId::Help | ActionId::Quit);
    let (right, left): (Vec<_>, Vec<_>) = hints.into_iter().partition(|(_, _, id)| at_right(id));
    let hint = |h: &(String, &'static str, ActionId)| Hint::new(h.0.clone(), h.1);
    let screens = c.app.overlays.is_empty().then(|| Hint::new(screen_keys(c), "screens"));
    let left_hints: Vec<_> = left.iter().map(hint).collect();
    let right_hints: Vec<_> = screens.iter().cloned().chain(right.iter().map(hint)).collect();
    let at = draw_footer(c.buf, area, c.look, &left_hints, &right_hints);
    let ids =
        left.iter().map(|h| Some(h.2)).chain(screens.map(|_| None)).chain(right.iter().map(|h| Some(h.2)));
    for (area, id) in at.into_iter().zip(ids) {
        if let (Some(area), Some(id)) = (area, id) {
            c.view.hits.push(area, Target::Action(id));
        }
    }
}

/// The keys of the screens there are, runs joined: `1-3 5 6 8`.
fn screen_keys(c: &Canvas<'_>) -> String {
    let keys: Vec<char> = c.app.screens().map(Screen::key).collect();
    let mut out = String::new();
    let mut i = 0;
    while i < keys.len() {
        let run = (i..keys.len()).take_while(|j| keys[*j] as usize == keys[i] as usize + j - i).count();
        let text = if run > 2 { format!("{}-{}", keys[i], keys[i + run - 1]) } else { keys[i].to_string() };
        i += if run > 2 { run } else { 1 };
        out.push_str(if out.is_empty() { "" } else { " " });
        out.push_str(&text);
    }
    out
}

/// What lies over the last row of the body, if anything.
pub(super) fn last_row(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    if let Some(
        Overlay::Filter(_)
        | Overlay::Time(_)
        | Overlay::AuditFilter(_)
        | Overlay::Ops(OpsOverlay::Planning { .. }),
    ) = app.overlays.last()
    {
        return;
    }
    let rich = if let Resolution::Pending(next) = pending(c) {
        let mut rich =
            Rich::of(format!(" {} … ", crate::console::keymap::show_sequence(&app.pending)), Role::FooterKey);
        for (key, action) in next.into_iter().take(8) {
            rich = rich
                .and(format!(" {key}"), Role::FooterKey)
                .and(format!(" {} ", action.spec().title), Role::FooterText);
        }
        rich
    } else if let Some(toast) = &app.toast {
        let (glyph, role) = match toast.notice.tone {
            Tone::Good => (c.look.glyphs.running, Role::Ok),
            Tone::Info => (c.look.glyphs.right, Role::Info),
            Tone::Bad => (c.look.glyphs.crashed, Role::Critical),
        };
        let text: Cow<'_, str> = clean(&toast.notice.text);
        Rich::of(format!(" {glyph} "), role).and(text.into_owned(), Role::Text).and(" ", Role::Text)
    } else {
        return;
    };
    draw::clear(c.buf, area, c.look.style(Role::Text));
    c.line(area, &rich);
}

fn pending(c: &Canvas<'_>) -> Resolution {
    let scope: Scope = c.app.scope();
    if c.app.pending.is_empty() { Resolution::None } else { c.app.keymap.resolve(scope, &c.app.pending) }
}
