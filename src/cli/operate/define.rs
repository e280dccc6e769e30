//! `novacron vm edit`, `define`, `revisions` and `revert`.

use std::io::Read;
use std::path::Path;

use serde_json::json;

use super::person::Person;
use super::{Asked, Told, Wanted, answer, kept, names};
use crate::cli::args::{Action, Form, How};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, write_cells, write_json};
use crate::cli::when::{Clock, rfc3339};
use crate::console::editor::Draft;
use crate::engine::jobs::{DeskHandle, Shelf, difference, vm_of};
use crate::model::columns::Align;
use crate::model::held::Revision;
use crate::model::id::VmId;
use crate::model::job::JobState;
use crate::model::operation::{Redefined, VmOperation};
use crate::model::plan::{Planned, RefusalKind};
use crate::model::text::{clean, clean_lines};

/// A definition is some kilobytes.
const LARGEST: u64 = 4 << 20;

pub(super) async fn run(
    action: &Action,
    how: &How,
    layout: Layout,
    shelf: &Shelf,
    desk: &DeskHandle,
    person: &mut impl Person,
) -> Result<Told, Failure> {
    let outcomes = async |id: VmId, act: &VmOperation, person: &mut _| {
        let asked = Asked { wanted: Wanted::These(&[id], act), how, layout };
        asked.carry_out(desk, person).await.map(Told::Outcomes)
    };
    match action {
        Action::Edit { name, secrets } => {
            let id = find(name, desk).await?;
            edit(id, *secrets, how, layout, desk, person).await
        }
        Action::Define { file, secrets } => {
            let xml = read(file)?;
            let id = vm_of(&xml).ok_or_else(|| {
                let what =
                    format!("{}: this is no VM's definition, or there is no UUID in it", file.display());
                Failure::new(Exit::Usage, what)
                    .hint("`novacron vm edit NAME` changes the definition of a VM.")
            })?;
            let act = VmOperation::Redefine { xml, secrets: *secrets, why: Redefined::Define };
            outcomes(id, &act, person).await
        }
        Action::Revert { name, number } => {
            let id = find(name, desk).await?;
            let revision = revision(shelf, id, *number)?;
            let why = Redefined::Revert(*number);
            outcomes(id, &VmOperation::Redefine { xml: revision.xml, secrets: false, why }, person).await
        }
        Action::Revisions { name, diff, show } => {
            let id = of_any(name, shelf, desk).await?;
            match (diff.as_deref(), show) {
                (Some([a, b]), _) => {
                    let (a, b) = (revision(shelf, id, *a)?, revision(shelf, id, *b)?);
                    Ok(Told::Text(layout.lines(&clean_lines(&difference(&a.xml, &b.xml)))))
                }
                (_, Some(number)) => Ok(Told::Text(clean_lines(&revision(shelf, id, *number)?.xml))),
                _ => listed(&shelf.revisions(id).map_err(|e| kept::failure(&e))?, how.format, layout),
            }
        }
        _ => Err(Failure::new(Exit::Usage, "this is no command about definitions")),
    }
}

async fn find(name: &str, desk: &DeskHandle) -> Result<VmId, Failure> {
    let vms = answer(desk.vms()).await?.map_err(|e| Failure::from(&e))?;
    let found = names::resolve(&[name.to_owned()], &vms)?;
    found.first().map(|vm| vm.id).ok_or_else(|| Failure::new(Exit::NotFound, "there is no such VM"))
}

/// A VM that is there, or one that is held.
async fn of_any(name: &str, shelf: &Shelf, desk: &DeskHandle) -> Result<VmId, Failure> {
    match find(name, desk).await {
        Err(failure) if failure.exit == Exit::NotFound => {
            let held = shelf.held().map_err(|e| kept::failure(&e))?;
            let meant = kept::resolve(&[name.to_owned()], &held).unwrap_or_default();
            meant.first().copied().ok_or(failure)
        }
        found => found,
    }
}

