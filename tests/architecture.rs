//! Holds what `docs/architecture.md` says of the source: who may use whom, where `unsafe` and libvirt live, which rooms
//! are pure, how long a file may be. It reads `src` as text, so a wrong arrow fails here before it spreads.

mod rules;
mod samples;
mod scan;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{File, Violation};

/// Each room and the rooms it may use, from the ground up.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("xml", &["model"]),
    ("operations", &["model", "xml"]),
    ("topology", &["model"]),
    ("config", &["model"]),
    ("hypervisor", &["model", "xml"]),
    ("host", &["model"]),
    ("store", &["model"]),
    ("engine", &["model", "xml", "operations", "topology", "config", "hypervisor", "host", "store"]),
    // Of the engine, the handle only; of the hypervisor, the errors its answers carry.
    ("console", &["engine", "hypervisor", "model", "xml", "config", "topology"]),
    // Composes the rest: it chooses the adapter and starts the engine.
    ("cli", &["engine", "console", "config", "model", "hypervisor", "host"]),
];

/// No clock, thread or I/O here.
const PURE: &[&str] = &["model", "xml", "operations", "topology", "console/app"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Rust files below a folder, by path from the folder, `/` between parts, sorted.
fn rust_files(folder: &Path) -> Vec<File> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.push(File::read(name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    rules::mark_test_files(&mut files);
    files
}

fn none(violations: &[Violation]) {
    let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "\n{}\n", list.join("\n"));
}

#[test]
fn arrows_point_down() {
    let files = rust_files(&root().join("src"));
    assert!(files.len() > 30, "the source was not found");
    none(&rules::arrows(&files, ARROWS));
}

#[test]
fn every_room_has_its_row() {
    let mut rooms: Vec<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    rooms.sort();
    let mut rows: Vec<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    rows.sort_unstable();
    assert_eq!(rooms, rows, "left: folders of src; right: the table above");
}

#[test]
fn the_page_tells_the_same() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let told = rules::told_rooms(&page);
    let held: Vec<(String, Vec<String>)> = ARROWS
        .iter()
        .map(|(room, uses)| {
            let mut uses: Vec<String> = uses.iter().map(|u| (*u).to_owned()).collect();
            uses.sort();
            ((*room).to_owned(), uses)
        })
        .collect();
    assert_eq!(told, held, "left: docs/architecture.md; right: the table above");
}

#[test]
fn unsafe_and_libvirt_stay_in_their_folders() {
    let files = rust_files(&root().join("src"));
    none(&rules::word_only_in(&files, "unsafe", &["hypervisor/libvirt/ffi"]));
    none(&rules::crates_only_in(&files, &["virt", "virt_sys"], &["hypervisor/libvirt"]));
    none(&rules::crates_only_in(&files, &["rusqlite"], &["store"]));
    none(&rules::crates_only_in(&files, &["ratatui", "crossterm", "tui_logger"], &["console"]));
    none(&rules::crates_only_in(&files, &["color_eyre"], &["main.rs"]));
}

#[test]
fn pure_rooms_are_pure() {
    none(&rules::pure(&rust_files(&root().join("src")), PURE));
}

#[test]
fn a_file_is_one_idea() {
    let files = rust_files(&root().join("src"));
    none(&rules::longest(&files, 500));
    let main = files.iter().find(|f| f.name == "main.rs").unwrap();
    assert!(main.source.lines <= 60, "main.rs is a thin shell: {} lines", main.source.lines);
}

#[test]
fn the_console_knows_the_engine_by_its_handle() {
    let files = rust_files(&root().join("src"));
    let handle = rules::exported(&files, "engine/mod.rs", "handle");
    assert!(
        handle.iter().any(|name| name == "Handle"),
        "engine/mod.rs does not export the handle: {handle:?}"
    );
    // What its answers about the past are made of, and the way to the desk.
    let known: Vec<String> =
        handle.into_iter().chain(["consoles", "history", "jobs"].map(str::to_owned)).collect();
    none(&rules::only_from(&files, "console", "engine", &known));
    let errors = ["HvError", "HvErrorKind"].map(str::to_owned);
    none(&rules::only_from(&files, "console", "hypervisor", &errors));
    none(&rules::drawing_takes_no_mut(&files));
}

#[test]
fn nothing_sleeps_to_wait() {
    none(&rules::no_sleep(&rust_files(&root().join("src"))));
    let mut tests = rust_files(&root().join("tests"));
    for file in &mut tests {
        file.is_test = true;
    }
    none(&rules::no_sleep(&tests));
}
