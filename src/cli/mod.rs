//! Commands: the same engine and columns as the console, without a screen.

mod appearance;
mod args;
mod commands;
mod docs;
mod exit;
mod gather;
mod host_facts;
mod log;
mod notify;
mod output;
mod panic;
mod past;
mod run;
#[cfg(test)]
mod sample;
mod session;

pub use args::Cli;
pub use exit::{Exit, Failure};
pub use panic::catch;
pub use run::main;
