//! What is typed before a plan is made: tags, a name, a title, a description.

use tui_input::Input;

use crate::model::id::VmId;
use crate::model::keycode;
use crate::model::operation::{Operation, VmOperation};
use crate::model::vm::Vm;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Tags.
    Tags,
    /// Another name.
    Name,
    /// A title.
    Title,
    /// A description.
    Description,
    /// Keys to press.
    Keys,
}

impl Asked {
    /// Whether what holds now stands in the VM's definition.
    pub const fn is_defined(self) -> bool {
        matches!(self, Self::Tags | Self::Title | Self::Description)
    }
}

/// Whom it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Which VM.
    pub id: VmId,
    /// Its name, cleaned.
    pub name: String,
}

/// The line's state.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What is asked for.
    pub asked: Asked,
    /// Of which VMs; one at least.
    pub subjects: Vec<Subject>,
    /// What is typed.
    pub input: Input,
    /// What was wrong with it when it was given.
    pub error: Option<String>,
}

impl Prompt {
    /// The line as it opens, with what holds now where it is of one VM.
    pub fn new(asked: Asked, vms: &[&Vm]) -> Self {
        let now = match vms {
            [vm] => now(asked, vm),
            _ => String::new(),
        };
        let subjects = vms.iter().map(|vm| Subject { id: vm.id, name: vm.display_name().into_owned() });
        Self { asked, subjects: subjects.collect(), input: Input::new(now), error: None }
    }

    /// What is asked, and of whom: `Tags of web01`.
    pub fn title(&self) -> String {
        let what = match self.asked {
            Asked::Tags => "Tags of",
            Asked::Name => "Rename",
            Asked::Title => "Title of",
            Asked::Description => "Description of",
            Asked::Keys => "Press keys of",
        };
        match self.subjects.as_slice() {
            [one] => format!("{what} {}", one.name),
            several => format!("{what} {}", super::words::of_several(several.len())),
        }
    }

    /// How it is written.
    pub fn hint(&self) -> &'static str {
        match (self.asked, self.subjects.len()) {
            (Asked::Tags, 1) => "All its tags, blanks between them; +web -old adds one and takes one away.",
            (Asked::Tags, _) => "+web -old adds a tag to each and takes one from each.",
            (Asked::Name, _) => "The new name. libvirt renames only VMs that are off.",
            (Asked::Title, _) => "One line; nothing takes the title away.",
            (Asked::Keys, _) => "Names joined by -: ctrl-alt-f2, meta-r, pagedown, #113.",
            (Asked::Description, _) => "\\n begins a new line; nothing takes the description away.",
        }
    }

    /// The operations it stands for.
    ///
    /// # Errors
    /// With a sentence, where what is typed cannot be meant.
    pub fn operations(&self) -> Result<Vec<Operation>, String> {
        let text = self.input.value().trim();
        if self.asked == Asked::Name && text.is_empty() {
            return Err("A name cannot be empty.".into());
        }
        if self.asked == Asked::Tags && self.subjects.len() > 1 && text.is_empty() {
            return Err("Write +tag or -tag.".into());
        }
        let keys = match self.asked {
            Asked::Keys => keycode::parse(text).map_err(|why| format!("{why}."))?,
            _ => Vec::new(),
        };
        let of = |subject: &Subject| {
            let act = match self.asked {
                Asked::Tags => tags(text, self.subjects.len() > 1),
                Asked::Name => VmOperation::Rename { to: text.to_owned() },
                Asked::Title => VmOperation::Describe { title: Some(text.to_owned()), description: None },
                Asked::Keys => VmOperation::SendKeys { codes: keys.clone(), hold_ms: 100 },
                Asked::Description => {
                    VmOperation::Describe { title: None, description: Some(in_lines(text)) }
                }
            };
            Operation::vm(subject.id, act)
        };
        Ok(self.subjects.iter().map(of).collect())
    }
}

fn now(asked: Asked, vm: &Vm) -> String {
    let definition = vm.definition.as_deref();
    match asked {
        Asked::Tags => vm.tags().join(" "),
        Asked::Name => vm.name.clone(),
        Asked::Keys => String::new(),
        Asked::Title => definition.and_then(|d| d.title.clone()).unwrap_or_default(),
        Asked::Description => in_one_line(definition.and_then(|d| d.description.as_deref()).unwrap_or("")),
    }
}

/// The tags a VM shall have. Where each word has a sign, or for several VMs, they change what each has.
fn tags(text: &str, several: bool) -> VmOperation {
    let words: Vec<&str> = text.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    let signed = !words.is_empty() && words.iter().all(|w| w.starts_with(['+', '-']));
    if !several && !signed {
        return VmOperation::SetTags { tags: words.into_iter().map(str::to_owned).collect() };
    }
    let (gone, new): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|w| w.starts_with('-'));
    VmOperation::ChangeTags {
        add: new.into_iter().map(|w| w.strip_prefix('+').unwrap_or(w).to_owned()).collect(),
        remove: gone.into_iter().map(|w| w[1..].to_owned()).collect(),
    }
}

/// A text of several lines as it can be typed in one.
fn in_one_line(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

/// What was typed in one line as the text it means.
fn in_lines(typed: &str) -> String {
    let mut out = String::new();
    let mut chars = typed.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('\\') | None => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
            },
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_are_set_or_added_and_taken() {
        let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let set = |text: &str| VmOperation::SetTags { tags: words(text) };
        let change =
            |add: &str, remove: &str| VmOperation::ChangeTags { add: words(add), remove: words(remove) };
        assert_eq!(tags("prod, db", false), set("prod db"));
        assert_eq!(tags("", false), set(""));
        assert_eq!(tags("+prod -old", false), change("prod", "old"));
        assert_eq!(tags("prod web", true), change("prod web", ""));
        assert_eq!(tags("-web +x", true), change("x", "web"));
    }

    proptest! {
        #[test]
        fn a_text_comes_back_from_its_line(text in "(?s).{0,40}") {
            let line = in_one_line(&text);
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(in_lines(&line), text);
        }
    }
}
