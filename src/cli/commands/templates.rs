//! `novacron template list`: templates, with their sizes and what lies on them.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};

use serde_json::{Value as Json, json};

use crate::cli::args::{Form, How};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, to_stdout, write_cells, write_json};
use crate::engine::jobs::templates;
use crate::hypervisor::{Connector, HvResult, Purpose};
use crate::model::columns::Align;
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::operations::Version;

/// Lists them.
pub(in crate::cli) fn run(connector: Arc<dyn Connector>, how: &How, layout: Layout) -> Result<Exit, Failure> {
    let (tell, told) = channel();
    // A host whose storage hangs is left behind with this thread.
    std::thread::Builder::new().name("templates".into()).spawn(move || drop(tell.send(find(&*connector))))?;
    let found = match told.recv_timeout(how.timeout) {
        Ok(found) => found.map_err(|e| Failure::from(&e))?,
        Err(RecvTimeoutError::Timeout) => {
            return Err(Failure::new(Exit::TimedOut, "the hypervisor did not answer in time")
                .hint("Its storage may hang; --timeout SECONDS waits longer."));
        }
        Err(RecvTimeoutError::Disconnected) => {
            return Err(Failure::new(Exit::Failed, "looking for templates ended unexpectedly"));
        }
    };
    match how.format {
        Form::Json => to_stdout(|out| {
            write_json(out, &json!({ "templates": found.iter().map(object).collect::<Vec<_>>() }))
        })?,
        Form::Text => to_stdout(|out| table(out, &found, layout))?,
    }
    Ok(Exit::Done)
}

fn find(connector: &dyn Connector) -> HvResult<Vec<Version>> {
    templates(&*connector.connect(Purpose::Storage)?)
}

fn object(version: &Version) -> Json {
    json!({
        "name": version.name,
        "version": version.version,
        "pool": version.pool,
        "volumes": version.disks,
        "size_bytes": version.size,
        "children": version.children,
    })
}

fn table(out: &mut dyn Write, found: &[Version], layout: Layout) -> io::Result<()> {
    if found.is_empty() {
        return out.write_all(b"There is no template in the started pools.\n");
    }
    let header = [
        ("TEMPLATE", Align::Left),
        ("VERSION", Align::Right),
        ("POOL", Align::Left),
        ("OCCUPIES", Align::Right),
        ("LIES BELOW", Align::Left),
    ];
    let row = |v: &Version| {
        vec![
            clean(&v.name).into_owned(),
            v.version.to_string(),
            clean(&v.pool).into_owned(),
            bytes(v.size as f64),
            clean(&v.children.join(", ")).into_owned(),
        ]
    };
    write_cells(out, &header, found.iter().map(row).collect(), layout)
}
