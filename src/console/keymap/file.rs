//! A user's keymap file over the defaults. Nothing in it is fatal: what is wrong is told with its line.

use toml::Spanned;

use super::super::app::action::{ActionId, action_by_name};
use super::super::app::place::Scope;
use super::{Keymap, parse_sequence, show_sequence};

/// Something wrong in a keymap file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeymapWarning {
    /// Line, from 1.
    pub line: usize,
    /// One sentence.
    pub message: String,
}

/// Lays the file's bindings over `map`. What cannot be used is left out and reported.
pub fn apply_file(map: &mut Keymap, text: &str) -> Vec<KeymapWarning> {
    type Section = std::collections::BTreeMap<Spanned<String>, Spanned<toml::Value>>;
    let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let sections = match toml::from_str::<std::collections::BTreeMap<Spanned<String>, Section>>(text) {
        Ok(sections) => sections,
        Err(e) => {
            let line = e.span().map_or(1, |s| line_of(s.start));
            let message = format!("The file is not valid and was not used: {}.", e.message());
            return vec![KeymapWarning { line, message }];
        }
    };
    let mut warnings = Vec::new();
    let mut ours = Vec::new();
    for (scope_name, bindings) in &sections {
        let Some(scope) = Scope::by_name(scope_name.get_ref()) else {
            let known: Vec<_> = Scope::ALL.iter().map(|s| s.name()).collect();
            warnings.push(KeymapWarning {
                line: line_of(scope_name.span().start),
                message: format!("`{}` is no scope; there are {}.", scope_name.get_ref(), known.join(", ")),
            });
            continue;
        };
        for (keys, action) in bindings {
            let line = line_of(keys.span().start);
            let mut warn = |message: String| warnings.push(KeymapWarning { line, message });
            let sequence = match parse_sequence(keys.get_ref()) {
                Ok(sequence) => sequence,
                Err(e) => {
                    warn(format!("{e}."));
                    continue;
                }
            };
            let Some(name) = action.get_ref().as_str() else {
                warn("An action is a name in quotes, or \"none\".".into());
                continue;
            };
            if name == "none" {
                if !map.unbind(scope, &sequence) {
                    warn(format!("{} is not bound in {}.", show_sequence(&sequence), scope.name()));
                }
                continue;
            }
            match action_by_name(name) {
                Ok(action) => ours.push((line, scope, sequence, action)),
                Err(nearest) => warn(format!("`{name}` is no action{}", did_you_mean(nearest))),
            }
        }
    }
    for (line, scope, sequence, action) in ours {
        report_clash(map, &mut warnings, line, scope, &sequence, action);
        map.bind(scope, sequence, action);
    }
    warnings.sort_by_key(|w| w.line);
    warnings
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(|| ".".to_owned(), |n| format!("; did you mean `{n}`?"))
}

fn report_clash(
    map: &Keymap,
    warnings: &mut Vec<KeymapWarning>,
    line: usize,
    scope: Scope,
    sequence: &[super::Key],
    action: ActionId,
) {
    if let Some((there, other, hidden)) = map.clash(scope, sequence)
        && hidden != action
    {
        let (ours, theirs) = (show_sequence(sequence), show_sequence(&other));
        let message = if ours == theirs {
            format!(
                "{ours} is `{}` in {}: only one of the two is reached there.",
                hidden.spec().name,
                there.name()
            )
        } else {
            format!(
                "{ours} and {theirs} (`{}` in {}) begin alike: the longer one cannot be reached. Unbind one with \"none\".",
                hidden.spec().name,
                there.name()
            )
        };
        warnings.push(KeymapWarning { line, message });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Key, Resolution};
    use super::*;

    #[test]
    fn a_user_binds_and_unbinds() {
        let mut map = Keymap::default();
        let warnings = apply_file(&mut map, "[global]\n\"X\" = \"quit\"\n\"q\" = \"none\"\n");
        assert_eq!(warnings, []);
        assert_eq!(map.resolve(Scope::Vms, &[Key::char('X')]), Resolution::Action(ActionId::Quit));
        assert_eq!(map.resolve(Scope::Vms, &[Key::char('q')]), Resolution::None);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let mut map = Keymap::default();
        let text =
            "[global]\n\"x\" = \"qit\"\n\"Hyper-x\" = \"quit\"\n\"g\" = \"refresh\"\n[nowhere]\n\"a\" = 1\n";
        let warnings = apply_file(&mut map, text);
        let lines: Vec<_> = warnings.iter().map(|w| w.line).collect();
        assert_eq!(lines, [2, 3, 4, 5], "{warnings:#?}");
        assert!(warnings[0].message.contains("did you mean `quit`"));
        assert!(warnings[2].message.contains("cannot be reached"));
        assert_eq!(apply_file(&mut map, "[global\n").len(), 1);
    }

    proptest! {
        #[test]
        fn no_file_panics(text in ".{0,200}") {
            apply_file(&mut Keymap::default(), &text);
        }
    }
}
