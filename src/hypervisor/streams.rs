//! The role that brings a guest's own consoles: what it prints on its serial line, keys pressed on its keyboard, and a
//! picture of its screen. A read-only connection refuses all of it: libvirt gives it no picture either.

use std::fmt;
use std::sync::Arc;

use super::HvResult;
use crate::model::id::VmId;

/// Something about an open console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleNews<'a> {
    /// The guest wrote this.
    Bytes(&'a [u8]),
    /// There is room again after a write that took nothing.
    Room,
    /// It is over: the guest closed it, stopped, or somebody else took it. The hypervisor's own words where it has any.
    Ended(String),
}

/// Receives what a console tells, on the hypervisor's own thread: must not block.
pub type ConsoleSink = Arc<dyn Fn(ConsoleNews<'_>) + Send + Sync>;

/// An open console. Dropping it closes it.
pub trait ConsoleLink: Send {
    /// Types bytes, as many as are taken at once; 0 where there is no room: [`ConsoleNews::Room`] then tells of it.
    fn write(&mut self, bytes: &[u8]) -> HvResult<usize>;
}

/// A picture of a guest's screen, as the hypervisor gives it. What is in it is not to be trusted.
#[derive(Clone, PartialEq, Eq)]
pub struct Screenshot {
    /// Its kind: `image/png`, `image/x-portable-pixmap`.
    pub mime: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Screenshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Screenshot({}, {} bytes)", self.mime, self.bytes.len())
    }
}

/// A picture that is larger is refused, bytes: an uncompressed screen of 8K fits.
pub const SCREENSHOT_MAX: usize = 128 << 20;

/// What streams.
pub trait Streams {
    /// Opens the first console of a running VM. Everything goes to `sink`, from now until the link is dropped. One that
    /// somebody has open is refused, unless `take` has it taken from them.
    fn open_console(&self, id: VmId, take: bool, sink: ConsoleSink) -> HvResult<Box<dyn ConsoleLink>>;

    /// Presses these keys together for so long, milliseconds, and lets them go. They are Linux' key codes, 16 at most.
    fn send_keys(&self, id: VmId, codes: &[u16], hold_ms: u32) -> HvResult<()>;

    /// A picture of a screen of a running VM; the first screen is 0.
    fn screenshot(&self, id: VmId, screen: u32) -> HvResult<Screenshot>;
}
