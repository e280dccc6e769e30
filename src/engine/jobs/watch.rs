//! Beside a call that takes long: how far it is, and stopping it, on a connection of its own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::Input;
use super::acts::Hands;
use super::stop::Stop;
use crate::hypervisor::{Connector, HvProgress, HvResult, Hypervisor, Purpose};
use crate::model::id::VmId;
use crate::model::job::{JobId, Progress, Unit};
use crate::model::vm_job::VmJob;

/// Most calls are over before anybody could read how far they are.
const FIRST: Duration = Duration::from_millis(200);
/// How often it is looked.
const EVERY: Duration = Duration::from_millis(400);
/// The share of the newest rate in the one that is told.
const NEWEST: f64 = 0.4;

/// Makes the call about a VM, which is a job of this kind to the hypervisor. Meanwhile another thread tells the progress
/// of that, and ends it when the job is told to stop.
pub(super) fn watched(
    hands: &Hands<'_>,
    vm: VmId,
    ours: VmJob,
    call: impl FnOnce() -> HvResult<()>,
) -> HvResult<()> {
    // While the call waits for somebody else's job, that one is the VM's.
    let look = move |hv: &dyn Hypervisor| match hv.vm_job(vm)? {
        Some(job) if job == ours => hv.vm_progress(vm),
        _ => Ok(None),
    };
    watched_as(hands, look, move |hv| end_own(hv, vm, &[ours]), call)
}

/// Ends the VM's job, unless it is of another kind: then somebody else began it.
fn end_own(hv: &dyn Hypervisor, vm: VmId, ours: &[VmJob]) -> HvResult<()> {
    match hv.vm_job(vm)? {
        Some(job) if ours.contains(&job) => hv.abort_job(vm),
        _ => Ok(()),
    }
}

/// Makes the call. Meanwhile another thread tells its progress as `look` finds it, and has `end` end it when the job is
/// told to stop.
///
/// That thread is not waited for: its own call may hang where this one does not.
pub(super) fn watched_as(
    hands: &Hands<'_>,
    look: impl Fn(&dyn Hypervisor) -> HvResult<Option<HvProgress>> + Send + 'static,
    end: impl Fn(&dyn Hypervisor) -> HvResult<()> + Send + 'static,
    call: impl FnOnce() -> HvResult<()>,
) -> HvResult<()> {
    let (over, is_over) = channel::<()>();
    let watcher = Watcher {
        connector: hands.line.connector().clone(),
        stop: hands.stop.clone(),
        job: hands.job,
        desk: hands.desk.clone(),
        look,
        end,
    };
    let started = std::thread::Builder::new().name("nc-watch".into()).spawn(move || watcher.run(&is_over));
    if let Err(e) = started {
        tracing::warn!("no thread to tell progress: {e}");
    }
    let done = call();
    drop(over);
    done
}

struct Watcher<L, E> {
    connector: Arc<dyn Connector>,
    stop: Stop,
    job: JobId,
    desk: Sender<Input>,
    look: L,
    end: E,
}

impl<L, E> Watcher<L, E>
where
    L: Fn(&dyn Hypervisor) -> HvResult<Option<HvProgress>>,
    E: Fn(&dyn Hypervisor) -> HvResult<()>,
{
    fn run(self, is_over: &Receiver<()>) {
        if !waits(is_over, FIRST) {
            return;
        }
        let hv = match self.connector.connect(Purpose::Operate) {
            Ok(hv) => hv,
            Err(e) => return tracing::warn!("progress is not told: {e}"),
        };
        let mut rate = Rate::default();
        loop {
            // The call may be over by now: what the VM does then is somebody else's.
            if self.stop.is_asked()
                && waits(is_over, Duration::ZERO)
                && let Err(e) = (self.end)(&*hv)
            {
                // It may be over by now, or not yet begun: it is tried again.
                tracing::debug!("{e}");
            }
            match (self.look)(&*hv) {
                Ok(Some(now)) => {
                    drop(self.desk.send(Input::Progress(self.job, rate.seen(now, Instant::now()))));
                }
                Ok(None) => {}
                Err(e) => tracing::debug!("{e}"),
            }
            if !waits(is_over, EVERY) {
                return;
            }
        }
    }
}

/// Whether the call still goes on after that time.
fn waits(is_over: &Receiver<()>, most: Duration) -> bool {
    matches!(is_over.recv_timeout(most), Err(RecvTimeoutError::Timeout))
}

/// A rate that does not jump.
#[derive(Debug, Default)]
pub(super) struct Rate {
    last: Option<(Instant, u64)>,
    smooth: Option<f64>,
}

impl Rate {
    /// Progress with the rate over the last looks.
    pub(super) fn seen(&mut self, now: HvProgress, at: Instant) -> Progress {
        if let Some((then, done)) = self.last.replace((at, now.done)) {
            let seconds = at.saturating_duration_since(then).as_secs_f64();
            // Going back is another phase of the job.
            if now.done >= done && seconds > 0.0 {
                let newest = (now.done - done) as f64 / seconds;
                self.smooth = Some(self.smooth.map_or(newest, |old| old + NEWEST * (newest - old)));
            }
        }
        Progress { done: now.done, total: now.total, unit: Unit::Bytes, rate: self.smooth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_over_time_and_smooth() {
        let mut rate = Rate::default();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let seen = |rate: &mut Rate, done, ms| rate.seen(HvProgress { done, total: 1000 }, at(ms)).rate;
        assert_eq!(seen(&mut rate, 0, 0), None, "one look is no rate");
        assert_eq!(seen(&mut rate, 100, 500), Some(200.0));
        assert_eq!(seen(&mut rate, 100, 1000), Some(120.0), "a stall lowers it, little by little");
        assert_eq!(seen(&mut rate, 10, 1500), Some(120.0), "another phase");
    }
}
