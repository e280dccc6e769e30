//! Layers that become one: written down into the one below, or what is below taken up.

use super::{Case, Disk, Layer, No, medium};
use crate::model::hardware::Edit;
use crate::model::plan::{Act, AfterKill, LayersAct, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::operations::build::Draft;
use crate::operations::storage::listed;
use crate::xml::diff::unified;
use crate::xml::edit;

/// The disk, and what lies below it; its VM runs.
fn layered<'c>(case: &Case<'c>) -> Result<(Disk<'c>, String, Vec<Layer>), No> {
    let disk = case.disk()?;
    if !case.runs() {
        let reason = "It is off: libvirt merges layers of a VM that runs only.";
        let remedy = "Start it; paused is enough (novacron vm start --paused).";
        return Err(No::new(RefusalKind::State, reason, remedy));
    }
    let Some(top) = disk.path.clone() else {
        let reason = "Its bytes lie where no path of the host leads.";
        return Err(No::new(RefusalKind::Unsupported, reason, ""));
    };
    if disk.is.read_only {
        return Err(No::new(RefusalKind::Unsupported, "The guest only reads it.", ""));
    }
    let below = case.below(&disk);
    if below.is_empty() {
        return Err(No::new(RefusalKind::AlreadySo, "Nothing lies below it.", ""));
    }
    Ok((disk, top, below))
}

/// The place of an image among those below.
fn place(below: &[Layer], wanted: &str) -> Result<usize, No> {
    below.iter().position(|(path, _)| path == wanted).ok_or_else(|| {
        let has: Vec<_> = below.iter().map(|(path, _)| path.clone()).collect();
        let reason = format!("{} does not lie below it.", clean(wanted));
        No::new(RefusalKind::NotFound, reason, format!("There are {}.", listed(&has)))
    })
}

fn occupied(case: &Case<'_>, path: &str) -> Option<u64> {
    Some(case.facts.storage.at(path)?.1.allocation)
}

/// A path as a volume where it is one.
fn called(case: &Case<'_>, path: &str) -> String {
    let found = case.facts.storage.at(path);
    found.map_or_else(|| path.to_owned(), |(p, v)| format!("{}/{}", p.record.name, v.name))
}

pub(super) fn commit(case: &Case<'_>, into: Option<&str>, keep_old: bool) -> Result<Draft, No> {
    let (disk, top, below) = layered(case)?;
    let at = into.map_or(Ok(0), |wanted| place(&below, &case.image(wanted)))?;
    let (base, format) = below[at].clone();
    let mut merged: Vec<String> = vec![top];
    merged.extend(below[..at].iter().map(|(path, _)| path.clone()));
    case.known()?;
    // All that is written to, or goes: nobody else may rest on it.
    for path in merged.iter().chain([&base]) {
        let others = case.others(path, &merged).all();
        if !others.is_empty() {
            let reason =
                format!("{} rests on {} as well, and would break.", listed(&others), called(case, path));
            let remedy = format!(
                "Make this disk independent instead: novacron vm pull-disk {} {}",
                case.name(),
                case.target()
            );
            return Err(No::new(RefusalKind::InUse, clean(&reason), remedy));
        }
    }
    let sum = merged.iter().try_fold(0_u64, |sum, path| Some(sum + occupied(case, path)?));
    let (vm, target) = (case.vm.id, case.target().to_owned());
    let goes = called(case, &base);
    let bandwidth = case.change.bandwidth;
    let commit = LayersAct::Commit { vm, target: target.clone(), into: base.clone(), bandwidth };
    let name = case.name();
    let mut virsh = vec!["blockcommit", &name, &target, "--active", "--base", &base];
    let bound = case.bandwidth();
    virsh.extend(bound.iter().map(String::as_str));
    virsh.push("--wait");
    let shared = |act: fn(_, _, _) -> LayersAct| Act::Layers(act(vm, target.clone(), base.clone()));
    let mut plan = case
        .draft(&disk)
        .summary(format!("{} {} into {goes}", merged.len(), plural(merged.len())))
        .done(format!("{target} lies in {goes} now."))
        .after_kill(AfterKill::Undo)
        .step(
            format!(
                "Write what {} into {goes}, while the guest goes on",
                if merged.len() == 1 { "it holds" } else { "they hold" }
            ),
            &virsh,
            Act::Layers(commit),
        )
        .undo(shared(|vm, target, to| LayersAct::GiveUp { vm, target, to }))
        .step(
            "Have the guest go on with that one",
            &["blockjob", &case.name(), &target, "--pivot"],
            shared(|vm, target, to| LayersAct::Pivot { vm, target, to }),
        )
        .no_way_back()
        .note(Weight::Info, "Stopping it leaves the layers as they are.");
    plan = room(case, plan, &base, sum);
    if case.persistent() {
        plan = defined(case, plan, &base, format.as_deref())?;
    }
    for path in &merged {
        plan = away(case, plan, path, keep_old);
    }
    Ok(plan)
}

