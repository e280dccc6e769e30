//! The command line, in one definition: parsing, help, completions and man page all come from it.

mod audit;
mod export;
mod job;
mod making;
mod network;
mod past;
mod snapshot;
mod storage;
mod vm;

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::exit::Exit;
use super::output::Format;
use crate::config::{LogLevel, Overrides};

pub(super) use audit::{Audit, AuditCommand, AuditList};
pub(super) use export::Export;
pub(super) use job::{Job, JobAction};
pub(super) use making::{AskingTemplate, Template};
pub(super) use network::{Network, NetworkAsked};
pub(super) use past::{By, Events, History, Of, Range, Top};
pub(super) use snapshot::{Look, Snapshot, SnapshotAction};
pub(super) use storage::{Pool, Volume};
pub(super) use vm::{Action, Asking, Form, GuestAction, How, Vm};

/// A full-screen terminal console for KVM/QEMU hosts run by libvirt.
///
/// Without a command it opens the console on the given or default host.
#[derive(Clone, Debug, Parser)]
#[command(name = "novacron", version, propagate_version = true, max_term_width = 100, after_long_help = exit_codes())]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; nothing opens the console.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// The definition, with everything filled in.
    pub fn definition() -> clap::Command {
        let mut command = Self::command();
        command.build();
        command
    }
}

const CONNECT_HELP: &str = "Connect to this hypervisor: qemu:///system, qemu:///session, qemu+ssh://root@host/system, \
                            test:///default";

/// Options of every command.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a flag of the command line is a yes or no")]
pub struct Global {
    /// Hypervisor to connect to.
    #[arg(short, long, global = true, value_name = "URI", help_heading = "Global options", help = CONNECT_HELP)]
    pub connect: Option<String>,
    /// Use the demo host: libvirt's in-process test driver with simulated workloads. Needs no daemon.
    #[arg(long, global = true, conflicts_with = "connect", help_heading = "Global options")]
    pub demo: bool,
    /// Change nothing, and use a read-only connection.
    #[arg(long, global = true, help_heading = "Global options")]
    pub read_only: bool,
    /// Read this configuration instead of the usual files.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Use this theme.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub theme: Option<String>,
    /// Draw with ASCII characters only.
    #[arg(long, global = true, help_heading = "Global options")]
    pub ascii: bool,
    /// Leave the mouse to the terminal.
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_mouse: bool,
    /// Log this and what is worse.
    #[arg(long, global = true, value_name = "LEVEL", value_enum, help_heading = "Global options")]
    pub log_level: Option<Level>,
}

impl Global {
    /// The same as the configuration takes it.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            connect: self.connect.clone(),
            read_only: self.read_only,
            theme: self.theme.clone(),
            ascii: self.ascii,
            no_mouse: self.no_mouse,
            log_level: self.log_level.map(Into::into),
        }
    }
}

