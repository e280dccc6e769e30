//! `novacron events`: what happened.

use std::io::{self, Write};

use crate::cli::exit::Failure;
use crate::cli::output::{Cell, Field, Format, Layout, write_records};
use crate::cli::past::failure;
use crate::cli::recorded::{Recorded, uuid};
use crate::cli::when::{Clock, Window, rfc3339};
use crate::engine::history::{Event, Past, Subject};
use crate::model::columns::Align;
use crate::model::text::clean;

const LEFT: Align = Align::Left;
const FIELDS: &[Field] = &[
    ("at", "TIME", LEFT),
    ("event", "EVENT", LEFT),
    ("name", "NAME", LEFT),
    ("uuid", "UUID", LEFT),
    ("detail", "DETAIL", LEFT),
];

/// What happened, and by which names.
pub(crate) struct Happened {
    recorded: Recorded,
    events: Vec<Event>,
    /// Whether older ones were left out.
    pub(crate) cut: bool,
}

impl Happened {
    /// Whether nothing did.
    pub(crate) const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// Looks up the newest `limit` events of the window, of one VM or of all.
pub(crate) fn ask(
    past: &Past,
    window: Window,
    vm: Option<&str>,
    limit: usize,
    clock: &Clock,
) -> Result<Happened, Failure> {
    let recorded = Recorded::of(past)?;
    let vm = vm.map(|name| recorded.find_vm(name, clock)).transpose()?;
    // Of one VM the newest may lie behind many of others.
    let most = if vm.is_some() { usize::MAX } else { limit.saturating_add(1) };
    let mut events = past.events(window.from, window.to, most).map_err(|e| failure(&e))?;
    events.retain(|e| vm.is_none() || e.subject.as_ref().and_then(Subject::vm) == vm);
    let cut = events.len().saturating_sub(limit);
    events.drain(..cut);
    Ok(Happened { recorded, events, cut: cut > 0 })
}

/// Writes them, oldest first.
pub(crate) fn write(
    out: &mut dyn Write,
    happened: &Happened,
    clock: &Clock,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    let table = format == Format::Table;
    let record = |e: &Event| {
        let name = e.subject.as_ref().map(|s| happened.recorded.name(s, e.at));
        let blank = |text: Option<&str>| clean(text.unwrap_or_default()).into_owned();
        let mut cells = vec![
            Cell::shown(rfc3339(e.at), clock.shown(e.at)),
            Cell::shown(e.kind.name(), e.kind.name().replace('_', " ")),
            Cell::shown(name.as_deref(), blank(name.as_deref())),
        ];
        if !table {
            cells.push(Cell::plain(e.subject.as_ref().map(uuid)));
        }
        cells.push(Cell::shown(e.detail.as_str(), blank(Some(&e.detail))));
        cells
    };
    let records = happened.events.iter().map(record).collect();
    let fields: Vec<Field> = FIELDS.iter().copied().filter(|(key, ..)| !table || *key != "uuid").collect();
    write_records(out, &fields, records, format, layout)
}
