//! `novacron vm screenshot|display`: a guest's screen as a file, and where it is shown.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::late;
use crate::cli::args::Form;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::to_stdout;
use crate::engine::consoles::{Consoles, Shot};
use crate::model::text::clean;
use crate::model::vm::VmRecord;

/// Where a picture goes.
pub(super) struct Into<'a> {
    pub(super) file: &'a Path,
    pub(super) overwrite: bool,
    pub(super) form: Form,
}

/// Takes a picture and writes it.
pub(super) async fn screenshot(
    consoles: &Consoles,
    vm: &VmRecord,
    screen: u32,
    into: &Into<'_>,
    timeout: std::time::Duration,
) -> Result<Exit, Failure> {
    if into.file != Path::new("-") && !into.overwrite && into.file.exists() {
        return Err(Failure::new(Exit::Refused, format!("{} exists already", into.file.display()))
            .hint("--overwrite replaces it."));
    }
    let screens = consoles.screens(vm.id)?;
    let answer = tokio::time::timeout(timeout, screens.look(screen)).await.map_err(|_| late())?;
    let shot = answer.map_err(|_| super::gone())?.map_err(|e| Failure::from(&e))?;
    if into.file == Path::new("-") {
        to_stdout(|out| out.write_all(&shot.file.bytes))?;
        return Ok(Exit::Done);
    }
    write(&shot.file.bytes, into)?;
    told(&shot, into)
}

/// Beside it first, so that there is a whole picture or none; readable by its owner alone, as guests' screens are nobody
/// else's business.
fn write(bytes: &[u8], into: &Into<'_>) -> Result<(), Failure> {
    let folder = into.file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || {
        let mut file = tempfile::Builder::new().prefix(".novacron-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        // Without `--overwrite` nothing is replaced that came meanwhile.
        let placed = if into.overwrite { file.persist(into.file) } else { file.persist_noclobber(into.file) };
        placed.map(drop).map_err(|e| e.error)
    };
    written().map_err(|e: io::Error| {
        Failure::new(Exit::Failed, format!("{} could not be written: {e}", into.file.display()))
    })
}

fn told(shot: &Shot, into: &Into<'_>) -> Result<Exit, Failure> {
    let size = shot.picture.as_ref().ok().map(crate::model::picture::Picture::size);
    let file = into.file.display().to_string();
    match into.form {
        Form::Json => {
            let object = json!({
                "file": file,
                "type": shot.file.mime,
                "bytes": shot.file.bytes.len(),
                "width": size.map(|s| s.0),
                "height": size.map(|s| s.1),
            });
            to_stdout(|out| writeln!(out, "{object:#}"))?;
        }
        Form::Text => {
            let size = size.map_or_else(String::new, |(w, h)| format!(", {w} × {h}"));
            let text = format!("Wrote {} ({}{size}).", clean(&file), clean(&shot.file.mime));
            to_stdout(|out| writeln!(out, "{text}"))?;
        }
    }
    Ok(Exit::Done)
}

/// Prints where the graphical consoles are.
pub(super) async fn display(
    consoles: &Consoles,
    vm: &VmRecord,
    form: Form,
    timeout: std::time::Duration,
) -> Result<Exit, Failure> {
    let ways = super::ways(consoles, vm, false, timeout).await?;
    if form == Form::Json {
        let list: Vec<_> =
            ways.displays.iter().map(|d| json!({ "address": d.address, "only_on": d.only_on })).collect();
        let object = json!({ "vm": vm.name, "displays": list });
        to_stdout(|out| writeln!(out, "{object:#}"))?;
        return Ok(Exit::Done);
    }
    if ways.displays.is_empty() {
        let why =
            if vm.state.is_active() { "no graphical console of it listens on a port" } else { "it is off" };
        return Err(Failure::new(Exit::Refused, format!("{}: {why}", clean(&vm.name))));
    }
    for display in &ways.displays {
        let only =
            display.only_on.as_ref().map_or_else(String::new, |host| format!(" (on {} only)", clean(host)));
        to_stdout(|out| writeln!(out, "{}{only}", display.address))?;
    }
    Ok(Exit::Done)
}
