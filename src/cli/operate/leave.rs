//! The end of a command: what an interrupted NovaCron left is brought to its end first, within reason.

use std::time::Duration;

use super::person::Person;
use crate::engine::jobs::{Desk, DeskHandle};
use crate::model::job::Job;
use crate::model::text::clean;

/// How long a command waits for the desk at the end; a thread that is stuck in a call is left behind.
pub(super) const LEAVE_WITHIN: Duration = Duration::from_millis(300);
/// How long it stays for jobs that were interrupted before it began; whoever runs next goes on with them.
const STAY: Duration = Duration::from_secs(20);
/// It says so when that takes longer than this.
const TELL_AFTER: Duration = Duration::from_secs(1);

/// Ends a desk, and tells how many jobs could not be written down; where it is to stay, once nothing is open there that
/// was taken over from a process that was killed, and all is written down.
pub(super) async fn leave(desk: Desk, stays: bool, person: &mut impl Person) -> usize {
    let handle = desk.handle();
    if stays && tokio::time::timeout(TELL_AFTER, looked_after(&handle)).await.is_err() {
        let jobs = handle.jobs();
        let titles: Vec<String> =
            jobs.borrow().jobs.iter().filter(|j| is_left(j)).map(|j| clean(&j.title).into_owned()).collect();
        if !titles.is_empty() {
            person.show(&format!("Looking after what was interrupted before: {}.\n", titles.join(", ")));
        }
        tokio::select! {
            _ = tokio::time::timeout(STAY, looked_after(&handle)) => {}
            () = person.interrupted() => {}
        }
    }
    let unwritten = handle.jobs().borrow().unwritten;
    desk.stop(LEAVE_WITHIN);
    unwritten
}

async fn looked_after(desk: &DeskHandle) {
    let mut jobs = desk.jobs();
    // An error is a desk that has ended.
    drop(jobs.wait_for(|jobs| jobs.unwritten == 0 && !jobs.jobs.iter().any(|job| is_left(job))).await);
}

fn is_left(job: &Job) -> bool {
    job.here && !job.state.is_over()
}
