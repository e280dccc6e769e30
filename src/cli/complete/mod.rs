//! Names of what there is on the host, for a shell that completes a line: quick, and silent where there is nothing to say.

mod names;
mod scripts;
mod words;

use std::sync::mpsc::channel;
use std::time::Duration;

use clap_complete::Shell;

use super::args::Cli;
use super::output::to_stdout;
use super::session::connector;
use crate::config::{Environment, Overrides, Paths, load};
use crate::model::shell;

pub(super) use scripts::with_names;

/// A host that takes longer has no names: nobody waits for a key.
const WITHIN: Duration = Duration::from_millis(500);

/// Writes the names that may stand where the cursor is: behind the last of these words, of which the first is the program.
pub(super) fn run(shell: Shell, words: &[String]) {
    for name in found(words).unwrap_or_default() {
        // A shell that is gone needs no names.
        let line = if matches!(shell, Shell::Fish) { name } else { shell::line([&name]) };
        if to_stdout(|out| writeln!(out, "{line}")).is_err() {
            return;
        }
    }
}

fn found(line: &[String]) -> Option<Vec<String>> {
    let asked = words::asked(&Cli::definition(), line)?;
    let overrides = Overrides {
        connect: asked.connect.clone(),
        config: asked.config.clone(),
        // What only looks needs no more.
        read_only: true,
        ..Overrides::default()
    };
    let loaded = load(&overrides, &Environment::of_process(), Paths::of_user()).ok()?;
    let (reply, answer) = channel();
    let (names, demo) = (asked.names.clone(), asked.demo);
    std::thread::Builder::new()
        .name("nc-names".into())
        .spawn(move || {
            let settings = &loaded.settings;
            let read = connector(settings, demo).ok().and_then(|host| names::read(&*host, &names).ok());
            drop(reply.send(read));
        })
        .ok()?;
    let all = answer.recv_timeout(WITHIN).ok()??;
    Some(asked.fitting(all))
}
