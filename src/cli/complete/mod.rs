//! Names of what there is on the host, for a shell that completes a line: quick, and silent where there is nothing to say.

mod form;
mod names;
mod scripts;
mod words;

use std::sync::mpsc::channel;
use std::time::Duration;

use clap_complete::Shell;

use self::words::Names;
use super::args::Cli;
use super::output::to_stdout;
use super::past;
use super::session::connector;
use crate::config::{Environment, Loaded, Overrides, Paths, load};
use crate::engine::jobs::Shelf;

pub(super) use scripts::with_names;

/// A host that takes longer has no names: nobody waits for a key.
const WITHIN: Duration = Duration::from_millis(500);

/// Writes the names that may stand where the cursor is: in place of the last of these words, of which the first is the
/// program.
pub(super) fn run(shell: Shell, words: &[String]) {
    for line in found(shell, words).unwrap_or_default() {
        // A shell that is gone needs no names.
        if to_stdout(|out| writeln!(out, "{line}")).is_err() {
            return;
        }
    }
}

fn found(shell: Shell, line: &[String]) -> Option<Vec<String>> {
    let asked = words::asked(&Cli::definition(), shell, line)?;
    let overrides = Overrides {
        connect: asked.connect.clone(),
        config: asked.config.clone(),
        // What only looks needs no more.
        read_only: true,
        ..Overrides::default()
    };
    let loaded = load(&overrides, &Environment::of_process(), Paths::of_user()).ok()?;
    let (reply, answer) = channel();
    let (names, demo, dashed) = (asked.names.clone(), asked.demo, asked.plain);
    std::thread::Builder::new()
        .name("nc-names".into())
        .spawn(move || {
            drop(reply.send(read(&loaded, demo, &names, dashed)));
        })
        .ok()?;
    let all = answer.recv_timeout(WITHIN).ok()??;
    let fitting = asked.fitting(all);
    Some(fitting.iter().filter_map(|name| form::written(shell, asked.open, name)).collect())
}

fn read(loaded: &Loaded, demo: bool, kind: &Names, dashed: bool) -> Option<Vec<String>> {
    let host = connector(&loaded.settings, demo).ok()?;
    if *kind != Names::Held {
        return names::read(&*host, kind, dashed).ok();
    }
    let shelf = Shelf::look(&past::of(loaded, demo)?.folder, host.uri()).ok()??;
    Some(names::of_held(&shelf.held().ok()?, dashed))
}
