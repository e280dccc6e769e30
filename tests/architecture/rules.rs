//! The rules, as functions over files, so that each can be shown to fail.

use std::fmt;

use super::scan::{Path, Source, Token, paths};

/// A source file by its path below `src` (or `tests`).
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) source: Source,
    /// It holds nothing but tests and what they need.
    pub(crate) is_test: bool,
}

/// Something that must not be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

impl File {
    pub(crate) fn read(name: String, text: &str) -> Self {
        let is_test = name.split('/').any(|part| part == "tests.rs" || part == "tests");
        Self { name, source: Source::read(text), is_test }
    }

    /// The room: the folder below `src`, or nothing for `lib.rs` and `main.rs`.
    fn room(&self) -> Option<&str> {
        self.name.split_once('/').map(|(room, _)| room)
    }

    /// Its path as a module: `["model", "id"]`.
    fn module(&self) -> Vec<String> {
        let stem = self.name.trim_end_matches(".rs");
        let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
        if parts.last().is_some_and(|p| ["mod", "lib", "main"].contains(&p.as_str())) {
            parts.pop();
        }
        parts
    }

    fn shipped_paths(&self) -> Vec<Path> {
        if self.is_test { Vec::new() } else { paths(&self.source.shipped, &self.module()) }
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            self.name.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
        })
    }

    fn violation(&self, line: usize, what: impl Into<String>) -> Violation {
        Violation { file: self.name.clone(), line, what: what.into() }
    }
}

/// Marks the files of modules that are declared under `#[cfg(test)]`.
pub(crate) fn mark_test_files(files: &mut [File]) {
    let declared: Vec<String> = files
        .iter()
        .flat_map(|f| {
            let home = f.module().join("/");
            f.source.test_modules.iter().map(move |m| format!("{home}/{m}"))
        })
        .collect();
    for file in files.iter_mut() {
        file.is_test |= declared.iter().any(|m| file.is_in(&[m.as_str()]));
    }
}

/// A room uses only the rooms of its row.
pub(crate) fn arrows(files: &[File], table: &[(&str, &[&str])]) -> Vec<Violation> {
    let is_room = |name: &str| table.iter().any(|(room, _)| *room == name);
    let mut out = Vec::new();
    for file in files {
        let Some(room) = file.room() else { continue };
        let Some((_, allowed)) = table.iter().find(|(r, _)| *r == room) else { continue };
        for path in file.shipped_paths().iter().filter(|p| p.starts(&["crate"])) {
            let Some(used) = path.parts.get(1) else { continue };
            if used != room && is_room(used) && !allowed.contains(&used.as_str()) {
                out.push(file.violation(path.line, format!("{room} may not use {}", path.parts.join("::"))));
            } else if used == "*" {
                out.push(file.violation(path.line, "crate::* hides what is used"));
            }
        }
    }
    out
}

/// The rooms of the page's table with the rooms named in the last column, sorted.
pub(crate) fn told_rooms(page: &str) -> Vec<(String, Vec<String>)> {
    let rows: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| {
            let (room, rest) = line.strip_prefix("| `")?.split_once("/` |")?;
            Some((room, rest.trim_end_matches([' ', '|']).rsplit('|').next()?))
        })
        .collect();
    let is_room = |word: &&str| rows.iter().any(|(room, _)| room == word);
    rows.iter()
        .map(|(room, uses)| {
            let words = uses.split(|c: char| !c.is_alphanumeric());
            let mut uses: Vec<String> = words.filter(is_room).map(str::to_owned).collect();
            uses.sort();
            ((*room).to_owned(), uses)
        })
        .collect()
}

/// A word stands only below these places.
pub(crate) fn word_only_in(files: &[File], word: &str, places: &[&str]) -> Vec<Violation> {
    files
        .iter()
        .filter(|f| !f.is_in(places))
        .flat_map(|f| all_tokens(f).filter(|t| t.text == word).map(|t| f.violation(t.line, word)))
        .collect()
}

/// Crates are used, in whatever form, only below these places.
pub(crate) fn crates_only_in(files: &[File], crates: &[&str], places: &[&str]) -> Vec<Violation> {
    files
        .iter()
        .filter(|f| !f.is_in(places) && !f.is_test)
        .flat_map(|f| {
            let by_path = f.shipped_paths().into_iter().filter(|p| crates.contains(&p.parts[0].as_str()));
            let by_name = f
                .source
                .shipped
                .windows(3)
                .filter(|w| ["use", "crate"].contains(&w[0].text.as_str()) && w[2].text != "::")
                .filter(|w| crates.contains(&w[1].text.as_str()))
                .map(|w| Path { parts: vec![w[1].text.clone()], line: w[1].line });
            by_path.chain(by_name).map(|p| f.violation(p.line, p.parts.join("::"))).collect::<Vec<_>>()
        })
        .collect()
}

