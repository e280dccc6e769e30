//! Questions to history: put at once, awaited aside, answered as messages.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::console::app::history::{ChartAsk, ChartHistory, MomentAsk, MomentHistory, Told, TopAsk, TopRow};
use crate::console::app::msg::Msg;
use crate::engine::Handle;
use crate::engine::history::{Event, EventKind, HistoryReply, StoreError, Subject};
use crate::model::id::VmId;
use crate::model::time::Timestamp;

/// The past before a moment that its sparklines show.
const BACK: Duration = Duration::from_secs(3600);
/// How far before a moment is looked for what happened last, in milliseconds.
const EVENTS_BACK_MS: i64 = 90 * 86_400_000;
/// Events read at most: more than a screen shows or a quarter of a year brings.
const MOST_EVENTS: usize = 5000;
/// Names asked for at most.
const MOST_NAMES: usize = 500;
/// Rows of a ranking.
const MOST_ROWS: usize = 50;

/// Where questions go and answers come from.
pub(super) struct Asker {
    handle: Handle,
    answers: mpsc::Sender<Msg>,
}

impl Asker {
    pub(super) const fn new(handle: Handle, answers: mpsc::Sender<Msg>) -> Self {
        Self { handle, answers }
    }

    /// History for charts.
    pub(super) fn charts(self, ask: ChartAsk) {
        tokio::spawn(async move {
            let (number, told) = (ask.number, told(self.read_charts(ask).await));
            let _ = self.answers.send(Msg::Charts(number, told)).await;
        });
    }

    /// A past moment.
    pub(super) fn moment(self, ask: MomentAsk) {
        tokio::spawn(async move {
            let (number, told) = (ask.number, told(self.read_moment(&ask).await));
            let _ = self.answers.send(Msg::Moment(number, told)).await;
        });
    }

    /// Who used most.
    pub(super) fn top(self, ask: TopAsk) {
        tokio::spawn(async move {
            let (number, told) = (ask.number, told(self.read_top(&ask).await));
            let _ = self.answers.send(Msg::Top(number, told)).await;
        });
    }

    async fn read_charts(&self, ask: ChartAsk) -> Result<ChartHistory, Trouble> {
        let mut history =
            ChartHistory { begin: got(self.handle.span()).await?.begin(), ..ChartHistory::default() };
        // One after the other: all at once could be more than waits in line.
        for (subject, metric) in ask.series {
            let points =
                got(self.handle.points(subject.clone(), metric, ask.from, ask.to, ask.target)).await?;
            history.series.push(((subject, metric), points));
        }
        history.events = got(self.handle.events(ask.from, ask.to, MOST_EVENTS)).await?;
        Ok(history)
    }

    async fn read_moment(&self, ask: &MomentAsk) -> Result<MomentHistory, Trouble> {
        let begin = got(self.handle.span()).await?.begin();
        let view = got(self.handle.moment(ask.at, BACK)).await?;
        let next = Timestamp(ask.at.0 + 1);
        let mut before =
            got(self.handle.events(Timestamp(ask.at.0 - EVENTS_BACK_MS), next, MOST_EVENTS)).await?;
        before.extend(got(self.handle.seen(ask.at)).await?);
        // What happened at the same instant stays before what was then seen.
        before.sort_by_key(|event| event.at);
        let after = got(self.handle.events(next, ask.now, MOST_EVENTS)).await?;
        let here = self.handle.snapshot();
        let gone = view.series.iter().filter_map(|s| match s.subject {
            Subject::Vm(id) if here.vm(id).is_none() => Some(id),
            _ => None,
        });
        let ids: BTreeSet<VmId> = gone.chain(renamed(&after)).collect();
        let mut names = Vec::new();
        for id in ids.into_iter().take(MOST_NAMES) {
            names.extend(self.name(id, ask.at).await?.map(|name| (id, name)));
        }
        Ok(MomentHistory { at: ask.at, view, before, after, names, begin })
    }

    async fn read_top(&self, ask: &TopAsk) -> Result<Vec<TopRow>, Trouble> {
        let ranked = got(self.handle.top(ask.metric, ask.by, ask.from, ask.to, MOST_ROWS)).await?;
        let here = self.handle.snapshot();
        let mut rows = Vec::new();
        for (subject, value) in ranked {
            let Some(id) = subject.vm() else { continue };
            let name = match here.vm(id) {
                Some(vm) => Some(vm.name.clone()),
                None => self.name(id, ask.to).await?,
            };
            let device = (subject != Subject::Vm(id)).then_some(subject);
            rows.push(TopRow { id, device, name, value });
        }
        Ok(rows)
    }

    /// The name a VM had at an instant; the first it had where it is known only from later on.
    async fn name(&self, id: VmId, at: Timestamp) -> Result<Option<String>, Trouble> {
        let names = got(self.handle.names(Subject::Vm(id))).await?;
        let then = names.iter().rev().find(|n| n.since <= at).or(names.first());
        Ok(then.map(|n| n.name.clone()))
    }
}

fn renamed(after: &[Event]) -> impl Iterator<Item = VmId> + '_ {
    let renamed = after.iter().filter(|e| e.kind == EventKind::VmRenamed);
    renamed.filter_map(|e| e.subject.as_ref().and_then(Subject::vm))
}

/// Why there is no answer.
enum Trouble {
    NotKept,
    Failed(StoreError),
}

async fn got<T>(reply: HistoryReply<T>) -> Result<T, Trouble> {
    match reply.await {
        Ok(answer) => answer.map_err(Trouble::Failed),
        Err(_) => Err(Trouble::NotKept),
    }
}

fn told<T>(answer: Result<T, Trouble>) -> Told<T> {
    match answer {
        Ok(answer) => Told::Here(answer),
        Err(Trouble::NotKept) => Told::NotKept,
        Err(Trouble::Failed(StoreError::Missing { .. })) => Told::Failed("Nothing was recorded yet.".into()),
        Err(Trouble::Failed(why)) => Told::Failed(format!("Could not {why}")),
    }
}