/// What is logged, on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// What failed.
    Error,
    /// What may hurt.
    Warn,
    /// What happened.
    Info,
    /// What was asked of the hypervisor.
    Debug,
    /// Everything.
    Trace,
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::Error,
            Level::Warn => Self::Warn,
            Level::Info => Self::Info,
            Level::Debug => Self::Debug,
            Level::Trace => Self::Trace,
        }
    }
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Open the console on the demo host.
    Demo,
    /// Record the history without a screen, as a service does, and pass what is measured on to consoles beside it.
    Collect,
    /// List VMs, pools, volumes or networks, with the columns of the screens.
    List(List),
    /// Show one VM, pool, volume or network, or the host.
    Show(Show),
    /// Start, stop, save or set VMs: each command makes a plan, shows it, and does it once you agree.
    Vm(Vm),
    /// Take, list, delete and go back to snapshots of a VM.
    Snapshot(Snapshot),
    /// Make, copy, grow, move and delete volumes, in the same way.
    Volume(Volume),
    /// Define, start and stop storage pools, in the same way.
    Pool(Pool),
    /// Make templates of VMs, list and delete them, in the same way. `novacron vm create --template` makes VMs of them.
    Template(Template),
    /// Define, start, stop and change virtual networks, and tell who is on them.
    Network(Network),
    /// Print what was measured: one series of a VM, disk, NIC, pool or the host, over any time. Needs no hypervisor.
    History(History),
    /// Tell who used most in a time. Needs no hypervisor.
    Top(Top),
    /// Tell what happened: VMs started, stopped, crashed, renamed; the connection lost. Needs no hypervisor.
    Events(Events),
    /// List jobs, and look after those that a kill interrupted.
    Job(Job),
    /// Tell what was done to the host, by whom, and check that nothing of it was changed.
    Audit(Audit),
    /// Tell a monitoring system what is measured now: on a local port, in a file, or once.
    Export(Export),
    /// Tell what works here, what does not, why, and what to do.
    Doctor(Doctor),
    /// Print what each key of the console does, your own keymap included.
    Keys {
        /// Form of the output.
        #[arg(short, long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print the configuration in effect, or the documented default.
    Config(Config),
    /// Print a completion script.
    Completions {
        /// For this shell.
        shell: Shell,
    },
    /// Print the man page.
    Man,
    /// Print the names that may stand where a shell's cursor is: the last of these words.
    #[command(name = "__complete", hide = true)]
    Complete {
        /// For this shell.
        shell: Shell,
        /// The line, from the program's name on.
        #[arg(last = true)]
        words: Vec<String>,
    },
    /// Rewrite the generated tables of a Markdown file.
    #[command(hide = true)]
    Docs {
        /// The file.
        file: PathBuf,
    },
}

/// How to gather and print.
#[derive(Args, Clone, Debug)]
pub struct Output {
    /// Form of the output. JSON and CSV hold all columns unless --columns chooses.
    #[arg(short, long, value_enum, default_value_t)]
    pub format: Format,
    /// Measure rates over so many seconds; with 0 there is one poll, and rates are unknown.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub sample: Duration,
    /// Give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub timeout: Duration,
}

/// `novacron list`.
#[derive(Args, Clone, Debug)]
pub struct List {
    /// What to list.
    #[arg(value_enum)]
    pub what: Kind,
    /// Columns to show, in order: ids or JSON keys, with commas between them.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Sort by this column; `:asc` or `:desc` behind it sets the direction.
    #[arg(long, value_name = "COLUMN")]
    pub sort: Option<String>,
    /// List only VMs that match: `state:running cpu>80 tag:web`.
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// How to gather and print.
    #[command(flatten)]
    pub output: Output,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Virtual machines.
    Vms,
    /// Storage pools.
    Pools,
    /// Volumes of all pools.
    Volumes,
    /// Virtual networks.
    Networks,
}

/// `novacron show`.
#[derive(Args, Clone, Debug)]
pub struct Show {
    /// Name or UUID of a VM, pool or network, POOL/VOLUME, or `host`. Where a name means several things, put
    /// `vm:`, `pool:`, `network:` or `volume:` before it.
    pub name: String,
    /// How to gather and print.
    #[command(flatten)]
    pub output: Output,
}

/// `novacron doctor`.
#[derive(Args, Clone, Debug)]
pub struct Doctor {
    /// Form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    pub format: Format,
    /// Give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub timeout: Duration,
}

/// `novacron config`.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Print the documented default instead of what is in effect.
    #[arg(long)]
    pub default: bool,
}

/// A length of time in seconds, with decimals; at most an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(s) if (0.0..=3600.0).contains(&s) => Ok(Duration::from_secs_f64(s)),
        Ok(_) => Err("from 0 to 3600".into()),
        Err(_) => Err("not a number of seconds".into()),
    }
}

fn exit_codes() -> String {
    let mut out = String::from("Exit codes:\n");
    for (exit, meaning) in Exit::ALL {
        let _ = writeln!(out, "  {}  {meaning}", exit.code());
    }
    out
}
