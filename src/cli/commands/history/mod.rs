//! `novacron history`: one series of the past, or the names of what is recorded.

mod list;

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics;
use crate::cli::output::{Format, Layout, write_cells, write_csv, write_json};
use crate::cli::past::failure;
use crate::cli::recorded::{Recorded, uuid};
use crate::cli::steps::{Bin, Grid, Step};
use crate::cli::when::{Clock, Window, rfc3339};
use crate::engine::history::{Past, Subject, Tier};
use crate::model::columns::{Align, UNKNOWN};
use crate::model::metric::Metric;
use crate::model::suggest::did_you_mean;
use crate::model::time::human_duration;
pub(crate) use list::{listed, write as write_list};

/// A series, ready to be written.
#[derive(Debug)]
pub(crate) struct Series {
    name: String,
    subject: Subject,
    metric: &'static Metric,
    window: Window,
    /// Milliseconds of a step; `None` for samples as they were measured.
    step: Option<i64>,
    tier: Tier,
    pub(crate) bins: Vec<Bin>,
    /// What the user should know of the answer, each as one sentence.
    pub(crate) notes: Vec<String>,
}

/// What is asked for.
pub(crate) struct Question<'a> {
    pub(crate) name: &'a str,
    pub(crate) metric: &'a str,
    pub(crate) window: Window,
    pub(crate) step: Option<Step>,
}

/// Looks the series up.
pub(crate) fn ask(past: &Past, question: &Question<'_>, clock: &Clock) -> Result<Series, Failure> {
    let recorded = Recorded::of(past)?;
    let subject = recorded.find(question.name, clock)?;
    let metric = metrics::find(subject.entity(), question.metric)?;
    let name = recorded.said(&subject);
    let known = past.series(&subject).map_err(|e| failure(&e))?;
    if !known.contains(&metric.id) {
        let keys: Vec<_> = known.iter().map(|m| m.get().key()).collect();
        let hint = did_you_mean(&metric.key(), keys.iter().map(String::as_str));
        let now = if keys.is_empty() {
            "It never ran while it was recorded.".into()
        } else {
            format!("Recorded: {}.", keys.join(", "))
        };
        let what = format!("no {} is recorded of \"{name}\"{hint}", metric.key());
        return Err(Failure::new(Exit::NotFound, what).hint(now));
    }
    let mut notes = Vec::new();
    let window = question.window;
    let (window, step, tier, bins) = match question.step {
        Some(Step::Raw) => (window, None, Tier::Raw, samples(past, &subject, metric, window)?),
        step => {
            let step = match step {
                Some(Step::Every(step)) => Some(step),
                _ => None,
            };
            let (grid, tier, bins) =
                stepped(past, &subject, metric, Grid::new(window, step, clock)?, window, clock)?;
            let told = human_duration(std::time::Duration::from_millis(
                u64::try_from(grid.step).unwrap_or_default(),
            ));
            if step.is_some_and(|s| i64::try_from(s.as_millis()) != Ok(grid.step)) {
                notes.push(format!("The step is {told}: of that time {} are kept.", records(tier)));
            }
            (grid.window, Some(grid.step), tier, bins)
        }
    };
    if bins.iter().all(|b| b.value.is_none()) {
        let since = past
            .oldest(Tier::Hour)
            .map_err(|e| failure(&e))?
            .map(|at| format!("; history begins at {}", clock.shown(at)));
        notes.push(format!("Nothing was measured in that time{}.", since.unwrap_or_default()));
    }
    Ok(Series { name, subject, metric, window, step, tier, bins, notes })
}

/// The samples themselves, each its own mean.
fn samples(past: &Past, subject: &Subject, metric: &Metric, window: Window) -> Result<Vec<Bin>, Failure> {
    let raw = past.raw(subject, metric.id, window.from, window.to).map_err(|e| failure(&e))?;
    let bin = |value: Option<f32>| (value.map(|v| [f64::from(v); 3]), u64::from(value.is_some()));
    Ok(raw
        .into_iter()
        .map(|(at, v)| (at, bin(v)))
        .map(|(at, (value, count))| Bin { at, value, count })
        .collect())
}

fn stepped(
    past: &Past,
    subject: &Subject,
    metric: &Metric,
    grid: Grid,
    window: Window,
    clock: &Clock,
) -> Result<(Grid, Tier, Vec<Bin>), Failure> {
    let points = |grid: &Grid| {
        past.points(subject, metric.id, grid.window.from, grid.window.to, grid.len()).map_err(|e| failure(&e))
    };
    let found = points(&grid)?;
    // Samples of that time may be gone, or the step not one of whole minutes.
    match grid.fit(window, found.tier, clock) {
        None => Ok((grid, found.tier, grid.fill(&found.points))),
        Some(coarser) => {
            let grid = coarser?;
            let found = points(&grid)?;
            Ok((grid, found.tier, grid.fill(&found.points)))
        }
    }
}

const fn records(tier: Tier) -> &'static str {
    match tier {
        Tier::Raw => "samples",
        Tier::Minute => "minutes",
        Tier::Hour => "hours",
    }
}

/// Writes the series.
pub(crate) fn write(
    out: &mut dyn Write,
    s: &Series,
    clock: &Clock,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    match format {
        Format::Json => write_json(out, &object(s)),
        Format::Csv => {
            let objects: Vec<_> = s.bins.iter().map(point).collect();
            write_csv(out, &["at", "mean", "min", "max", "count"].map(str::to_owned), &objects)
        }
        Format::Table => {
            let shown = |v: f64| s.metric.unit.show(v);
            let row = |b: &Bin| {
                let [mean, min, max] =
                    b.value.map_or_else(|| [(); 3].map(|()| UNKNOWN.to_owned()), |v| v.map(shown));
                vec![clock.shown(b.at), mean, min, max, b.count.to_string()]
            };
            let right = |label| (label, Align::Right);
            let header = [("TIME", Align::Left), right("MEAN"), right("MIN"), right("MAX"), right("SAMPLES")];
            write_cells(out, &header, s.bins.iter().map(row).collect(), layout)
        }
    }
}

fn object(s: &Series) -> Json {
    let points: Vec<_> = s.bins.iter().map(|b| Json::Object(point(b))).collect();
    let id = uuid(&s.subject);
    json!({
        "name": s.name,
        "uuid": (!id.is_empty()).then_some(id),
        "metric": s.metric.key(),
        "unit": s.metric.unit,
        "from": rfc3339(s.window.from),
        "to": rfc3339(s.window.to),
        "step_seconds": s.step.map(|ms| ms / 1000),
        "made_of": records(s.tier),
        "points": points,
    })
}

fn point(bin: &Bin) -> Map<String, Json> {
    let [mean, min, max] = bin.value.map_or([Json::Null, Json::Null, Json::Null], |v| v.map(Json::from));
    let fields = [
        ("at", rfc3339(bin.at).into()),
        ("mean", mean),
        ("min", min),
        ("max", max),
        ("count", bin.count.into()),
    ];
    fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}
