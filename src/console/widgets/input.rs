//! One line of text being typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::draw::{left, line, put, row, skip, tint};
use super::rich::Rich;
use crate::console::theme::{Look, Role};
use crate::model::text::width;

/// A line of text being typed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// What stands before it: `/`, `:`.
    pub prompt: &'a str,
    /// What was typed.
    pub text: &'a str,
    /// Where the cursor is, in bytes.
    pub cursor: usize,
    /// What could be typed, shown while nothing is.
    pub placeholder: &'a str,
    /// Why it is not accepted; shown at the right.
    pub error: &'a str,
    /// Whether it has the keys.
    pub focused: bool,
}

impl Input<'_> {
    /// Draws it into the area's first row; the part around the cursor is visible. Returns the cursor's cell.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>) -> Rect {
        let area = row(area, 0).intersection(buf.area);
        let used = put(buf, area, look, self.prompt, look.style(Role::Accent));
        let mut field = skip(area, used);
        if !self.error.is_empty() && usize::from(field.width) > width(self.text) + 6 {
            let text_width = width(self.text) as u16 + 3;
            let room = skip(field, text_width);
            let wanted = (width(self.error) as u16).min(room.width);
            line(buf, skip(room, room.width - wanted), look, &Rich::of(self.error, Role::InputError));
            field = left(field, text_width);
        }
        let at = (0..=self.cursor.min(self.text.len())).rev().find(|i| self.text.is_char_boundary(*i));
        let (before, after) = self.text.split_at(at.unwrap_or(0));
        // The cursor may stand behind the last character: a column is kept for it.
        let room = usize::from(field.width).saturating_sub(1);
        let mut shown = before;
        while width(shown) > room {
            let Some(first) = shown.graphemes(true).next() else { break };
            shown = &shown[first.len()..];
        }
        if self.text.is_empty() {
            put(buf, skip(field, 1), look, self.placeholder, look.style(Role::InputPlaceholder));
        }
        let used = put(buf, field, look, shown, look.style(Role::Input));
        put(buf, skip(field, used), look, after, look.style(Role::Input));
        let under = after.graphemes(true).next().map_or(1, |c| width(c).max(1)) as u16;
        let cell = left(skip(field, used), under);
        if self.focused {
            tint(buf, cell, look.style(Role::InputCursor));
        }
        cell
    }
}