fn revision(shelf: &Shelf, vm: VmId, number: i64) -> Result<Revision, Failure> {
    let all = shelf.revisions(vm).map_err(|e| kept::failure(&e))?;
    let numbers =
        all.last().zip(all.first()).map(|(old, new)| format!("Known are {} to {}.", old.number, new.number));
    all.into_iter().find(|r| r.number == number).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("there is no revision {number} of it")).hint(
            numbers.unwrap_or_else(|| "None is known: they are kept from NovaCron's first change on.".into()),
        )
    })
}

fn listed(all: &[Revision], form: Form, layout: Layout) -> Result<Told, Failure> {
    let mut out = Vec::new();
    let user = |r: &Revision| r.by.as_ref().map(|by| by.user.clone());
    match form {
        Form::Json => {
            let object = |r: &Revision| json!({ "number": r.number, "at": rfc3339(r.at), "by": user(r), "why": r.why });
            write_json(&mut out, &all.iter().map(object).collect())?;
        }
        Form::Text if all.is_empty() => {
            out.extend_from_slice(b"No revision is known: they are kept from NovaCron's first change on.\n");
        }
        Form::Text => {
            let clock = Clock::system();
            let header =
                [("NUMBER", Align::Right), ("WHEN", Align::Left), ("BY", Align::Left), ("WHY", Align::Left)];
            let row = |r: &Revision| {
                let by = user(r).map_or_else(|| "–".to_owned(), |u| clean(&u).into_owned());
                vec![r.number.to_string(), clock.shown(r.at), by, clean(&r.why).into_owned()]
            };
            write_cells(&mut out, &header, all.iter().map(row).collect(), layout)?;
        }
    }
    Ok(Told::Text(String::from_utf8_lossy(&out).into_owned()))
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed =
        |why: std::io::Error| Failure::new(Exit::Failed, format!("could not read {}: {why}", file.display()));
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST).read_to_string(&mut text).map_err(failed)?;
    } else {
        std::fs::File::open(file).and_then(|f| f.take(LARGEST).read_to_string(&mut text)).map_err(failed)?;
    }
    Ok(text)
}

/// Has it edited until it can be defined, or nothing more is changed in it.
async fn edit(
    id: VmId,
    secrets: bool,
    how: &How,
    layout: Layout,
    desk: &DeskHandle,
    person: &mut impl Person,
) -> Result<Told, Failure> {
    let xml = answer(desk.definition(id, secrets)).await?.map_err(|e| Failure::from(&e))?;
    let mut draft = Draft::new(&xml)?;
    let mut before = xml;
    let mut wrong: Option<Vec<_>> = None;
    loop {
        let said =
            wrong.as_ref().and_then(|w: &Vec<super::Outcome>| w.first()).map(|o| o.sentence().to_owned());
        let text = draft.edit(said.as_deref())?;
        if text == before {
            return match wrong {
                // What was written is not lost.
                Some(outcomes) => {
                    person.show(&format!("What you wrote is in {}.\n", draft.keep().display()));
                    Ok(Told::Outcomes(outcomes))
                }
                None => Ok(Told::Text(layout.text("Nothing was changed.\n"))),
            };
        }
        before.clone_from(&text);
        let act = VmOperation::Redefine { xml: text, secrets, why: Redefined::Edit };
        let asked = Asked { wanted: Wanted::These(&[id], &act), how, layout };
        let outcomes = match asked.carry_out(desk, person).await {
            Ok(outcomes) => outcomes,
            Err(failure) => {
                person.show(&format!("What you wrote is in {}.\n", draft.keep().display()));
                return Err(failure);
            }
        };
        let again = outcomes.first().is_some_and(|o| match (&o.planned, &o.job) {
            (Planned::Refused(no), _) => no.kind == RefusalKind::BadRequest,
            (_, Some(job)) => job.state == JobState::Failed,
            _ => false,
        });
        if !again {
            return Ok(Told::Outcomes(outcomes));
        }
        wrong = Some(outcomes);
    }
}
