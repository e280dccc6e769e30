//! Operations as the commands that ask for them.

use super::words_making as making;
use super::words_network::network;
use super::{words_hardware, words_layers, words_storage as storage};
use crate::model::keycode;
use crate::model::operation::{AskGuest, Boot, Operation, Redefined, Visit, VmOperation as Op};
use crate::model::shell;

/// The command that asks for this of a VM of this name, ready to be typed.
pub(super) fn command(operation: &Operation, name: &str) -> String {
    shell::line(words(operation, name))
}

/// The same as arguments. A name that would be taken for an option, or that cannot be typed, is told as its UUID.
pub(super) fn words(operation: &Operation, name: &str) -> Vec<String> {
    let one = |(verb, behind, options)| (vec![verb], behind, options);
    let (id, area, (verbs, behind, options)) = match operation {
        Operation::Vm { act: Op::Template(make), .. } => return making::make_template(name, make),
        Operation::Vm { id, act: Op::Hardware(change) } => (id, "vm", words_hardware::parts(change)),
        Operation::Vm { id, act } => (id, "vm", one(parts(act))),
        Operation::Snapshot { vm, act } => (vm, "snapshot", one(super::snapshot_words::parts(act))),
        Operation::Volume { pool, name, act } => return storage::volume(pool, name, act),
        Operation::Pool { name, act } => return storage::pool(name, act),
        Operation::Network { name, act } => return network(name, act),
        Operation::NewVm { name, new, .. } => return making::new_vm(name, new),
        Operation::Template { name, act } => return making::template(name, act),
    };
    let typable = !name.is_empty() && !name.starts_with('-') && crate::model::text::clean(name) == name;
    let name = if typable { name.to_owned() } else { id.to_string() };
    let mut words = vec!["novacron".to_owned(), area.into()];
    words.extend(verbs.into_iter().map(str::to_owned));
    words.push(name);
    // Behind `--` everything is taken as it is.
    let Some(dashed) = behind.iter().position(|w| w.starts_with('-')) else {
        words.extend(behind.into_iter().chain(options));
        return words;
    };
    words.extend(options);
    let (plain, rest) = behind.split_at(dashed);
    words.extend_from_slice(plain);
    words.push("--".into());
    words.extend_from_slice(rest);
    words
}

/// The action, what stands behind the name, and options.
fn parts(act: &Op) -> (&'static str, Vec<String>, Vec<String>) {
    let none = Vec::new;
    let switch = |on: bool| vec![if on { "on" } else { "off" }.to_owned()];
    let by = |by: AskGuest| {
        if by == AskGuest::Auto { Vec::new() } else { vec!["--by".to_owned(), by.word().to_owned()] }
    };
    match act {
        Op::Start { paused, discard_saved } => {
            let options = [(*paused, "--paused"), (*discard_saved, "--discard-saved")];
            let given = options.into_iter().filter(|(so, _)| *so).map(|(_, o)| o.to_owned());
            ("start", none(), given.collect())
        }
        Op::UntilUp { boot, within_s } => {
            let (verb, behind, mut options) = match *boot {
                Boot::Start { discard_saved } => parts(&Op::Start { paused: false, discard_saved }),
                Boot::Reboot { by } => parts(&Op::Reboot { by }),
                Boot::Reset => parts(&Op::Reset),
            };
            options.push(format!("--wait={within_s}"));
            (verb, behind, options)
        }
        Op::Shutdown { by: way, within_s } => {
            let within = ["--within".to_owned(), within_s.to_string()];
            ("shutdown", none(), by(*way).into_iter().chain(within).collect())
        }
        Op::Reboot { by: way } => ("reboot", none(), by(*way)),
        Op::Reset => ("reset", none(), none()),
        Op::ForceOff => ("force-off", none(), none()),
        Op::Pause => ("pause", none(), none()),
        Op::Resume => ("resume", none(), none()),
        Op::Save => ("save", none(), none()),
        Op::DiscardSaved => ("discard-saved", none(), none()),
        Op::Autostart { on } => ("autostart", switch(*on), none()),
        Op::StartOrder { start: None } => ("start-order", vec!["none".into()], none()),
        Op::StartOrder { start: Some(s) } => {
            let options =
                ["--delay".to_owned(), s.delay_s.to_string(), "--gate".into(), s.gate.word().into()];
            ("start-order", vec![s.order.to_string()], options.into())
        }
        Op::Rename { to } => ("rename", vec![to.clone()], none()),
        Op::SetTags { tags } if tags.is_empty() => ("tag", vec!["clear".into()], none()),
        Op::SetTags { tags } => ("tag", with("set", tags), none()),
        Op::ChangeTags { add, remove } if add.is_empty() => ("tag", with("remove", remove), none()),
        Op::ChangeTags { add, .. } => ("tag", with("add", add), none()),
        Op::Describe { title, description } => {
            let texts = [("--title", title), ("--text", description)];
            let given =
                texts.into_iter().filter_map(|(option, text)| Some([option.to_owned(), text.clone()?]));
            ("describe", none(), given.flatten().collect())
        }
        Op::Console { take } => ("console", none(), if *take { vec!["--force".to_owned()] } else { none() }),
        Op::Visit { by: Visit::Screen } => ("screenshot", none(), vec!["--output".into(), "-".into()]),
        // A viewer is opened on the screen only; this tells where it goes.
        Op::Visit { by: Visit::Viewer } => ("display", none(), none()),
        Op::Visit { by: Visit::Ssh } => ("ssh", none(), none()),
        Op::SendKeys { codes, hold_ms } => {
            let keys: Vec<String> = codes.iter().map(|c| keycode::name(*c)).collect();
            ("send-key", vec![keys.join("-")], vec!["--hold".into(), hold_ms.to_string()])
        }
        Op::Clone(new) => {
            let (behind, options) = making::clone(new);
            ("clone", behind, options)
        }
        Op::Template(make) => ("template", vec![make.name.clone()], none()),
        Op::Protect { on } => ("protect", switch(*on), none()),
        // Told in its own way.
        Op::Hardware(_) => ("set", none(), none()),
        Op::Layers(change) => words_layers::parts(change),
        Op::Delete { force_off, discard_saved } => {
            let options = [(*force_off, "--force-off"), (*discard_saved, "--discard-saved")];
            let given = options.into_iter().filter(|(so, _)| *so).map(|(_, o)| o.to_owned());
            ("delete", none(), given.collect())
        }
        Op::Undelete { name } => {
            let options = name.iter().flat_map(|name| ["--name".to_owned(), name.clone()]);
            ("undelete", none(), options.collect())
        }
        Op::Purge => ("purge", none(), none()),
        Op::PurgeWithVolumes => ("purge", none(), vec!["--volumes".into()]),
        Op::Redefine { why: Redefined::Revert(number), .. } => ("revert", vec![number.to_string()], none()),
        Op::Redefine { .. } => ("edit", none(), none()),
    }
}

fn with(word: &str, tags: &[String]) -> Vec<String> {
    std::iter::once(word.to_owned()).chain(tags.iter().cloned()).collect()
}
