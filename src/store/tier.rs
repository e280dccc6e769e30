//! The tiers of history: samples, minutes, hours; and how they are cut into blocks.

/// How fine a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Samples as they were measured.
    Raw,
    /// Mean, least, greatest and number of the samples of a minute.
    Minute,
    /// The same of an hour.
    Hour,
}

/// A minute in milliseconds: what a piece spans.
pub(crate) const MINUTE_MS: i64 = 60_000;
/// The latest instant that can be stored, in the year 9999.
pub(crate) const LATEST_MS: i64 = 253_402_300_799_000;
/// An hour in milliseconds.
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Bits of a row's id that are its track.
const TRACK_BITS: u32 = 24;
/// Bits of a track's number that tell its place in its group. Tests have few tracks, and shall have several groups.
/// Small, so that an hour of a group's pieces is on few pages; not smaller, since each minute writes a page a group.
const GROUP_BITS: u32 = if cfg!(test) { 1 } else { 5 };
/// Bits of a piece's id that are its minute.
const MINUTE_BITS: u32 = 32;
/// Bits of a group's number.
const GROUPS_BITS: u32 = TRACK_BITS - GROUP_BITS;
/// The greatest number of a track.
pub(crate) const MOST_TRACKS: i64 = 1 << TRACK_BITS;
/// Columns of a metric in a roll-up: mean, least, greatest, count.
pub(crate) const STATS: usize = 4;

impl Tier {
    /// All, finest first.
    pub const ALL: [Self; 3] = [Self::Raw, Self::Minute, Self::Hour];

    /// Milliseconds between two rows; 0 where they come as they come.
    pub(crate) const fn step_ms(self) -> i64 {
        match self {
            Self::Raw => 0,
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
        }
    }

    /// Milliseconds of a block. Long enough to pack well, short enough that one is quickly read.
    pub(crate) const fn block_ms(self) -> i64 {
        match self {
            Self::Raw => HOUR_MS,
            Self::Minute => 2 * HOUR_MS,
            Self::Hour => 48 * HOUR_MS,
        }
    }

    /// Its number in the ids of pieces.
    pub(crate) const fn number(self) -> i64 {
        self as i64
    }

    /// Columns of a track with so many metrics.
    pub(crate) const fn width(self, metrics: usize) -> usize {
        match self {
            Self::Raw => metrics,
            Self::Minute | Self::Hour => metrics * STATS,
        }
    }

    /// The table of its chunks.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }

    /// Rows of a block without a gap; 0 where rows come as they come.
    pub(crate) const fn rows(self) -> u32 {
        match self.step_ms() {
            0 => 0,
            step => (self.block_ms() / step) as u32,
        }
    }

    /// The block that holds an instant.
    pub(crate) const fn block(self, at_ms: i64) -> i64 {
        at_ms.div_euclid(self.block_ms())
    }

    /// When a block begins.
    pub(crate) const fn begin(self, block: i64) -> i64 {
        block * self.block_ms()
    }
}

/// The id of a row: block, then track (or number of the axis).
pub(crate) const fn row_id(block: i64, low: i64) -> i64 {
    block << TRACK_BITS | low
}

/// The group of a track: tracks that were first seen one after the other, whose pieces lie together.
pub(crate) const fn group_of(track: i64) -> i64 {
    track >> GROUP_BITS
}

/// The first track of a group.
pub(crate) const fn first_track(group: i64) -> i64 {
    group << GROUP_BITS
}

/// The id of a piece: tier, group, minute. All pieces that one series needs are neighbours.
pub(crate) fn piece_id(tier: Tier, group: i64, start_ms: i64) -> i64 {
    // Rounded up, so that two of them bound a span of any times.
    let minute = (start_ms.clamp(0, i64::MAX - MINUTE_MS) + MINUTE_MS - 1) / MINUTE_MS;
    ((tier.number() << GROUPS_BITS) + group) << MINUTE_BITS | minute.min((1 << MINUTE_BITS) - 1)
}

/// The group of a piece.
pub(crate) const fn group_of_piece(id: i64) -> i64 {
    id >> MINUTE_BITS & ((1 << GROUPS_BITS) - 1)
}

/// When a piece begins.
pub(crate) const fn start_of_piece(id: i64) -> i64 {
    (id & ((1 << MINUTE_BITS) - 1)) * MINUTE_MS
}

/// The id of a row of the journal: number of its writing, then group.
pub(crate) const fn journal_id(number: i64, group: i64) -> i64 {
    number << GROUPS_BITS | group
}

/// The number of the writing of a row of the journal, and its group.
pub(crate) const fn writing_of(id: i64) -> (i64, i64) {
    (id >> GROUPS_BITS, id & ((1 << GROUPS_BITS) - 1))
}

/// The block of a row's id.
pub(crate) const fn block_of(id: i64) -> i64 {
    id >> TRACK_BITS
}

/// The track of a row's id.
pub(crate) const fn track_of(id: i64) -> i64 {
    id & (MOST_TRACKS - 1)
}
