//! `novacron man` and `novacron completions`: from the same definition as the command line itself.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap_complete::Shell;

use super::keys::shown;
use crate::cli::args::Cli;
use crate::cli::complete::with_names;
use crate::cli::docs::{about, flag, help, leaves, placeholder, subcommands};
use crate::cli::exit::Exit;
use crate::config::KEYS;
use crate::console::app::action::ACTIONS;
use crate::console::keymap::Keymap;
use crate::model::columns::VM_COLUMNS;

/// Writes the completion script.
pub(crate) fn write_completions(out: &mut dyn Write, shell: Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::definition(), "novacron", &mut script);
    out.write_all(with_names(shell, &String::from_utf8_lossy(&script)).as_bytes())
}

/// Writes the man page.
pub(crate) fn write_man(out: &mut dyn Write) -> io::Result<()> {
    let definition = Cli::definition();
    let man = clap_mangen::Man::new(definition.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    out.write_all(more(&definition).as_bytes())
}

fn more(definition: &clap::Command) -> String {
    let mut page = Page::default();
    page.section("OPTIONS");
    page.options(definition);
    page.section("COMMANDS");
    // Options that hold for several commands stand once, before them.
    for sub in subcommands(definition).filter(|s| s.has_subcommands()) {
        page.subsection(&format!("novacron {} …", sub.get_name()));
        page.text(&about(sub));
        let (options, top) = (sub.get_arguments(), |a: &&clap::Arg| in_all(definition, a));
        options.filter(|a| a.is_global_set() && !top(a)).for_each(|a| page.option(a));
    }
    for (usage, sub) in leaves(definition) {
        page.subsection(&usage);
        page.text(&about(sub));
        for arg in sub.get_positionals() {
            page.item(&placeholder(arg), &with_values(arg));
        }
        page.options(sub);
    }
    page.section("KEYS");
    let keymap = Keymap::default();
    for action in ACTIONS {
        page.item(&shown(action, &keymap), &format!("{} ({})", action.doc, action.name));
    }
    page.section("COLUMNS");
    page.text("Columns of VMs, for --columns, --sort and the configuration. Other kinds have theirs; a wrong name lists them.");
    for c in VM_COLUMNS {
        page.item(c.id, &format!("{} JSON key: {}.", c.doc, c.key()));
    }
    page.section("FILTER");
    page.text("Terms with spaces between them must all hold; a minus before a term turns it round.");
    for f in crate::model::filter::fields() {
        page.item(f.name, f.doc);
    }
    page.section("EXIT STATUS");
    for (exit, meaning) in Exit::ALL {
        page.item(&exit.code().to_string(), meaning);
    }
    page.section("CONFIGURATION");
    for key in KEYS {
        page.item(key.path, &format!("{} Accepts {}.", key.doc, key.kind.describe()));
    }
    page.section("ENVIRONMENT");
    page.item(
        "LIBVIRT_DEFAULT_URI",
        "The hypervisor to connect to, unless --connect or NOVACRON_CONNECT says otherwise.",
    );
    page.item("NOVACRON_CONFIG", "A configuration file instead of the usual ones.");
    for key in KEYS {
        page.item(&key.variable(), &format!("Sets {}.", key.path));
    }
    page.item("NO_COLOR", "No colours, where set to anything.");
    page.section("FILES");
    page.item("/etc/novacron/config.toml", "Configuration for all users.");
    page.item(
        "~/.config/novacron/config.toml",
        "The user's own; `novacron config --default` prints one to begin with.",
    );
    page.item("~/.config/novacron/keymap.toml", "The user's own keys.");
    page.item("~/.config/novacron/themes/*.toml", "The user's own themes.");
    page.item("~/.local/share/novacron/novacron.log", "The log; of root: /var/lib/novacron/novacron.log.");
    page.0
}

/// Whether an option is one of every command.
fn in_all(definition: &clap::Command, arg: &clap::Arg) -> bool {
    definition.get_arguments().any(|a| a.get_id() == arg.get_id())
}

fn with_values(arg: &clap::Arg) -> String {
    let values: Vec<_> = arg
        .get_possible_values()
        .iter()
        .filter(|v| !v.is_hide_set() && !arg.is_hide_possible_values_set())
        .map(|v| v.get_name().to_owned())
        .collect();
    let defaults: Vec<_> =
        arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    let mut text = help(arg);
    if !values.is_empty() && arg.get_action().takes_values() {
        let _ = write!(text, " One of {}.", values.join(", "));
    }
    if !defaults.is_empty() && arg.get_action().takes_values() {
        let _ = write!(text, " Default: {}.", defaults.join(" "));
    }
    text
}

/// Roff, as far as a man page needs it.
#[derive(Default)]
struct Page(String);

impl Page {
    fn section(&mut self, title: &str) {
        let _ = writeln!(self.0, ".SH {}", quoted(title));
    }

    fn subsection(&mut self, title: &str) {
        let _ = writeln!(self.0, ".SS {}", quoted(title));
    }

    fn text(&mut self, text: &str) {
        let _ = writeln!(self.0, ".PP\n{}", escaped(text));
    }

    fn item(&mut self, name: &str, text: &str) {
        let _ =
            writeln!(self.0, ".TP\n\\fB{}\\fR\n{}", escaped(name).trim_start_matches("\\&"), escaped(text));
    }

    fn options(&mut self, command: &clap::Command) {
        // Global options stand once, at the top.
        let top = command.get_name() == "novacron";
        for arg in command.get_arguments() {
            if top || !arg.is_global_set() {
                self.option(arg);
            }
        }
    }

    fn option(&mut self, arg: &clap::Arg) {
        let shown = !arg.is_positional() && !arg.is_hide_set();
        if shown && !matches!(arg.get_id().as_str(), "help" | "version") {
            self.item(&flag(arg), &with_values(arg));
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('"', "\\(dq"))
}

/// Text that roff takes for nothing else.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\n', " ");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_man_page_names_every_command_option_and_code() {
        let mut out = Vec::new();
        write_man(&mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        for part in [
            ".SH NAME",
            "novacron list WHAT",
            "novacron vm shutdown NAME…",
            "novacron vm tag NAME… add TAG…",
            "\\fB\\-\\-dry\\-run\\fR",
            "One of running, agent, address. Default: running.",
            "novacron audit export FILE",
            "\\fB\\-\\-sample SECONDS\\fR",
            "\\fB\\-c, \\-\\-connect URI\\fR",
            "One of vms, pools, volumes, networks.",
            "\\fB7\\fR\ntimed out",
            "NOVACRON_POLL_FAST_SECONDS",
            "JSON key: cpu_percent.",
        ] {
            assert!(page.contains(part), "{part} is missing:\n{page}");
        }
        assert!(!page.contains("novacron docs"), "hidden commands stay hidden");
        // A line that begins with a dot is a request, and must be one we meant.
        for line in page.lines().filter(|l| l.starts_with('.')) {
            let request = line[1..].split(' ').next().unwrap();
            assert!(matches!(request, "TH" | "SH" | "SS" | "PP" | "TP" | "ie" | "el" | "br"), "{line}");
        }
    }

    #[test]
    fn completions_know_commands_and_options() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut out = Vec::new();
            write_completions(&mut out, shell).unwrap();
            let script = String::from_utf8(out).unwrap();
            // Commands, their words, options; metrics of VMs, of the host.
            for word in ["doctor", "volumes", "read-only", "cpu_percent", "memory_available_bytes"] {
                assert!(script.contains(word), "{word} is missing for {shell}");
            }
        }
    }
}
