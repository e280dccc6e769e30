//! Widgets: they draw plain values into a buffer and know no screen and no state.
//!
//! Every widget takes `&mut Buffer`, an area, `&Look` (theme and glyphs) and its values, clips to the area
//! and to the buffer, and never panics at any size. Text is [`Rich`]: runs in roles; whatever is like
//! a string, or a pair of one and a [`Role`](super::theme::Role), turns into it. What can be clicked is
//! returned as areas, for a [`HitMap`].
//!
//! | item | draws |
//! | --- | --- |
//! | [`draw`] | primitives: [`draw::line`], [`draw::put`], [`draw::fill`], [`draw::clear`]; parts of areas: [`draw::row`], [`draw::skip`], [`draw::below`], [`draw::inset`] |
//! | [`Pane`] | a box with title, notes, position: `let inner = Pane::new("VMs").notes(…).position("3/220").focused(true).draw(buf, area, look);` |
//! | [`table()`] | rows in columns of stable width: [`TableSpec`], [`ColumnSpec`], [`Row`], [`fit`], [`scroll_to_show`] |
//! | [`sparkline`] | newest values as a [`Rich`] of exact width; [`Scale`] |
//! | [`Bar`] | a usage bar as a [`Rich`] of exact width: `Bar::new(Some(44.0)).show(10, glyphs)` |
//! | [`Chart`] | lines over time: `Chart::new(&series, from, to, unit).scale(Scale::of(metric.ceiling)).times(offset, &label).draw(…)`; [`resample`] |
//! | [`header`], [`footer`], [`tabs`] | lines that drop whole parts where room is scarce: [`Segment`], [`Hint`] |
//! | [`tree()`] | rows with guides and expand marks: `tree_guides(&depths)` once for all rows, [`TreeRow`] for the visible ones |
//! | [`paragraph`], [`key_values`], [`Code`], [`empty_state`] | running text, labelled values, numbered lines, what to do where nothing is |
//! | [`Dialog`] | a box that always fits, with title, body, buttons: `Dialog::new(title, lines).buttons(vec![Button::new("Cancel")], 0).draw(…)` gives [`DialogAreas`] |
//! | [`Input`], [`palette`], [`menu`], [`help()`] | what goes into dialogs: typed text, commands with matches, check boxes, keys in columns |
//! | [`toast`] | a message at the bottom right |
//! | [`HitMap`] | what the mouse is over |

pub mod bar;
pub mod bars;
pub mod chart;
pub mod dialog;
pub mod draw;
pub mod help;
pub mod hit;
pub mod input;
pub mod list;
pub mod pane;
pub mod rich;
pub mod spark;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod text;
pub mod tree;

pub use self::{
    bar::Bar,
    bars::{Hint, Segment, Side, footer, header, tabs},
    chart::{Aggregate, Band, Chart, ChartSeries, Ink, Marker, TimeLabels, resample},
    dialog::{Button, Dialog, DialogAreas, centered, toast},
    draw::Align,
    help::{HelpGroup, help},
    hit::HitMap,
    input::Input,
    list::{MenuItem, PaletteItem, matched, menu, palette},
    pane::{Frame, Pane},
    rich::{Rich, Run},
    spark::{Scale, sparkline},
    table::{
        ColumnSpec, Row, SortDir, TableAreas, TableSpec, Width, fit, scroll_to_show, table, visible_rows,
    },
    text::{Code, empty_state, key_values, paragraph, wrap},
    tree::{TreeGuides, TreeRow, tree, tree_guides},
};
