//! Whose turn it is: first come first served, never two on one thing, only so many at a time. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::job::JobId;
use crate::model::operation::{Kind, Target};

/// What two jobs may not work on at once.
pub(super) type Key = (Kind, String);

/// The key of a target.
pub(super) fn key(target: &Target) -> Key {
    (target.kind, target.id.clone())
}

/// Jobs that wait, and those that have a hand.
#[derive(Debug)]
pub(super) struct Queue {
    hands: usize,
    waiting: VecDeque<(JobId, Key)>,
    begun: BTreeMap<JobId, Key>,
    /// What another process works on: tried again with the next round.
    elsewhere: BTreeSet<Key>,
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
    pub(super) fn add(&mut self, id: JobId, key: Key) {
        self.waiting.push_back((id, key));
    }

    /// The next that may begin; it counts as begun.
    pub(super) fn next(&mut self) -> Option<JobId> {
        if self.begun.len() >= self.hands {
            return None;
        }
        // Of several that wait for one thing only the first may go: their order is what was asked for.
        let mut passed = BTreeSet::new();
        let at = self.waiting.iter().position(|(_, key)| {
            let free = !self.begun.values().any(|k| k == key) && !self.elsewhere.contains(key);
            passed.insert(key) && free
        })?;
        let (id, key) = self.waiting.remove(at)?;
        self.begun.insert(id, key);
        Some(id)
    }

    /// It is over.
    pub(super) fn over(&mut self, id: JobId) {
        self.begun.remove(&id);
    }

    /// Another process works on the same thing: it waits again, ahead of those that came later.
    pub(super) fn put_back(&mut self, id: JobId) {
        if let Some(key) = self.begun.remove(&id) {
            self.elsewhere.insert(key.clone());
            self.waiting.push_front((id, key));
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

    fn vm(name: &str) -> Key {
        (Kind::Vm, name.to_owned())
    }

    fn queue(hands: usize, jobs: &[(i64, &str)]) -> Queue {
        let mut queue = Queue::new(hands);
        for (id, name) in jobs {
            queue.add(JobId(*id), vm(name));
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
