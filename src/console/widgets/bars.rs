//! The lines at the top and bottom of the screen: header, footer, tabs.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{self, line, put, row, skip, tint};
use super::rich::Rich;
use crate::console::theme::{Look, Role};
use crate::model::text;

/// Which end of the header a segment stands at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The left end.
    #[default]
    Left,
    /// Between the two, spread over the room there is.
    Middle,
    /// The right end.
    Right,
}

/// A part of the header, drawn whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Segment<'a> {
    /// What it says.
    pub full: Rich<'a>,
    /// What it says where room is scarce; empty when there is no shorter way.
    pub short: Rich<'a>,
    /// Where room is scarce, the segment with the lowest is shortened first, then dropped first.
    pub priority: u8,
    /// Where it stands.
    pub side: Side,
}

impl<'a> Segment<'a> {
    /// A segment at the left end.
    pub fn new(full: impl Into<Rich<'a>>, priority: u8) -> Self {
        Self { full: full.into(), priority, ..Self::default() }
    }

    /// The same with a shorter form.
    #[must_use]
    pub fn short(mut self, short: impl Into<Rich<'a>>) -> Self {
        self.short = short.into();
        self
    }

    /// The same at another place.
    #[must_use]
    pub const fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }
}

/// Which form of each segment there is room for; `None` for dropped ones.
fn choose<'s, 'a>(segments: &'s [Segment<'a>], room: usize, gap: usize) -> Vec<Option<&'s Rich<'a>>> {
    let mut chosen: Vec<_> = segments.iter().map(|s| Some(&s.full)).collect();
    let fits = |chosen: &[Option<&Rich<'_>>]| {
        let widths = chosen.iter().flatten().map(|r| r.width());
        widths.clone().sum::<usize>() + gap * widths.count().saturating_sub(1) <= room
    };
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by_key(|i| segments[*i].priority);
    for &i in &order {
        if fits(&chosen) {
            break;
        }
        if !segments[i].short.is_empty() {
            chosen[i] = Some(&segments[i].short);
        }
    }
    for &i in &order {
        if fits(&chosen) {
            break;
        }
        chosen[i] = None;
    }
    chosen
}

/// Draws the header into the area's first row and returns where each segment stands, `None` for dropped ones.
///
/// Segments keep a distance of two columns, or three where there is room, and one column at each end.
pub fn header(buf: &mut Buffer, area: Rect, look: &Look<'_>, segments: &[Segment<'_>]) -> Vec<Option<Rect>> {
    let area = row(area, 0).intersection(buf.area);
    tint(buf, area, look.style(Role::Header));
    let inside = draw::inset(area, 1, 0);
    let room = usize::from(inside.width);
    let chosen = choose(segments, room, 2);
    let of = |side: Side| {
        let all = segments.iter().zip(&chosen).enumerate();
        let mine = all.filter(|(_, (s, _))| s.side == side);
        mine.filter_map(|(i, (_, r))| Some((i, (*r)?.width() as u16))).collect::<Vec<_>>()
    };
    let (left, middle, right) = (of(Side::Left), of(Side::Middle), of(Side::Right));
    let sum = |list: &[(usize, u16)]| list.iter().map(|(_, w)| *w).sum::<u16>();
    let count = left.len() + middle.len() + right.len();
    let used = sum(&left) + sum(&middle) + sum(&right);
    let spare = inside.width.saturating_sub(used);
    let gap = if usize::from(spare) >= 3 * count.saturating_sub(1) { 3 } else { 2 };
    let span = |list: &[(usize, u16)]| sum(list) + gap * (list.len() as u16).saturating_sub(1);

    let mut places = vec![None; segments.len()];
    let mut lay = |list: &[(usize, u16)], mut x: u16| {
        for (i, w) in list {
            if let Some(rich) = chosen[*i] {
                let place = draw::left(skip(inside, x), *w);
                line(buf, place, look, rich);
                places[*i] = Some(place);
            }
            x += w + gap;
        }
    };
    let left_end = if left.is_empty() { 0 } else { span(&left) + gap };
    let right_start = inside.width.saturating_sub(span(&right));
    let middle_room = right_start.saturating_sub(left_end);
    let middle_start = left_end + middle_room.saturating_sub(span(&middle)) / 2;
    lay(&left, 0);
    lay(&middle, middle_start);
    lay(&right, right_start);
    places
}

