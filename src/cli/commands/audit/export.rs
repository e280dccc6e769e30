//! `novacron audit export`: all records with their hashes, to be kept elsewhere.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::json;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{to_stdout, write_json_line};
use crate::cli::past::failure;
use crate::engine::jobs::records::{Link, Records, StoreError};

/// What kept records from being written.
#[derive(Debug)]
enum Trouble {
    Store(StoreError),
    Output(io::Error),
}

impl From<StoreError> for Trouble {
    fn from(why: StoreError) -> Self {
        Self::Store(why)
    }
}

/// Writes all records to a new file that its owner alone may read, or to standard output.
pub(super) fn run(records: &Records, file: &Path) -> Result<Exit, Failure> {
    if file.as_os_str() == "-" {
        let mut store = None;
        to_stdout(|out| match write(out, records) {
            Err(Trouble::Output(why)) => Err(why),
            Err(Trouble::Store(why)) => {
                store = Some(why);
                Ok(())
            }
            Ok(()) => Ok(()),
        })?;
        return store.map_or(Ok(Exit::Done), |why| Err(failure(&why)));
    }
    let name = file.display();
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let made = made.map_err(|why| match why.kind() {
        io::ErrorKind::AlreadyExists => Failure::new(Exit::Refused, format!("{name} is there already"))
            .hint("Name a file that does not exist: nothing is overwritten."),
        _ => Failure::new(Exit::Failed, format!("{name}: {why}")),
    })?;
    let mut out = BufWriter::new(&made);
    let done = write(&mut out, records)
        .and_then(|()| out.flush().and_then(|()| made.sync_all()).map_err(Trouble::Output));
    drop(out);
    done.map_err(|why| {
        // Half of it would pass for all of it.
        let _ = fs::remove_file(file);
        match why {
            Trouble::Store(why) => failure(&why),
            Trouble::Output(why) => Failure::new(Exit::Failed, format!("{name}: {why}")),
        }
    })?;
    Ok(Exit::Done)
}

/// Writes a line for each record, oldest first. The record is a text in it, exactly as it was hashed.
fn write(out: &mut dyn Write, records: &Records) -> Result<(), Trouble> {
    records.for_each(|link: Link| {
        let Link { number, previous, text, hash } = link;
        let line = json!({ "number": number, "previous": previous, "hash": hash, "record": text });
        write_json_line(out, &line).map_err(Trouble::Output)
    })
}
