//! Keys to actions. The defaults come from the action table; a user's `keymap.toml` lies over them.
//!
//! ```toml
//! [global]
//! "Ctrl-r" = "refresh"      # bind
//! "g g" = "none"            # unbind
//! ```
//!
//! Scopes stack: a key is looked up in the scope of what has the focus, then in its parents, then in
//! `global`. Sequences are followed key by key; while one is open, its continuations are shown.

mod file;
mod key;

use std::collections::BTreeMap;

pub use file::{KeymapWarning, apply_file};
pub use key::{BadKey, Code, Key, parse_sequence, show_sequence};

use super::app::action::{ACTIONS, ActionId};
use super::app::place::Scope;

/// What a sequence of keys means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This action.
    Action(ActionId),
    /// More keys are needed; these are possible, with what they lead to.
    Pending(Vec<(Key, ActionId)>),
    /// Nothing.
    None,
}

/// The bindings in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    bindings: BTreeMap<(Scope, Vec<Key>), ActionId>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings = BTreeMap::new();
        for spec in ACTIONS {
            for keys in spec.keys {
                // A default that does not parse is caught by a test over the table.
                let Ok(sequence) = parse_sequence(keys) else { continue };
                for scope in spec.scopes {
                    bindings.insert((*scope, sequence.clone()), spec.id);
                }
            }
        }
        Self { bindings }
    }
}

impl Keymap {
    /// What `keys` mean in `scope`.
    pub fn resolve(&self, scope: Scope, keys: &[Key]) -> Resolution {
        let mut pending = Vec::new();
        for scope in scope.chain() {
            if let Some(action) = self.bindings.get(&(scope, keys.to_vec())) {
                return Resolution::Action(*action);
            }
            for ((s, sequence), action) in &self.bindings {
                if *s == scope && sequence.len() > keys.len() && sequence.starts_with(keys) {
                    pending.push((sequence[keys.len()], *action));
                }
            }
        }
        if pending.is_empty() { Resolution::None } else { Resolution::Pending(pending) }
    }

    /// The first sequence bound to the action in this scope or its parents, as shown to people.
    pub fn shown_key(&self, scope: Scope, action: ActionId) -> Option<String> {
        let preferred = ACTIONS[action as usize].keys.iter().filter_map(|k| parse_sequence(k).ok());
        // Where text is typed, a letter is one.
        let text = scope.takes_text();
        let here = scope;
        let reached = |keys: &[Key]| {
            !(text && keys.first().is_some_and(|key| key.typed().is_some()))
                && self.resolve(here, keys) == Resolution::Action(action)
        };
        for scope in scope.chain() {
            let bound =
                |keys: &Vec<Key>| reached(keys) && self.bindings.get(&(scope, keys.clone())) == Some(&action);
            if let Some(keys) = preferred.clone().find(bound) {
                return Some(show_sequence(&keys));
            }
            if let Some(((_, keys), _)) =
                self.bindings.iter().find(|((s, keys), a)| *s == scope && **a == action && reached(keys))
            {
                return Some(show_sequence(keys));
            }
        }
        None
    }

    /// All sequences that mean the action in this scope, as shown to people.
    pub fn keys_here(&self, scope: Scope, action: ActionId) -> Vec<String> {
        let chain: Vec<Scope> = scope.chain().collect();
        let means = |keys: &[Key]| self.resolve(scope, keys) == Resolution::Action(action);
        let bound = |shown: &str| {
            self.bindings
                .iter()
                .any(|((s, k), a)| chain.contains(s) && *a == action && show_sequence(k) == shown && means(k))
        };
        self.all_keys(action).into_iter().filter(|shown| bound(shown)).collect()
    }

    /// All sequences bound to the action in any scope, defaults first, as shown to people.
    pub fn all_keys(&self, action: ActionId) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let defaults = ACTIONS[action as usize].keys.iter().filter_map(|k| parse_sequence(k).ok());
        let is_bound = |keys: &Vec<Key>| self.bindings.iter().any(|((_, k), a)| k == keys && *a == action);
        out.extend(defaults.filter(is_bound).map(|k| show_sequence(&k)));
        for ((_, keys), bound) in &self.bindings {
            let shown = show_sequence(keys);
            if *bound == action && !out.contains(&shown) {
                out.push(shown);
            }
        }
        out
    }

    fn bind(&mut self, scope: Scope, keys: Vec<Key>, action: ActionId) -> Option<ActionId> {
        self.bindings.insert((scope, keys), action)
    }

    fn unbind(&mut self, scope: Scope, keys: &[Key]) -> bool {
        self.bindings.remove(&(scope, keys.to_vec())).is_some()
    }

    /// Another binding that works where this one does and begins alike, so that one of the two is hidden. That a key means
    /// a row's own thing rather than that of what the row belongs to is meant so.
    fn clash(&self, scope: Scope, keys: &[Key]) -> Option<(Scope, Vec<Key>, ActionId)> {
        self.bindings
            .iter()
            .find(|((other_scope, other), _)| {
                (*other_scope, other.as_slice()) != (scope, keys)
                    && overlap(scope, *other_scope)
                    && (other.starts_with(keys) || keys.starts_with(other))
                    && !(other == keys
                        && (scope.is_of_rows_in(*other_scope) || other_scope.is_of_rows_in(scope)))
            })
            .map(|((scope, other), action)| (*scope, other.clone(), *action))
    }
}

/// Whether there is a place where keys of both scopes work.
fn overlap(a: Scope, b: Scope) -> bool {
    Scope::ALL.into_iter().any(|s| s.chain().any(|c| c == a) && s.chain().any(|c| c == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_default_key_is_bound_twice_or_hidden() {
        let mut seen: BTreeMap<(Scope, Vec<Key>), &str> = BTreeMap::new();
        for spec in ACTIONS {
            for keys in spec.keys {
                let sequence = parse_sequence(keys).unwrap_or_else(|e| panic!("{}: {e}", spec.name));
                for scope in spec.scopes {
                    let earlier = seen.insert((*scope, sequence.clone()), spec.name);
                    assert_eq!(earlier, None, "{keys} in {scope:?} is bound by {} too", spec.name);
                }
            }
        }
        let map = Keymap::default();
        for (scope, keys) in seen.keys() {
            assert_eq!(map.clash(*scope, keys), None, "{} in {scope:?}", show_sequence(keys));
        }
    }

    #[test]
    fn sequences_are_followed() {
        let map = Keymap::default();
        let g = Key::char('g');
        assert!(
            matches!(map.resolve(Scope::Vms, &[g]), Resolution::Pending(next) if next.iter().any(|(k, _)| *k == g))
        );
        assert_eq!(map.resolve(Scope::Vms, &[g, g]), Resolution::Action(ActionId::First));
        assert_eq!(map.resolve(Scope::Vms, &[g, Key::char('%')]), Resolution::None);
    }
}