const fn plural(layers: usize) -> &'static str {
    if layers == 1 { "layer" } else { "layers" }
}

/// Room that the image below may need.
fn room(case: &Case<'_>, plan: Draft, path: &str, needs: Option<u64>) -> Draft {
    let (Some((pool, _)), Some(needs)) = (case.facts.storage.at(path), needs) else {
        return plan.note(Weight::Info, "How much room it needs is not known: not all layers are in a pool.");
    };
    let free = pool.record.available;
    let text = format!(
        "It may need {}, and the pool has less free: then it stops, and the layers stay as they are.",
        bytes(needs as f64)
    );
    plan.space(format!("pool {}", pool.record.name), needs, free).note_if(
        free.is_some_and(|free| free < needs),
        Weight::Warning,
        text,
    )
}

fn defined(case: &Case<'_>, plan: Draft, base: &str, format: Option<&str>) -> Result<Draft, No> {
    let kind = case.facts.storage.at(base).map_or("file", |(_, v)| v.kind);
    let edit = Edit::Source {
        target: case.target().to_owned(),
        medium: medium(kind, base),
        format: format.unwrap_or("raw").to_owned(),
    };
    let after = edit::apply(&case.vm.defined_xml, std::slice::from_ref(&edit)).map_err(|why| {
        let reason = format!("Its definition cannot be edited: {why}.");
        No::new(RefusalKind::Unknown, reason, "")
    })?;
    let target = case.target().to_owned();
    let name = LayersAct::Name { vm: case.vm.id, target, to: base.to_owned(), edits: vec![edit] };
    Ok(plan
        .step("See that its definition names that one", &[], Act::Layers(name))
        .diff(&unified(&case.vm.defined_xml, &after)))
}

/// A layer that is of no more use.
fn away(case: &Case<'_>, plan: Draft, path: &str, keep: bool) -> Draft {
    match case.facts.storage.at(path) {
        Some((pool, volume)) if !keep => {
            let (pool, name) = (pool.record.name.clone(), volume.name.clone());
            plan.step(
                format!("Delete the layer {pool}/{name}"),
                &["vol-delete", "--pool", &pool, "--vol", &name],
                Act::Layers(LayersAct::DropUnused { pool: pool.clone(), name: name.clone() }),
            )
        }
        Some(_) => plan.note(
            Weight::Warning,
            format!("{path} stays, and must not be used any more: what it lay on is another then."),
        ),
        None => plan.note(
            Weight::Warning,
            format!("{path} is in no started pool: it stays, is of no more use, and is yours to remove."),
        ),
    }
}

pub(super) fn pull(case: &Case<'_>, onto: Option<&str>) -> Result<Draft, No> {
    let (disk, top, below) = layered(case)?;
    let onto = onto.map(|wanted| case.image(wanted));
    let onto = onto.as_deref();
    let at = onto.map(|wanted| place(&below, wanted)).transpose()?;
    if at == Some(0) {
        let reason = format!("It lies on {} alone already.", clean(&below[0].0));
        return Err(No::new(RefusalKind::AlreadySo, reason, ""));
    }
    let taken = &below[..at.unwrap_or(below.len())];
    let needs = taken.iter().try_fold(0_u64, |sum, (path, _)| Some(sum + occupied(case, path)?));
    if let (Some((pool, _)), Some(needs)) = (case.facts.storage.at(&top), needs)
        && let Some(free) = pool.record.available.filter(|free| *free < needs)
    {
        let (needs, free) = (bytes(needs as f64), bytes(free as f64));
        let reason = format!("It needs {needs} in pool {}, and {free} are free.", clean(&pool.record.name));
        return Err(No::new(RefusalKind::Space, reason, "Make room there, or move the disk first."));
    }
    let (vm, target, name) = (case.vm.id, case.target().to_owned(), case.name());
    let mut virsh = vec!["blockpull", &name, &target];
    virsh.extend(onto.map(|base| ["--base", base]).into_iter().flatten());
    let bound = case.bandwidth();
    virsh.extend(bound.iter().map(String::as_str));
    virsh.push("--wait");
    let rest = onto.map_or_else(|| "nothing else".to_owned(), |base| called(case, base));
    let bandwidth = case.change.bandwidth;
    let pull = LayersAct::Pull { vm, target: target.clone(), onto: onto.map(str::to_owned), bandwidth };
    let plan = case
        .draft(&disk)
        .summary(format!("what {} {} below hold comes into it", taken.len(), images(taken.len())))
        .done(format!("{target} lies on {rest} now."))
        .after_kill(AfterKill::Undo)
        .step(format!("Take up what {target} lies on, while the guest goes on"), &virsh, Act::Layers(pull))
        .undo(Act::Layers(LayersAct::EndPull { vm, target: target.clone() }))
        .note(Weight::Info, "Stopping it leaves the disk as it is; what was taken up until then stays.")
        .note(Weight::Info, "The images below stay as they are.");
    Ok(room(case, plan, &top, needs))
}

const fn images(count: usize) -> &'static str {
    if count == 1 { "image" } else { "images" }
}
