//! What is set of a VM without touching its devices: name, autostart, tags, texts, protection.

use super::super::build::{Draft, argument, draft, refused};
use super::super::facts::{Facts, VmFacts};
use crate::model::operation::VmOperation as Op;
use crate::model::plan::{Act, Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::vm::{StartGate, StartOrder, VmDefinition};
use crate::xml::diff::unified;
use crate::xml::domain::{NOVACRON, novacron_element};

/// Letters of a name at most: files are named after it, with an ending.
const MAX_NAME: usize = 200;
/// Letters of a tag, and tags of a VM, at most.
const MAX_TAG: usize = 64;
const MAX_TAGS: usize = 64;

pub(super) fn plan(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    match act {
        Op::Autostart { on } => autostart(act, vm, facts, *on),
        Op::StartOrder { start } => start_order(act, vm, facts, *start),
        Op::Rename { to } => rename(act, vm, facts, to),
        Op::SetTags { tags } => set_tags(act, vm, facts, tags, tags),
        Op::ChangeTags { add, remove } => change_tags(act, vm, facts, add, remove),
        Op::Protect { on } => protect(act, vm, facts, *on),
        Op::Describe { title, description } => {
            describe(act, vm, facts, title.as_deref(), description.as_deref())
        }
        // The caller gives nothing else here.
        _ => refused(act, vm, "Change", RefusalKind::BadRequest, "This is no setting.", ""),
    }
}

fn autostart(act: &Op, vm: &VmFacts, facts: &Facts, on: bool) -> Planned {
    let verb = if on { "Turn on autostart of" } else { "Turn off autostart of" };
    if let Some(no) = transient(act, vm, verb) {
        return no;
    }
    if vm.flags.autostart == Some(on) {
        let so = if on { "It starts with the host already." } else { "It does not start with the host." };
        return refused(act, vm, verb, RefusalKind::AlreadySo, so, "");
    }
    let domain = argument(vm);
    let mut virsh = vec!["autostart", domain.as_str()];
    virsh.extend((!on).then_some("--disable"));
    let ordered = on && vm.definition.start_order.is_some();
    draft(act, vm, verb)
        .summary(if on {
            "libvirt starts it as the host comes up"
        } else {
            "after the host's start it stays off until somebody starts it"
        })
        .step(
            if on {
                "Have libvirt start it with the host"
            } else {
                "Have it no longer started with the host"
            },
            &virsh,
            Act::SetAutostart { vm: vm.id, on },
        )
        .note_if(
            ordered,
            Weight::Warning,
            "It also has a place in the order of `novacron collect`: libvirt is likely to be first.",
        )
        .rests_on("its autostart", vm.flags.autostart.map_or("unknown", on_off))
        // What was not known cannot be given back.
        .inverse_if(vm.flags.autostart.map(|on| Op::Autostart { on }))
        .planned(facts)
}

fn start_order(act: &Op, vm: &VmFacts, facts: &Facts, start: Option<StartOrder>) -> Planned {
    const VERB: &str = "Set the start order of";
    let now = vm.definition.start_order;
    if now == start {
        return refused(act, vm, VERB, RefusalKind::AlreadySo, "It is so already.", "");
    }
    let summary = match start {
        Some(s) => format!("number {}, started {}{}", s.order, counts(s.gate), then(s.delay_s)),
        None => "no longer in the order".to_owned(),
    };
    let autostarts = start.is_some() && vm.flags.autostart == Some(true);
    let of = &vm.definition;
    metadata(draft(act, vm, VERB), vm, novacron_element(&of.tags, of.protected, start).as_deref())
        .summary(summary)
        .note_if(
            start.is_some(),
            Weight::Info,
            "`novacron collect` starts VMs in this order when it finds the host freshly started.",
        )
        .note_if(
            autostarts,
            Weight::Warning,
            "libvirt's own autostart is on: it is likely to start it first. Turn it off.",
        )
        .inverse(Op::StartOrder { start: now })
        .planned(facts)
}

const fn counts(gate: StartGate) -> &'static str {
    match gate {
        StartGate::Running => "once it runs",
        StartGate::Agent => "once its agent answers",
        StartGate::Address => "once it has an address",
    }
}

fn then(delay_s: u32) -> String {
    if delay_s == 0 { String::new() } else { format!(", the next number {delay_s} s later") }
}

