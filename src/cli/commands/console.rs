//! The console: settings, keymap and themes read, the engine started, the terminal handed over.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[cfg(debug_assertions)]
use super::rehearsal;
use crate::cli::appearance::Appearance;
use crate::cli::exit::{Exit, Failure};
use crate::cli::operate::{self, Place};
use crate::cli::panic;
use crate::cli::session::Session;
use crate::config::{Environment, Loaded};
use crate::console::app::AppConfig;
use crate::console::app::msg::Notice;
use crate::console::log;
use crate::console::terminal::{self, Ended, Options};
use crate::console::theme::Theme;
use crate::engine::Role;
use crate::engine::consoles::Consoles;
use crate::engine::history::HistoryConfig;
use crate::hypervisor::Connector;
use crate::model::columns::{VM_COLUMNS, find};
use crate::model::job::Via;
use crate::model::time::Timestamp;

/// Jobs that were told to stop have so long for it.
const JOBS_END_WITHIN: Duration = Duration::from_secs(3);

/// Opens the console on this hypervisor and stays until it ends.
pub(in crate::cli) fn run(
    connector: Arc<dyn Connector>,
    loaded: &Loaded,
    environment: &Environment,
    history: Option<HistoryConfig>,
) -> Result<Exit, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::new(Exit::Usage, "the console needs a terminal for input and output")
            .hint("Without one, use `novacron list vms`, `novacron show NAME` or `novacron doctor`."));
    }
    let settings = &loaded.settings;
    let log_file = loaded.log_file();
    let opened = open_log(&log_file);
    let no_log = opened.as_ref().err().map(|e| format!("{}: nothing is logged: {e}.", log_file.display()));
    // A second subscriber is refused; the first goes on.
    let _ = log::init(log::level(settings.log.level), no_log.is_none().then_some(log_file.as_path()));
    tracing::info!("NovaCron {} opens {}", env!("CARGO_PKG_VERSION"), connector.uri());
    panic::restore_with(terminal::give_up);
    #[cfg(debug_assertions)]
    let connector = rehearsal::connector(connector, environment);
    // libvirt writes to it as soon as it is called. What we have to say of a start that failed is told when it is back.
    let aside = terminal::Aside::lead(opened.ok());
    let role = Role::Beside { read_only: settings.read_only };
    let place = Place::new(history.as_ref().map(|h| h.folder.clone()))?;
    let desk = operate::open(connector.clone(), &place, settings, Via::Console)?;
    let consoles = Consoles::new(connector.clone(), desk.handle());
    let session = Session::start(connector, settings.poll.clone(), settings.limits.clone(), history, role)?;
    let ended = terminal::run(
        session.handle(),
        Some(desk.handle()),
        Some(consoles),
        options(loaded, environment, no_log),
    );
    let left = desk.stop(JOBS_END_WITHIN);
    if left > 0 {
        tracing::warn!("Jobs were under way as the console ended: the next start looks after them.");
    }
    drop(session);
    drop(aside);
    log::flush();
    match ended {
        Ok(Ended::Quit | Ended::Signal) => Ok(Exit::Done),
        Ok(Ended::TerminalGone) => Err(Failure::new(Exit::Failed, "the terminal was closed")),
        Ok(Ended::EngineGone) => Err(Failure::new(Exit::Failed, "the engine stopped unexpectedly")
            .hint(format!("What happened is written in {}.", log_file.display()))),
        Err(e) => Err(Failure::new(Exit::Failed, format!("the terminal could not be used: {e}"))
            .hint("`novacron doctor` tells what it lacks.")),
    }
}

fn open_log(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::options().append(true).create(true).open(path)
}

fn options(loaded: &Loaded, environment: &Environment, no_log: Option<String>) -> Options {
    let ui = &loaded.settings.ui;
    let looks = Appearance::new(loaded, environment);
    let settings = loaded.warnings.iter().map(ToString::to_string);
    let mut notices: Vec<Notice> = settings.chain(looks.warnings).chain(no_log).map(Notice::bad).collect();
    for notice in &notices {
        tracing::warn!("{}", notice.text);
    }
    if let [_, .., last] = notices.as_mut_slice() {
        last.text.push_str(" The log (8) has all warnings.");
    }
    Options {
        app: AppConfig {
            keymap: looks.keymap,
            columns: ui.columns.iter().filter_map(|id| Some(find(VM_COLUMNS, id)?.id)).collect(),
            sort: find(VM_COLUMNS, &ui.sort.column).map_or("name", |c| c.id),
            descending: ui.sort.descending,
            group: ui.group,
            themes: Theme::names(&looks.sources),
            theme: looks.theme,
            reach: loaded.settings.reach.clone(),
        },
        theme_sources: looks.sources,
        depth: looks.depth,
        glyphs: looks.glyphs,
        mouse: ui.mouse,
        notices,
        #[cfg(debug_assertions)]
        clock: rehearsal::clock(environment).unwrap_or(clock),
        #[cfg(not(debug_assertions))]
        clock,
    }
}

/// The time now, and local time less UTC in seconds.
fn clock() -> (Timestamp, i32) {
    let now = jiff::Zoned::now();
    (Timestamp(now.timestamp().as_millisecond()), now.offset().seconds())
}
