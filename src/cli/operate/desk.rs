//! The desk of a command or a console. A command has no engine and no history beside it, and one connection.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

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
    Passing(TempDir),
}

impl Place {
    /// The folder of a host's state; one for this process alone where the host has none.
    pub(in crate::cli) fn new(kept: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(folder) = kept {
            return Ok(Self::Kept(folder));
        }
        // A name that only the process gives may have been left by one that was killed.
        let folder =
            tempfile::Builder::new().prefix("novacron-").permissions(Permissions::from_mode(0o700)).tempdir();
        let folder = folder.map_err(|e| {
            Failure::new(
                Exit::Failed,
                format!("could not make a folder in {}: {e}", std::env::temp_dir().display()),
            )
            .hint("TMPDIR names another place for it.")
        })?;
        Ok(Self::Passing(folder))
    }

    /// The folder.
    pub(in crate::cli) fn path(&self) -> &Path {
        match self {
            Self::Kept(folder) => folder,
            Self::Passing(folder) => folder.path(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_host_has_a_folder_for_its_owner_alone_that_goes_with_it() {
        let (one, other) = (Place::new(None).unwrap(), Place::new(None).unwrap());
        assert_ne!(one.path(), other.path(), "what lies there of another is not in the way");
        assert_eq!(one.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let folder = one.path().to_owned();
        std::fs::write(folder.join("state.db"), "x").unwrap();
        drop(one);
        assert!(!folder.exists() && other.path().is_dir());
    }
}
