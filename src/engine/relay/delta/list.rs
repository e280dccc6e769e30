//! Lists of shared things, in their order.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::wire::WireError;

/// What became of a list.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine::relay) enum ListDelta<W> {
    /// Nothing.
    Same,
    /// It holds these now.
    Items(Vec<Item<W>>),
}

/// One of a list.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine::relay) enum Item<W> {
    /// The one that was at this place.
    Same(u32),
    /// The one that was at this place, changed.
    Changed(u32, W),
    /// A new one.
    New(W),
}

/// What became of a list whose things are known by a key.
pub(super) fn between<T, K: Eq + Hash, W>(
    before: Option<&Arc<[Arc<T>]>>,
    now: &Arc<[Arc<T>]>,
    key: impl Fn(&T) -> K,
    wire: impl Fn(Option<&T>, &T) -> W,
) -> ListDelta<W> {
    if before.is_some_and(|before| Arc::ptr_eq(before, now)) {
        return ListDelta::Same;
    }
    let before: &[Arc<T>] = before.map_or(&[], |b| b);
    let mut places = None;
    let items = now.iter().enumerate().map(|(place, thing)| {
        let key_now = key(thing);
        // Most stand where they stood.
        let place = if before.get(place).is_some_and(|b| key(b) == key_now) {
            Some(place)
        } else {
            let all = || before.iter().enumerate().map(|(at, b)| (key(b), at)).collect::<HashMap<K, usize>>();
            places.get_or_insert_with(all).get(&key_now).copied()
        };
        let was = place.and_then(|place| Some((u32::try_from(place).ok()?, before.get(place)?)));
        match was {
            Some((place, was)) if Arc::ptr_eq(was, thing) => Item::Same(place),
            Some((place, was)) => Item::Changed(place, wire(Some(was), thing)),
            None => Item::New(wire(None, thing)),
        }
    });
    ListDelta::Items(items.collect())
}

/// The list as the sender has it.
pub(super) fn apply<T, W>(
    delta: ListDelta<W>,
    before: Option<&Arc<[Arc<T>]>>,
    thing: impl Fn(W, Option<&T>) -> Result<T, WireError>,
) -> Result<Arc<[Arc<T>]>, WireError> {
    let items = match delta {
        ListDelta::Same => return before.cloned().ok_or(super::UNKNOWN),
        ListDelta::Items(items) => items,
    };
    let was = |place: u32| before.and_then(|b| b.get(place as usize)).ok_or(super::UNKNOWN);
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        out.push(match item {
            Item::Same(place) => was(place)?.clone(),
            Item::Changed(place, now) => Arc::new(thing(now, Some(was(place)?))?),
            Item::New(now) => Arc::new(thing(now, None)?),
        });
    }
    Ok(out.into())
}
