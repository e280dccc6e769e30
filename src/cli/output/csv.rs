//! CSV: keys in the first line, then one line a row; the same values as in JSON, empty for unknown, lists
//! with `;` between their items. Names are cleaned: CSV has no escapes.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use crate::model::text::clean;

/// Writes the objects; all have the keys of `keys`.
pub(crate) fn write(out: &mut dyn Write, keys: &[String], objects: &[Map<String, Json>]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(keys)?;
    for object in objects {
        writer.write_record(keys.iter().map(|k| object.get(k).map_or_else(String::new, field)))?;
    }
    writer.flush()
}

fn field(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => clean(text).into_owned(),
        Json::Array(items) => items.iter().map(field).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}
