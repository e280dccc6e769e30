//! Usage bars: `████▌░░░░░`, or `[####----]`.

use super::rich::Rich;
use crate::console::theme::{Glyphs, Role};

/// A usage bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// How full, 0 to 100; `None` when nobody knows.
    pub percent: Option<f64>,
    /// From here on [`Role::BarMid`].
    pub warn: f64,
    /// From here on [`Role::BarHigh`].
    pub crit: f64,
}

impl Bar {
    /// A bar that warns at 85 and 95.
    pub const fn new(percent: Option<f64>) -> Self {
        Self { percent, warn: 85.0, crit: 95.0 }
    }

    /// The same with other limits.
    #[must_use]
    pub const fn limits(mut self, warn: f64, crit: f64) -> Self {
        self.warn = warn;
        self.crit = crit;
        self
    }

    /// The role of its filled part.
    pub fn role(&self) -> Role {
        match self.percent {
            None => Role::Unknown,
            Some(p) if p >= self.crit => Role::BarHigh,
            Some(p) if p >= self.warn => Role::BarMid,
            Some(_) => Role::BarLow,
        }
    }

    /// The bar, exactly `width` columns. What is not empty shows something, what is not full lacks something.
    pub fn show(&self, width: usize, glyphs: &Glyphs) -> Rich<'static> {
        let framed = glyphs.ascii && width >= 3;
        let cells = if framed { width - 2 } else { width };
        let mut out = Rich::new();
        if framed {
            out.push("[", Role::Dim);
        }
        match self.percent.filter(|p| !p.is_nan()) {
            None => out.push(glyphs.gap.repeat(cells), Role::Gap),
            Some(percent) => {
                // An ASCII cell has no parts.
                let parts = if glyphs.ascii { 1 } else { 8 };
                let filled = filled(percent, cells * parts);
                let part = filled % parts;
                out.push(glyphs.eighths[8].repeat(filled / parts), self.role());
                if part > 0 {
                    out.push(glyphs.eighths[part], self.role());
                }
                out.push(glyphs.bar_empty.repeat(cells - filled.div_ceil(parts)), Role::BarEmpty);
            }
        }
        if framed {
            out.push("]", Role::Dim);
        }
        out
    }
}

/// How many of `total` parts are filled.
fn filled(percent: f64, total: usize) -> usize {
    let share = (percent / 100.0).clamp(0.0, 1.0);
    let parts = (share * total as f64).round() as usize;
    if share <= 0.0 {
        0
    } else if share >= 1.0 {
        total
    } else {
        parts.clamp(usize::from(total > 0), total.saturating_sub(1).max(1).min(total))
    }
}
