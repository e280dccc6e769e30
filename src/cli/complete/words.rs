//! Which names may stand behind the words of a line. Pure.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;

use super::form::{Open, meant};

/// A kind of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Vms,
    Pools,
    /// With their pools.
    Volumes,
    Networks,
    /// Of this VM.
    Snapshots(String),
    /// Of templates, and of their versions.
    Templates {
        versions: bool,
    },
    /// Of deleted VMs that are held.
    Held,
    /// Of VMs, pools and networks.
    Any,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) names: Names,
    /// The host, where the line names one.
    pub(super) connect: Option<String>,
    pub(super) demo: bool,
    pub(super) config: Option<PathBuf>,
    /// The quote that is open before the name.
    pub(super) open: Open,
    /// Behind `--`: nothing is taken for an option.
    pub(super) plain: bool,
    /// What stands in the line already.
    given: Vec<String>,
    /// What the name begins with; empty where the shell looks itself what fits.
    begin: String,
}

impl Asked {
    /// Of these names those that begin so, and are not in the line already.
    pub(super) fn fitting(&self, all: Vec<String>) -> Vec<String> {
        let fits = |name: &String| name.starts_with(&self.begin) && !self.given.contains(name);
        all.into_iter().filter(fits).collect()
    }
}

/// What has been read of a line.
struct Line<'d> {
    command: &'d Command,
    /// Names of the commands.
    path: Vec<String>,
    /// What stands behind the last command, without options.
    given: Vec<String>,
    connect: Option<String>,
    demo: bool,
    config: Option<PathBuf>,
}

