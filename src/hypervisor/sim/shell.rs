//! A made-up guest's serial console: a shell that echoes, so that consoles can be tried without a guest.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hypervisor::{ConsoleLink, ConsoleNews, ConsoleSink, HvError, HvErrorKind, HvResult};
use crate::model::id::VmId;

const PROMPT: &[u8] = b"# ";
const OPENING: &str = "open the console";
/// Lines that `flood` prints at most.
const FLOOD: usize = 1_000_000;
/// A longer line is not kept.
const LINE: usize = 4096;

/// The consoles of one host: who has which open.
#[derive(Clone, Default)]
pub(in crate::hypervisor) struct Consoles(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    next: u64,
    by_vm: BTreeMap<VmId, (u64, ConsoleSink)>,
}

impl fmt::Debug for Consoles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consoles").field("open", &self.lock().by_vm.len()).finish()
    }
}

impl Consoles {
    /// Opens a VM's console; the caller has looked that the VM runs.
    pub(in crate::hypervisor) fn open(
        &self,
        id: VmId,
        name: &str,
        take: bool,
        sink: ConsoleSink,
    ) -> HvResult<Box<dyn ConsoleLink>> {
        let mut open = self.lock();
        if !take && open.by_vm.contains_key(&id) {
            let said = "Active console session exists for this domain";
            return Err(HvError::new(HvErrorKind::InvalidState, OPENING, said).of(name));
        }
        open.next += 1;
        let ticket = open.next;
        let before = open.by_vm.insert(id, (ticket, Arc::clone(&sink)));
        drop(open);
        if let Some((_, before)) = before {
            before(ConsoleNews::Ended(String::new()));
        }
        sink(ConsoleNews::Bytes(format!("\r\n\x1b[1m{name}\x1b[0m ttyS0\r\n# ").as_bytes()));
        Ok(Box::new(Shell { consoles: self.clone(), id, ticket, sink, line: Vec::new() }))
    }

    fn is(&self, id: VmId, ticket: u64) -> bool {
        self.lock().by_vm.get(&id).is_some_and(|(t, _)| *t == ticket)
    }

    fn close(&self, id: VmId, ticket: u64) {
        if self.is(id, ticket) {
            let gone = self.lock().by_vm.remove(&id);
            // Not under the lock: what the sink owns may do anything when dropped.
            drop(gone);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Shell {
    consoles: Consoles,
    id: VmId,
    ticket: u64,
    sink: ConsoleSink,
    line: Vec<u8>,
}

impl Shell {
    fn say(&self, bytes: &[u8]) {
        (self.sink)(ConsoleNews::Bytes(bytes));
    }

    fn entered(&mut self) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        self.say(b"\r\n");
        let mut words = line.split_whitespace();
        match (words.next(), words.next().and_then(|n| n.parse::<usize>().ok())) {
            (None, _) => {}
            (Some("exit"), _) => return (self.sink)(ConsoleNews::Ended(String::new())),
            (Some("echo"), _) => self.say(format!("{}\r\n", line.trim_start()[4..].trim()).as_bytes()),
            (Some("flood"), n) => {
                for i in 0..n.unwrap_or(100).min(FLOOD) {
                    self.say(format!("{i}\r\n").as_bytes());
                }
            }
            (Some(other), _) => self.say(format!("sh: {other}: not found\r\n").as_bytes()),
        }
        self.say(PROMPT);
    }
}

impl ConsoleLink for Shell {
    fn write(&mut self, bytes: &[u8]) -> HvResult<usize> {
        if !self.consoles.is(self.id, self.ticket) {
            let said = "the console is closed";
            return Err(HvError::new(HvErrorKind::InvalidState, "type into the console", said));
        }
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => self.entered(),
                0x7f | 8 => {
                    if self.line.pop().is_some() {
                        self.say(b"\x08 \x08");
                    }
                }
                byte => {
                    if self.line.len() < LINE {
                        self.line.push(*byte);
                    }
                    self.say(&[*byte]);
                }
            }
        }
        Ok(bytes.len())
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.consoles.close(self.id, self.ticket);
    }
}

/// A picture of a made-up screen: a few grey bars, as a portable pixmap.
pub(in crate::hypervisor) fn picture() -> Vec<u8> {
    const WIDTH: usize = 64;
    const HEIGHT: usize = 40;
    let mut out = format!("P6\n{WIDTH} {HEIGHT}\n255\n").into_bytes();
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let grey = (column / 8 * 32) as u8;
            out.extend([grey, grey, if row < HEIGHT / 2 { grey } else { 255 - grey }]);
        }
    }
    out
}
