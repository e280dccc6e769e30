//! Whose turn it is: first come first served, never two on one thing, only so many at a time. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::job::JobId;

/// What two jobs may not work on at once: [`Plan::things`](crate::model::plan::Plan::things).
type Things = BTreeSet<String>;

/// Jobs that wait, and those that have a hand.
#[derive(Debug)]
pub(super) struct Queue {
    hands: usize,
    waiting: VecDeque<(JobId, Things)>,
    begun: BTreeMap<JobId, Things>,
    /// Jobs that another process stands in the way of: tried again with the next round.
    elsewhere: BTreeSet<JobId>,
}

impl Queue {
    /// So many at a time; at least one.
    pub(super) fn new(hands: usize) -> Self {
        Self {
            hands: hands.max(1),
            waiting: VecDeque::new(),
            begun: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
        }
    }

    /// One more that waits.
    pub(super) fn add(&mut self, id: JobId, things: Things) {
        self.waiting.push_back((id, things));
    }

    /// The next that may begin; it counts as begun.
    pub(super) fn next(&mut self) -> Option<JobId> {
        if self.begun.len() >= self.hands {
            return None;
        }
        // Of several that wait for one thing only the first may go: their order is what was asked for.
        let mut passed = Things::new();
        let at = self.waiting.iter().position(|(id, things)| {
            let free = self.begun.values().all(|other| other.is_disjoint(things))
                && passed.is_disjoint(things)
                && !self.elsewhere.contains(id);
            passed.extend(things.iter().cloned());
            free
        })?;
        let (id, things) = self.waiting.remove(at)?;
        self.begun.insert(id, things);
        Some(id)
    }

    /// It is over.
    pub(super) fn over(&mut self, id: JobId) {
        self.begun.remove(&id);
    }

    /// Another process works on the same thing: it waits again, ahead of those that came later.
    pub(super) fn put_back(&mut self, id: JobId) {
        if let Some(things) = self.begun.remove(&id) {
            self.elsewhere.insert(id);
            self.waiting.push_front((id, things));
        }
    }

    /// Lets what was in other hands be tried again. Whether there is anything.
    pub(super) fn try_again(&mut self) -> bool {
        let any = !self.elsewhere.is_empty();
        self.elsewhere.clear();
        any
    }

    /// Takes one that waits out; false when it does not wait.
    pub(super) fn take_out(&mut self, id: JobId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(waits, _)| *waits != id);
        self.elsewhere.remove(&id);
        self.waiting.len() < before
    }

    /// Whether some wait for another process.
    pub(super) fn waits_for_others(&self) -> bool {
        !self.elsewhere.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(hands: usize, jobs: &[(i64, &str)]) -> Queue {
        let mut queue = Queue::new(hands);
        for (id, name) in jobs {
            queue.add(JobId(*id), name.chars().map(String::from).collect());
        }
        queue
    }

    fn all(queue: &mut Queue) -> Vec<i64> {
        std::iter::from_fn(|| queue.next()).map(|id| id.0).collect()
    }

    #[test]
    fn never_two_on_one_thing_and_never_more_than_hands() {
        let mut q = queue(2, &[(1, "a"), (2, "a"), (3, "b"), (4, "c")]);
        assert_eq!(all(&mut q), [1, 3], "2 waits for 1, 4 for a free hand");
        q.over(JobId(3));
        assert_eq!(all(&mut q), [4]);
        q.over(JobId(1));
        assert_eq!(all(&mut q), [2]);
    }

    #[test]
    fn jobs_that_share_anything_wait_for_each_other() {
        let mut q = queue(4, &[(1, "ax"), (2, "bx"), (3, "b"), (4, "c")]);
        assert_eq!(all(&mut q), [1, 4], "2 waits for x, 3 for b, that 2 was asked for first");
        q.over(JobId(1));
        assert_eq!(all(&mut q), [2]);
        q.over(JobId(2));
        assert_eq!(all(&mut q), [3]);
    }

    #[test]
    fn the_order_on_one_thing_is_kept_when_another_process_has_it() {
        let mut q = queue(4, &[(1, "a"), (2, "a"), (3, "b")]);
        assert_eq!(all(&mut q), [1, 3]);
        q.put_back(JobId(1));
        assert!(all(&mut q).is_empty(), "neither 1 nor 2 while another has it");
        assert!(q.waits_for_others() && q.try_again() && !q.waits_for_others());
        assert_eq!(all(&mut q), [1]);
    }

    #[test]
    fn only_what_waits_is_taken_out() {
        let mut q = queue(1, &[(1, "a"), (2, "b")]);
        assert_eq!(all(&mut q), [1]);
        assert!(!q.take_out(JobId(1)) && q.take_out(JobId(2)) && !q.take_out(JobId(2)));
        q.over(JobId(1));
        assert!(all(&mut q).is_empty());
    }
}
