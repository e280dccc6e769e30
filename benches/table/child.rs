//! The engine with a console's state and drawing on libvirt's test driver, through 15 minutes of injected time, in a
//! process that does nothing else.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use novacron::config::{Grouping, LimitSettings, PollSettings};
use novacron::console::app::msg::Msg;
use novacron::console::app::{App, AppConfig, update};
use novacron::console::keymap::Keymap;
use novacron::console::screens::{self, View};
use novacron::console::theme::{Glyphs, Look, Theme};
use novacron::engine::clock::{Clock, ManualClock};
use novacron::engine::{Command, Engine, EngineConfig, Focus, Handle, Role};
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::hypervisor::sim::SimClock;
use novacron::model::columns::{VM_COLUMNS, defaults};
use novacron::model::metric::{Group, MetricId};
use novacron::model::snapshot::Snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

use crate::fake_host::{self, DEFINED, RUNNING};
use crate::{Outcome, process};

/// Real time until everything must be known.
const PATIENCE: Duration = Duration::from_secs(60);
/// Real time until time goes on without a poll.
const NEXT_POLL: Duration = Duration::from_millis(500);
/// VMs that a screen shows.
const ON_SCREEN: usize = 40;
const SIZE: Rect = Rect::new(0, 0, 160, 45);

/// What the process tells its parent.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Told {
    /// Resident memory at the end, in bytes.
    pub(crate) resident: u64,
    /// The same once everything was read for the first time.
    pub(crate) at_start: u64,
    /// Polls made.
    pub(crate) polls: usize,
    /// Rows in the ring of one VM's CPU.
    pub(crate) rows: usize,
    /// How far back it reaches.
    pub(crate) minutes: f64,
}

/// Fills the rings and prints what that took.
pub(crate) fn rings(file: &Path) -> Outcome<()> {
    let options = ConnectOptions { uri: Some(fake_host::uri(file)), read_only: false };
    let poll = PollSettings::default();
    let clock = Arc::new(ManualClock::new(SimClock::manual()));
    let engine = Engine::start(EngineConfig {
        connector: Arc::new(LibvirtConnector::new(options)?),
        machine: None,
        poll: poll.clone(),
        limits: LimitSettings::default(),
        clock: clock.clone(),
        seed: 1,
        history: None,
        role: Role::Alone,
    })?;
    let handle = engine.handle();
    let me = i32::try_from(std::process::id())?;

    let first = until_known(&handle, &clock)?;
    let at_start = process::memory(me)?.resident;
    let running: Vec<_> = first.vms.iter().filter(|v| v.state.is_active()).map(|v| v.id).collect();
    let visible = running.iter().copied().take(ON_SCREEN).collect();
    handle.send(Command::Focus(Focus { visible, detail: running.first().copied() }));
    let mut console = Console::new(first);
    let witness = *running.last().ok_or("no VM runs")?;

    let polls = (poll.keep.as_secs() / poll.fast.as_secs()) as usize + 40;
    for _ in 0..polls {
        clock.advance(poll.fast);
        let now = clock.now().wall;
        // A poll that was slow gives the host a rest: the next is not due yet then.
        wait(NEXT_POLL, || {
            handle.snapshot().vm(witness).is_some_and(|v| v.fresh.get(Group::Cpu) == Some(now))
        });
        console.show(handle.snapshot());
    }
    let resident = process::memory(me)?.resident;
    let snapshot = handle.snapshot();
    let tracks = snapshot.vm(witness).and_then(|v| v.tracks.clone()).ok_or("no rings")?;
    let times: Vec<_> = tracks.cpu.points(MetricId::VmCpu).map(|(t, _)| t).collect();
    let (Some(from), Some(to)) = (times.first(), times.last()) else { return Err("empty rings".into()) };
    let told = Told { resident, at_start, polls, rows: times.len(), minutes: (to.0 - from.0) as f64 / 60e3 };
    if told.minutes < 14.9 {
        return Err(format!("the rings hold {:.1} minutes only", told.minutes).into());
    }
    println!("{}", serde_json::to_string(&told)?);
    Ok(())
}

/// The console's state and screen, without a terminal.
struct Console {
    app: App,
    view: View,
    buffer: Buffer,
    theme: Theme,
}

impl Console {
    fn new(snapshot: Arc<Snapshot>) -> Self {
        let config = AppConfig {
            keymap: Keymap::default(),
            columns: defaults(VM_COLUMNS).iter().map(|c| c.id).collect(),
            sort: "cpu",
            descending: true,
            group: Grouping::None,
            themes: vec!["dark".into()],
            theme: "dark".into(),
            reach: novacron::model::reach::Commands::default(),
        };
        let now = snapshot.at;
        let mut app = App::new(config, snapshot, now);
        update(&mut app, Msg::Resize(SIZE.width, SIZE.height));
        Self { app, view: View::default(), buffer: Buffer::empty(SIZE), theme: Theme::embedded("dark") }
    }

    fn show(&mut self, snapshot: Arc<Snapshot>) {
        update(&mut self.app, Msg::Tick(snapshot.at, 0));
        update(&mut self.app, Msg::Snapshot(snapshot));
        self.buffer.reset();
        let look = Look::new(&self.theme, Glyphs::UNICODE);
        screens::draw(&self.app, &look, &mut self.view, &mut self.buffer, SIZE);
        update(&mut self.app, Msg::Drawn(std::mem::take(&mut self.view.drawn)));
    }
}

/// Lets time pass until everything was read once.
fn until_known(handle: &Handle, clock: &ManualClock) -> Outcome<Arc<Snapshot>> {
    let begun = Instant::now();
    loop {
        let s = handle.snapshot();
        let known = s.listed
            && s.vms.len() == DEFINED
            && s.counts().running == RUNNING
            && s.vms.iter().all(|v| v.definition.is_some());
        if known {
            return Ok(s);
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("not everything is known: {:?}, {:?}", s.counts(), s.link).into());
        }
        clock.advance(Duration::from_millis(50));
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until it is so, but not for ever.
fn wait(most: Duration, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() && begun.elapsed() < most {
        std::thread::sleep(Duration::from_millis(1));
    }
}
