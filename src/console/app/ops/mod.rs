//! Operations in the console: plans before they are carried out, and jobs while they are. Where there is no desk there
//! is nothing of it: no keys, no screen.

pub mod dialog;
pub mod edit;
pub mod news;
pub mod parts;
pub mod prompt;
pub mod rows;
pub mod sheets;
pub mod words;

use std::sync::Arc;

use dialog::PlanDialog;
use edit::{Draft, EditOf};
use prompt::Prompt;
use rows::JobList;
use sheets::{HeldList, OrphanList, Sheet, TemplateList};

use super::App;
use super::action::ActionId;
use super::form::Form;
use super::place::{Pane, Scope, Screen};
use crate::engine::jobs::Jobs;
use crate::model::id::VmId;
use crate::model::job::{Job, JobId, JobState};
use crate::model::operation::Operation;
use crate::model::time::{Timestamp, human_duration};
use crate::model::vm::VmState;

/// What there is of operations.
#[derive(Clone, Debug, Default)]
pub struct Ops {
    /// All jobs.
    pub jobs: Arc<Jobs>,
    /// The list of them.
    pub list: JobList,
    /// How many questions were put to the desk: their numbers.
    pub(super) tickets: u64,
    /// Plans that were handed in, not answered yet.
    pub(super) submitted: Option<u64>,
    /// A definition that was asked for, to be edited: the number of the question, and whose.
    pub(super) reading: Option<(u64, EditOf)>,
    /// What was written in the editor and does not hold yet.
    pub draft: Option<Draft>,
}

/// What lies over the screen.
#[derive(Clone, Debug)]
pub enum OpsOverlay {
    /// Plans are being made; the number of the question, and of what.
    Planning {
        /// Which answer is waited for.
        ticket: u64,
        /// `Shut down web01`.
        what: String,
    },
    /// A plan, or several.
    Plan(Box<PlanDialog>),
    /// A line that asks for what a plan needs.
    Prompt(Prompt),
    /// A form that asks for what a plan needs.
    Form(Box<Form>),
    /// Deleted VMs.
    Held(HeldList),
    /// Volumes that no VM uses.
    Orphans(OrphanList),
    /// Templates.
    Templates(TemplateList),
    /// A record, a revision or a network in full.
    Sheet(Sheet),
    /// A job in full.
    Job {
        /// Which.
        id: JobId,
        /// First line shown.
        scroll: usize,
    },
    /// A question before jobs are stopped. Its first button, which leaves all as it is, has the focus at first.
    Stop {
        /// What would be stopped, and why.
        stop: Stop,
        /// The button that Enter presses.
        focus: usize,
    },
    /// Jobs are being stopped, to leave then.
    Leaving {
        /// When it is left whatever they do.
        until: Timestamp,
    },
}

impl OpsOverlay {
    /// The scope its keys are looked up in.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Planning { .. } => Scope::Planning,
            Self::Plan(dialog) if dialog.word().is_some() => Scope::PlanTyped,
            Self::Plan(_) => Scope::Plan,
            Self::Prompt(_) => Scope::Prompt,
            Self::Form(_) => Scope::Form,
            Self::Held(_) => Scope::Held,
            Self::Orphans(_) => Scope::Orphans,
            Self::Templates(_) => Scope::Templates,
            Self::Sheet(_) => Scope::Sheet,
            Self::Stop { .. } | Self::Leaving { .. } => Scope::Question,
            Self::Job { .. } => Scope::Job,
        }
    }
}

/// Why jobs are to be stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Because the user wants these stopped.
    Jobs(Vec<JobId>),
    /// Because the user leaves.
    Leave,
}

impl Ops {
    /// With the jobs that are known when the console opens: what ended before is no news.
    pub fn new(jobs: Arc<Jobs>) -> Self {
        let mut ops = Self { jobs, ..Self::default() };
        ops.list.relist(&ops.jobs);
        ops
    }

    /// The number of the next question.
    pub(super) const fn next_ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Jobs that somebody works on now, here or elsewhere.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.jobs.iter().filter(|job| is_active(job))
    }

    /// The job that is under way on a VM.
    pub fn job_of(&self, vm: VmId) -> Option<&Arc<Job>> {
        // One runs, the others wait.
        let mine = || self.active().filter(|job| job.operation.vm_id() == Some(vm));
        mine().find(|job| job.state != JobState::Queued).or_else(|| mine().last())
    }
}

/// Whether somebody works on it, or will.
pub const fn is_active(job: &Job) -> bool {
    matches!(job.state, JobState::Queued | JobState::Running | JobState::Cancelling)
}

/// The VMs that an operation would act on: those marked where they are seen, else the one selected or open.
pub fn targets(app: &App) -> Vec<VmId> {
    let sees_marks = app.page.is_none() && matches!(app.pane(), Pane::Vms | Pane::Metrics);
    if sees_marks && !app.vms.marks.is_empty() {
        return app.live.vms.iter().map(|vm| vm.id).filter(|id| app.vms.marks.contains(id)).collect();
    }
    if app.page.is_none() && app.pane() == Pane::Jobs {
        return vms_of_jobs(app).into_iter().filter(|id| app.live.vm(*id).is_some()).collect();
    }
    app.selected_vm_id().filter(|id| app.live.vm(*id).is_some()).into_iter().collect()
}

