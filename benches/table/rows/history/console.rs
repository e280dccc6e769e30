//! The built console on a host whose VMs have the made history: walking back through it, and starting with it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::load::{self, Vm};
use super::made::{END_S, Made};
use crate::Outcome;
use crate::context::{Context, NOVACRON};
use crate::libvirtd::Host;
use crate::numbers::{median, most};
use crate::report::Line;
use crate::rest::SOON;
use crate::screen;
use crate::terminal::Terminal;

const SIZE: (u16, u16) = (45, 160);
/// Presses of the key that goes back a minute.
const STEPS: usize = 30;
/// After so long without output a screen is complete.
const QUIET: Duration = Duration::from_millis(25);

const SCRUB: &str = "key `[` to the screen of a minute earlier";
const START: &str = "console start with two years of history / with none";

/// Both rows, or why not.
pub(super) fn measure(context: &Context, made: &Made) -> Vec<Line> {
    let place = Host::from_environment().and_then(|main| Place::new(&main, made));
    let told = |what: &str, line: Outcome<Line>| {
        line.unwrap_or_else(|why| Line::not_measured(what, &why.to_string()))
    };
    match place {
        Ok(place) => vec![told(SCRUB, place.scrub_line(made)), told(START, place.starts(context, made))],
        Err(why) => [SCRUB, START].map(|what| Line::not_measured(what, &why.to_string())).into(),
    }
}

/// A host with the VMs, and a data folder with their history.
struct Place {
    uri: String,
    data: tempfile::TempDir,
    _host: tempfile::TempDir,
    names: Vec<String>,
}

impl Place {
    fn new(main: &Host, made: &Made) -> Outcome<Self> {
        let host = tempfile::tempdir()?;
        let file = host.path().join("host.xml");
        let domains: String = (0..made.vms).map(|n| Vm::new(n).domain(n)).collect();
        let network = "<network><name>default</name><bridge name='virbr0'/></network>";
        std::fs::write(&file, format!("<node>{network}{domains}</node>"))?;
        let names = (0..made.vms).map(load::name).collect();
        let place = Self { uri: main.of_file(&file)?, data: tempfile::tempdir()?, _host: host, names };
        // The console itself says which folder is this host's.
        place.console(true)?.quit()?;
        let folder = folder_with_history(place.data.path())?.ok_or("the console made no history")?;
        std::fs::remove_dir_all(&folder)?;
        std::os::unix::fs::symlink(made.folder(), folder)?;
        Ok(place)
    }

    /// A console with the list on screen.
    fn console(&self, record: bool) -> Outcome<Terminal> {
        let mut console = self.start(Some(self.data.path()), record)?;
        console.until("a VM on screen", SOON, |s| screen::shows_any(s, &self.names))?;
        Ok(console)
    }

    fn start(&self, data: Option<&Path>, record: bool) -> Outcome<Terminal> {
        let mut variables = vec![("NOVACRON_HISTORY_RECORD", if record { "true" } else { "false" })];
        if let Some(data) = data {
            variables.push(("XDG_DATA_HOME", data.to_str().ok_or("a path that is no text")?));
        }
        Terminal::start_with(NOVACRON, &["--connect", &self.uri], SIZE, &variables)
    }

    /// 50 ms.
    fn scrub_line(&self, made: &Made) -> Outcome<Line> {
        // The hour that is not closed yet, of which there are most pieces, and one that is.
        let recent = self.scrub(END_S - 120)?;
        let older = self.scrub(END_S - made.span_s / 2)?;
        let (r, o) = (median(&recent), median(&older));
        Ok(Line::new(format!("{SCRUB}, {} VMs", made.vms))
            .at_most("50 ms")
            .measured(format!("{r:.0} ms; {o:.0} ms"))
            .holds_if(r <= 50.0 && o <= 50.0)
            .note("in the hour that is not closed yet; half the span before")
            .note(format!("medians of {STEPS} each, most {:.0} / {:.0} ms", most(&recent), most(&older)))
            .note("160×45, Overview, until the last byte of a screen whose VMs all have values")
            .series("recent_ms", &recent)
            .series("older_ms", &older))
    }

