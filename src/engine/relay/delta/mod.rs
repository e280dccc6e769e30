//! Two snapshots to what changed between them, and back. Pure.
//!
//! Snapshots share what did not change, so pointers tell. What changed goes as a whole, but for rings, of which only rows
//! go that the peer does not have. What comes from the peer is checked before it is believed: it may be anything.

mod list;
mod snapshot;
mod things;
mod track;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::wire::WireError;

pub(super) use snapshot::{Frame, Own, apply, between};

/// Something shared that may have stayed as it was.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Part<T> {
    /// As before.
    Same,
    /// This now.
    New(T),
}

impl<T: ?Sized> Part<Arc<T>> {
    fn of(before: Option<&Arc<T>>, now: &Arc<T>) -> Self {
        if before.is_some_and(|before| Arc::ptr_eq(before, now)) {
            Self::Same
        } else {
            Self::New(now.clone())
        }
    }

    fn get(self, before: Option<&Arc<T>>) -> Result<Arc<T>, WireError> {
        match self {
            Self::New(now) => Ok(now),
            Self::Same => before.cloned().ok_or(UNKNOWN),
        }
    }
}

const UNKNOWN: WireError = WireError::Garbage("it builds on what was not sent");

/// The same of something that may not be there.
fn part_of<T: ?Sized>(before: Option<&Arc<T>>, now: Option<&Arc<T>>) -> Option<Part<Arc<T>>> {
    now.map(|now| Part::of(before, now))
}

fn part_get<T: ?Sized>(
    part: Option<Part<Arc<T>>>,
    before: Option<&Arc<T>>,
) -> Result<Option<Arc<T>>, WireError> {
    part.map(|part| part.get(before)).transpose()
}
