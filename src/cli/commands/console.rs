//! The console: settings, keymap and themes read, the engine started, the terminal handed over.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use tui_logger::LevelFilter;

use crate::cli::exit::{Exit, Failure};
use crate::cli::session::Session;
use crate::config::{Ascii, Environment, Loaded, LogLevel, TextFile};
use crate::console::app::AppConfig;
use crate::console::app::msg::Notice;
use crate::console::keymap::{Keymap, apply_file};
use crate::console::terminal::{self, Ended, Options};
use crate::console::theme::{ColorDepth, Glyphs, Theme, ThemeSource};
use crate::hypervisor::Connector;
use crate::model::columns::{VM_COLUMNS, find};
use crate::model::time::Timestamp;

/// Opens the console on this hypervisor and stays until it ends.
pub(in crate::cli) fn run(
    connector: Arc<dyn Connector>,
    loaded: &Loaded,
    environment: &Environment,
) -> Result<Exit, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::new(Exit::Usage, "the console needs a terminal for input and output")
            .hint("Without one, use `novacron list vms`, `novacron show NAME` or `novacron doctor`."));
    }
    let log_file = loaded.log_file();
    let logs = log_file.parent().is_some_and(|d| fs::create_dir_all(d).is_ok());
    // A second subscriber is refused; the first goes on.
    let _ = crate::console::log::init(level(loaded.settings.log.level), logs.then_some(log_file.as_path()));
    tracing::info!("NovaCron {} opens {}", env!("CARGO_PKG_VERSION"), connector.uri());
    let session = Session::start(connector, loaded.settings.poll.clone(), loaded.settings.limits.clone())?;
    let ended = terminal::run(session.handle(), options(loaded, environment, &log_file));
    drop(session);
    crate::console::log::flush();
    match ended {
        Ok(Ended::Quit | Ended::Signal) => Ok(Exit::Done),
        Ok(Ended::TerminalGone) => Err(Failure::new(Exit::Failed, "the terminal was closed")),
        Ok(Ended::EngineGone) => Err(Failure::new(Exit::Failed, "the engine stopped unexpectedly")
            .hint(format!("What happened is written in {}.", log_file.display()))),
        Err(e) => Err(Failure::new(Exit::Failed, format!("the terminal could not be used: {e}"))),
    }
}

fn options(loaded: &Loaded, environment: &Environment, log_file: &Path) -> Options {
    let ui = &loaded.settings.ui;
    let mut notices: Vec<Notice> = loaded.warnings.iter().map(|w| Notice::bad(w.to_string())).collect();
    let keymap = keymap(loaded, &mut notices);
    let theme_sources = themes(loaded);
    let var = |name: &str| environment.get(name).map(str::to_owned);
    let depth = ColorDepth::detect(var);
    let (theme, warnings) = Theme::load(&ui.theme, &theme_sources, depth);
    notices.extend(warnings.iter().map(|w| Notice::bad(w.to_string())));
    for notice in &notices {
        tracing::warn!("{}", notice.text);
    }
    if let [_, .., last] = notices.as_mut_slice() {
        last.text.push_str(" The log (8) has all warnings.");
    }
    Options {
        app: AppConfig {
            keymap,
            columns: ui.columns.iter().filter_map(|id| Some(find(VM_COLUMNS, id)?.id)).collect(),
            sort: find(VM_COLUMNS, &ui.sort.column).map_or("name", |c| c.id),
            descending: ui.sort.descending,
            group: ui.group,
            themes: Theme::names(&theme_sources),
            theme: theme.name().to_owned(),
        },
        theme_sources,
        depth,
        glyphs: match ui.ascii {
            Ascii::Always => Glyphs::ASCII,
            Ascii::Never => Glyphs::UNICODE,
            Ascii::Auto => Glyphs::detect(var),
        },
        mouse: ui.mouse,
        stderr_to: File::options().append(true).create(true).open(log_file).ok(),
        notices,
        clock,
    }
}

fn keymap(loaded: &Loaded, notices: &mut Vec<Notice>) -> Keymap {
    let mut keymap = Keymap::default();
    if let Some(file) = &loaded.keymap {
        for w in apply_file(&mut keymap, &file.text) {
            notices.push(Notice::bad(format!("{}:{}: {}", file.path.display(), w.line, w.message)));
        }
    }
    keymap
}

fn themes(loaded: &Loaded) -> Vec<ThemeSource> {
    let source = |file: &TextFile| {
        let name = file.path.file_stem()?.to_str()?.to_owned();
        Some(ThemeSource { name, origin: file.path.display().to_string(), text: file.text.clone() })
    };
    loaded.themes.iter().filter_map(source).collect()
}

const fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::Error,
        LogLevel::Warn => LevelFilter::Warn,
        LogLevel::Info => LevelFilter::Info,
        LogLevel::Debug => LevelFilter::Debug,
        LogLevel::Trace => LevelFilter::Trace,
    }
}

/// The time now, and local time less UTC in seconds.
fn clock() -> (Timestamp, i32) {
    let now = jiff::Zoned::now();
    (Timestamp(now.timestamp().as_millisecond()), now.offset().seconds())
}
