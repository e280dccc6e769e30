//! Some tracks over a short time in one blob: a directory in front, so that one track is found without the others.

use std::collections::{BTreeMap, HashMap};

use super::bytes::{Bytes, put_size};
use super::chunk::{Rows, axis_len, column_of, decode_axis, encode_axis};
use crate::store::tier::group_of;

/// Tracks by their number, with their rows.
pub(crate) type Tracks = BTreeMap<i64, Rows>;

/// One entry of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    track: u32,
    width: u32,
    axis: u32,
    begin: u32,
    end: u32,
}

/// What stands in front of the chunks.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    axes: Vec<Vec<u32>>,
    /// In order of their tracks.
    pub(crate) entries: Vec<Entry>,
}

/// Length of the number in front: how many bytes the directory has.
const HEAD: usize = 4;

/// The tracks by group, each group's as a blob.
pub(crate) fn encode(tracks: &Tracks) -> impl Iterator<Item = (i64, Vec<u8>)> {
    let all: Vec<(&i64, &Rows)> = tracks.iter().collect();
    let groups = all.chunk_by(|a, b| group_of(*a.0) == group_of(*b.0));
    let blobs: Vec<_> = groups.map(|group| (group_of(*group[0].0), encode_group(group))).collect();
    blobs.into_iter()
}

fn encode_group(tracks: &[(&i64, &Rows)]) -> Vec<u8> {
    let mut known: HashMap<&[u32], usize> = HashMap::new();
    let (mut times, mut entries, mut chunks) = (Vec::new(), Vec::new(), Vec::new());
    let mut before = 0;
    for (track, rows) in tracks {
        let next = known.len();
        let axis = *known.entry(rows.offsets.as_slice()).or_insert_with(|| {
            let bytes = encode_axis(&rows.offsets);
            put_size(bytes.len(), &mut times);
            times.extend_from_slice(&bytes);
            next
        });
        let chunk = rows.encode();
        put_size((*track - before) as usize, &mut entries);
        before = **track;
        for n in [rows.width, axis, chunk.len()] {
            put_size(n, &mut entries);
        }
        chunks.extend_from_slice(&chunk);
    }
    let mut directory = Vec::with_capacity(times.len() + entries.len() + 8);
    put_size(known.len(), &mut directory);
    directory.extend_from_slice(&times);
    put_size(tracks.len(), &mut directory);
    directory.extend_from_slice(&entries);
    let mut out = Vec::with_capacity(HEAD + directory.len() + chunks.len());
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&directory);
    out.extend_from_slice(&chunks);
    out
}

/// How many bytes the head and the directory are together.
fn front(head: &[u8]) -> Option<usize> {
    let four: [u8; HEAD] = head.get(..HEAD)?.try_into().ok()?;
    HEAD.checked_add(u32::from_le_bytes(four) as usize)
}

impl Directory {
    /// Reads the front of a blob.
    pub(crate) fn read(blob: &[u8]) -> Option<Self> {
        let front = front(blob)?;
        let mut bytes = Bytes(blob.get(HEAD..front)?);
        let count = bytes.size()?;
        let axes = (0..count)
            .map(|_| {
                let length = bytes.size()?;
                decode_axis(bytes.take(length)?)
            })
            .collect::<Option<Vec<_>>>()?;
        let count = bytes.size()?;
        let mut entries = Vec::with_capacity(count.min(bytes.0.len()));
        let (mut track, mut begin) = (0_i64, front);
        for _ in 0..count {
            track = track.checked_add(i64::try_from(bytes.number()?).ok()?)?;
            let (width, number, length) = (bytes.size()?, bytes.size()?, bytes.size()?);
            let end = begin.checked_add(length)?;
            entries.push(Entry {
                track: u32::try_from(track).ok()?,
                width: u32::try_from(width).ok()?,
                axis: u32::try_from(number).ok()?,
                begin: u32::try_from(begin).ok()?,
                end: u32::try_from(end).ok()?,
            });
            begin = end;
        }
        Some(Self { axes, entries })
    }

    /// The entry of a track.
    pub(crate) fn find(&self, track: i64) -> Option<Entry> {
        self.entries.binary_search_by_key(&track, |e| e.track()).ok().map(|i| self.entries[i])
    }

    /// The offsets of an entry's rows.
    pub(crate) fn offsets(&self, entry: Entry) -> Option<&[u32]> {
        self.axes.get(entry.axis as usize).map(Vec::as_slice)
    }

    /// The values of one column of an entry.
    pub(crate) fn column(&self, blob: &[u8], entry: Entry, column: usize) -> Option<Vec<f32>> {
        column_of(entry.width(), column, self.offsets(entry)?.len(), entry.chunk(blob)?)
    }

    /// The rows of an entry.
    pub(crate) fn rows(&self, blob: &[u8], entry: Entry) -> Option<Rows> {
        Rows::decode(entry.width(), self.offsets(entry)?.to_vec(), entry.chunk(blob)?)
    }
}

impl Entry {
    /// Whose it is.
    pub(crate) const fn track(self) -> i64 {
        self.track as i64
    }

    /// Columns.
    pub(crate) const fn width(self) -> usize {
        self.width as usize
    }

    /// Its chunk in the whole blob.
    fn chunk(self, blob: &[u8]) -> Option<&[u8]> {
        blob.get(self.begin as usize..self.end as usize)
    }
}

/// A track of a blob as it lies there: its number, columns, rows and bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed<'a> {
    pub(crate) track: i64,
    pub(crate) width: usize,
    pub(crate) rows: usize,
    pub(crate) chunk: &'a [u8],
}

/// Shows the tracks of a blob, nothing unpacked: for who wants little of many pieces.
pub(crate) fn each<'a>(blob: &'a [u8], mut show: impl FnMut(Packed<'a>) -> Option<()>) -> Option<()> {
    let front = front(blob)?;
    let mut bytes = Bytes(blob.get(HEAD..front)?);
    let count = bytes.size()?;
    let mut times = Vec::with_capacity(count.min(bytes.0.len()));
    for _ in 0..count {
        let length = bytes.size()?;
        times.push(axis_len(bytes.take(length)?)?);
    }
    let mut rest = Bytes(blob.get(front..)?);
    let mut track = 0_i64;
    for _ in 0..bytes.size()? {
        track = track.checked_add(i64::try_from(bytes.number()?).ok()?)?;
        let (width, axis, length) = (bytes.size()?, bytes.size()?, bytes.size()?);
        show(Packed { track, width, rows: *times.get(axis)?, chunk: rest.take(length)? })?;
    }
    Some(())
}

/// All tracks of a blob.
pub(crate) fn decode(blob: &[u8]) -> Option<Tracks> {
    let directory = Directory::read(blob)?;
    let rows = |e: &Entry| Some((e.track(), directory.rows(blob, *e)?));
    directory.entries.iter().map(rows).collect()
}