    /// Milliseconds of each step back from this second of the load. Nothing is recorded meanwhile: what was made stays.
    fn scrub(&self, from_s: i64) -> Outcome<Vec<f64>> {
        let mut console = self.console(false)?;
        console.until("live values", SOON, screen::is_live)?;
        let from = jiff::Timestamp::from_millisecond(load::at(from_s).0)?;
        console.send("@")?;
        console.until("the question for a time", SOON, |s| s.contents().contains("-1d 30m"))?;
        console.send(&from.strftime("%Y-%m-%d %H:%M\r").to_string())?;
        console.until("the past", SOON, |s| past(s).is_some_and(|p| p.is_filled()))?;
        let mut took = Vec::new();
        for _ in 0..STEPS {
            console.listen(QUIET * 4);
            let before = past(console.screen()).ok_or("no past on screen")?;
            let sent = console.send("[")?;
            let mut seen = console.until("the minute before", SOON, |s| {
                past(s).is_some_and(|p| p.time != before.time && p.is_filled())
            })?;
            while let (1.., Some(last)) = console.listen_until(Instant::now() + QUIET) {
                seen = last;
            }
            let now = past(console.screen()).ok_or("no past on screen")?;
            if now.cells == before.cells {
                return Err("another minute shows the same values".into());
            }
            took.push(seen.saturating_duration_since(sent).as_secs_f64() * 1e3);
        }
        console.quit()?;
        Ok(took)
    }

    /// No slower.
    fn starts(&self, context: &Context, made: &Made) -> Outcome<Line> {
        let once = |data: Option<&Path>| -> Outcome<f64> {
            let mut console = self.start(data, true)?;
            let seen = console.until("a VM on screen", SOON, |s| screen::shows_any(s, &self.names))?;
            let took = console.since_start(seen);
            console.quit()?;
            Ok(took.as_secs_f64() * 1e3)
        };
        let data = Some(self.data.path());
        once(data)?;
        once(None)?;
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for turn in 0..context.times(25, 5) {
            if turn % 2 == 0 {
                with.push(once(data)?);
                without.push(once(None)?);
            } else {
                without.push(once(None)?);
                with.push(once(data)?);
            }
        }
        let pairs: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with / without).collect();
        Ok(Line::new(format!("{START}, {} VMs", made.vms))
            .at_most("no slower: 1.05 ×")
            .measured(format!("{:.0} ms / {:.0} ms", median(&with), median(&without)))
            .ratio(median(&pairs))
            .holds_if(median(&pairs) <= 1.05)
            .note(format!("median of the ratios of {} pairs by turns", pairs.len()))
            .note("to the first frame with the VM list; both record")
            .series("with_ms", &with)
            .series("without_ms", &without))
    }
}

/// What stands on a screen that shows the past.
struct Past {
    time: String,
    /// The rows of running VMs.
    cells: Vec<String>,
}

impl Past {
    /// Whether each VM of the list on screen ran and has CPU and memory, and there are some.
    fn is_filled(&self) -> bool {
        let filled = |row: &String| {
            let values = row.split_once(" running ").map_or("", |(_, values)| values.trim_start());
            values.starts_with(|c: char| c.is_ascii_digit()) && values.contains('/')
        };
        self.cells.len() > 5 && self.cells.iter().all(filled)
    }
}

fn past(screen: &vt100::Screen) -> Option<Past> {
    let rows = screen::rows(screen);
    let (_, rest) = rows.first()?.split_once("PAST ")?;
    let time: String = rest.chars().take_while(|c| c.is_ascii_digit() || " -:".contains(*c)).collect();
    // The mark of a row of the list; other panes are further right.
    let is_vm = |row: &&String| row.chars().take(8).any(|c| c == '●');
    Some(Past { time, cells: rows.iter().filter(is_vm).cloned().collect() })
}

/// The folder below this one with a history.
fn folder_with_history(below: &Path) -> Outcome<Option<PathBuf>> {
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.ends_with("history.db") {
                return Ok(Some(folder));
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(None)
}
