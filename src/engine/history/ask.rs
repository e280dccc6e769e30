//! Questions about the past. They need no lock and no hypervisor.

use std::time::Duration;

use tokio::sync::oneshot;

use super::{Event, PastView, Points, Rank, StoreError, Subject, Tier};
use crate::engine::handle::Handle;
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::{HistoryReader, Named};

/// The answer, later. The sender is dropped where no history is kept, or too much is asked at once.
pub type HistoryReply<T> = oneshot::Receiver<Result<T, StoreError>>;

/// How much history there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The oldest record of each tier, finest tier first.
    pub oldest: [Option<Timestamp>; 3],
    /// Bytes on disk that hold something.
    pub bytes: u64,
}

impl Span {
    /// The oldest record of all.
    pub fn begin(&self) -> Option<Timestamp> {
        self.oldest.iter().flatten().min().copied()
    }
}

impl Handle {
    /// A series in `from..to` as about `target` points; see [`HistoryReader::points`].
    pub fn points(
        &self,
        subject: Subject,
        metric: MetricId,
        from: Timestamp,
        to: Timestamp,
        target: usize,
    ) -> HistoryReply<Points> {
        self.ask(move |reader| reader.points(&subject, metric, from, to, target))
    }

    /// Everything at a past moment, with the spans of the time `back` before it.
    pub fn moment(&self, at: Timestamp, back: Duration) -> HistoryReply<PastView> {
        self.ask(move |reader| reader.moment(at, back))
    }

    /// What happened in `from..to`, oldest first; of more than `most` the newest.
    pub fn events(&self, from: Timestamp, to: Timestamp, most: usize) -> HistoryReply<Vec<Event>> {
        self.ask(move |reader| reader.events(from, to, most))
    }

    /// The states VMs were seen in until `at`; see [`HistoryReader::seen`].
    pub fn seen(&self, at: Timestamp) -> HistoryReply<Vec<Event>> {
        self.ask(move |reader| reader.seen(at))
    }

    /// The `most` things with the greatest values of a metric in `from..to`.
    pub fn top(
        &self,
        metric: MetricId,
        by: Rank,
        from: Timestamp,
        to: Timestamp,
        most: usize,
    ) -> HistoryReply<Vec<(Subject, f64)>> {
        self.ask(move |reader| reader.top(metric, by, from, to, most))
    }

    /// The names a thing had, oldest first.
    pub fn names(&self, subject: Subject) -> HistoryReply<Vec<Named>> {
        self.ask(move |reader| reader.names(&subject))
    }

    /// How far back history reaches.
    pub fn span(&self) -> HistoryReply<Span> {
        self.ask(|reader| {
            let [raw, minute, hour] = Tier::ALL.map(|tier| reader.oldest(tier));
            Ok(Span { oldest: [raw?, minute?, hour?], bytes: reader.bytes()? })
        })
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&HistoryReader) -> Result<T, StoreError> + Send + 'static,
    ) -> HistoryReply<T> {
        let (tx, rx) = oneshot::channel();
        self.put_question(Box::new(move |reader| {
            let answer = reader.and_then(question);
            let damaged = answer.as_ref().is_err_and(StoreError::is_damage);
            // Who asked may have gone on.
            let _ = tx.send(answer);
            damaged
        }));
        rx
    }
}