/// A key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint<'a> {
    /// The key as people read it: `Enter`, `S`, `C-d`.
    pub key: Cow<'a, str>,
    /// What it does, in a word or two.
    pub text: Cow<'a, str>,
}

impl<'a> Hint<'a> {
    /// A key and what it does.
    pub fn new(key: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) -> Self {
        Self { key: key.into(), text: text.into() }
    }

    fn width(&self) -> usize {
        text::width(&self.key) + 1 + text::width(&self.text)
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look<'_>) {
        let rich = Rich::of(&*self.key, Role::FooterKey)
            .and(" ", Role::FooterText)
            .and(&*self.text, Role::FooterText);
        line(buf, area, look, &rich);
    }
}

/// Draws the footer into the area's first row: `left` from the left end, `right` at the right end.
///
/// Where room is scarce the last of `left` go first, whole; `right` stays as long as at least one of `left`
/// stays too, so put the way to help there. Returns where each hint stands, left ones first, `None` for
/// dropped ones.
pub fn footer(
    buf: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    left: &[Hint<'_>],
    right: &[Hint<'_>],
) -> Vec<Option<Rect>> {
    const GAP: usize = 2;
    let area = row(area, 0).intersection(buf.area);
    tint(buf, area, look.style(Role::FooterText));
    let inside = draw::inset(area, 1, 0);
    let room = usize::from(inside.width);
    let span = |hints: &[Hint<'_>]| {
        hints.iter().map(Hint::width).sum::<usize>() + GAP * hints.len().saturating_sub(1)
    };
    let first = left.first().map_or(0, |h| h.width() + GAP);
    let kept_right = (0..=right.len()).rev().find(|n| first + span(&right[right.len() - n..]) <= room);
    let right_from = right.len() - kept_right.unwrap_or(0);
    let right_span = span(&right[right_from..]);
    let left_room = if right_span > 0 { room.saturating_sub(right_span + GAP) } else { room };
    let kept_left = (0..=left.len()).rev().find(|n| span(&left[..*n]) <= left_room).unwrap_or(0);

    let mut places = vec![None; left.len() + right.len()];
    let mut lay = |hints: &[Hint<'_>], first: usize, mut x: usize| {
        for (i, hint) in hints.iter().enumerate() {
            let place = draw::left(skip(inside, x as u16), hint.width() as u16);
            hint.draw(buf, place, look);
            places[first + i] = Some(place);
            x += hint.width() + GAP;
        }
    };
    lay(&left[..kept_left], 0, 0);
    lay(&right[right_from..], left.len() + right_from, room.saturating_sub(right_span));
    places
}

/// Draws tabs into the area's first row and returns where each stands, `None` for those without room.
///
/// The open tab is always there: tabs before it are dropped from the left where room is scarce.
pub fn tabs(
    buf: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    titles: &[Cow<'_, str>],
    open: usize,
) -> Vec<Option<Rect>> {
    const GAP: usize = 2;
    let area = row(area, 0).intersection(buf.area);
    let room = usize::from(area.width);
    let width = |i: usize| text::width(&titles[i]);
    let open = open.min(titles.len().saturating_sub(1));
    let until_open = |from: usize| (from..=open).map(|i| width(i) + GAP).sum::<usize>().saturating_sub(GAP);
    let mut places = vec![None; titles.len()];
    if titles.is_empty() {
        return places;
    }
    let from = (0..=open).find(|from| until_open(*from) <= room).unwrap_or(open);
    let mut x = 0;
    for i in from..titles.len() {
        let w = width(i);
        if x + w > room && i != open {
            break;
        }
        let place = draw::left(skip(area, x as u16), w as u16);
        let role = if i == open { Role::TabActive } else { Role::Tab };
        put(buf, place, look, &titles[i], look.style(role));
        places[i] = Some(place);
        x += w + GAP;
    }
    places
}