/// What may stand as the last of these words; `None` where that are no names of things. The first word is the program.
pub(super) fn asked(definition: &Command, shell: Shell, words: &[String]) -> Option<Asked> {
    // fish takes quotes away from all words but the last, and knows of that itself what it means.
    let fish = matches!(shell, Shell::Fish);
    let means = |word: &String| if fish { (word.clone(), Open::No) } else { meant(word) };
    let (last, before) = words.get(1..)?.split_last()?;
    let mut line = Line {
        command: definition,
        path: Vec::new(),
        given: Vec::new(),
        connect: None,
        demo: false,
        config: None,
    };
    let mut open: Option<&Arg> = None;
    let mut plain = false;
    for word in before.iter().map(|w| means(w).0) {
        if let Some(option) = open.take() {
            line.set(option, &word);
        } else if plain {
            line.given.push(word);
        } else if word == "--" {
            plain = true;
        } else if word.starts_with('-') && word.len() > 1 {
            open = line.option(&word);
        } else {
            line.word(word);
        }
    }
    let (begin, quote) = means(last);
    let plain = plain && open.is_none();
    let arg = match open {
        Some(option) => option,
        None if !plain && begin.starts_with('-') => return None,
        None => line.positional()?,
    };
    let names = line.names(arg)?;
    let Line { connect, demo, config, given, .. } = line;
    // zsh and fish have ways of their own to tell what fits: without regard to case, or in the middle.
    let begin = if matches!(shell, Shell::Zsh | Shell::Fish) { String::new() } else { begin };
    Some(Asked { names, connect, demo, config, open: quote, plain, given, begin })
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

impl<'d> Line<'d> {
    fn set(&mut self, option: &Arg, value: &str) {
        match option.get_id().as_str() {
            "connect" => self.connect = Some(value.to_owned()),
            "config" => self.config = Some(value.into()),
            _ => {}
        }
    }

    /// Reads an option; the option where its value is the next word.
    fn option(&mut self, word: &str) -> Option<&'d Arg> {
        let (name, value) = match word.strip_prefix("--") {
            Some(long) => match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            },
            None => (&word[1..], None),
        };
        let long = word.starts_with("--");
        let is_it = |arg: &&Arg| {
            if long { arg.get_long() == Some(name) } else { name.chars().next() == arg.get_short() }
        };
        let found = self.command.get_arguments().filter(|a| !a.is_positional()).find(is_it)?;
        if found.get_id() == "demo" {
            self.demo = true;
        }
        if !takes_value(found) {
            return None;
        }
        // `-cURI` carries its value with it.
        let with_it = value.or_else(|| (!long && name.len() > 1).then(|| &name[1..]));
        match with_it {
            Some(value) => {
                self.set(found, value);
                None
            }
            None => Some(found),
        }
    }

    fn word(&mut self, word: String) {
        let may = self.given.is_empty() || self.command.is_subcommand_precedence_over_arg_set();
        match self.command.find_subcommand(&word).filter(|_| may) {
            Some(sub) => {
                if self.given.is_empty() && sub.get_name() == "demo" {
                    self.demo = true;
                }
                self.command = sub;
                self.path.push(sub.get_name().to_owned());
                self.given.clear();
            }
            None => self.given.push(word),
        }
    }

    /// The argument that the next word is, by its place.
    fn positional(&self) -> Option<&'d Arg> {
        let all: Vec<&Arg> = self.command.get_positionals().collect();
        let several = |arg: &&&Arg| matches!(arg.get_action(), ArgAction::Append);
        // Behind one that takes several, each may be one more of these.
        let first_several = all.iter().position(|a| several(&a)).unwrap_or(usize::MAX);
        all.get(self.given.len().min(first_several)).copied()
    }

    /// The names that an argument takes.
    fn names(&self, arg: &Arg) -> Option<Names> {
        let at = |n: usize| self.path.get(n).map(String::as_str).unwrap_or_default();
        let (area, action) = (at(0), at(1));
        match (area, arg.get_id().as_str()) {
            // What is made or brought back is not there yet.
            ("pool" | "network", "pool" | "network") if action == "define" => None,
            ("vm" | "snapshot", "name") if action == "create" => None,
            ("vm", "name" | "names" | "xml") if matches!(action, "undelete" | "purge" | "held") => {
                Some(Names::Held)
            }
            ("vm", _) if matches!(action, "undelete" | "purge" | "held") => None,
            ("vm", "name" | "names") | ("snapshot" | "template", "vm") | ("network", "who") => {
                Some(Names::Vms)
            }
            ("template", "name") => {
                (action != "create").then_some(Names::Templates { versions: action == "show" })
            }
            ("vm", "template") => Some(Names::Templates { versions: true }),
            ("snapshot", "name") => Some(Names::Snapshots(self.given.first()?.clone())),
            ("vm" | "pool" | "template", "pool") => Some(Names::Pools),
            ("vm" | "network", "network") => Some(Names::Networks),
            ("volume", "at" | "backing") | ("vm", "source" | "into" | "onto" | "disk") => {
                Some(Names::Volumes)
            }
            ("show", "name") => Some(Names::Any),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;

    fn of(line: &str) -> Option<Asked> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        asked(&Cli::definition(), Shell::Bash, &words)
    }

    #[test]
    fn names_stand_where_commands_take_them() {
        let snapshots = || Some(Names::Snapshots("web01".into()));
        for (line, names) in [
            ("novacron vm start ", Some(Names::Vms)),
            ("novacron vm start web", Some(Names::Vms)),
            ("novacron vm --yes start --paused web01 db", Some(Names::Vms)),
            ("novacron vm autostart web01 ", Some(Names::Vms)),
            ("novacron vm tag web01 ", Some(Names::Vms)),
            ("novacron vm tag web01 add ", None),
            ("novacron vm rename web01 ", None),
            ("novacron vm purge ", Some(Names::Held)),
            ("novacron vm purge --volumes one ", Some(Names::Held)),
            ("novacron vm undelete ", Some(Names::Held)),
            ("novacron vm undelete web01 --name ", None),
            ("novacron vm held --xml ", Some(Names::Held)),
            ("novacron vm clone ", Some(Names::Vms)),
            ("novacron vm create ", None),
            ("novacron vm create x --disk ", Some(Names::Volumes)),
            ("novacron vm disk attach ", Some(Names::Vms)),
            ("novacron vm disk attach web01 ", Some(Names::Volumes)),
            ("novacron vm nic attach web01 --network ", Some(Names::Networks)),
            ("novacron vm migrate-disk web01 vda --pool ", Some(Names::Pools)),
            ("novacron vm migrate-disk web01 vda --pool=x ", None),
            ("novacron vm commit-disk web01 ", None),
            ("novacron vm start --", None),
            ("novacron vm start -- -", Some(Names::Vms)),
            ("novacron snapshot revert ", Some(Names::Vms)),
            ("novacron snapshot revert web01 ", snapshots()),
            ("novacron snapshot create web01 ", None),
            ("novacron volume delete im", Some(Names::Volumes)),
            ("novacron volume create x --backing ", Some(Names::Volumes)),
            ("novacron pool stop ", Some(Names::Pools)),
            ("novacron template delete ", Some(Names::Templates { versions: false })),
            ("novacron template show ", Some(Names::Templates { versions: true })),
            ("novacron vm create x --template ", Some(Names::Templates { versions: true })),
            ("novacron template create ", Some(Names::Vms)),
            ("novacron template create web01 ", None),
            ("novacron template create web01 t --pool ", Some(Names::Pools)),
            ("novacron pool define ", None),
            ("novacron network stop ", Some(Names::Networks)),
            ("novacron network define ", None),
            ("novacron show ", Some(Names::Any)),
            ("novacron ", None),
            ("novacron vm ", None),
            ("novacron", None),
            ("", None),
        ] {
            assert_eq!(of(line).map(|a| a.names), names, "{line}");
        }
    }

    #[test]
    fn the_host_is_the_line_s_own_and_quotes_mean_nothing() {
        let on = |line: &str| of(line).map(|a| (a.connect, a.demo)).unwrap();
        assert_eq!(on("novacron -c test:///default vm start "), (Some("test:///default".into()), false));
        assert_eq!(on("novacron vm start --connect=a:///b "), (Some("a:///b".into()), false));
        assert_eq!(on("novacron -ca:///b --demo show "), (Some("a:///b".into()), true));
        let words = ["novacron", "vm", "start", "web01", "da\\ t"].map(str::to_owned);
        let asked = asked(&Cli::definition(), Shell::Bash, &words).unwrap();
        assert_eq!(asked.begin, "da t");
        let all = ["da", "da t1", "web01", "x"].map(str::to_owned).to_vec();
        assert_eq!(asked.fitting(all.clone()), ["da t1"]);
        assert_eq!(of("novacron vm start web01 ").unwrap().fitting(all), ["da", "da t1", "x"]);
    }
}
