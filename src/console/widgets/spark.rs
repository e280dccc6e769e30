//! Sparklines: one column a value, eight levels, the newest at the right.

use super::rich::Rich;
use crate::console::theme::{Glyphs, Role};

/// What the top of a sparkline or chart stands for; the bottom is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// This value, always: 100 for percentages.
    Fixed(f64),
    /// The greatest value shown.
    Auto,
}

impl Scale {
    /// The scale of a metric: its fixed ceiling, else what is shown.
    pub fn of(ceiling: Option<f64>) -> Self {
        ceiling.map_or(Self::Auto, Self::Fixed)
    }

    /// The value at the top for these values; never 0 or less.
    pub fn top(self, values: impl IntoIterator<Item = Option<f64>>) -> f64 {
        let top = match self {
            Self::Fixed(top) => top,
            Self::Auto => values.into_iter().flatten().filter(|v| v.is_finite()).fold(0.0, f64::max),
        };
        if top.is_finite() && top > 0.0 { top } else { 1.0 }
    }
}

/// The newest values, exactly `width` columns; where there are fewer, the left stays empty.
///
/// A value of 0 draws the lowest level, an unknown one the gap sign: nothing known is ever empty.
pub fn sparkline(
    values: &[Option<f64>],
    width: usize,
    scale: Scale,
    glyphs: &Glyphs,
    role: Role,
) -> Rich<'static> {
    let shown = &values[values.len().saturating_sub(width)..];
    let top = scale.top(shown.iter().copied());
    let mut out = Rich::new().and(" ".repeat(width - shown.len()), Role::Gap);
    let mut text = String::new();
    let mut current = role;
    for value in shown {
        let (symbol, role) = match value.filter(|v| !v.is_nan()) {
            None => (glyphs.gap, Role::Gap),
            Some(v) => (glyphs.levels[level(v / top)], role),
        };
        if role != current {
            out.push(std::mem::take(&mut text), current);
            current = role;
        }
        text.push_str(symbol);
    }
    out.push(text, current);
    out
}

/// Which of the levels 1 to 8 a share of the scale is.
fn level(share: f64) -> usize {
    // The cast saturates, so that no value can leave the range.
    1 + ((share * 8.0) as usize).min(7)
}
