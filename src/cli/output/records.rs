//! Records that are no object of the host: each field for programs and for people.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::{Format, Layout, write_cells, write_csv, write_json};
use crate::model::columns::{Align, UNKNOWN};
use crate::model::text::clean;

/// A field of every record: JSON key, header, alignment.
pub(crate) type Field = (&'static str, &'static str, Align);

/// A field's value in one record: for programs, and as a cell where that is something else.
pub(crate) struct Cell(Json, Option<String>);

impl Cell {
    /// A value that reads the same for both; unknown is null and a dash. Not cleaned.
    pub(crate) fn plain(value: impl Into<Json>) -> Self {
        Self(value.into(), None)
    }

    /// A value, and how people read it.
    pub(crate) fn shown(value: impl Into<Json>, shown: String) -> Self {
        Self(value.into(), Some(shown))
    }

    fn text(&self) -> String {
        match (&self.1, &self.0) {
            (Some(shown), _) => clean(shown).into_owned(),
            (None, Json::String(text)) => clean(text).into_owned(),
            (None, Json::Null) => UNKNOWN.to_owned(),
            (None, other) => other.to_string(),
        }
    }
}

/// Writes records, each with a cell for each field.
pub(crate) fn write(
    out: &mut dyn Write,
    fields: &[Field],
    records: Vec<Vec<Cell>>,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    let object = |record: Vec<Cell>| -> Map<String, Json> {
        fields.iter().zip(record).map(|((key, ..), cell)| ((*key).to_owned(), cell.0)).collect()
    };
    match format {
        Format::Json => write_json(out, &records.into_iter().map(|r| Json::Object(object(r))).collect()),
        Format::Csv => {
            let keys: Vec<String> = fields.iter().map(|(key, ..)| (*key).to_owned()).collect();
            write_csv(out, &keys, &records.into_iter().map(object).collect::<Vec<_>>())
        }
        Format::Table => {
            let header: Vec<_> = fields.iter().map(|(_, label, align)| (*label, *align)).collect();
            let body = records.iter().map(|r| r.iter().map(Cell::text).collect()).collect();
            write_cells(out, &header, body, layout)
        }
    }
}
