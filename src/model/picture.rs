//! A picture as plain pixels: what a guest shows on its screen.

use std::fmt;
use std::sync::Arc;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// A picture; at least one pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Arc<[Rgb]>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

impl Picture {
    /// A picture of these pixels, row by row from the top; `None` where they are not as many as the size tells, or none.
    pub fn new(width: u32, height: u32, pixels: Vec<Rgb>) -> Option<Self> {
        let as_told = u64::from(width) * u64::from(height) == pixels.len() as u64;
        (as_told && !pixels.is_empty()).then(|| Self { width, height, pixels: pixels.into() })
    }

    /// Columns and rows of pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The picture in so many columns and rows, each the mean of the pixels it stands for; row by row. A picture that is
    /// smaller is drawn larger.
    pub fn scaled(&self, columns: u32, rows: u32) -> Vec<Rgb> {
        let mut out = Vec::with_capacity(columns as usize * rows as usize);
        for row in 0..rows {
            for column in 0..columns {
                let across = span(column, columns, self.width);
                let down = span(row, rows, self.height);
                out.push(self.mean(across, down));
            }
        }
        out
    }

    fn mean(&self, across: (u32, u32), down: (u32, u32)) -> Rgb {
        let mut sum = [0u64; 3];
        for y in down.0..down.1 {
            let row = y as usize * self.width as usize;
            let pixels = self.pixels.get(row + across.0 as usize..row + across.1 as usize);
            for pixel in pixels.unwrap_or_default() {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += u64::from(*value);
                }
            }
        }
        let count = u64::from(across.1 - across.0) * u64::from(down.1 - down.0);
        sum.map(|sum| (sum / count.max(1)) as u8)
    }
}

/// Which of `of` pixels, from and up to, the part `at` of `parts` stands for: one at least.
fn span(at: u32, parts: u32, of: u32) -> (u32, u32) {
    let edge = |at: u32| (u64::from(at) * u64::from(of) / u64::from(parts.max(1))) as u32;
    let from = edge(at).min(of.saturating_sub(1));
    (from, edge(at + 1).clamp(from + 1, of.max(1)))
}

/// How bright a colour is to the eye, 0 to 255.
pub const fn brightness([red, green, blue]: Rgb) -> u8 {
    ((red as u32 * 299 + green as u32 * 587 + blue as u32 * 114) / 1000) as u8
}

/// The largest size of this shape within so many columns and rows, at least 1 × 1.
pub fn fitting((width, height): (u32, u32), (columns, rows): (u32, u32)) -> (u32, u32) {
    let (w, h) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (c, r) = (u64::from(columns), u64::from(rows));
    let (columns, rows) = if w * r >= h * c { (c, h * c / w) } else { (w * r / h, r) };
    (columns.max(1) as u32, rows.max(1) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pixels_become_means_and_shapes_stay() {
        let picture =
            Picture::new(4, 2, vec![[0; 3], [100; 3], [10; 3], [30; 3], [0; 3], [100; 3], [10; 3], [30; 3]])
                .unwrap();
        assert_eq!(picture.scaled(2, 1), [[50; 3], [20; 3]]);
        assert_eq!(picture.scaled(8, 2)[..4], [[0; 3], [0; 3], [100; 3], [100; 3]]);
        assert!(Picture::new(2, 2, vec![[0; 3]; 3]).is_none() && Picture::new(0, 0, vec![]).is_none());
        assert_eq!(fitting((1024, 768), (80, 44)), (58, 44));
        assert_eq!(fitting((1600, 100), (80, 44)), (80, 5));
        assert_eq!((brightness([255; 3]), brightness([0, 0, 255])), (255, 29));
    }

    proptest! {
        #[test]
        fn any_size_fits_any(w in 1u32..40, h in 1u32..40, columns in 1u32..60, rows in 1u32..60) {
            let picture = Picture::new(w, h, vec![[7, 8, 9]; (w * h) as usize]).unwrap();
            let (c, r) = fitting(picture.size(), (columns, rows));
            prop_assert!(c <= columns && r <= rows);
            prop_assert_eq!(picture.scaled(c, r), vec![[7, 8, 9]; (c * r) as usize]);
        }
    }
}
