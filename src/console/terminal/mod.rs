//! The terminal loop: events in, `update`, at most one draw, effects out.
//!
//! It is one task on one thread. It never calls the hypervisor or the file system; what may take time is
//! asked of the engine, and answers come back as messages. It draws only when something visible changed:
//! at once for a key and for what a key asked for, and at most every [`CALM`] for everything else.

mod backend;
mod consoles;
mod desk;
mod guard;
mod hang_up;
mod history;
mod input;
mod lend;
mod viewer;
mod visit;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Arc;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::EventStream;
use futures_util::StreamExt;
use ratatui::Terminal;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use backend::Compact;
use consoles::Lines;
use desk::Desk;
pub use guard::{Aside, Guard, give_up};
use hang_up::HangUp;
use history::Asker;
use input::Input;
use lend::Lent;

use super::app::msg::{Effect, Msg, Notice};
use super::app::ops::edit::Draft;
use super::app::{App, AppConfig, update};
use super::screens::{self, View};
use super::theme::{ColorDepth, Glyphs, Look, Theme, ThemeSource};
use crate::engine::consoles::Consoles;
use crate::engine::jobs::{DeskHandle, Jobs};
use crate::engine::{Command, Handle};
use crate::model::id::VmId;
use crate::model::operation::Visit;
use crate::model::snapshot::{Link, Snapshot};
use crate::model::time::Timestamp;

/// Least time between two draws that no key asked for.
const CALM: Duration = Duration::from_millis(50);

/// How long the first picture waits for the first list: less than an eye notices.
const PATIENCE: Duration = Duration::from_millis(120);

/// How the console is to be.
#[derive(Debug)]
pub struct Options {
    /// State to begin with.
    pub app: AppConfig,
    /// The user's themes.
    pub theme_sources: Vec<ThemeSource>,
    /// Colours the terminal has.
    pub depth: ColorDepth,
    /// Characters the terminal has.
    pub glyphs: &'static Glyphs,
    /// Whether to use the mouse.
    pub mouse: bool,
    /// What the user should read first: warnings about files.
    pub notices: Vec<Notice>,
    /// Reads the clock: time now, and local time less UTC in seconds.
    pub clock: fn() -> (Timestamp, i32),
}

/// Why the console ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user left.
    Quit,
    /// A signal asked for it.
    Signal,
    /// The terminal is gone.
    TerminalGone,
    /// The engine is gone.
    EngineGone,
}

type Screen = Terminal<Compact<BufWriter<Stdout>>>;

/// Runs the console until it ends. The terminal is restored when this returns. Where there is no desk nothing can be
/// changed from it.
///
/// # Errors
/// Where there is no terminal, or writing to it fails.
pub fn run(
    handle: &Handle,
    desk: Option<DeskHandle>,
    consoles: Option<Consoles>,
    options: Options,
) -> io::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let signals = Signals::new()?;
        let _guard = Guard::enter(options.mouse)?;
        let mut console = Console::new(handle, desk, consoles, options)?;
        let ended = console.run(signals).await;
        let _ = console.screen.show_cursor();
        tracing::info!("console ended: {ended:?} after {} draws", console.draws);
        ended
    })
}

/// What would end the program at once, with the terminal as it is. Ctrl-c is a key; these come from elsewhere.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// What asks to end while another program has the terminal: keys that make signals are meant for that.
    async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
    }
}

struct Console {
    app: App,
    view: View,
    theme: Theme,
    theme_sources: Vec<ThemeSource>,
    depth: ColorDepth,
    glyphs: &'static Glyphs,
    screen: Screen,
    input: Input,
    handle: Handle,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    desk: Option<Desk>,
    lines: Lines,
    /// What the terminal is to be lent to.
    lent: Option<(VmId, Vec<String>)>,
    answers: (mpsc::Sender<Msg>, mpsc::Receiver<Msg>),
    clock: fn() -> (Timestamp, i32),
    mouse: bool,
    /// What the editor is to be opened on.
    editing: Option<Box<Draft>>,
    last_draw: Instant,
    draws: u64,
}

/// Whether the loop goes on.
type Flow = std::ops::ControlFlow<Ended>;

