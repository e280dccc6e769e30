//! A guest's screen, looked at over everything else, and the ways from there to the guest.

use super::App;
use crate::model::id::VmId;
use crate::model::picture::Picture;
use crate::model::reach::{self, Display};
use crate::model::time::Timestamp;

/// While it follows, another picture is asked for so long after the last, milliseconds.
pub(super) const FOLLOW_MS: i64 = 2000;

/// Keys that are often pressed together, as they are typed.
pub const USUAL_KEYS: [&str; 14] = [
    "ctrl-alt-delete",
    "ctrl-alt-backspace",
    "ctrl-alt-f1",
    "ctrl-alt-f2",
    "ctrl-alt-f3",
    "ctrl-alt-f7",
    "alt-sysrq-h",
    "alt-sysrq-s",
    "alt-sysrq-u",
    "alt-sysrq-b",
    "enter",
    "esc",
    "space",
    "power",
];

/// A guest's screen.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// Whose.
    pub vm: VmId,
    /// Its name, cleaned.
    pub name: String,
    /// Counts what was opened: what comes of an earlier one is dropped.
    pub ticket: u64,
    /// The newest picture, and when it came.
    pub shown: Option<(Picture, Timestamp)>,
    /// Why the last look brought none: a sentence, cleaned.
    pub trouble: Option<String>,
    /// A picture was asked for.
    pub waits: bool,
    /// It is looked at again and again.
    pub follows: bool,
}

impl Portrait {
    /// One whose first picture was asked for.
    pub const fn new(vm: VmId, name: String, ticket: u64) -> Self {
        Self { vm, name, ticket, shown: None, trouble: None, waits: true, follows: false }
    }

    /// A look brought this, or a sentence.
    pub(super) fn came(&mut self, result: Result<Picture, String>, now: Timestamp) {
        self.waits = false;
        match result {
            Ok(picture) => {
                self.shown = Some((picture, now));
                self.trouble = None;
            }
            Err(why) => self.trouble = Some(why),
        }
    }
}

/// Where the graphical consoles of the selected VM are reached.
pub fn displays(app: &App) -> Vec<Display> {
    let vm = app.selected_vm_id().and_then(|id| app.live.vm(id));
    let definition = vm.and_then(|vm| vm.definition.as_deref());
    definition.map(|definition| reach::displays(&app.live.uri, definition)).unwrap_or_default()
}

/// The commands that show the selected VM's screen in a window.
pub(super) fn viewers(app: &App) -> Vec<Vec<String>> {
    let Some(vm) = app.selected_vm_id() else { return Vec::new() };
    let address = displays(app).into_iter().next().map(|display| display.address).unwrap_or_default();
    reach::viewers(&app.reach, &app.live.uri, &vm.to_string(), &address)
}

/// The address of the selected VM that SSH would try.
pub fn ssh_address(app: &App) -> Option<std::net::IpAddr> {
    let vm = app.selected_vm_id().and_then(|id| app.live.vm(id))?;
    reach::ssh_address(&vm.addresses).map(|a| a.address)
}
