//! A pane: a box with a title, notes at the right of it, and a position at the bottom right.
//!
//! ```text
//! ╭ VMs ──────────────── sort: cpu ▾ ╮
//! │                                  │
//! ╰────────────────────────── 3/220 ─╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{below, clear, fill, inset, left, line, put, row, skip};
use super::rich::Rich;
use crate::console::theme::{Look, Role};

/// How much of a box there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frame {
    /// Lines on all sides.
    #[default]
    Box,
    /// One rule with the title above; nothing at the sides and below.
    Rule,
}

/// A pane, before its contents.
#[derive(Clone, Debug, Default)]
pub struct Pane<'a> {
    /// What it shows, with the count: ordinary text in it is drawn as [`Role::Title`].
    pub title: Rich<'a>,
    /// Filter, sort order and the like, at the right of the title, dim where its runs are ordinary text;
    /// dropped whole when there is no room.
    pub notes: Rich<'a>,
    /// Where in the contents the cursor is: `3/220`; at the bottom right, dim as well.
    pub position: Rich<'a>,
    /// Whether it has the keys.
    pub focused: bool,
    /// How much of a box there is.
    pub frame: Frame,
    /// Empty columns between box and contents, at each side.
    pub pad_x: u16,
    /// Empty rows between box and contents, above and below.
    pub pad_y: u16,
}

impl<'a> Pane<'a> {
    /// A box with a title and one column of space at each side.
    pub fn new(title: impl Into<Rich<'a>>) -> Self {
        Self { title: title.into(), pad_x: 1, ..Self::default() }
    }

    /// The same with notes.
    #[must_use]
    pub fn notes(mut self, notes: impl Into<Rich<'a>>) -> Self {
        self.notes = notes.into();
        self
    }

    /// The same with a position.
    #[must_use]
    pub fn position(mut self, position: impl Into<Rich<'a>>) -> Self {
        self.position = position.into();
        self
    }

    /// The same, focused or not.
    #[must_use]
    pub const fn focused(mut self, focused: bool) -> Self {
        self.focused = focused;
        self
    }

    /// The same with a rule instead of a box.
    #[must_use]
    pub const fn rule(mut self) -> Self {
        self.frame = Frame::Rule;
        self
    }

    /// The same with so much space inside.
    #[must_use]
    pub const fn pad(mut self, x: u16, y: u16) -> Self {
        self.pad_x = x;
        self.pad_y = y;
        self
    }

    /// The area its contents will have.
    pub fn inner(&self, area: Rect) -> Rect {
        let inside = match self.frame {
            Frame::Box if area.width < 2 || area.height < 2 => Rect { width: 0, height: 0, ..area },
            Frame::Box => inset(area, 1, 1),
            Frame::Rule => below(area, 1),
        };
        inset(inside, self.pad_x, self.pad_y)
    }

    /// Draws it and returns the area for its contents.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Rect {
        let role = if self.focused { Role::BorderFocus } else { Role::Border };
        self.draw_in(buf, area, look, role)
    }

    /// [`Pane::draw`] with another role for the border.
    pub(super) fn draw_in(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>, border: Role) -> Rect {
        let style = look.style(border);
        let c = &look.glyphs.corners;
        match self.frame {
            Frame::Box if area.width < 2 || area.height < 2 => return self.inner(area),
            Frame::Box => {
                let bottom = row(area, area.height - 1);
                let (right, mid) = (area.width - 1, area.height - 2);
                fill(buf, row(area, 0), c.horizontal, style);
                fill(buf, bottom, c.horizontal, style);
                let side = Rect { y: area.y + 1, width: 1, height: mid, ..area };
                fill(buf, side, c.vertical, style);
                fill(buf, Rect { x: area.x + right, ..side }, c.vertical, style);
                put(buf, row(area, 0), look, c.top_left, style);
                put(buf, skip(row(area, 0), right), look, c.top_right, style);
                put(buf, bottom, look, c.bottom_left, style);
                put(buf, skip(bottom, right), look, c.bottom_right, style);
                self.title_line(buf, inset(row(area, 0), 1, 0), look, true);
                right_text(buf, inset(bottom, 1, 0), look, &self.position);
            }
            Frame::Rule => {
                fill(buf, row(area, 0), c.horizontal, style);
                self.title_line(buf, row(area, 0), look, false);
            }
        }
        self.inner(area)
    }

    /// Title and notes; a rule has no bottom, so its position stands here too.
    fn title_line(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>, boxed: bool) {
        let mut notes = self.notes.clone();
        if !boxed && !self.position.is_empty() {
            if !notes.is_empty() {
                notes.push("  ", Role::Text);
            }
            notes = notes.join(self.position.clone());
        }
        let title = self.titled();
        let wanted = title.width() + if title.is_empty() { 0 } else { 3 };
        let notes_width = notes.width() + if boxed { 2 } else { 3 };
        let room = usize::from(area.width);
        let show_notes = !notes.is_empty() && wanted + notes_width <= room;
        if !title.is_empty() {
            let room = if show_notes { room - notes_width } else { room };
            framed(buf, left(area, room as u16), look, &title);
        }
        if show_notes {
            right_text(buf, area, look, &notes);
        }
    }

    fn titled(&self) -> Rich<'a> {
        self.title.clone().plain_as(if self.focused { Role::TitleFocus } else { Role::Title })
    }
}

/// Text with a space at each side, at the left of the area.
fn framed(buf: &mut Buffer, area: Rect, look: &Look<'_>, rich: &Rich<'_>) {
    if area.width < 3 {
        return;
    }
    let wanted = rich.width().saturating_add(2).min(usize::from(area.width)) as u16;
    // A style without a colour would let the border's shine through.
    clear(buf, left(area, wanted), look.style(Role::Text));
    line(buf, inset(left(area, wanted), 1, 0), look, rich);
}

/// Text with a space at each side, one rule's length from the right end; nothing when it does not fit.
fn right_text(buf: &mut Buffer, area: Rect, look: &Look<'_>, rich: &Rich<'_>) {
    let wanted = rich.width() + 3;
    if rich.is_empty() || wanted > usize::from(area.width) {
        return;
    }
    let place = left(skip(area, area.width - wanted as u16), wanted as u16 - 1);
    framed(buf, place, look, &rich.clone().plain_as(Role::Dim));
}
