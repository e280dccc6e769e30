//! Looking at guests' screens: a thread and a connection for one VM, and a handle that never blocks.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::{io, sync::Arc};

use tokio::sync::oneshot;

use super::image::decode;
use super::{Consoles, witness};
use crate::engine::jobs::DeskHandle;
use crate::hypervisor::{Connector, HvResult, Hypervisor, Purpose, Screenshot};
use crate::model::id::VmId;
use crate::model::operation::Visit;
use crate::model::picture::Picture;

/// A guest's screen, as it was.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The file the hypervisor gave.
    pub file: Screenshot,
    /// The picture in it, or what is wrong with it: a sentence without its stop.
    pub picture: Result<Picture, String>,
}

/// Whoever looks at a VM's screen. Dropping it ends the thread, without waiting.
#[derive(Debug)]
pub struct ScreenHandle(Sender<Ask>);

struct Ask {
    screen: u32,
    reply: oneshot::Sender<HvResult<Shot>>,
}

impl Consoles {
    /// A way to look at a VM's screens. The first look is written down.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn screens(&self, vm: VmId) -> io::Result<ScreenHandle> {
        let (asks, asked) = channel();
        let (connector, desk) = (self.connector.clone(), self.desk.clone());
        let work = move || run(&connector, &desk, vm, &asked);
        std::thread::Builder::new().name("nc-screen".into()).spawn(work)?;
        Ok(ScreenHandle(asks))
    }
}

impl ScreenHandle {
    /// Takes a picture of a screen; the first is 0. The answer is dropped where the thread is gone.
    pub fn look(&self, screen: u32) -> oneshot::Receiver<HvResult<Shot>> {
        let (reply, answer) = oneshot::channel();
        drop(self.0.send(Ask { screen, reply }));
        answer
    }
}

fn run(connector: &Arc<dyn Connector>, desk: &DeskHandle, vm: VmId, asked: &Receiver<Ask>) {
    let mut connection: Option<Box<dyn Hypervisor>> = None;
    let mut told = false;
    while let Ok(Ask { screen, reply }) = asked.recv() {
        if reply.is_closed() {
            continue;
        }
        if !told {
            match witness::blocking(desk, vm, Visit::Screen) {
                Ok(()) => told = true,
                Err(e) => {
                    drop(reply.send(Err(e)));
                    continue;
                }
            }
        }
        let shot = look(connector, &mut connection, vm, screen);
        // One that failed may be lost: the next look makes another.
        if shot.is_err() {
            connection = None;
        }
        drop(reply.send(shot));
    }
}

fn look(
    connector: &Arc<dyn Connector>,
    connection: &mut Option<Box<dyn Hypervisor>>,
    vm: VmId,
    screen: u32,
) -> HvResult<Shot> {
    let hv = match connection {
        Some(hv) => hv,
        None => connection.insert(connector.connect(Purpose::Console)?),
    };
    let file = hv.screenshot(vm, screen)?;
    let picture = decode(&file);
    Ok(Shot { file, picture })
}