impl Console {
    fn new(
        handle: &Handle,
        desk: Option<DeskHandle>,
        consoles: Option<Consoles>,
        options: Options,
    ) -> io::Result<Self> {
        let mut snapshots = handle.subscribe();
        let first = snapshots.borrow_and_update().clone();
        let (now, offset) = (options.clock)();
        let (theme, _) = Theme::load(&options.app.theme, &options.theme_sources, options.depth);
        let mut app = App::new(options.app, first, now);
        let size = crossterm::terminal::size().unwrap_or((80, 24));
        update(&mut app, Msg::Resize(size.0, size.1));
        update(&mut app, Msg::Tick(now, offset));
        for notice in options.notices {
            update(&mut app, Msg::Notice(notice));
        }
        let answers = mpsc::channel(64);
        let mut desk = desk.map(|desk| Desk::new(desk, answers.0.clone()));
        if let Some(desk) = &mut desk {
            app.attach_desk(desk.jobs());
        }
        app.draw(lot());
        let writer = BufWriter::with_capacity(1 << 16, io::stdout());
        Ok(Self {
            app,
            view: View::with_depth(options.depth),
            theme,
            theme_sources: options.theme_sources,
            depth: options.depth,
            glyphs: options.glyphs,
            screen: Terminal::new(Compact::new(writer))?,
            input: Input::default(),
            handle: handle.clone(),
            snapshots,
            desk,
            lines: Lines::new(consoles, answers.0.clone()),
            answers,
            lent: None,
            clock: options.clock,
            mouse: options.mouse,
            editing: None,
            last_draw: Instant::now(),
            draws: 0,
        })
    }

