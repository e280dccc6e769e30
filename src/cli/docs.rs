//! Tables for README, made from the same tables as the program itself.

use std::fmt::Write;
use std::path::Path;

use super::args::Cli;
use super::commands::keys::shown;
use super::exit::{Exit, Failure};
use crate::config::KEYS;
use crate::console::app::action::ACTIONS;
use crate::console::keymap::Keymap;
use crate::model::columns::{
    Column, DISK_COLUMNS, NETWORK_COLUMNS, NIC_COLUMNS, POOL_COLUMNS, VM_COLUMNS, VOLUME_COLUMNS,
};
use crate::model::metric::{Entity, metrics_of};

type Table = fn() -> String;

/// The tables, by the name that stands in the marker.
const TABLES: &[(&str, Table)] = &[
    ("commands", commands),
    ("options", options),
    ("keys", keys),
    ("exit-codes", exit_codes),
    ("config", config),
    ("metrics", metrics),
    ("columns-vms", || columns(VM_COLUMNS)),
    ("columns-disks", || columns(DISK_COLUMNS)),
    ("columns-nics", || columns(NIC_COLUMNS)),
    ("columns-pools", || columns(POOL_COLUMNS)),
    ("columns-volumes", || columns(VOLUME_COLUMNS)),
    ("columns-networks", || columns(NETWORK_COLUMNS)),
    ("filter-fields", filter_fields),
];

const BEGIN: &str = "<!-- generated:";
const END: &str = "<!-- /generated -->";

