//! `novacron keys`: what each key does, the user's own included.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use crate::cli::output::{Format, Layout, write_csv, write_fields, write_json};
use crate::console::app::action::{ACTIONS, ActionSpec};
use crate::console::keymap::Keymap;

/// Writes the action table with the keys in force.
pub(crate) fn write(out: &mut dyn Write, keymap: &Keymap, format: Format, layout: Layout) -> io::Result<()> {
    let objects: Vec<_> = ACTIONS.iter().map(|a| object(a, keymap)).collect();
    match format {
        Format::Json => write_json(out, &objects.into_iter().map(Json::Object).collect()),
        Format::Csv => {
            let keys = ["action", "title", "category", "scopes", "keys", "does"].map(str::to_owned);
            write_csv(out, &keys, &objects)
        }
        Format::Table => write_text(out, keymap, layout),
    }
}

fn object(action: &ActionSpec, keymap: &Keymap) -> Map<String, Json> {
    let scopes: Vec<_> = action.scopes.iter().map(|s| s.name()).collect();
    let rows = [
        ("action", json!(action.name)),
        ("title", json!(action.title)),
        ("category", json!(action.category.title())),
        ("scopes", json!(scopes)),
        ("keys", json!(keymap.all_keys(action.id))),
        ("does", json!(action.doc)),
    ];
    rows.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn write_text(out: &mut dyn Write, keymap: &Keymap, layout: Layout) -> io::Result<()> {
    let mut categories: Vec<_> = ACTIONS.iter().map(|a| a.category).collect();
    categories.dedup();
    for (i, category) in categories.into_iter().enumerate() {
        let gap = if i == 0 { "" } else { "\n" };
        writeln!(out, "{gap}{}", category.title())?;
        let lines: Vec<_> = ACTIONS
            .iter()
            .filter(|a| a.category == category)
            .map(|a| (shown(a, keymap), format!("{} ({})", a.doc, a.name)))
            .collect();
        write_fields(out, &lines, 2, layout)?;
    }
    Ok(())
}

/// The action's keys with commas between them; a dash when it has none.
pub(crate) fn shown(action: &ActionSpec, keymap: &Keymap) -> String {
    let keys = keymap.all_keys(action.id);
    if keys.is_empty() { "-".into() } else { keys.join(", ") }
}