fn rename(act: &Op, vm: &VmFacts, facts: &Facts, to: &str) -> Planned {
    const VERB: &str = "Rename";
    let refuse = |kind, reason: String, remedy: &str| refused(act, vm, VERB, kind, reason, remedy);
    if let Some(no) = transient(act, vm, VERB) {
        return no;
    }
    if let Err(why) = name_is_good(to) {
        return refuse(RefusalKind::BadRequest, why, "Give it a name such as web01.");
    }
    if to == vm.name {
        return refuse(RefusalKind::AlreadySo, "That is its name.".into(), "");
    }
    if facts.names.iter().any(|(id, name)| name == to && *id != vm.id) {
        return refuse(
            RefusalKind::Taken,
            format!("There is a VM {} already.", clean(to)),
            "Choose another name.",
        );
    }
    if vm.state.is_active() {
        let reason = format!("It is {}: libvirt renames only VMs that are off.", vm.state.phrase());
        return refuse(RefusalKind::State, reason, "Shut it down first.");
    }
    if vm.flags.managed_save == Some(true) {
        let reason = "Its memory is saved under its old name.".to_owned();
        return refuse(RefusalKind::State, reason, "Start it and shut it down, or discard what was saved.");
    }
    let plan = draft(act, vm, VERB)
        .summary(format!("to {}", clean(to)))
        .done(format!("Its name is {}.", clean(to)))
        .step(
            format!("Give it the name {}", clean(to)),
            &["domrename", &argument(vm), to],
            Act::Rename { vm: vm.id, to: to.to_owned() },
        )
        .note(Weight::Info, "Its disks, its UUID and its history stay as they are: only the name is another.")
        .rests_on("its name", &vm.name);
    // Another tool may have given it a name that could not be given back.
    let back = name_is_good(&vm.name).is_ok().then(|| Op::Rename { to: vm.name.clone() });
    plan.inverse_if(back).planned(facts)
}

fn change_tags(act: &Op, vm: &VmFacts, facts: &Facts, add: &[String], remove: &[String]) -> Planned {
    let stay = vm.definition.tags.iter().filter(|t| !remove.contains(t));
    let tags: Vec<String> = stay.chain(add).cloned().collect();
    set_tags(act, vm, facts, &tags, add)
}

/// These tags and no others. Only those that are `new` must be good ones: what others gave it may stay.
fn set_tags(act: &Op, vm: &VmFacts, facts: &Facts, tags: &[String], new: &[String]) -> Planned {
    const VERB: &str = "Tag";
    if let Some(bad) = new.iter().find(|t| !tag_is_good(t)) {
        let reason = format!("“{}” is no tag.", clean(bad));
        let remedy = format!("Letters, digits and . _ - : up to {MAX_TAG} of them, the first no -.");
        return refused(act, vm, VERB, RefusalKind::BadRequest, reason, remedy);
    }
    let mut once: Vec<String> = Vec::new();
    for tag in tags {
        if !once.contains(tag) {
            once.push(tag.clone());
        }
    }
    if once.len() > MAX_TAGS {
        let reason = format!("A VM has {MAX_TAGS} tags at most.");
        return refused(act, vm, VERB, RefusalKind::BadRequest, reason, "");
    }
    let of = &vm.definition;
    if once == of.tags {
        return refused(act, vm, VERB, RefusalKind::AlreadySo, "Nothing of its tags would change.", "");
    }
    let summary = if once.is_empty() { "no tags".to_owned() } else { once.join(", ") };
    metadata(draft(act, vm, VERB), vm, novacron_element(&once, of.protected, of.start_order).as_deref())
        .summary(summary)
        .inverse_if(of.tags.iter().all(|t| tag_is_good(t)).then(|| Op::SetTags { tags: of.tags.clone() }))
        .planned(facts)
}

fn protect(act: &Op, vm: &VmFacts, facts: &Facts, on: bool) -> Planned {
    let verb = if on { "Protect" } else { "No longer protect" };
    let of = &vm.definition;
    if of.protected == on {
        let so = if on { "It is protected already." } else { "It is not protected." };
        return refused(act, vm, verb, RefusalKind::AlreadySo, so, "");
    }
    metadata(draft(act, vm, verb), vm, novacron_element(&of.tags, on, of.start_order).as_deref())
        .summary(if on {
            "from deleting, forcing off and resetting"
        } else {
            "what loses data is possible again"
        })
        .note_if(on, Weight::Info, "NovaCron keeps to it; other tools do not know of it.")
        .inverse(Op::Protect { on: !on })
        .planned(facts)
}