/// The text with every `<!-- generated:NAME -->` … `<!-- /generated -->` filled anew. The error names what is
/// wrong with the markers.
fn rewritten(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let after = &rest[at + BEGIN.len()..];
        let (name, body) = after.split_once(" -->").ok_or("a marker does not end")?;
        let (_, tail) = body.split_once(END).ok_or_else(|| format!("{name}: no {END} follows"))?;
        let table =
            TABLES.iter().find(|(n, _)| *n == name).ok_or_else(|| format!("{name}: no such table"))?;
        let _ = write!(out, "{}{BEGIN}{name} -->\n{}{END}", &rest[..at], table.1());
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

/// Rewrites the tables of a file.
pub(super) fn rewrite(file: &Path) -> Result<(), Failure> {
    let failed = |e: String| Failure::new(Exit::Failed, format!("{}: {e}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
    std::fs::write(file, rewritten(&text).map_err(failed)?).map_err(|e| failed(e.to_string()))
}

fn commands() -> String {
    let definition = Cli::definition();
    let mut out = String::from(
        "| command | does |\n| --- | --- |\n| `novacron` | Open the console on the given or default host. |\n",
    );
    for (usage, sub) in leaves(&definition) {
        let _ = writeln!(out, "| `{}` | {} |", cell(&usage), cell(&about(sub)));
    }
    out
}

/// Commands that do something, each with its usage: of one that has commands below it, those.
pub(super) fn leaves(definition: &clap::Command) -> Vec<(String, &clap::Command)> {
    let mut out = Vec::new();
    let below = subcommands(definition).map(|sub| (usage("novacron", sub), sub));
    let mut open: Vec<_> = below.collect();
    open.reverse();
    while let Some((usage_so_far, command)) = open.pop() {
        let at = open.len();
        open.extend(subcommands(command).map(|sub| (usage(&usage_so_far, sub), sub)));
        if open.len() == at {
            out.push((usage_so_far, command));
        } else {
            open[at..].reverse();
        }
    }
    out
}

/// The commands right below one.
pub(super) fn subcommands(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|s| !s.is_hide_set() && s.get_name() != "help")
}

/// `novacron list WHAT`.
fn usage(before: &str, command: &clap::Command) -> String {
    let mut out = format!("{before} {}", command.get_name());
    for argument in command.get_positionals() {
        let _ = write!(out, " {}", placeholder(argument));
    }
    out
}

/// How an argument is told by its place: `NAME`, `NAME…` where there may be several.
pub(super) fn placeholder(argument: &clap::Arg) -> String {
    let named = argument.get_value_names().and_then(|names| names.first());
    let several = argument.get_num_args().is_some_and(|n| n.max_values() > 1);
    let name = named.map_or_else(|| argument.get_id().as_str().to_ascii_uppercase(), ToString::to_string);
    if several { name + "…" } else { name }
}

fn options() -> String {
    let definition = Cli::definition();
    let mut out = String::from("| option | does |\n| --- | --- |\n");
    for arg in definition.get_arguments().filter(|a| !a.is_positional() && !a.is_hide_set()) {
        let _ = writeln!(out, "| `{}` | {} |", flag(arg), cell(&help(arg)));
    }
    out
}

/// `-c, --connect URI`.
pub(super) fn flag(arg: &clap::Arg) -> String {
    let short = arg.get_short().map(|s| format!("-{s}"));
    let long = arg.get_long().map(|l| format!("--{l}"));
    let mut out = [short, long].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if arg.get_action().takes_values() {
        for name in arg.get_value_names().unwrap_or_default() {
            let _ = write!(out, " {name}");
        }
    }
    out
}

pub(super) fn help(arg: &clap::Arg) -> String {
    sentence(arg.get_long_help().or_else(|| arg.get_help()))
}

pub(super) fn about(command: &clap::Command) -> String {
    sentence(command.get_about())
}

/// clap takes the full stop off.
fn sentence(text: Option<&clap::builder::StyledStr>) -> String {
    let mut text = text.map(ToString::to_string).unwrap_or_default().replace('\n', " ");
    if !text.is_empty() && !text.ends_with('.') {
        text.push('.');
    }
    text
}

fn keys() -> String {
    let keymap = Keymap::default();
    let mut out = String::from("| keys | action | does |\n| --- | --- | --- |\n");
    for action in ACTIONS {
        let keys = cell(&shown(action, &keymap));
        let _ = writeln!(out, "| {keys} | `{}` | {} |", action.name, cell(action.doc));
    }
    out
}

fn exit_codes() -> String {
    let mut out = String::from("| code | means |\n| --- | --- |\n");
    for (exit, meaning) in Exit::ALL {
        let _ = writeln!(out, "| {} | {meaning} |", exit.code());
    }
    out
}

fn config() -> String {
    let defaults = crate::config::Settings::default();
    let mut out = String::from("| key | default | accepts | does |\n| --- | --- | --- | --- |\n");
    for key in KEYS {
        let accepts = key.kind.describe();
        let value = key.value(&defaults).to_toml();
        let _ = writeln!(out, "| `{}` | `{value}` | {accepts} | {} |", key.path, cell(key.doc));
    }
    out
}

fn metrics() -> String {
    let mut out = String::from("| of | metric | JSON key | is |\n| --- | --- | --- | --- |\n");
    let entities = [
        (Entity::Host, "host"),
        (Entity::Vm, "VM"),
        (Entity::Disk, "disk"),
        (Entity::Nic, "NIC"),
        (Entity::Pool, "pool"),
    ];
    for (entity, name) in entities {
        for m in metrics_of(entity) {
            let _ = writeln!(out, "| {name} | {} | `{}` | {} |", m.title, m.key(), cell(m.doc));
        }
    }
    out
}

fn columns<T>(table: &'static [Column<T>]) -> String {
    let mut out = String::from("| column | header | JSON key | shows |\n| --- | --- | --- | --- |\n");
    for c in table {
        let name = if c.default { format!("**{}**", c.id) } else { c.id.to_owned() };
        let _ = writeln!(out, "| {name} | {} | `{}` | {} |", c.label, c.key(), cell(c.doc));
    }
    out
}

fn filter_fields() -> String {
    let mut out = String::from("| field | also | matches |\n| --- | --- | --- |\n");
    for f in crate::model::filter::fields() {
        let also = f.aliases.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "| `{}` | {also} | {} |", f.name, cell(f.doc));
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_rows_of_as_many_cells_as_its_head() {
        for (name, table) in TABLES {
            let text = table();
            let cells = |line: &str| line.replace("\\|", "").matches('|').count();
            let lines: Vec<_> = text.lines().collect();
            assert!(lines.len() > 3, "{name}");
            assert!(lines.iter().all(|l| cells(l) == cells(lines[0])), "{name}: {text}");
        }
    }

    #[test]
    fn what_is_between_the_markers_is_made_anew_and_the_rest_stays() {
        let text = "a\n<!-- generated:exit-codes -->\nold\n<!-- /generated -->\nb\n";
        let once = rewritten(text).unwrap();
        assert!(once.starts_with("a\n<!-- generated:exit-codes -->\n| code | means |"));
        assert!(once.ends_with("| 7 | timed out |\n<!-- /generated -->\nb\n") && !once.contains("old"));
        assert_eq!(rewritten(&once).unwrap(), once);
        assert!(
            rewritten("<!-- generated:nothing -->\n<!-- /generated -->")
                .unwrap_err()
                .contains("no such table")
        );
        assert!(rewritten("<!-- generated:config -->").is_err());
    }

    #[test]
    fn readme_agrees_with_the_program() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = rewritten(&text).unwrap();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, expected).unwrap();
        } else {
            assert_eq!(text, expected, "run with UPDATE_DOCS=1 to write it anew");
        }
    }
}
