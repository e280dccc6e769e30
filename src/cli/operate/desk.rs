//! The desk of a command or a console. A command has no engine and no history beside it, and one connection.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::exit::{Exit, Failure};
use crate::config::Settings;
use crate::engine::jobs::{Desk, DeskConfig, Recovers, actor_of_process};
use crate::hypervisor::Connector;
use crate::model::job::Via;

const READ_ONLY: &str = "This is read-only: nothing may be changed.";

/// Where a host's journal lies.
#[derive(Debug)]
pub(in crate::cli) enum Place {
    /// Where it is kept.
    Kept(PathBuf),
    /// Of a made-up host, whose past is none: taken away with this.
    Passing(PathBuf),
}

impl Place {
    /// The folder of a host's state; one for this process alone where the host has none.
    pub(in crate::cli) fn new(kept: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(folder) = kept {
            return Ok(Self::Kept(folder));
        }
        let folder = std::env::temp_dir().join(format!("novacron-{}", std::process::id()));
        // One that is there already is somebody else's.
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|e| {
            Failure::new(Exit::Failed, format!("could not make the folder {}: {e}", folder.display()))
        })?;
        Ok(Self::Passing(folder))
    }

    /// The folder.
    pub(in crate::cli) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Passing(path) => path,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Passing(folder) = self {
            // What is left there is of no host.
            drop(fs::remove_dir_all(folder));
        }
    }
}

/// Opens the desk on this hypervisor; it connects when it is asked.
pub(in crate::cli) fn open(
    connector: Arc<dyn Connector>,
    place: &Place,
    settings: &Settings,
    via: Via,
) -> Result<Desk, Failure> {
    let actor = actor_of_process(via);
    #[cfg(debug_assertions)]
    let rehearsal = super::super::commands::rehearsal::job();
    #[cfg(not(debug_assertions))]
    let rehearsal = None;
    let config = DeskConfig {
        keep_days: settings.delete.keep_days,
        parallel: settings.jobs.parallel as usize,
        rehearsal,
        recovers: if via == Via::Command { Recovers::WithTheFirstJob } else { Recovers::AtOnce },
        read_only: settings.read_only.then(|| READ_ONLY.to_owned()),
        ..DeskConfig::new(connector, place.path().to_owned(), actor)
    };
    Desk::start(config).map_err(|e: io::Error| {
        Failure::new(Exit::Failed, format!("could not start: {e}"))
            .hint("Is the number of threads limited (ulimit -u)?")
    })
}