/// Plain data under `std::net`.
const PURE_NET: &[&str] =
    &["IpAddr", "Ipv4Addr", "Ipv6Addr", "AddrParseError", "SocketAddr", "SocketAddrV4", "SocketAddrV6"];

fn is_impure(path: &Path) -> bool {
    let std = |module: &str| path.starts(&["std", module]);
    match path.parts.get(1).map(String::as_str) {
        Some("net") if std("net") => path.parts.get(2).is_none_or(|n| !PURE_NET.contains(&n.as_str())),
        Some("time") if std("time") => {
            path.parts.get(2).is_some_and(|n| ["Instant", "SystemTime", "*"].contains(&n.as_str()))
        }
        Some("fs" | "thread" | "process" | "env") => path.starts(&["std"]),
        _ => {
            ["tokio", "crossterm", "rustix", "libc", "procfs"].contains(&path.parts[0].as_str())
                || path.parts.last().is_some_and(|p| p == "now")
        }
    }
}

/// No clock, thread or I/O in these places.
pub(crate) fn pure(files: &[File], places: &[&str]) -> Vec<Violation> {
    files
        .iter()
        .filter(|f| f.is_in(places))
        .flat_map(|f| {
            let impure = f.shipped_paths().into_iter().filter(is_impure);
            impure
                .map(|p| f.violation(p.line, format!("not pure: {}", p.parts.join("::"))))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// No file ships more lines than this.
pub(crate) fn longest(files: &[File], most: usize) -> Vec<Violation> {
    files
        .iter()
        .filter(|f| !f.is_test && f.source.lines > most)
        .map(|f| f.violation(f.source.lines, "is too long: split it"))
        .collect()
}

/// The names that `file` exports from its module `module`.
pub(crate) fn exported(files: &[File], file: &str, module: &str) -> Vec<String> {
    files
        .iter()
        .filter(|f| f.name == file)
        .flat_map(File::shipped_paths)
        .filter(|p| p.parts.len() == 2 && p.parts[0] == module)
        .map(|p| p.parts[1].clone())
        .collect()
}

/// A room takes from another only these names.
pub(crate) fn only_from(files: &[File], room: &str, other: &str, names: &[String]) -> Vec<Violation> {
    files
        .iter()
        .filter(|f| f.room() == Some(room))
        .flat_map(|f| {
            let foreign = f
                .shipped_paths()
                .into_iter()
                .filter(|p| p.starts(&["crate", other]) && p.parts.get(2).is_none_or(|n| !names.contains(n)));
            foreign.map(|p| f.violation(p.line, p.parts.join("::"))).collect::<Vec<_>>()
        })
        .collect()
}

/// Only `console/app` changes the state: drawing takes `&App`.
pub(crate) fn drawing_takes_no_mut(files: &[File]) -> Vec<Violation> {
    files
        .iter()
        .filter(|f| f.is_in(&["console/screens", "console/widgets", "console/theme"]) && !f.is_test)
        .flat_map(|f| {
            let is_mut_app = |w: &&[Token]| w[0].text == "&" && w[1].text == "mut" && w[2].text == "App";
            f.source.shipped.windows(3).filter(is_mut_app).map(|w| f.violation(w[0].line, "&mut App"))
        })
        .collect()
}

/// Nothing waits by sleeping on a thread; tests do not sleep at all.
pub(crate) fn no_sleep(files: &[File]) -> Vec<Violation> {
    let sleeps = |tokens: &[Token], modules: &[&str], f: &File| {
        tokens
            .windows(3)
            .filter(|w| modules.contains(&w[0].text.as_str()) && w[1].text == "::" && w[2].text == "sleep")
            .map(|w| f.violation(w[0].line, format!("{}::sleep", w[0].text)))
            .collect::<Vec<_>>()
    };
    files
        .iter()
        .flat_map(|f| {
            let shipped: &[&str] = if f.is_test { &["thread", "time"] } else { &["thread"] };
            let mut found = sleeps(&f.source.shipped, shipped, f);
            found.extend(sleeps(&f.source.tests, &["thread", "time"], f));
            found
        })
        .collect()
}

fn all_tokens(file: &File) -> impl Iterator<Item = &Token> {
    file.source.shipped.iter().chain(&file.source.tests)
}
