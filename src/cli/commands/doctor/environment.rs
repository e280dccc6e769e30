//! Configuration, terminal and tools.

use std::path::{Path, PathBuf};

use super::{Check, Status};
use crate::cli::appearance::Appearance;
use crate::cli::output::terminal_size;
use crate::config::{Environment, Loaded};
use crate::console::theme::ColorDepth;

const CONFIG: &str = "Configuration";
const TERMINAL: &str = "Terminal";
const TOOLS: &str = "Tools";

pub(super) fn configuration(loaded: &Loaded, looks: &Appearance) -> Vec<Check> {
    let files: Vec<_> = loaded.files.iter().map(|f| f.display().to_string()).collect();
    let mut checks = vec![if files.is_empty() {
        let place = loaded.paths.config_file.display();
        Check::ok(CONFIG, "files", format!("defaults; {place} is not there"))
    } else {
        Check::ok(CONFIG, "files", files.join(", "))
    }];
    let remedy = "Until that is put right, the default stands; `novacron config --default` and `novacron keys` tell \
                  what there is.";
    let settings = loaded.warnings.iter().map(ToString::to_string);
    for warning in settings.chain(looks.warnings.iter().cloned()) {
        checks.push(Check::new(CONFIG, "mistake", Status::Warn, warning, remedy));
    }
    if let Some(keymap) = &loaded.keymap {
        checks.push(Check::ok(CONFIG, "keys", keymap.path.display().to_string()));
    }
    checks.push(Check::ok(CONFIG, "theme", &looks.theme));
    checks.push(log(&loaded.log_file()));
    checks
}

fn log(file: &Path) -> Check {
    let shown = file.display().to_string();
    match writable(file) {
        Ok(()) => Check::ok(CONFIG, "log", shown),
        Err(e) => {
            let found = format!("{shown} cannot be written: {e}");
            Check::new(CONFIG, "log", Status::Warn, found, "Set log.file to a place that can be written.")
        }
    }
}

/// Whether the file, or the nearest folder above it that is there, can be written. Makes nothing.
fn writable(file: &Path) -> rustix::io::Result<()> {
    let mut place: PathBuf = file.to_owned();
    while !place.exists() {
        if !place.pop() {
            return Err(rustix::io::Errno::NOENT);
        }
    }
    rustix::fs::access(&place, rustix::fs::Access::WRITE_OK)
}

pub(super) fn terminal(environment: &Environment, looks: &Appearance) -> Vec<Check> {
    let term = environment.get("TERM").unwrap_or("");
    let mut checks = vec![match term {
        "" | "dumb" => Check::new(
            TERMINAL,
            "kind",
            Status::Warn,
            format!("TERM is \"{term}\": the console needs a terminal that can move the cursor"),
            "Run it in a terminal; over SSH use `ssh -t`.",
        ),
        term => Check::ok(TERMINAL, "kind", term),
    }];
    checks.push(colours(environment, looks.depth));
    checks.push(if !looks.glyphs.ascii {
        Check::ok(TERMINAL, "characters", "lines, blocks and dots are drawn")
    } else if environment.is_utf8() {
        Check::ok(TERMINAL, "characters", "ASCII is drawn, as set or as this terminal's font has it")
    } else {
        let remedy = "Set LANG to a UTF-8 locale, such as C.UTF-8.";
        Check::new(TERMINAL, "characters", Status::Note, "the locale is not UTF-8: ASCII is drawn", remedy)
    });
    checks.push(match terminal_size() {
        None => Check::new(TERMINAL, "size", Status::Note, "standard output is not a terminal", ""),
        Some((w, h)) if w < 80 || h < 24 => Check::new(
            TERMINAL,
            "size",
            Status::Warn,
            format!("{w}×{h}; the console needs 80×24"),
            "Make it larger.",
        ),
        Some((w, h)) => Check::ok(TERMINAL, "size", format!("{w}×{h}")),
    });
    checks
}

fn colours(environment: &Environment, depth: ColorDepth) -> Check {
    let found = match depth {
        ColorDepth::Mono if environment.get("NO_COLOR").is_some() => "none, since NO_COLOR is set",
        ColorDepth::Mono => "none",
        ColorDepth::C16 => "16",
        ColorDepth::C256 => "256",
        ColorDepth::True => "16 million",
    };
    Check::ok(TERMINAL, "colours", found)
}

pub(super) fn tools(environment: &Environment, uri: &str) -> Vec<Check> {
    let mut checks = vec![match find(environment, "qemu-img") {
        Some(path) => Check::ok(TOOLS, "qemu-img", path.display().to_string()),
        None => Check::new(
            TOOLS,
            "qemu-img",
            Status::Note,
            "not found: images are described by libvirt alone",
            "Install qemu-utils (Debian, Ubuntu) or qemu-img (Fedora, RHEL).",
        ),
    }];
    if uri.contains("+ssh:") {
        checks.push(match find(environment, "ssh") {
            Some(path) => Check::ok(TOOLS, "ssh", path.display().to_string()),
            None => Check::new(
                TOOLS,
                "ssh",
                Status::Fail,
                "not found, but the URI needs it",
                "Install openssh-client.",
            ),
        });
    }
    checks
}

fn find(environment: &Environment, program: &str) -> Option<PathBuf> {
    let executable = |p: &PathBuf| p.is_file() && rustix::fs::access(p, rustix::fs::Access::EXEC_OK).is_ok();
    std::env::split_paths(environment.get("PATH")?).map(|folder| folder.join(program)).find(executable)
}
