//! Arguments of `novacron job`.

use clap::{Args, Subcommand};

use super::snapshot::Look;

/// `novacron job`.
#[derive(Args, Clone, Debug)]
pub struct Job {
    /// What is done.
    #[command(subcommand)]
    pub action: JobAction,
}

/// What is done with jobs.
#[derive(Clone, Debug, Subcommand)]
pub enum JobAction {
    /// List what is being done to this host and what was, the newest last.
    List {
        /// How it is told.
        #[command(flatten)]
        look: Look,
    },
    /// Look after jobs whose NovaCron was killed: each is finished, taken back, or told as it is. The console, the collector
    /// and each command that changes something do so too.
    Recover {
        /// How it is told.
        #[command(flatten)]
        look: Look,
    },
}
