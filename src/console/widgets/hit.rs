//! What the mouse is over: filled while drawing, asked when a click comes.

use ratatui::layout::{Position, Rect};

/// Areas with what they stand for; what was drawn later lies on top.
#[derive(Clone, Debug)]
pub struct HitMap<T> {
    areas: Vec<(Rect, T)>,
}

impl<T> Default for HitMap<T> {
    fn default() -> Self {
        Self { areas: Vec::new() }
    }
}

impl<T> HitMap<T> {
    /// An empty map.
    pub const fn new() -> Self {
        Self { areas: Vec::new() }
    }

    /// Adds an area on top of the others; an empty one is not kept.
    pub fn push(&mut self, area: Rect, value: T) {
        if !area.is_empty() {
            self.areas.push((area, value));
        }
    }

    /// What lies on top at this column and row.
    pub fn at(&self, x: u16, y: u16) -> Option<&T> {
        self.areas.iter().rev().find(|(area, _)| area.contains(Position { x, y })).map(|(_, value)| value)
    }

    /// Forgets everything, keeping the memory.
    pub fn clear(&mut self) {
        self.areas.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_area_wins() {
        let mut map = HitMap::new();
        map.push(Rect::new(0, 0, 10, 10), "pane");
        map.push(Rect::new(2, 2, 3, 1), "row");
        map.push(Rect::new(2, 2, 0, 1), "nothing");
        assert_eq!(map.at(2, 2), Some(&"row"));
        assert_eq!(map.at(5, 2), Some(&"pane"));
        assert_eq!(map.at(10, 2), None);
        map.clear();
        assert_eq!(map.at(2, 2), None);
    }
}