    async fn run(&mut self, mut signals: Signals) -> io::Result<Ended> {
        let mut hang_up = HangUp::watch();
        let mut events = EventStream::new();
        let mut tick = interval_at(Instant::now() + Duration::from_millis(250), Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        self.await_list().await;
        self.draw()?;
        loop {
            let calm_over = self.last_draw + CALM;
            let mut urgent = false;
            let flow = tokio::select! {
                biased;
                () = signals.any() => Flow::Break(Ended::Signal),
                () = hang_up.happened() => Flow::Break(Ended::TerminalGone),
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        urgent = true;
                        self.input.message(event, &self.view).map_or(Flow::Continue(()), |m| self.take(m))
                    }
                    Some(Err(_)) | None => Flow::Break(Ended::TerminalGone),
                },
                Some(msg) = self.answers.1.recv() => {
                    urgent = self.is_waited_for(&msg);
                    self.take(msg)
                }
                changed = self.snapshots.changed() => match changed {
                    Ok(()) => {
                        let newest = self.snapshots.borrow_and_update().clone();
                        self.take(Msg::Snapshot(newest))
                    }
                    Err(_) => Flow::Break(Ended::EngineGone),
                },
                jobs = desk::changed(&mut self.desk) => self.jobs(jobs),
                _ = tick.tick() => self.tick(),
                () = tokio::time::sleep_until(calm_over), if self.app.dirty => Flow::Continue(()),
            };
            if let Flow::Break(ended) = flow {
                return Ok(ended);
            }
            if let Some((vm, command)) = self.lent.take() {
                // Whoever reads the terminal beside the command would take its keys.
                drop(events);
                let flow = self.visit((vm, &command), &mut signals, &mut hang_up).await?;
                events = EventStream::new();
                if let Flow::Break(ended) = flow {
                    return Ok(ended);
                }
            }
            if let Some(draft) = self.editing.take() {
                // Two who read keys would share them: ours ends before the editor begins.
                drop(events);
                if let Flow::Break(ended) = self.edit(*draft, &mut signals, &mut hang_up).await? {
                    return Ok(ended);
                }
                events = EventStream::new();
                // A Ctrl-c in the editor was meant for the editor.
                signals = Signals::new()?;
                continue;
            }
            if self.app.dirty && (urgent || Instant::now() >= calm_over) {
                self.draw()?;
            }
        }
    }

    /// Lends the terminal to the user's editor until it ends.
    async fn edit(&mut self, draft: Draft, signals: &mut Signals, hang_up: &mut HangUp) -> io::Result<Flow> {
        Guard::lend();
        let result = match Lent::start(&draft.text, draft.said.as_deref()) {
            Err(why) => Err(why),
            Ok(mut lent) => tokio::select! {
                written = lent.written() => written,
                () = signals.end() => {
                    lent.end();
                    return Ok(Flow::Break(Ended::Signal));
                }
                () = hang_up.happened() => {
                    lent.end();
                    return Ok(Flow::Break(Ended::TerminalGone));
                }
            },
        };
        Guard::take_back(self.mouse)?;
        let size = crossterm::terminal::size().unwrap_or(self.app.size);
        let result = result
            .map(|text| Some(text).filter(|text| *text != draft.text))
            .map_err(|why| format!("Could not edit it: {why}. {}", why.hint()).trim_end().to_owned());
        for msg in [Msg::Resize(size.0, size.1), Msg::Edited(Box::new(draft), result)] {
            if let Flow::Break(ended) = self.take(msg) {
                return Ok(Flow::Break(ended));
            }
        }
        let flow = self.perform(Effect::Redraw);
        self.draw()?;
        Ok(flow)
    }

    /// Gives the first list a moment to arrive, so that the first picture is the right one.
    async fn await_list(&mut self) {
        let listed = self.snapshots.wait_for(|s| s.listed || matches!(s.link, Link::Lost { .. }));
        let newest =
            tokio::time::timeout(PATIENCE, listed).await.ok().and_then(Result::ok).map(|s| s.clone());
        if let Some(snapshot) = newest {
            update(&mut self.app, Msg::Snapshot(snapshot));
        }
    }

    fn tick(&mut self) -> Flow {
        let (now, offset) = (self.clock)();
        if self.view.shows_log && self.view.log.changed() {
            self.app.dirty = true;
        }
        self.take(Msg::Tick(now, offset))
    }

    /// Jobs are others, or the desk has ended and nothing can be done any more.
    fn jobs(&mut self, jobs: Option<Arc<Jobs>>) -> Flow {
        if let Some(jobs) = jobs {
            return self.take(Msg::Jobs(jobs));
        }
        self.desk = None;
        self.app.detach_desk();
        let text = "What carries operations out has ended: nothing can be changed from here any more.";
        self.take(Msg::Notice(Notice::bad(text)))
    }

    /// Whether a key asked for what this brings: whoever pressed it waits for the picture. In the past each step asks for
    /// its charts too.
    const fn is_waited_for(&self, msg: &Msg) -> bool {
        match msg {
            Msg::Moment(..)
            | Msg::Top(..)
            | Msg::Xml(..)
            | Msg::Screen(..)
            | Msg::Planned { .. }
            | Msg::Submitted { .. } => true,
            Msg::Charts(..) => self.app.past.is_some(),
            // The echo of a key; a flood is drawn calmly.
            Msg::Console(_, taken) => taken.bytes.len() <= 256,
            _ => false,
        }
    }

    fn take(&mut self, msg: Msg) -> Flow {
        for effect in update(&mut self.app, msg) {
            self.perform(effect)?;
        }
        Flow::Continue(())
    }

    fn perform(&mut self, effect: Effect) -> Flow {
        match effect {
            Effect::Quit => return Flow::Break(Ended::Quit),
            Effect::Focus(focus) => self.tell(Command::Focus(focus)),
            Effect::Refresh => self.tell(Command::Refresh),
            Effect::Reconnect => self.tell(Command::Reconnect),
            Effect::FetchXml(id) => {
                let (reply, answers) = (self.handle.xml(id), self.answers.0.clone());
                tokio::spawn(async move {
                    let result = match reply.await {
                        Ok(result) => result.map_err(|e| e.sentence()),
                        Err(_) => Err("The engine did not answer: the connection is not up.".into()),
                    };
                    let _ = answers.send(Msg::Xml(id, result)).await;
                });
            }
            Effect::RefreshPool(id, name) => {
                let (reply, answers) = (self.handle.refresh_pool(id), self.answers.0.clone());
                tokio::spawn(async move {
                    let result = match reply.await {
                        Ok(result) => result.map_err(|e| e.sentence()),
                        Err(_) => Err("The engine did not answer: the connection is not up.".into()),
                    };
                    let _ = answers.send(Msg::PoolRefreshed(name, result)).await;
                });
            }
            Effect::AskCharts(ask) => self.asker().charts(ask),
            Effect::AskMoment(ask) => self.asker().moment(ask),
            Effect::AskTop(ask) => self.asker().top(ask),
            Effect::Plan(operations, ticket) => self.at_desk(|desk| desk.plan(operations, ticket)),
            Effect::Submit(plans, consent, ticket) => {
                self.at_desk(|desk| desk.submit(plans, consent, ticket));
            }
            Effect::Look(look, number) => self.at_desk(|desk| desk.look(look, number)),
            Effect::Edit(draft) => self.editing = Some(draft),
            Effect::CancelJob(job) => self.at_desk(|desk| desk.cancel(job)),
            Effect::OpenConsole { vm, take, ticket } => self.lines.open(vm, take, ticket),
            Effect::TypeConsole(bytes) => {
                if !self.lines.type_bytes(&bytes) {
                    let text = "The guest takes no more now: that was not typed.";
                    return self.take(Msg::Notice(Notice::bad(text)));
                }
            }
            Effect::CloseConsole => self.lines.close(),
            Effect::LookAt { vm, ticket } => self.lines.look(vm, ticket),
            Effect::LookAway => self.lines.look_away(),
            Effect::View { vm, commands, address } => {
                let told = self.lines.witness(vm, Visit::Viewer);
                tokio::spawn(viewer::open_once(told, commands, address, self.answers.0.clone()));
            }
            Effect::Lend(vm, command) => self.lent = Some((vm, command)),
            Effect::Copy(text) => {
                let mut out = io::stdout().lock();
                let copied = crossterm::queue!(out, CopyToClipboard::to_clipboard_from(text))
                    .and_then(|()| out.flush());
                if let Err(e) = copied {
                    tracing::warn!("could not copy: {e}");
                }
            }
            Effect::Theme(name) => {
                let (theme, warnings) = Theme::load(&name, &self.theme_sources, self.depth);
                for warning in warnings {
                    tracing::warn!("{warning}");
                }
                self.theme = theme;
            }
            Effect::LogLevel(finer) => self.view.log.level(finer),
            Effect::LogScroll(rows) => self.view.log.scroll(rows),
            Effect::Redraw => {
                // Not `clear`: it asks the terminal where the cursor is, and waits for an answer.
                let redrawn = self.screen.size().and_then(|size| self.screen.resize(size.into()));
                if let Err(e) = redrawn {
                    tracing::warn!("could not redraw: {e}");
                }
                self.app.dirty = true;
            }
        }
        Flow::Continue(())
    }

    fn asker(&self) -> Asker {
        Asker::new(self.handle.clone(), self.answers.0.clone())
    }

    /// Without a desk nothing asks for one: there are no such keys.
    fn at_desk(&self, ask: impl FnOnce(&Desk)) {
        if let Some(desk) = &self.desk {
            ask(desk);
        }
    }

    fn tell(&self, command: Command) {
        self.handle.send(command);
    }

    fn draw(&mut self) -> io::Result<()> {
        let look = Look::new(&self.theme, self.glyphs);
        let (app, view) = (&self.app, &mut self.view);
        self.screen.draw(|frame| {
            let area = frame.area();
            screens::draw(app, &look, view, frame.buffer_mut(), area);
        })?;
        self.app.dirty = false;
        self.last_draw = Instant::now();
        self.draws += 1;
        let drawn = std::mem::take(&mut self.view.drawn);
        if let Flow::Break(_) = self.take(Msg::Drawn(drawn)) {
            tracing::error!("a draw asked to quit");
        }
        Ok(())
    }
}

/// A number by lot.
fn lot() -> u128 {
    let number = || u128::from(RandomState::new().build_hasher().finish());
    number() << 64 | number()
}

/// How many lines were logged so far: tells whether the log pane has anything new.
pub(crate) fn log_lines() -> usize {
    super::log::lines()
}
