//! Arguments of `novacron export`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::when::length;

/// `novacron export`.
#[derive(Args, Clone, Debug)]
pub struct Export {
    /// For what.
    #[arg(value_enum)]
    pub what: For,
    /// Serve the page at /metrics of this address until ended: `127.0.0.1:9177`. Addresses of this machine alone
    /// are taken.
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "textfile")]
    pub listen: Option<String>,
    /// Take an address that others can reach too. There is no password and no encryption.
    #[arg(long, requires = "listen")]
    pub allow_remote: bool,
    /// Write the page to this file, whole at every moment, readable by all: for `node_exporter`'s textfile collector,
    /// which wants a name that ends in .prom.
    #[arg(long, value_name = "FILE")]
    pub textfile: Option<PathBuf>,
    /// Go on and write the file anew so often: `15s`, `1m`.
    #[arg(long, value_name = "LENGTH", value_parser = length, requires = "textfile")]
    pub interval: Option<Duration>,
    /// Of a page that is made once: measure rates over so many seconds; with 0 they are absent.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = super::seconds)]
    pub sample: Duration,
    /// Of a page that is made once: give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = super::seconds)]
    pub timeout: Duration,
}

/// What it is exported for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum For {
    /// Prometheus and what reads its formats. Without --listen or --textfile one page goes to standard output.
    Prometheus,
}
