//! The full-screen console.
//!
//! - [`app`]: state and the pure `update(&mut App, Msg) -> Vec<Effect>`
//! - [`keymap`]: keys to actions, by scope
//! - [`theme`]: semantic roles to styles
//! - [`widgets`]: tables, sparklines, charts, trees: they draw values, and know no screen
//! - [`screens`]: functions from `&App` to cells

pub mod app;
pub mod keymap;
pub mod screens;
pub mod theme;
pub mod widgets;
