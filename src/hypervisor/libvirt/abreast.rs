//! Many like questions, some of them at a time: the daemon works on one while another is on its way.

use std::panic::resume_unwind;
use std::thread;

/// How many at a time: the daemon takes 5 requests of a client by default, and one is left for what may come meanwhile.
const LANES: usize = 4;
/// Fewer questions than this are not worth a thread.
const WORTH_A_LANE: usize = 8;

/// Asks for each item; the answers come in the items' order.
pub(super) fn abreast<T: Sync, A: Send>(items: &[T], ask: impl Fn(&T) -> A + Sync) -> Vec<A> {
    let lanes = (items.len() / WORTH_A_LANE).clamp(1, LANES);
    if lanes == 1 {
        return items.iter().map(ask).collect();
    }
    let ask = &ask;
    thread::scope(|scope| {
        let lanes: Vec<_> = items
            .chunks(items.len().div_ceil(lanes))
            .map(|lane| scope.spawn(move || lane.iter().map(ask).collect::<Vec<A>>()))
            .collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Barrier, Mutex};

    use super::{LANES, abreast};

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        for many in [0, 1, 7, 8, 31, 32, 33, 1000] {
            let items: Vec<usize> = (0..many).collect();
            assert_eq!(abreast(&items, |n| n * 2), items.iter().map(|n| n * 2).collect::<Vec<_>>(), "{many}");
        }
    }

    #[test]
    fn as_many_are_asked_at_a_time_as_there_are_lanes() {
        let (all_there, threads) = (Barrier::new(LANES), Mutex::new(HashSet::new()));
        let items: Vec<usize> = (0..64).collect();
        // Asked one after the other, the first would wait for ever.
        abreast(&items, |n| {
            if n % 16 == 0 {
                all_there.wait();
            }
            threads.lock().unwrap().insert(std::thread::current().id());
        });
        assert_eq!(threads.into_inner().unwrap().len(), LANES);
    }
}
