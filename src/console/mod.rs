//! The full-screen console.
//!
//! - [`app`]: state and the pure `update(&mut App, Msg) -> Vec<Effect>`
//! - [`editor`]: a text in the user's own editor
//! - [`keymap`]: keys to actions, by scope
//! - [`theme`]: semantic roles to styles
//! - [`widgets`]: tables, sparklines, charts, trees: they draw values, and know no screen
//! - [`screens`]: functions from `&App` to cells
//! - [`terminal`]: the loop: events in, one draw at most, effects out

pub mod app;
pub mod editor;
pub mod keymap;
pub mod log;
pub mod screens;
pub mod terminal;
pub mod theme;
pub mod widgets;
