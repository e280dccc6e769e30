//! Consoles, keys and pictures of screens.

use std::sync::Arc;

use super::connection::Connection;
use super::error::{Doing, sentence};
use super::ffi::{Console, StreamEvent, StreamHandler, screenshot};
use crate::hypervisor::{
    ConsoleLink, ConsoleNews, ConsoleSink, HvResult, SCREENSHOT_MAX, Screenshot, Streams,
};
use crate::model::id::VmId;

impl Streams for Connection {
    fn open_console(&self, id: VmId, take: bool, sink: ConsoleSink) -> HvResult<Box<dyn ConsoleLink>> {
        let handler: StreamHandler = Arc::new(move |event| {
            sink(match event {
                StreamEvent::Bytes(bytes) => ConsoleNews::Bytes(bytes),
                StreamEvent::Room => ConsoleNews::Room,
                StreamEvent::Ended(why) => ConsoleNews::Ended(why.map(|e| sentence(&e)).unwrap_or_default()),
            });
        });
        self.change(id, "open the console", |d| {
            Console::open(&self.conn, d, take, &handler).map(|c| Box::new(Link(c)) as Box<dyn ConsoleLink>)
        })
    }

    fn send_keys(&self, id: VmId, codes: &[u16], hold_ms: u32) -> HvResult<()> {
        self.change(id, "press the keys", |d| d.send_keys(codes, hold_ms))
    }

    fn screenshot(&self, id: VmId, screen: u32) -> HvResult<Screenshot> {
        self.change(id, "take a picture of the screen", |d| {
            let (mime, bytes) = screenshot(&self.conn, d, screen, SCREENSHOT_MAX)?;
            Ok(Screenshot { mime, bytes })
        })
    }
}

struct Link(Console);

impl ConsoleLink for Link {
    fn write(&mut self, bytes: &[u8]) -> HvResult<usize> {
        self.0.send(bytes).doing("type into the console").map(Option::unwrap_or_default)
    }
}
