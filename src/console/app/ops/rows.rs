//! The list of jobs: open ones first, then the newest; those that were confirmed together under one heading.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::is_active;
use crate::console::app::cursor::Cursor;
use crate::engine::jobs::Jobs;
use crate::model::job::{Job, JobId, JobState};

/// What a row stands for, and what the cursor sticks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// The heading of jobs that were confirmed together.
    Batch(JobId),
    /// A job.
    Job(JobId),
}

/// The list's state.
#[derive(Clone, Debug, Default)]
pub struct JobList {
    /// The selected row.
    pub cursor: Cursor<RowKey>,
    /// Batches whose jobs are hidden.
    pub collapsed: BTreeSet<JobId>,
    /// Rows as they stand.
    pub rows: Vec<RowKey>,
}

/// How many jobs of a batch ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Somebody works on them, or will.
    pub open: usize,
    /// Done.
    pub done: usize,
    /// Failed.
    pub failed: usize,
    /// Stopped by the user.
    pub cancelled: usize,
    /// Nothing was done: what they rest on had changed.
    pub stale: usize,
    /// NovaCron was killed.
    pub interrupted: usize,
}

impl Counts {
    /// Of these jobs.
    pub fn of<'j>(jobs: impl IntoIterator<Item = &'j Job>) -> Self {
        let mut counts = Self::default();
        for job in jobs {
            *match job.state {
                JobState::Queued | JobState::Running | JobState::Cancelling => &mut counts.open,
                JobState::Done => &mut counts.done,
                JobState::Failed => &mut counts.failed,
                JobState::Cancelled => &mut counts.cancelled,
                JobState::Stale => &mut counts.stale,
                JobState::Interrupted => &mut counts.interrupted,
            } += 1;
        }
        counts
    }

    /// `3 done, 1 failed`.
    pub fn text(self) -> String {
        let parts = [
            (self.open, "open"),
            (self.done, "done"),
            (self.failed, "failed"),
            (self.cancelled, "cancelled"),
            (self.stale, "stale"),
            (self.interrupted, "interrupted"),
        ];
        let said = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
        said.collect::<Vec<_>>().join(", ")
    }

    /// Whether all went as it was asked for.
    pub const fn all_well(self) -> bool {
        self.failed == 0 && self.stale == 0 && self.interrupted == 0
    }
}

/// The jobs of a batch, in the order they were asked for.
pub fn members(jobs: &Jobs, batch: JobId) -> Vec<&Job> {
    let mut members: Vec<&Job> = jobs.jobs.iter().map(Arc::as_ref).filter(|job| job.batch == batch).collect();
    members.sort_by_key(|job| job.id);
    members
}

impl JobList {
    /// Makes the rows anew.
    pub fn relist(&mut self, jobs: &Jobs) {
        let mut seen = BTreeSet::new();
        let mut batches: Vec<Vec<&Job>> = jobs
            .jobs
            .iter()
            .filter(|job| seen.insert(job.batch))
            .map(|job| members(jobs, job.batch))
            .collect();
        batches.sort_by_key(|members| {
            let open = members.iter().any(|job| is_active(job));
            (!open, std::cmp::Reverse(members.iter().map(|job| job.id).max()))
        });
        self.rows.clear();
        for members in batches {
            let Some(batch) = members.first().map(|job| job.batch) else { continue };
            if members.len() > 1 {
                self.rows.push(RowKey::Batch(batch));
                if self.collapsed.contains(&batch) {
                    continue;
                }
            }
            self.rows.extend(members.iter().map(|job| RowKey::Job(job.id)));
        }
        self.cursor.settle(&self.rows);
    }

    /// The selected job, or all of the selected heading.
    pub fn selected<'j>(&self, jobs: &'j Jobs) -> Vec<&'j Job> {
        match self.cursor.key() {
            Some(RowKey::Batch(batch)) => members(jobs, *batch),
            Some(RowKey::Job(id)) => jobs.job(*id).map(AsRef::as_ref).into_iter().collect(),
            None => Vec::new(),
        }
    }
}
