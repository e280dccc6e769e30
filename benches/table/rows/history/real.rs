//! What samples of real guests weigh: an engine records the test host, and what it recorded is repeated up to a day.

use std::path::Path;
use std::sync::Arc;

use novacron::engine::history::HistoryConfig;
use novacron::engine::{Engine, EngineConfig};
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::model::metric::MetricId;
use novacron::model::time::Timestamp;
use novacron::store::{HistoryReader, HistoryWriter, Retention, Subject, Weight};
use rusqlite::Connection;

use super::load::{BEGIN_MS, PACE_S};
use crate::Outcome;
use crate::context::Context;
use crate::report::Line;

const WHAT: &str = "bytes per raw sample on disk, recorded from the test host, 24 h, indexes included";
const DAY_MS: i64 = 86_400_000;
/// So much more, that the last blocks close.
const MORE_MS: i64 = 400_000;

/// A track as it was recorded.
struct Track {
    subject: Subject,
    metrics: &'static [MetricId],
    /// Milliseconds from the first sample of all, and values.
    rows: Vec<(i64, Vec<Option<f32>>)>,
}

/// 2.0 bytes.
pub(super) fn weight(context: &Context) -> Outcome<Line> {
    let Ok(uri) = std::env::var("NOVACRON_TEST_URI") else {
        return Ok(Line::not_measured(
            WHAT,
            "NOVACRON_TEST_URI is not set: run ./dev bench, it brings up the host",
        ));
    };
    let folder = tempfile::tempdir()?;
    let options = ConnectOptions { uri: Some(uri), read_only: false };
    let history = HistoryConfig {
        folder: folder.path().to_owned(),
        retention: Retention::default(),
        record: true,
        readers: None,
    };
    let connector = Arc::new(LibvirtConnector::new(options)?);
    let engine = Engine::start(EngineConfig { history: Some(history), ..EngineConfig::new(connector) })?;
    let window = context.window(300, 75);
    std::thread::sleep(window);
    drop(engine);
    let tracks = recorded(folder.path())?;
    let vms = tracks.iter().filter(|t| matches!(t.subject, Subject::Vm(_))).map(|t| &t.subject);
    let vms = vms.collect::<std::collections::BTreeSet<_>>().len();
    let weight = extended(&tracks)?;
    let all = weight.bytes as f64 / weight.samples as f64;
    let constant = 100.0 * weight.constant_samples as f64 / weight.samples as f64;
    let moving = (weight.packed - weight.constant_packed) as f64 * weight.bytes as f64
        / weight.packed as f64
        / (weight.samples - weight.constant_samples) as f64;
    Ok(Line::new(WHAT)
        .at_most("2.0")
        .measured(format!("{all:.2}"))
        .holds_if(all <= 2.0)
        .note(format!("{moving:.2} without constant series, which are {constant:.0} % of {} samples", weight.samples))
        .note(format!(
            "{} tracks of {vms} VMs as the engine recorded them in {} s, the same again and again to 24 h; packing \
             knows no repetition beyond 64 samples; bit-equal when read back",
            tracks.len(),
            window.as_secs()
        ))
        .value("bytes_per_sample", all)
        .value("bytes_per_moving_sample", moving)
        .value("constant_percent", constant))
}

/// What was recorded, by track.
fn recorded(folder: &Path) -> Outcome<Vec<Track>> {
    let reader = HistoryReader::open(folder)?;
    let subjects = reader.subjects()?;
    let db = Connection::open(folder.join("history.db"))?;
    let mut query = db.prepare("SELECT key, metrics FROM track JOIN entity ON entity.id = entity")?;
    let keys: Vec<(String, String)> =
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut out = Vec::new();
    let mut begin = i64::MAX;
    for (key, text) in keys {
        let subject = subjects.iter().find(|s| s.to_string() == key).ok_or("a track of nothing")?;
        let known = reader.series(subject)?;
        let metric = |key: &str| known.iter().copied().find(|m| m.get().key() == key);
        let metrics: Vec<MetricId> =
            text.split(',').map(metric).collect::<Option<_>>().ok_or("unknown metric")?;
        let mut rows = Vec::new();
        for (column, metric) in metrics.iter().enumerate() {
            let read = reader.raw(subject, *metric, Timestamp(0), Timestamp(i64::MAX / 2))?;
            if column == 0 {
                rows = read.iter().map(|(at, _)| (at.0, vec![None; metrics.len()])).collect();
            }
            for ((_, row), (_, v)) in rows.iter_mut().zip(&read) {
                row[column] = *v;
            }
        }
        begin = rows.iter().map(|(at, _)| *at).chain([begin]).min().unwrap_or(begin);
        out.push(Track { subject: subject.clone(), metrics: Vec::leak(metrics), rows });
    }
    for (at, _) in out.iter_mut().flat_map(|track| &mut track.rows) {
        *at -= begin;
    }
    if out.iter().all(|track| track.rows.is_empty()) { Err("nothing was recorded".into()) } else { Ok(out) }
}

/// The same again and again up to a day, in a database of its own: what that weighs.
fn extended(tracks: &[Track]) -> Outcome<Weight> {
    let folder = tempfile::tempdir()?;
    let mut writer = HistoryWriter::open(folder.path(), Retention::default(), Timestamp(BEGIN_MS))?.writer;
    let mut rows: Vec<(i64, &Track, &[Option<f32>])> =
        tracks.iter().flat_map(|t| t.rows.iter().map(move |(at, v)| (*at, t, v.as_slice()))).collect();
    rows.sort_by_key(|(at, ..)| *at);
    let span = rows.last().map_or(1, |(at, ..)| at + PACE_S * 1000);
    for begin in (0..DAY_MS + MORE_MS).step_by(usize::try_from(span)?) {
        for poll in rows.chunk_by(|a, b| a.0 / (PACE_S * 1000) == b.0 / (PACE_S * 1000)) {
            for (at, track, values) in poll {
                writer.add(Timestamp(BEGIN_MS + begin + at), &track.subject, track.metrics, values)?;
            }
            writer.commit()?;
        }
    }
    let reader = HistoryReader::open(folder.path())?;
    for track in tracks {
        for (column, metric) in track.metrics.iter().enumerate() {
            let read =
                reader.raw(&track.subject, *metric, Timestamp(BEGIN_MS), Timestamp(BEGIN_MS + span))?;
            let wanted = track.rows.iter().map(|(at, row)| (BEGIN_MS + at, row[column].map(f32::to_bits)));
            if !wanted.eq(read.into_iter().map(|(at, v)| (at.0, v.map(f32::to_bits)))) {
                return Err(format!("{metric:?} of {} was not read as it was written", track.subject).into());
            }
        }
    }
    Ok(reader.weigh()?)
}