fn describe(
    act: &Op,
    vm: &VmFacts,
    facts: &Facts,
    title: Option<&str>,
    description: Option<&str>,
) -> Planned {
    const VERB: &str = "Describe";
    let of = &vm.definition;
    let (old_title, old_text) = (of.title.as_deref().unwrap_or(""), of.description.as_deref().unwrap_or(""));
    let title = title.map(str::trim).filter(|t| *t != old_title);
    let description = description.map(str::trim).filter(|d| *d != old_text);
    if title.is_some_and(|t| t.contains(char::is_control)) {
        return refused(act, vm, VERB, RefusalKind::BadRequest, "A title is one line of text.", "");
    }
    // XML has no way to say others.
    if description.is_some_and(|d| d.contains(is_no_text)) {
        let reason = "A description is text, without control characters.";
        return refused(act, vm, VERB, RefusalKind::BadRequest, reason, "");
    }
    let domain = argument(vm);
    let mut virsh = vec!["desc", domain.as_str(), "--config"];
    virsh.extend(vm.state.is_active().then_some("--live"));
    let mut plan = draft(act, vm, VERB);
    let mut said = Vec::new();
    if let Some(text) = title {
        said.push(if text.is_empty() { "no title".to_owned() } else { clean(text).into_owned() });
        let set = Act::SetTitle { vm: vm.id, text: text.to_owned() };
        plan = plan
            .step("Set its title", &[&virsh, ["--title", "--new-desc", text].as_slice()].concat(), set)
            .rests_on("its title", old_title);
    }
    if let Some(text) = description {
        said.push(if text.is_empty() { "no description".into() } else { "its description".into() });
        let set = Act::SetDescription { vm: vm.id, text: text.to_owned() };
        plan = plan
            .step("Set its description", &[&virsh, ["--new-desc", text].as_slice()].concat(), set)
            .rests_on("its description", old_text)
            .diff(&unified(old_text, text));
    }
    if said.is_empty() {
        return refused(act, vm, VERB, RefusalKind::AlreadySo, "It says so already.", "");
    }
    let inverse = Op::Describe {
        title: title.map(|_| old_title.to_owned()),
        description: description.map(|_| old_text.to_owned()),
    };
    let back = !old_title.contains(char::is_control) && !old_text.contains(is_no_text);
    plan.summary(said.join(", ")).inverse_if(back.then_some(inverse)).planned(facts)
}

/// The step that sets NovaCron's own metadata, with what it changes.
fn metadata(plan: Draft, vm: &VmFacts, xml: Option<&str>) -> Draft {
    let VmDefinition { tags, protected, start_order, .. } = &vm.definition;
    let before = novacron_element(tags, *protected, *start_order);
    let domain = argument(vm);
    let mut virsh = vec!["metadata", domain.as_str(), NOVACRON];
    virsh.extend((vm.flags.persistent != Some(false)).then_some("--config"));
    virsh.extend(vm.state.is_active().then_some("--live"));
    match xml {
        Some(xml) => virsh.extend(["--key", "novacron", "--set", xml]),
        None => virsh.push("--remove"),
    }
    let diff = unified(&lines(before.as_deref()), &lines(xml));
    plan.step(
        "Write it to the VM's metadata",
        &virsh,
        Act::SetMetadata { vm: vm.id, xml: xml.map(str::to_owned) },
    )
    .rests_on("its metadata", before.unwrap_or_default())
    .diff(&diff)
}

/// One element a line.
fn lines(xml: Option<&str>) -> String {
    let mut text = xml.unwrap_or_default().replace("><", ">\n<");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn transient(act: &Op, vm: &VmFacts, verb: &str) -> Option<Planned> {
    (vm.flags.persistent == Some(false)).then(|| {
        let reason = "It is transient: it has no definition that would stay.";
        refused(act, vm, verb, RefusalKind::State, reason, "Define it first.")
    })
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// Whether a VM may be named so: libvirt names files after it.
pub(in crate::operations) fn name_is_good(name: &str) -> Result<(), String> {
    let why = match name {
        "" => "A name cannot be empty.",
        "." | ".." => "That name stands for a folder.",
        n if n.trim() != n => "A name cannot begin or end with a space.",
        n if n.contains('/') => "A name cannot hold a slash.",
        n if n.starts_with('-') => "A name that begins with - would be taken for an option by other tools.",
        n if clean(n) != n => "The name holds characters that cannot be seen.",
        n if n.len() > MAX_NAME => "The name is too long: 200 bytes at most.",
        _ => return Ok(()),
    };
    Err(why.to_owned())
}

/// What a description cannot hold.
fn is_no_text(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

fn tag_is_good(tag: &str) -> bool {
    !tag.is_empty()
        && !tag.starts_with('-')
        && tag.chars().count() <= MAX_TAG
        && tag.chars().all(|c| c.is_alphanumeric() || "._-:".contains(c))
}
