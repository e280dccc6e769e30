//! Texts in full over a screen: an audit record, a revision of a definition, a network and who is on it.

use ratatui::layout::Rect;

use super::plan::{diff_lines, hanging};
use super::{Canvas, audit, jobs};
use crate::console::app::msg::Target;
use crate::console::app::ops::sheets::{Record, Sheet, SheetOf};
use crate::console::theme::Role;
use crate::console::widgets::{Dialog, Rich};
use crate::engine::jobs::NetworkSeen;
use crate::model::audit::AuditRecord;
use crate::model::job::Actor;
use crate::model::text::{clean, clean_lines};

/// Columns at most.
const MOST: u16 = 110;

/// Draws the sheet.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, sheet: &Sheet) {
    let room = if area.width > 84 { area.width - 4 } else { area.width };
    let columns = usize::from(room.min(MOST).saturating_sub(4));
    let (title, lines) = match &sheet.of {
        SheetOf::Record(number, fetch) => {
            let title = format!("Audit record {number}");
            (title, fetched(fetch.got.as_ref(), |record| of_record(c, record, columns)))
        }
        SheetOf::Revision { title, text, .. } => (title.clone(), of_revision(text, columns)),
        SheetOf::Network(name, fetch) => {
            let title = format!("Network {}", clean(name));
            (title, fetched(fetch.got.as_ref(), |seen| of_network(c, seen, columns)))
        }
    };
    let mut shown = Dialog::new(Rich::of(title, Role::Title), lines);
    shown.min_width = columns as u16;
    shown.scroll = sheet.scroll;
    let areas = shown.draw(c.buf, area, c.look);
    c.view.hits.push(areas.whole, Target::Overlay);
    c.scrolled(areas.visible, areas.lines);
}

fn fetched<T>(
    got: Option<&Result<T, String>>,
    lines: impl FnOnce(&T) -> Vec<Rich<'static>>,
) -> Vec<Rich<'static>> {
    match got {
        None => vec![Rich::of("Reading …", Role::Dim)],
        Some(Err(why)) => vec![Rich::of(clean(why).into_owned(), Role::Critical)],
        Some(Ok(it)) => lines(it),
    }
}

fn text(t: &str) -> Rich<'static> {
    Rich::of(clean(t).into_owned(), Role::Text)
}

fn of_record(c: &Canvas<'_>, seen: &Record, columns: usize) -> Vec<Rich<'static>> {
    let Some(record) = &seen.record else {
        let said = Rich::of("A newer NovaCron wrote it. As it is stored:", Role::Warning);
        return vec![said, Rich::new(), text(&seen.link.text)];
    };
    let mut lines = vec![
        jobs::state(record.result, c.look.glyphs)
            .and(format!(" after {}", audit::took(record.duration_ms)), Role::Text),
    ];
    if !record.outcome.is_empty() {
        let outcome = Rich::of(clean(&record.outcome).into_owned(), Role::Strong);
        lines.extend(hanging(Rich::new(), &outcome, columns));
    }
    lines.push(Rich::new());
    for line in record.plan.lines() {
        lines.extend(hanging(Rich::of("  ", Role::Text), &text(line), columns));
    }
    lines.push(Rich::new());
    for (label, line) in facts(c, seen, record) {
        lines.extend(hanging(Rich::of(format!("{label:<14}"), Role::Label), &line, columns));
    }
    if !seen.diff.is_empty() {
        lines.push(Rich::new());
        lines.extend(diff_lines(&seen.diff, columns));
    }
    lines
}

fn facts(c: &Canvas<'_>, seen: &Record, record: &AuditRecord) -> Vec<(&'static str, Rich<'static>)> {
    let who = |by: &Actor| {
        let origin = if by.origin.is_empty() { String::new() } else { format!(" at {}", by.origin) };
        text(&format!("{}{origin}, {}, process {}", by.user, by.via.word(), by.pid))
    };
    let target =
        format!("{} {} ({})", record.target.kind.word(), record.target.display_name(), record.target.id);
    let mut facts = vec![
        ("Operation", text(record.operation.word())),
        ("Target", text(&target)),
        ("By", who(&record.by)),
        ("Ended", text(&c.app.local(record.at).full())),
        ("Host", text(&record.host)),
    ];
    // Where NovaCron was killed on the way, and another one looked after it.
    facts.extend(record.ended_by.as_ref().map(|other| ("Ended by", who(other))));
    facts.extend(record.job.map(|job| ("Job", text(&job.to_string()))));
    facts.push(("Hash", Rich::of(seen.link.hash.clone(), Role::Dim)));
    facts
}

fn of_revision(diff: &str, columns: usize) -> Vec<Rich<'static>> {
    let mut lines = if diff.starts_with(['-', '@', '+']) {
        diff_lines(diff, columns)
    } else {
        clean_lines(diff).lines().map(|line| Rich::of(line.to_owned(), Role::Text)).collect()
    };
    if lines.is_empty() {
        lines.push(Rich::of("It is the same as the one before.", Role::Dim));
    }
    lines
}

