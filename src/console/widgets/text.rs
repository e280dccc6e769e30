//! Running text: wrapped paragraphs, labelled values, code with line numbers, empty states.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::draw::{Align, below, left, line, line_in, put, row, skip, tint};
use super::rich::Rich;
use crate::console::theme::{Look, Role};
use crate::model::text::width;

/// A word, or the blanks between two, in the roles it is written in.
struct Word<'r> {
    parts: Vec<(&'r str, Role)>,
    width: usize,
    blank: bool,
}

/// The words of a line; one may go on from run to run.
fn words<'r>(rich: &'r Rich<'_>) -> Vec<Word<'r>> {
    let mut words: Vec<Word<'r>> = Vec::new();
    for run in &rich.runs {
        let mut rest = run.text.as_ref();
        while let Some(first) = rest.chars().next() {
            let blank = first.is_whitespace();
            let end = rest.find(|c: char| c.is_whitespace() != blank).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            match words.last_mut() {
                Some(word) if word.blank == blank => {
                    word.parts.push((part, run.role));
                    word.width += width(part);
                }
                _ => words.push(Word { parts: vec![(part, run.role)], width: width(part), blank }),
            }
            rest = after;
        }
    }
    words
}

/// The line broken at blanks into lines of at most `columns` columns; a word longer than that is broken too.
pub fn wrap(rich: &Rich<'_>, columns: usize) -> Vec<Rich<'static>> {
    let columns = columns.max(1);
    let mut lines: Vec<Rich<'static>> = Vec::new();
    let mut current = Rich::new();
    let mut used = 0;
    for word in words(rich) {
        if word.blank && used + word.width >= columns {
            // Blanks at the end of a line are not carried to the next.
            used = columns;
            continue;
        }
        if used + word.width > columns && used > 0 {
            lines.push(std::mem::take(&mut current));
            used = 0;
        }
        for (part, role) in word.parts {
            if word.width <= columns {
                current.push(part.to_owned(), role);
                used += width(part);
                continue;
            }
            for cluster in part.graphemes(true) {
                let w = width(cluster);
                if used + w > columns && used > 0 {
                    lines.push(std::mem::take(&mut current));
                    used = 0;
                }
                current.push(cluster.to_owned(), role);
                used += w;
            }
        }
    }
    lines.push(current);
    for line in &mut lines {
        tidy(line);
    }
    lines
}

/// Joins runs of one role, and drops blanks at the end.
fn tidy(line: &mut Rich<'_>) {
    let mut out = Rich::new();
    for run in line.runs.drain(..) {
        match out.runs.last_mut() {
            Some(last) if last.role == run.role => last.text.to_mut().push_str(&run.text),
            _ => out.runs.push(run),
        }
    }
    while let Some(last) = out.runs.last_mut() {
        let kept = last.text.trim_end().len();
        if kept == last.text.len() {
            break;
        }
        if kept > 0 {
            last.text.to_mut().truncate(kept);
            break;
        }
        out.runs.pop();
    }
    *line = out;
}

/// Draws wrapped paragraphs from line `scroll` on and returns how many lines there are in all.
pub fn paragraph(buf: &mut Buffer, area: Rect, look: &Look<'_>, text: &[Rich<'_>], scroll: usize) -> usize {
    let lines: Vec<_> = text.iter().flat_map(|p| wrap(p, usize::from(area.width))).collect();
    for (y, l) in (0..area.height).zip(lines.iter().skip(scroll)) {
        line(buf, row(area, y), look, l);
    }
    lines.len()
}

/// Draws labelled values below each other, values aligned, and returns the rows used.
///
/// `label_width` keeps several lists aligned, and a list steady; 0 takes the widest label.
pub fn key_values(
    buf: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    pairs: &[(impl AsRef<str>, Rich<'_>)],
    label_width: u16,
) -> u16 {
    let widest = || pairs.iter().map(|(l, _)| width(l.as_ref())).max().unwrap_or(0) as u16;
    let label_width = if label_width == 0 { widest() } else { label_width }.min(area.width / 2);
    let mut used = 0;
    for (y, (label, value)) in (0..area.height).zip(pairs) {
        let place = row(area, y);
        line(buf, left(place, label_width), look, &Rich::of(label.as_ref(), Role::Label));
        line(buf, skip(place, label_width + 2), look, value);
        used = y + 1;
    }
    used
}

/// Code: highlighted lines with their numbers, scrolled both ways.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// All lines, in roles such as [`Role::XmlTag`].
    pub lines: &'a [Rich<'a>],
    /// The first line shown, from 0.
    pub scroll: usize,
    /// Columns scrolled to the right.
    pub scroll_x: usize,
    /// Whether lines are numbered.
    pub numbers: bool,
    /// A line that stands out, such as the current match.
    pub cursor: Option<usize>,
}

impl Code<'_> {
    /// Draws it.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>) {
        let area = area.intersection(buf.area);
        let digits = self.lines.len().max(1).to_string().len() as u16;
        let gutter = if self.numbers && area.width > digits + 10 { digits + 2 } else { 0 };
        for (y, (i, content)) in (0..area.height).zip(self.lines.iter().enumerate().skip(self.scroll)) {
            let place = row(area, y);
            if gutter > 0 {
                let number = Rich::of((i + 1).to_string(), Role::Dim);
                line_in(buf, left(place, digits), look, &number, Align::Right);
            }
            line(buf, skip(place, gutter), look, &scrolled(content, self.scroll_x));
            if self.cursor == Some(i) {
                tint(buf, place, look.style(Role::Selection));
            }
        }
    }
}

/// The line without its first `columns` columns.
fn scrolled<'a>(rich: &Rich<'a>, columns: usize) -> Rich<'a> {
    if columns == 0 {
        return rich.clone();
    }
    let mut out = Rich::new();
    let mut left = columns;
    for run in &rich.runs {
        let mut rest = run.text.as_ref();
        for cluster in run.text.graphemes(true) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(width(cluster));
            rest = &rest[cluster.len()..];
        }
        out.push(rest.to_owned(), run.role);
    }
    out
}

/// Draws what to do where there is nothing to show: a title, and lines below it, in the middle of the area.
pub fn empty_state(buf: &mut Buffer, area: Rect, look: &Look<'_>, title: &Rich<'_>, lines: &[Rich<'_>]) {
    let room = usize::from(area.width.saturating_sub(2));
    let wrapped: Vec<_> = lines.iter().flat_map(|l| wrap(l, room)).collect();
    let height = wrapped.len() as u16 + 2;
    let top = area.height.saturating_sub(height) / 3;
    let body = below(area, top);
    line_in(buf, row(body, 0), look, title, Align::Center);
    let gap = if body.height > height { 2 } else { 1 };
    for (y, l) in (gap..body.height).zip(&wrapped) {
        line_in(buf, row(body, y), look, l, Align::Center);
    }
    // Something must be said even in one row.
    if body.height == 1 && title.is_empty() {
        put(buf, body, look, &wrapped.first().map(Rich::text).unwrap_or_default(), look.style(Role::Dim));
    }
}
