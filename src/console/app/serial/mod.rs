//! A guest's serial console, open over everything else. The bytes come in as messages; what is typed goes out as effects.

mod emulator;
mod keys;
#[cfg(test)]
mod tests;

pub use emulator::{Cell, Emulator, Paint};
pub use keys::{key_bytes, paste_bytes};

use super::App;
use crate::engine::consoles::{ConsoleState, Taken};
use crate::model::id::VmId;

/// The open console.
#[derive(Clone, Debug)]
pub struct Serial {
    /// Whose.
    pub vm: VmId,
    /// Its name, cleaned.
    pub name: String,
    /// Counts the consoles that were opened: what comes from an earlier one is dropped.
    pub ticket: u64,
    /// The screen.
    pub emulator: Emulator,
    /// How it stands.
    pub state: ConsoleState,
    /// Whether what has left the screen is looked at.
    pub looks_back: bool,
    /// Bytes that were dropped since nobody took them in time.
    pub dropped: u64,
}

impl Serial {
    /// One that is being opened, for a terminal of this size.
    pub fn new(vm: VmId, name: String, ticket: u64, size: (u16, u16)) -> Self {
        let (columns, rows) = room(size);
        Self {
            vm,
            name,
            ticket,
            emulator: Emulator::new(rows, columns),
            state: ConsoleState::Opening,
            looks_back: false,
            dropped: 0,
        }
    }

    /// Whether keys reach the guest: those typed while it is being opened do once it is.
    pub const fn takes_keys(&self) -> bool {
        matches!(self.state, ConsoleState::Opening | ConsoleState::Open)
    }

    /// Takes what came; gives what the emulator answers.
    pub(super) fn take(&mut self, taken: &Taken) -> Vec<u8> {
        self.dropped += taken.dropped;
        self.state = taken.state.clone();
        self.emulator.process(&taken.bytes)
    }

    /// The terminal has another size.
    pub(super) fn resize(&mut self, size: (u16, u16)) {
        let (columns, rows) = room(size);
        self.emulator.resize(rows, columns);
    }

    /// Looks so many rows further back, or on; at the end it goes on live.
    pub(super) fn look(&mut self, rows: isize) {
        self.emulator.look(rows);
        self.looks_back = self.emulator.back() > 0;
    }

    /// Back to what the guest shows now.
    pub(super) fn live(&mut self) {
        self.emulator.look(isize::MIN);
        self.looks_back = false;
    }

    /// What tells a guest the size of this screen, since a serial line has none.
    pub fn stty(size: (u16, u16)) -> String {
        let (columns, rows) = room(size);
        format!("stty rows {rows} cols {columns}")
    }
}

/// Columns and rows for a guest: all but the last line.
fn room((columns, rows): (u16, u16)) -> (u16, u16) {
    (columns.clamp(20, 1000), rows.saturating_sub(1).clamp(4, 1000))
}

/// The name of a VM for its console.
pub(super) fn name_of(app: &App, vm: VmId) -> String {
    app.live.vm(vm).map_or_else(|| vm.to_string(), |vm| vm.display_name().into_owned())
}