fn of_network(c: &Canvas<'_>, seen: &NetworkSeen, columns: usize) -> Vec<Rich<'static>> {
    let n = &seen.network;
    let of = &n.definition;
    let g = c.look.glyphs;
    let yes = |so: Option<bool>| so.map_or("unknown", |so| if so { "yes" } else { "no" });
    let vlans: Vec<String> = of.vlans.iter().map(ToString::to_string).collect();
    let facts = [
        ("State", if n.active { "started" } else { "stopped" }.to_owned()),
        ("Autostart", yes(n.autostart).to_owned()),
        ("Reaches out", of.forward.word().to_owned()),
        ("By device", of.forward_device.clone().unwrap_or_default()),
        ("Bridge", of.bridge.clone().unwrap_or_default()),
        ("Addresses", of.addresses.join(", ")),
        ("DHCP", yes(Some(of.dhcp)).to_owned()),
        ("Domain", of.domain.clone().unwrap_or_default()),
        ("VLANs", vlans.join(", ")),
    ];
    let mut lines: Vec<Rich<'static>> = Vec::new();
    for (label, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        lines.extend(hanging(Rich::of(format!("{label:<14}"), Role::Label), &text(value), columns));
    }
    lines.push(Rich::new());
    lines.push(Rich::of("Who is on it", Role::Strong));
    // What runs is as it runs; its definition is mostly the same.
    let runs = |vm: &str, mac: &str| seen.users.iter().any(|l| l.live && l.vm == vm && l.mac == mac);
    let mut users: Vec<_> = seen.users.iter().filter(|u| u.live || !runs(&u.vm, &u.mac)).collect();
    users.sort_by(|a, b| (!a.live, &a.vm, &a.mac).cmp(&(!b.live, &b.vm, &b.mac)));
    for user in users {
        let (sign, role) = if user.live { (g.running, Role::StateRunning) } else { (g.off, Role::StateOff) };
        let device = user.device.as_deref().unwrap_or(if user.live { "" } else { "as defined" });
        lines.push(
            Rich::of(format!("  {sign} "), role)
                .and(format!("{:<24}", clean(&user.vm)), Role::Text)
                .and(format!("{:<19}{}", clean(&user.mac), clean(device)), Role::Dim),
        );
    }
    if seen.users.is_empty() {
        lines.push(Rich::of("  nobody", Role::Dim));
    }
    lines.push(Rich::new());
    lines.push(Rich::of("Addresses that DHCP gave or keeps", Role::Strong));
    let before = lines.len();
    let whose = |mac: Option<&str>| {
        seen.users.iter().find(|u| mac == Some(u.mac.as_str())).map_or("", |u| u.vm.as_str()).to_owned()
    };
    for lease in &seen.leases {
        let kept = seen.reservations.iter().any(|r| r.address == Some(lease.address) && r.mac == lease.mac);
        let state = if kept { "leased, reserved" } else { "leased" };
        let (mac, host) = (lease.mac.as_deref(), lease.hostname.as_deref());
        lines.push(address(&lease.address.to_string(), mac, host, &whose(mac), state));
    }
    for r in &seen.reservations {
        let leased = seen.leases.iter().any(|l| Some(l.address) == r.address && l.mac == r.mac);
        if !leased {
            let at = r.address.map_or_else(String::new, |a| a.to_string());
            let mac = r.mac.as_deref();
            lines.push(address(&at, mac, r.hostname.as_deref(), &whose(mac), "reserved"));
        }
    }
    if lines.len() == before {
        lines.push(Rich::of("  none", Role::Dim));
    }
    lines
}

fn address(at: &str, mac: Option<&str>, host: Option<&str>, vm: &str, state: &str) -> Rich<'static> {
    let whose = if vm.is_empty() { host.unwrap_or_default() } else { vm };
    Rich::of(format!("  {:<18}", clean(at)), Role::Text)
        .and(format!("{:<24}", clean(whose)), Role::Text)
        .and(format!("{:<19}{state}", clean(mac.unwrap_or_default())), Role::Dim)
}
