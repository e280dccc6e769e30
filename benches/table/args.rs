//! The command line of the bench.

use std::path::PathBuf;

use clap::Parser;

/// The performance table.
#[derive(Debug, Parser)]
#[command(name = "table")]
pub(crate) struct Args {
    /// Measure only these rows, with commas between them.
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Shorter windows and fewer repetitions: to try something, not to tell others.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Write everything that was measured to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
    /// The bench starts itself so, that memory be counted in a process of its own.
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) child: Option<PathBuf>,
}
