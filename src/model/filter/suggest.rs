//! Completions for the term being typed.

use std::collections::BTreeSet;

use super::context::FilterContext;
use super::field::{FIELDS, Field, Number, STATES, Text, metric_aliases, metric_name, vm_metrics};
use super::parse::field_and_operator;

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Byte of the input from which on it is replaced.
    pub at: usize,
    /// What stands there instead. Not cleaned: it may be a tag or name of a guest.
    pub insert: String,
    /// What it means, one sentence; empty where the value says it all.
    pub doc: &'static str,
}

/// A field for help and documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldHelp {
    /// Its name.
    pub name: &'static str,
    /// What else it may be called.
    pub aliases: Vec<&'static str>,
    /// How it reads with a value: `tag:web`.
    pub example: String,
    /// What it asks for, one sentence.
    pub doc: &'static str,
}

/// Every field, metrics last.
pub fn fields() -> Vec<FieldHelp> {
    let named = FIELDS.iter().map(|f| FieldHelp {
        name: f.name,
        aliases: f.aliases.to_vec(),
        example: f.field.example(),
        doc: f.doc,
    });
    let metrics = vm_metrics().map(|m| FieldHelp {
        name: metric_name(m.id),
        aliases: metric_aliases(m.id).collect(),
        example: Field::Number(Number::Metric(m.id)).example(),
        doc: m.doc,
    });
    named.chain(metrics).collect()
}

/// Ways to complete the last term of an input: fields while its name is typed, then the values there are.
pub fn suggest(input: &str, context: &FilterContext<'_>) -> Vec<Suggestion> {
    let begin = last_term(input);
    let negated = usize::from(input[begin..].starts_with(['-', '!']));
    let begin = begin + negated;
    let term = &input[begin..];
    if let Some((name, _, len)) = field_and_operator(term) {
        return Field::find(name)
            .map_or_else(Vec::new, |field| of_values(field, &input[begin + len..], begin + len, context));
    }
    let typed = kebab(term);
    let goes_on = |name: &str| kebab(name).starts_with(&typed);
    let offered = fields().into_iter().filter(|f| goes_on(f.name) || f.aliases.iter().any(|a| goes_on(a)));
    offered
        .map(|f| {
            let sign = if matches!(Field::find(f.name), Some(Field::Number(_))) { ">" } else { ":" };
            Suggestion { at: begin, insert: [f.name, sign].concat(), doc: f.doc }
        })
        .collect()
}

fn kebab(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// Where the last term begins: behind the last space outside quotes.
fn last_term(input: &str) -> usize {
    let mut begin = 0;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in input.char_indices() {
        match c {
            '\\' if quoted && !escaped => {
                escaped = true;
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            c if c.is_whitespace() && !quoted => begin = at + c.len_utf8(),
            _ => {}
        }
        escaped = false;
    }
    begin
}

/// Values that go on from the last alternative of `typed`, which begins at `begin`.
fn of_values(field: Field, typed: &str, begin: usize, context: &FilterContext<'_>) -> Vec<Suggestion> {
    let last = typed.rfind('|').map_or(0, |at| at + 1);
    let wanted = typed[last..].trim_start_matches('"').to_lowercase();
    let at = begin + last;
    let values = known(field, context).into_iter().filter(|v| v.to_lowercase().starts_with(&wanted));
    values.map(|v| Suggestion { at, insert: quoted_if_needed(&v), doc: "" }).collect()
}

/// Every value a field has here, where they can be listed.
fn known(field: Field, context: &FilterContext<'_>) -> Vec<String> {
    let definitions = || context.vms.iter().filter_map(|vm| vm.definition.as_deref());
    let set: BTreeSet<&str> = match field {
        Field::State => {
            return STATES.iter().filter_map(|s| s.words.first()).map(|w| (*w).to_owned()).collect();
        }
        Field::Flag(_) => return vec!["yes".into(), "no".into()],
        Field::Text(Text::Tag) => definitions().flat_map(|d| &d.tags).map(String::as_str).collect(),
        Field::Text(Text::Os) => definitions().filter_map(|d| d.os.as_deref()).collect(),
        Field::Text(Text::Network) => context.networks.iter().map(|n| n.name.as_str()).collect(),
        Field::Text(Text::Pool) => context.pools.iter().map(|p| p.record.name.as_str()).collect(),
        Field::Text(Text::Bridge) => {
            definitions().flat_map(|d| &d.nics).filter_map(|n| context.bridge(&n.source)).collect()
        }
        Field::Text(_) | Field::Number(_) => BTreeSet::new(),
    };
    set.into_iter().map(str::to_owned).collect()
}

fn quoted_if_needed(value: &str) -> String {
    let plain = !value.is_empty()
        && !value.starts_with('"')
        && !value.contains(|c: char| c.is_whitespace() || matches!(c, '|' | '*'));
    if plain { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) }
}