/// The VMs of the selected jobs.
pub(super) fn vms_of_jobs(app: &App) -> Vec<VmId> {
    let Some(ops) = &app.ops else { return Vec::new() };
    let mut ids = Vec::new();
    for id in ops.list.selected(&ops.jobs).iter().filter_map(|job| job.operation.vm_id()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// What `u` takes back: the selected job, or the newest of this console; all of it where several were confirmed together.
pub fn undo(app: &App) -> Vec<Operation> {
    of_chosen_or_newest(app, undo_of)
}

/// What may be tried instead of the selected job that failed, or of the newest of this console.
pub fn offered(app: &App) -> Vec<Operation> {
    of_chosen_or_newest(app, |jobs, job| offer_of(job).filter(|_| !is_overtaken(jobs, job)))
}

fn of_chosen_or_newest(app: &App, leads_to: impl Fn(&Jobs, &Job) -> Option<Operation>) -> Vec<Operation> {
    let Some(ops) = &app.ops else { return Vec::new() };
    if let Some(chosen) = chosen(app) {
        return chosen.into_iter().filter_map(|job| leads_to(&ops.jobs, job)).collect();
    }
    let mine = || ops.jobs.jobs.iter().filter(|job| job.here);
    let newest = mine().find(|job| leads_to(&ops.jobs, job).is_some());
    newest.map_or_else(Vec::new, |newest| {
        mine().filter(|job| job.batch == newest.batch).filter_map(|job| leads_to(&ops.jobs, job)).collect()
    })
}

/// Whether something else was done to the same thing since, or is being done.
fn is_overtaken(jobs: &Jobs, job: &Job) -> bool {
    let later = |other: &Arc<Job>| other.id > job.id && other.target.id == job.target.id;
    jobs.jobs.iter().any(|other| later(other) && (is_active(other) || other.state == JobState::Done))
}

/// The open jobs of this process among the selected ones.
pub fn stoppable(app: &App) -> Vec<JobId> {
    let here = |job: &&&Job| job.here && matches!(job.state, JobState::Queued | JobState::Running);
    let chosen = chosen(app).unwrap_or_default();
    chosen.iter().filter(here).map(|job| job.id).collect()
}

/// What takes a job back that is done, unless it was taken back since or is being.
pub fn undo_of(jobs: &Jobs, job: &Job) -> Option<Operation> {
    let undo = job.undo.as_ref().filter(|_| job.state == JobState::Done)?;
    let again = |other: &Arc<Job>| {
        other.id > job.id
            && (is_active(other) || other.state == JobState::Done)
            && other.target.id == job.target.id
            && other.operation == *undo
    };
    (!jobs.jobs.iter().any(again)).then(|| undo.clone())
}

/// What may be tried instead of a job that is over; of one whose plan was no longer right, the same with a plan made anew.
pub fn offer_of(job: &Job) -> Option<Operation> {
    match job.state {
        JobState::Stale => Some(job.operation.clone()),
        state => job.offer.clone().filter(|_| state.is_over()),
    }
}

/// What taking the offer is called: `force off`, `plan again`.
pub fn offer_word(job: &Job) -> Option<String> {
    let offer = offer_of(job)?;
    let verb = words::bare(words::verb(&offer)).to_lowercase();
    Some(if job.state == JobState::Stale { "plan again".into() } else { verb })
}

/// The selected or open jobs, where jobs are what is on screen.
fn chosen(app: &App) -> Option<Vec<&Job>> {
    let ops = app.ops.as_ref()?;
    match app.overlays.last() {
        Some(super::overlay::Overlay::Ops(OpsOverlay::Job { id, .. })) => {
            return Some(ops.jobs.job(*id).map(AsRef::as_ref).into_iter().collect());
        }
        _ if app.screen != Screen::Jobs || app.page.is_some() => return None,
        _ => {}
    }
    Some(ops.list.selected(&ops.jobs))
}

/// Whether the footer should name an operation: only what fits the state of the VM in view. All of them can be asked
/// for; the plan says why one cannot be.
pub fn fits(app: &App, action: ActionId) -> bool {
    use ActionId as A;
    let state = || {
        let ids = targets(app);
        let states: Vec<VmState> = ids.iter().filter_map(|id| Some(app.live.vm(*id)?.state)).collect();
        states
    };
    match action {
        A::Start => state().iter().any(|s| !s.is_active()),
        A::Shutdown | A::Reboot => state().contains(&VmState::Running),
        A::ForceOff | A::Reset => state().iter().any(|s| s.is_active()),
        A::PauseResume => state().iter().any(|s| matches!(s, VmState::Paused(_))),
        _ => true,
    }
}

/// How long a job took so far, or took.
pub fn took(job: &Job, now: Timestamp) -> Option<std::time::Duration> {
    Some(job.started?.age(job.ended.unwrap_or(now)))
}

/// What of it on screen changes with time alone.
pub(super) fn time_texts(app: &App) -> String {
    let Some(ops) = &app.ops else { return String::new() };
    let shows_jobs = app.screen == Screen::Jobs
        || matches!(app.overlays.last(), Some(super::overlay::Overlay::Ops(OpsOverlay::Job { .. })));
    let page = app.page.as_ref().map(|page| page.id);
    let on_screen = |job: &&Arc<Job>| shows_jobs || (page.is_some() && job.operation.vm_id() == page);
    let ages = ops.active().filter(on_screen).filter_map(|job| took(job, app.now)).map(human_duration);
    ages.collect()
}
