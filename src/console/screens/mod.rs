//! Screens: functions from `&App` to cells. They compose widgets and keep no state of their own; what a draw
//! finds out (what lies where, scroll offsets) goes into the [`View`] that the loop owns.
//!
//! ```text
//! ┌ header ─────────────────────────────────────┐
//! │ host strip (from 30 rows on)                │
//! │ the screen, or a VM's own screen            │
//! │ filter line or toast, over the last row     │
//! └ footer ─────────────────────────────────────┘
//! ```

mod alerts;
mod asks;
mod audit;
mod cells;
mod charts;
mod chrome;
mod form;
mod host;
mod job;
mod jobs;
mod lists;
mod log;
mod metrics;
mod overlays;
mod overview;
mod plan;
mod plan_bulk;
mod portrait;
mod serial;
mod sheets;
mod storage;
mod strip;
mod timechart;
mod top;
mod topology;
mod vm;
mod vm_devices;
mod vm_history;
mod vm_snapshots;
mod vms;

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use log::LogView;

use super::app::App;
use super::app::msg::{Drawn, Target};
use super::app::place::{Pane, Screen};
use super::theme::{ColorDepth, Look, Role};
use super::widgets::{HitMap, Rich, draw, scroll_to_show, wrap};

/// Least size at which the screens make sense.
const LEAST: (u16, u16) = (80, 24);

/// What the last draw found out; owned by the loop.
#[derive(Debug, Default)]
pub struct View {
    /// What lies where, for the mouse.
    pub hits: HitMap<Target>,
    /// First visible row of each list.
    offsets: BTreeMap<Pane, usize>,
    /// For the state: VMs on screen, rows a page.
    pub drawn: Drawn,
    /// The log pane's state.
    pub log: LogView,
    /// Colours the terminal has, for what a guest draws.
    pub depth: Option<ColorDepth>,
    /// Whether the log was on screen.
    pub shows_log: bool,
}

impl View {
    /// Nothing drawn yet, on a terminal with these colours.
    pub fn with_depth(depth: ColorDepth) -> Self {
        Self { depth: Some(depth), ..Self::default() }
    }
}

/// All that a screen draws with.
struct Canvas<'c> {
    app: &'c App,
    look: &'c Look<'c>,
    view: &'c mut View,
    buf: &'c mut Buffer,
}

impl Canvas<'_> {
    /// Whether a pane has the focus and nothing lies over it.
    fn has_focus(&self, pane: Pane) -> bool {
        self.app.page.is_none() && self.app.pane() == pane
    }

    /// The first visible row of a list of `len` rows so that `cursor` is in sight, kept from draw to draw.
    fn offset(&mut self, pane: Pane, cursor: usize, height: usize, len: usize) -> usize {
        let offset = self.view.offsets.entry(pane).or_default();
        *offset = scroll_to_show(cursor, height, *offset, len);
        *offset
    }

    /// The first visible row of a list that shall not move.
    fn same_offset(&mut self, pane: Pane, height: usize, len: usize) -> usize {
        let first = self.view.offsets.get(&pane).copied().unwrap_or(0);
        self.offset(pane, first, height, len)
    }

    /// Tells the state how much of a text is visible, if this is the one that scrolls.
    const fn scrolled(&mut self, page: usize, lines: usize) {
        self.view.drawn.page = page;
        self.view.drawn.lines = lines;
    }

    /// One line of text.
    fn line(&mut self, area: Rect, rich: &Rich<'_>) {
        draw::line(self.buf, area, self.look, rich);
    }

    /// An empty state: what to do, in the middle of the area.
    fn empty(&mut self, area: Rect, sentences: &[&str]) {
        let role = |i: usize| if i == 0 { Role::Text } else { Role::Dim };
        let columns = usize::from(area.width).min(90);
        let lines: Vec<Rich<'_>> =
            sentences.iter().enumerate().flat_map(|(i, s)| wrap(&Rich::of(*s, role(i)), columns)).collect();
        let top = area.height.saturating_sub(lines.len() as u16) / 3;
        for (y, line) in (top..area.height).zip(&lines) {
            draw::line_in(self.buf, draw::row(area, y), self.look, line, draw::Align::Center);
        }
    }
}

/// Draws everything.
pub fn draw(app: &App, look: &Look<'_>, view: &mut View, buf: &mut Buffer, area: Rect) {
    view.hits.clear();
    view.drawn = Drawn { page: 1, ..Drawn::default() };
    view.shows_log = false;
    draw::tint(buf, area, look.style(Role::Text));
    let mut c = Canvas { app, look, view, buf };
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(&mut c, area);
    }
    if let Some(serial) = &app.serial {
        serial::draw(&mut c, serial, area);
        chrome::last_row(&mut c, draw::row(area, area.height - 2));
        return overlays::draw(&mut c, area);
    }
    if let Some(portrait) = &app.portrait {
        portrait::draw(&mut c, portrait, area);
        chrome::last_row(&mut c, draw::row(area, area.height - 3));
        return overlays::draw(&mut c, area);
    }
    let header = draw::row(area, 0);
    let footer = draw::row(area, area.height - 1);
    let mut body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    chrome::header(&mut c, header);
    if area.height >= 30 {
        strip::draw(&mut c, draw::row(body, 0));
        body = draw::below(body, 1);
    }
    if app.page.is_some() {
        vm::draw(&mut c, body);
    } else {
        screen(&mut c, body);
    }
    chrome::footer(&mut c, footer);
    chrome::last_row(&mut c, draw::row(body, body.height.saturating_sub(1)));
    overlays::draw(&mut c, area);
}

fn screen(c: &mut Canvas<'_>, body: Rect) {
    if c.app.zoomed {
        return pane(c, c.app.pane(), body);
    }
    match c.app.screen {
        Screen::Overview => overview::draw(c, body),
        Screen::Vms => vms::draw(c, body, vms::Detail::Full),
        Screen::Storage => storage::draw(c, body),
        Screen::Alerts => alerts::draw(c, body),
        Screen::Topology => topology::draw(c, body),
        Screen::Jobs => jobs::draw(c, body),
        Screen::Host => host::draw(c, body),
        Screen::Audit => audit::draw(c, body),
    }
}

/// One pane by itself: in a layout or zoomed.
fn pane(c: &mut Canvas<'_>, pane: Pane, area: Rect) {
    match pane {
        Pane::Vms => {
            let full = c.app.zoomed || c.app.screen == Screen::Vms;
            vms::draw(c, area, if full { vms::Detail::Full } else { vms::Detail::Short });
        }
        Pane::Metrics => metrics::draw(c, area),
        Pane::Storage => storage::pools(c, area),
        Pane::Volumes => storage::volumes(c, area),
        Pane::Alerts => alerts::draw(c, area),
        Pane::Topology => topology::networks(c, area),
        Pane::StorageTree => topology::storage(c, area),
        Pane::Jobs => jobs::draw(c, area),
        Pane::Audit => audit::draw(c, area),
        Pane::Host => host::summary(c, area),
        Pane::HostCharts | Pane::PoolCharts => timechart::pane(c, pane, area),
        Pane::Log => log::draw(c, area),
    }
}

fn too_small(c: &mut Canvas<'_>, area: Rect) {
    let text = format!("NovaCron needs {}×{}; this is {}×{}.", LEAST.0, LEAST.1, area.width, area.height);
    let quit = "Make the window larger, or q to quit.";
    let top = area.height.saturating_sub(2) / 2;
    c.line(draw::row(area, top), &Rich::of(text, Role::Warning));
    c.line(draw::row(area, top + 1), &Rich::of(quit, Role::Dim));
}
