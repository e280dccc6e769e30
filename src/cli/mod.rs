//! Commands: the same engine and columns as the console, without a screen.

mod appearance;
mod args;
mod commands;
mod complete;
mod docs;
mod exit;
mod export;
mod gather;
mod guest;
mod host_facts;
mod log;
mod look_back;
mod metrics;
mod notify;
mod operate;
mod output;
mod panic;
mod past;
mod recorded;
mod run;
#[cfg(test)]
mod sample;
mod session;
mod steps;
mod when;

pub use args::Cli;
pub use exit::{Exit, Failure};
pub use panic::catch;
pub use run::main;
