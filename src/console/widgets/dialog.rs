//! What lies over a screen: dialogs and toasts.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{below, clear, inset, left, line, row, skip};
use super::pane::Pane;
use super::rich::Rich;
use super::text::wrap;
use crate::console::theme::{Look, Role};
use crate::model::alert::Severity;
use crate::model::text::width;

/// A box of this size in the middle of the area, a little above it; smaller where the area is.
pub fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let (w, h) = (width.min(area.width), height.min(area.height));
    let (x, y) = ((area.width - w) / 2, (area.height - h) * 2 / 5);
    Rect { x: area.x + x, y: area.y + y, width: w, height: h }
}

/// A button of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button<'a> {
    /// A verb: `Shut down 2`.
    pub text: Cow<'a, str>,
    /// Whether it destroys data or stops work.
    pub danger: bool,
    /// Whether it cannot be pressed yet.
    pub disabled: bool,
}

impl<'a> Button<'a> {
    /// A button that does no harm.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), danger: false, disabled: false }
    }

    /// A button that destroys data or stops work.
    pub fn danger(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), danger: true, disabled: false }
    }

    fn width(&self) -> u16 {
        width(&self.text) as u16 + 4
    }
}

/// A dialog: a box over everything else with a title, lines, and buttons at the bottom right.
#[derive(Clone, Debug, Default)]
pub struct Dialog<'a> {
    /// What it is about.
    pub title: Rich<'a>,
    /// What it says; long lines are wrapped.
    pub body: Vec<Rich<'a>>,
    /// The first line shown, where there are more than fit.
    pub scroll: usize,
    /// Its buttons, left to right.
    pub buttons: Vec<Button<'a>>,
    /// Which of them Enter presses.
    pub focus: usize,
    /// Rows kept empty below the body, for an input or a list the screen draws itself.
    pub extra: u16,
    /// Least columns of the body.
    pub min_width: u16,
    /// Whether the border warns.
    pub danger: bool,
}

/// Where the parts of a drawn dialog stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialogAreas {
    /// All of it.
    pub whole: Rect,
    /// The rows kept empty.
    pub extra: Rect,
    /// Each button; empty where it has no room.
    pub buttons: Vec<Rect>,
    /// How many lines the body has when wrapped.
    pub lines: usize,
    /// How many of them are visible.
    pub visible: usize,
}

impl<'a> Dialog<'a> {
    /// A dialog that says this.
    pub fn new(title: impl Into<Rich<'a>>, body: Vec<Rich<'a>>) -> Self {
        Self { title: title.into(), body, min_width: 40, ..Self::default() }
    }

    /// The same with buttons, `focus` being the one Enter presses.
    #[must_use]
    pub fn buttons(mut self, buttons: Vec<Button<'a>>, focus: usize) -> Self {
        self.buttons = buttons;
        self.focus = focus;
        self
    }

    /// Draws it in the middle of `area`, as large as its contents need and as fits.
    ///
    /// Title and buttons are there as long as there are two rows; the body scrolls.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> DialogAreas {
        let area = area.intersection(buf.area);
        let widest = self.body.iter().map(Rich::width).max().unwrap_or(0);
        let buttons = self.buttons.iter().map(Button::width).sum::<u16>() + 2 * self.buttons.len() as u16;
        let wanted = widest.max(self.title.width() + 3).min(200) as u16;
        let wanted = wanted.max(buttons).max(self.min_width).saturating_add(4);
        // A dialog leaves the screen visible at its sides where it can.
        let most = if area.width > 84 { area.width - 4 } else { area.width };
        let inner_width = usize::from(wanted.min(most).saturating_sub(4));
        let lines: Vec<_> = self.body.iter().flat_map(|l| wrap(l, inner_width)).collect();
        let foot = if self.buttons.is_empty() { 0 } else { 2 };
        let height = (lines.len().min(1000) as u16).saturating_add(2 + foot + self.extra);
        let whole = centered(area, wanted.min(most), height);

        clear(buf, whole, look.style(Role::Dialog));
        let mut pane = Pane::new(self.title.clone()).focused(true);
        let inner = pane.inner(whole);
        let fixed = foot.min(inner.height) + self.extra;
        let visible = inner.height.saturating_sub(fixed);
        if lines.len() > usize::from(visible) {
            let last = (self.scroll + usize::from(visible)).min(lines.len());
            pane.position = Rich::of(format!("{last}/{}", lines.len()), Role::Dim);
        }
        let border = if self.danger { Role::Danger } else { Role::DialogBorder };
        pane.draw_in(buf, whole, look, border);
        for (y, l) in (0..visible).zip(lines.iter().skip(self.scroll)) {
            line(buf, row(inner, y), look, l);
        }
        let after = below(inner, visible);
        let extra = Rect { height: self.extra.min(after.height), ..after };
        let buttons = self.draw_buttons(buf, row(inner, inner.height.saturating_sub(1)), look);
        DialogAreas { whole, extra, buttons, lines: lines.len(), visible: usize::from(visible) }
    }

    fn draw_buttons(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Vec<Rect> {
        let total = self.buttons.iter().map(|b| b.width() + 2).sum::<u16>().saturating_sub(2);
        let mut rest = skip(area, area.width.saturating_sub(total));
        let mut places = Vec::new();
        for (i, button) in self.buttons.iter().enumerate() {
            let place = left(rest, button.width());
            let role = match (i == self.focus, button.danger) {
                (false, _) if button.disabled => Role::Dim,
                (true, _) if button.disabled => Role::SelectionIdle,
                (true, true) => Role::ButtonDanger,
                (true, false) => Role::ButtonFocus,
                (false, true) => Role::Danger,
                (false, false) => Role::Button,
            };
            line(buf, place, look, &Rich::of(format!("[ {} ]", button.text), role));
            places.push(place);
            rest = skip(rest, button.width() + 2);
        }
        places
    }
}

/// A message that goes away by itself, at the bottom right of the area, and where it stands.
pub fn toast(buf: &mut Buffer, area: Rect, look: &Look<'_>, severity: Severity, text: &Rich<'_>) -> Rect {
    let area = area.intersection(buf.area);
    let most = usize::from(area.width.saturating_sub(6)).min(70);
    if most == 0 || area.height < 3 {
        return Rect { width: 0, height: 0, ..area };
    }
    let role = Role::from(severity);
    let lines = wrap(&Rich::of(format!("{} ", severity.word()), role).join(text.clone()), most);
    let wide = lines.iter().map(Rich::width).max().unwrap_or(0) as u16 + 4;
    let high = (lines.len() as u16 + 2).min(area.height);
    let place = Rect {
        x: area.right().saturating_sub(wide + 1).max(area.x),
        y: area.bottom() - high,
        width: wide.min(area.width),
        height: high,
    };
    clear(buf, place, look.style(Role::Dialog));
    Pane::default().draw_in(buf, place, look, role);
    for (y, l) in (0..high.saturating_sub(2)).zip(&lines) {
        line(buf, row(inset(place, 2, 1), y), look, l);
    }
    place
}
