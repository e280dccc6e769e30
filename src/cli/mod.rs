//! Commands: the same engine and columns as the console, without a screen.

mod args;
mod commands;
mod docs;
mod exit;
mod gather;
mod host_facts;
mod output;
#[cfg(test)]
mod sample;

pub use args::Cli;
pub use exit::{Exit, Failure};
