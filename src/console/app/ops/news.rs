//! What is to be told when jobs have changed.

use std::sync::Arc;

use super::rows::{Counts, members};
use super::{is_active, offer_word, undo_of, words};
use crate::console::app::App;
use crate::console::app::action::ActionId;
use crate::console::app::msg::{Notice, Tone};
use crate::engine::jobs::Jobs;
use crate::model::job::{Job, JobId, JobState};
use crate::model::text::clean;

/// Jobs of this process that ended since.
pub(in super::super) fn ended<'j>(old: &Jobs, new: &'j Jobs) -> Vec<&'j Job> {
    let was_over = |id| old.job(id).is_some_and(|job| job.state.is_over());
    new.jobs
        .iter()
        .map(Arc::as_ref)
        .filter(|job| job.here && job.state.is_over() && !was_over(job.id))
        .collect()
}

/// Whether what is seen of jobs outside their own screen is another: who is worked on, and how.
pub(in super::super) fn differs(old: &Jobs, new: &Jobs) -> bool {
    let seen = |jobs: &Jobs| -> Vec<(JobId, JobState)> {
        jobs.jobs.iter().filter(|job| is_active(job)).map(|job| (job.id, job.state)).collect()
    };
    seen(old) != seen(new)
}

/// What to say of jobs that ended: of the last one, or of the whole of what was confirmed together once all of it is
/// over.
pub(in super::super) fn notice(app: &App, jobs: &Jobs, ended: &[&Job]) -> Option<Notice> {
    let last = ended.iter().max_by_key(|job| (job.ended, job.id))?;
    let batch = members(jobs, last.batch);
    if batch.len() == 1 {
        return Some(of_one(app, jobs, last));
    }
    let counts = Counts::of(batch.iter().copied());
    (counts.open == 0).then(|| {
        let verb = words::verb(&last.operation);
        let text = format!(
            "{verb} {}: {}.{}",
            words::of_several(batch.len()),
            counts.text(),
            hint(
                app,
                batch.iter().any(|job| undo_of(jobs, job).is_some()),
                batch.iter().find_map(|job| offer_word(job))
            )
        );
        Notice { tone: if counts.all_well() { Tone::Good } else { Tone::Bad }, text }
    })
}

fn of_one(app: &App, jobs: &Jobs, job: &Job) -> Notice {
    let tone = match job.state {
        JobState::Done => Tone::Good,
        JobState::Cancelled => Tone::Info,
        _ => Tone::Bad,
    };
    let (title, outcome) = (clean(&job.title), clean(&job.outcome));
    let said = match outcome.trim() {
        "" => format!("{title}: {}.", job.state.word()),
        outcome if outcome.contains(&*job.target.display_name()) => outcome.to_owned(),
        outcome => format!("{title}: {outcome}"),
    };
    Notice { tone, text: said + &hint(app, undo_of(jobs, job).is_some(), offer_word(job)) }
}

/// The keys that help on: `  u undo`, `  a force off`.
fn hint(app: &App, undo: bool, offer: Option<String>) -> String {
    let key = |action| app.keymap.shown_key(app.scope_below(), action);
    if let (Some(offer), Some(key)) = (offer, key(ActionId::Offer)) {
        return format!("  {key} {offer}");
    }
    key(ActionId::Undo).filter(|_| undo).map_or_else(String::new, |key| format!("  {key} undo"))
}
