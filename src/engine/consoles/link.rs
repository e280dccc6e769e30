//! One console's thread: it asks the desk, connects, opens, types, and tells of the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::{ConsoleState, Ended, Ending, Tray};
use crate::engine::jobs::DeskHandle;
use crate::hypervisor::{
    Connector, ConsoleLink, ConsoleNews, HvError, HvErrorKind, HvEvent, HvResult, Hypervisor, Purpose,
};
use crate::model::id::VmId;
use crate::model::operation::{Operation, VmOperation};
use crate::model::plan::{Plan, Planned};
use crate::model::text::clean;

/// How often it is looked whether the connection still stands.
const LOOK: Duration = Duration::from_secs(1);

/// A connection, and a console on it.
type Opened = (Box<dyn Hypervisor>, Box<dyn ConsoleLink>);

/// What reaches the thread.
#[derive(Debug)]
pub(super) enum Input {
    /// Bytes for the guest.
    Type(Vec<u8>),
    /// There is room again.
    Room,
    /// It is over.
    Over(Ending),
    /// The handle is gone.
    Close,
}

/// All that the thread has.
pub(super) struct Link {
    pub(super) connector: Arc<dyn Connector>,
    pub(super) desk: DeskHandle,
    pub(super) vm: VmId,
    pub(super) take: bool,
    pub(super) me: Sender<Input>,
    pub(super) tray: Arc<Tray>,
}

impl Link {
    pub(super) fn run(self, inputs: &Receiver<Input>) {
        let ending = match self.open() {
            Ok((plan, (hv, mut link))) => {
                self.tray.stands(ConsoleState::Open);
                let since = Instant::now();
                let ending = self.serve(&*hv, &mut *link, inputs);
                self.left(plan, since);
                // Closing may block: whoever looks is told before.
                self.tray.stands(ConsoleState::Ended(ending));
                return;
            }
            Err(ending) => ending,
        };
        self.tray.stands(ConsoleState::Ended(ending));
    }

    /// Has the audit tell that it is over. A desk that has ended does not.
    fn left(&self, plan: Box<Plan>, since: Instant) {
        let lasted = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let _ = self.desk.left(plan, lasted).blocking_recv();
    }

    fn open(&self) -> Result<(Box<Plan>, Opened), Ending> {
        let operation = Operation::vm(self.vm, VmOperation::Console { take: self.take });
        let plan = match self.desk.witness(operation).blocking_recv() {
            Ok(Ok(Planned::Plan(plan))) => plan,
            Ok(Ok(Planned::Refused(no))) => {
                let sentence = format!("{}: {}", no.title, no.reason);
                return Err(Ending { sentence, remedy: no.remedy, how: Ended::Refused(no.kind) });
            }
            Ok(Err(e)) => return Err(failed(&e)),
            Err(_) => {
                let sentence = "What would have written it down has ended: the console is not opened.".into();
                return Err(Ending {
                    sentence,
                    remedy: String::new(),
                    how: Ended::Failed(HvErrorKind::Other),
                });
            }
        };
        let since = Instant::now();
        self.link().map(|opened| (plan.clone(), opened)).inspect_err(|_| self.left(plan, since))
    }

    fn link(&self) -> Result<Opened, Ending> {
        let hv = self.connector.connect(Purpose::Console).map_err(|e| failed(&e))?;
        self.listen(&*hv);
        if self.tray.left.load(Ordering::Relaxed) {
            return Err(closed(""));
        }
        let link = self.opened(&*hv).map_err(|e| failed(&e))?;
        Ok((hv, link))
    }

    fn opened(&self, hv: &dyn Hypervisor) -> HvResult<Box<dyn ConsoleLink>> {
        let (tray, me) = (self.tray.clone(), self.me.clone());
        let sink = move |news: ConsoleNews<'_>| match news {
            ConsoleNews::Bytes(bytes) => tray.put(bytes),
            ConsoleNews::Room => drop(me.send(Input::Room)),
            ConsoleNews::Ended(why) => drop(me.send(Input::Over(closed(&why)))),
        };
        hv.open_console(self.vm, self.take, Arc::new(sink))
    }

    /// Hears of the VM's end and of the connection's. Without events it is found by looking.
    fn listen(&self, hv: &dyn Hypervisor) {
        let (vm, me) = (self.vm, self.me.clone());
        let told = hv.subscribe(Arc::new(move |event| {
            let over = match event {
                HvEvent::Vm { id, state } if id == vm && state.is_none_or(|s| !s.is_active()) => {
                    closed("The VM is off.")
                }
                HvEvent::Closed { reason } => lost(&reason),
                _ => return,
            };
            drop(me.send(Input::Over(over)));
        }));
        if let Err(e) = told {
            tracing::debug!("a console without events: {e}");
        }
    }

    /// Types what is to be typed, until it is over.
    fn serve(&self, hv: &dyn Hypervisor, link: &mut dyn ConsoleLink, inputs: &Receiver<Input>) -> Ending {
        let mut waiting: Vec<u8> = Vec::new();
        loop {
            match inputs.recv_timeout(LOOK) {
                Ok(Input::Type(bytes)) => waiting.extend(bytes),
                Ok(Input::Room) => {}
                Ok(Input::Over(ending)) => return ending,
                Ok(Input::Close) | Err(RecvTimeoutError::Disconnected) => return closed(""),
                Err(RecvTimeoutError::Timeout) => {
                    if !hv.is_alive() {
                        return lost("");
                    }
                }
            }
            while !waiting.is_empty() {
                match link.write(&waiting) {
                    Ok(0) => break,
                    Ok(n) => {
                        let n = n.min(waiting.len());
                        waiting.drain(..n);
                        self.tray.typed.fetch_sub(n, Ordering::Relaxed);
                    }
                    Err(e) => return failed(&e),
                }
            }
        }
    }
}

fn failed(e: &HvError) -> Ending {
    let remedy = match e.kind {
        // It tries again when it is told to.
        HvErrorKind::ConnectionLost => "",
        HvErrorKind::InvalidState if e.message.contains("Active console session") => {
            "Somebody has it open. It can be taken from them: --force, or Take over in the console's menu."
        }
        _ => e.hint(),
    };
    Ending { sentence: format!("{e}."), remedy: remedy.into(), how: Ended::Failed(e.kind) }
}

fn closed(why: &str) -> Ending {
    let sentence = match why.trim_end_matches('.') {
        "" => "The console was closed: the guest ended it, or somebody took it over.".into(),
        why => format!("The console was closed: {}.", clean(why)),
    };
    Ending { sentence, remedy: String::new(), how: Ended::Closed }
}

fn lost(why: &str) -> Ending {
    let sentence = match why.trim_end_matches('.') {
        "" => "The connection to the hypervisor was lost.".into(),
        why => format!("The connection to the hypervisor was lost: {}.", clean(why)),
    };
    Ending { sentence, remedy: String::new(), how: Ended::Failed(HvErrorKind::ConnectionLost) }
}
