//! A cursor that sticks to the object, not to the row.

/// The selected object and where it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor<K> {
    key: Option<K>,
    index: usize,
    /// Whether the user chose it; until then it stays on the first row.
    chosen: bool,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self { key: None, index: 0, chosen: false }
    }
}

impl<K: Clone + PartialEq> Cursor<K> {
    /// The selected object.
    pub const fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// Its row.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Selects an object; its row is found at the next [`Cursor::settle`].
    pub fn select(&mut self, key: K) {
        self.key = Some(key);
        self.chosen = true;
    }

    /// Finds the object among the rows as they are now. Before the user chose one, it is the first; if it is gone, the row that took its place is selected.
    pub fn settle(&mut self, keys: &[K]) {
        if !self.chosen {
            self.index = 0;
            self.key = keys.first().cloned();
        } else if let Some(found) = self.key.as_ref().and_then(|k| keys.iter().position(|other| other == k)) {
            self.index = found;
        } else {
            self.index = self.index.min(keys.len().saturating_sub(1));
            self.key = keys.get(self.index).cloned();
        }
    }

    /// Moves by rows, stopping at the ends.
    pub fn step(&mut self, by: isize, keys: &[K]) {
        self.chosen = true;
        self.index = self.index.saturating_add_signed(by).min(keys.len().saturating_sub(1));
        self.key = keys.get(self.index).cloned();
    }
}

/// A move of a cursor or of scrolled text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// By so many rows.
    Rows(isize),
    /// By so many half pages.
    HalfPages(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Motion {
    /// The motion in rows, on a page of `page` rows.
    pub fn rows(self, page: usize) -> isize {
        match self {
            Self::Rows(n) => n,
            Self::HalfPages(n) => n * (page / 2).max(1).cast_signed(),
            Self::First => isize::MIN / 2,
            Self::Last => isize::MAX / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_sticks_to_the_object_and_takes_its_place_when_it_goes() {
        let mut c = Cursor::default();
        c.settle(&["a", "b", "c"]);
        c.step(1, &["a", "b", "c"]);
        c.settle(&["c", "x", "b"]);
        assert_eq!((c.key(), c.index()), (Some(&"b"), 2));
        c.settle(&["c", "x"]);
        assert_eq!((c.key(), c.index()), (Some(&"x"), 1));
        c.settle(&[]);
        assert_eq!(c.key(), None);
    }

    #[test]
    fn it_stays_on_the_first_row_until_moved() {
        let mut c = Cursor::default();
        c.settle(&["a", "b"]);
        c.settle(&["b", "a"]);
        assert_eq!(c.key(), Some(&"b"));
    }

    proptest! {
        #[test]
        fn it_stays_in_bounds(moves in prop::collection::vec((any::<isize>(), 0usize..6), 0..20)) {
            let mut c = Cursor::default();
            for (by, n) in moves {
                let keys: Vec<usize> = (0..n).collect();
                c.settle(&keys);
                c.step(by, &keys);
                prop_assert_eq!(c.key().copied(), keys.get(c.index()).copied());
            }
        }
    }
}
