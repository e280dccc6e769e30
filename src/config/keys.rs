//! Every key of the configuration, in one table.

use std::time::Duration;

use super::group::UserGroup;
use super::raw::{Kind, Raw};
use super::settings::{Ascii, Grouping, LogLevel, Settings, Sort};

/// A key.
#[derive(Debug)]
pub struct Key {
    /// Section and name: `poll.fast_seconds`.
    pub path: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// What it does, one sentence or two.
    pub doc: &'static str,
    /// Whether `[hosts."URI"]` may set it too.
    pub per_host: bool,
    get: fn(&Settings) -> Raw,
    set: fn(&mut Settings, &Raw),
}

impl Key {
    /// The environment variable that sets it: `NOVACRON_POLL_FAST_SECONDS`.
    pub fn variable(&self) -> String {
        format!("NOVACRON_{}", self.path.replace('.', "_").to_ascii_uppercase())
    }

    /// Its value.
    pub fn value(&self, settings: &Settings) -> Raw {
        (self.get)(settings)
    }

    /// Sets it, if the value is acceptable; else says what is wrong.
    pub fn set(&self, settings: &mut Settings, raw: Raw) -> Result<(), String> {
        let raw = self.kind.check(raw)?;
        (self.set)(settings, &raw);
        Ok(())
    }
}

macro_rules! seconds {
    ($path:literal, $min:literal..$max:literal, $field:ident, $doc:literal) => {
        Key {
            path: $path,
            kind: Kind::Number { min: $min, max: $max, zero: false },
            doc: $doc,
            per_host: true,
            get: |s| Raw::Number(s.poll.$field.as_secs_f64()),
            set: |s, v| s.poll.$field = Duration::from_secs_f64(v.number()),
        }
    };
}

macro_rules! span {
    ($path:literal, $min:literal..$max:literal, $unit:literal, $field:ident, $doc:literal) => {
        Key {
            path: $path,
            kind: Kind::Number { min: $min, max: $max, zero: false },
            doc: $doc,
            per_host: true,
            get: |s| Raw::Number(s.history.$field.as_secs_f64() / $unit),
            set: |s, v| s.history.$field = Duration::from_secs_f64(v.number() * $unit),
        }
    };
}

macro_rules! percent {
    ($path:literal, $field:ident, $doc:literal) => {
        Key {
            path: $path,
            kind: Kind::Number { min: 1.0, max: 100.0, zero: false },
            doc: $doc,
            per_host: true,
            get: |s| Raw::Number(s.limits.$field),
            set: |s, v| s.limits.$field = v.number(),
        }
    };
}

const ASCII: &[(&str, Ascii)] = &[("auto", Ascii::Auto), ("always", Ascii::Always), ("never", Ascii::Never)];

const GROUPS: &[(&str, Grouping)] = &[
    ("none", Grouping::None),
    ("tag", Grouping::Tag),
    ("state", Grouping::State),
    ("network", Grouping::Network),
];

const LEVELS: &[(&str, LogLevel)] = &[
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> Raw {
    Raw::Text(words.iter().find(|(_, v)| v == value).map_or("", |(w, _)| *w).to_owned())
}

fn meant<T: Copy + Default>(words: &[(&'static str, T)], raw: &Raw) -> T {
    words.iter().find(|(w, _)| *w == raw.text()).map(|(_, v)| *v).unwrap_or_default()
}

/// The keys, in the order they are documented; those of one section stand together.
pub static KEYS: &[Key] = &[
    Key {
        path: "connect",
        kind: Kind::Text,
        doc: "URI of the hypervisor: qemu:///system, qemu:///session, qemu+ssh://root@host/system, test:///default. \
              LIBVIRT_DEFAULT_URI, where set, stands above the file.",
        per_host: false,
        get: |s| Raw::Text(s.connect.clone()),
        set: |s, v| v.text().clone_into(&mut s.connect),
    },
    Key {
        path: "read_only",
        kind: Kind::Flag,
        doc: "Change nothing: a read-only connection is used, and what it may not ask is shown as unavailable.",
        per_host: true,
        get: |s| Raw::Flag(s.read_only),
        set: |s, v| s.read_only = v.flag(),
    },
    Key {
        path: "ui.theme",
        kind: Kind::Text,
        doc: "Name of a theme: one of those that come along, or a file of the themes folder; auto takes the one that suits \
              the terminal's colours.",
        per_host: true,
        get: |s| Raw::Text(s.ui.theme.clone()),
        set: |s, v| v.text().clone_into(&mut s.ui.theme),
    },
    Key {
        path: "ui.ascii",
        kind: Kind::Choice(&["auto", "always", "never"]),
        doc: "Draw with ASCII characters only; auto decides by locale and terminal.",
        per_host: false,
        get: |s| word(ASCII, &s.ui.ascii),
        set: |s, v| s.ui.ascii = meant(ASCII, v),
    },
    Key {
        path: "ui.mouse",
        kind: Kind::Flag,
        doc: "Use the mouse where the terminal gives it; hold Shift to select text.",
        per_host: false,
        get: |s| Raw::Flag(s.ui.mouse),
        set: |s, v| s.ui.mouse = v.flag(),
    },
    Key {
        path: "ui.columns",
        kind: Kind::Columns,
        doc: "Columns of the VMs screen and of `novacron list vms`, in order.",
        per_host: false,
        get: |s| Raw::List(s.ui.columns.clone()),
        set: |s, v| v.list().clone_into(&mut s.ui.columns),
    },
    Key {
        path: "ui.sort",
        kind: Kind::Sort,
        doc: "Column VMs are sorted by at first, with :asc or :desc behind it.",
        per_host: false,
        get: |s| {
            let direction = if s.ui.sort.descending { "desc" } else { "asc" };
            Raw::Text(format!("{}:{direction}", s.ui.sort.column))
        },
        set: |s, v| {
            let (column, direction) = v.text().split_once(':').unwrap_or((v.text(), "asc"));
            s.ui.sort = Sort { column: column.to_owned(), descending: direction == "desc" };
        },
    },
    Key {
        path: "ui.group",
        kind: Kind::Choice(&["none", "tag", "state", "network"]),
        doc: "How VMs are grouped at first.",
        per_host: false,
        get: |s| word(GROUPS, &s.ui.group),
        set: |s, v| s.ui.group = meant(GROUPS, v),
    },
    seconds!("poll.fast_seconds", 0.5..3600.0, fast, "Interval of state, CPU and network interfaces."),
    seconds!(
        "poll.slow_visible_seconds",
        0.5..3600.0,
        slow_visible,
        "Interval of disks, memory and steal of the VMs on screen; these cost the host most."
    ),
    seconds!("poll.slow_hidden_seconds", 1.0..3600.0, slow_hidden, "The same for all other running VMs."),
    seconds!("poll.pools_seconds", 1.0..86400.0, pools, "Interval of storage pools."),
    seconds!("poll.networks_seconds", 1.0..86400.0, networks, "Interval of virtual networks."),
    seconds!(
        "poll.addresses_seconds",
        1.0..86400.0,
        addresses,
        "Interval of guest addresses of VMs on screen."
    ),
    Key {
        path: "poll.refresh_pools_seconds",
        kind: Kind::Number { min: 10.0, max: 86400.0, zero: true },
        doc: "Have libvirt look at started pools again so often, since it tells their use as of then. \
              0 leaves that to others.",
        per_host: true,
        get: |s| Raw::Number(s.poll.refresh_pools.map_or(0.0, |d| d.as_secs_f64())),
        set: |s, v| {
            s.poll.refresh_pools = (v.number() > 0.0).then(|| Duration::from_secs_f64(v.number()));
        },
    },
    seconds!(
        "poll.pool_deadline_seconds",
        1.0..600.0,
        pool_deadline,
        "A pool that has not answered by then is shown as such and asked less often."
    ),
    seconds!(
        "poll.stall_after_seconds",
        1.0..600.0,
        stall_after,
        "After so long without an answer the host is shown as not answering."
    ),
    Key {
        path: "poll.keep_minutes",
        kind: Kind::Number { min: 1.0, max: 1440.0, zero: false },
        doc: "How much of the past is kept in memory for charts and sparklines.",
        per_host: true,
        get: |s| Raw::Number(s.poll.keep.as_secs_f64() / 60.0),
        set: |s, v| s.poll.keep = Duration::from_secs_f64(v.number() * 60.0),
    },
    Key {
        path: "poll.arm_memory_stats_seconds",
        kind: Kind::Number { min: 1.0, max: 3600.0, zero: true },
        doc: "Have guests report their memory so often: sets the period of the balloon device, live only. \
              0 leaves the guests' setting alone.",
        per_host: true,
        get: |s| Raw::Number(s.poll.arm_memory_stats.map_or(0.0, |d| d.as_secs_f64())),
        set: |s, v| {
            // libvirt takes whole seconds.
            let period = v.number().round();
            s.poll.arm_memory_stats = (period > 0.0).then(|| Duration::from_secs_f64(period));
        },
    },
    Key {
        path: "history.record",
        kind: Kind::Flag,
        doc: "Whether the console records what it measures, unless another NovaCron on this machine does already.",
        per_host: true,
        get: |s| Raw::Flag(s.history.record),
        set: |s, v| s.history.record = v.flag(),
    },
    span!("history.raw_hours", 1.0..8760.0, 3600.0, raw, "How long samples are kept as they were measured."),
    span!(
        "history.minute_days",
        1.0..3650.0,
        86400.0,
        minutes,
        "How long mean, minimum and maximum of each minute are kept."
    ),
    span!(
        "history.hour_days",
        1.0..36500.0,
        86400.0,
        hours,
        "How long those of each hour are kept, and events."
    ),
    Key {
        path: "history.max_megabytes",
        kind: Kind::Number { min: 16.0, max: 16_777_216.0, zero: false },
        doc: "Size of the history on disk; above it the oldest samples go first, then minutes, then hours.",
        per_host: true,
        get: |s| Raw::Number((s.history.bytes >> 20) as f64),
        set: |s, v| s.history.bytes = (v.number() as u64) << 20,
    },
    Key {
        path: "history.group",
        kind: Kind::Group,
        doc: "Members of this group may read the history too, with `novacron history`, `top` and `events`. The collector's \
              socket, and what else is kept, stay their owner's.",
        per_host: true,
        get: |s| Raw::Text(s.history.group.as_ref().map_or_else(String::new, |g| g.name.clone())),
        set: |s, v| s.history.group = UserGroup::find(v.text()),
    },
    Key {
        path: "jobs.parallel",
        kind: Kind::Number { min: 1.0, max: 64.0, zero: false },
        doc: "Jobs that change the host at once, of one console or command; the others wait in line.",
        per_host: true,
        get: |s| Raw::Number(f64::from(s.jobs.parallel)),
        set: |s, v| s.jobs.parallel = v.number().round() as u32,
    },
    Key {
        path: "delete.keep_days",
        kind: Kind::Number { min: 1.0, max: 3650.0, zero: false },
        doc: "How long a deleted VM is held, so that it can be brought back. Its disks are never deleted with it.",
        per_host: true,
        get: |s| Raw::Number(f64::from(s.delete.keep_days)),
        set: |s, v| s.delete.keep_days = v.number().round() as u32,
    },
    Key {
        path: "viewer.command",
        kind: Kind::Words { least: 0 },
        doc: "Program and arguments that show a VM's screen in a window; {uri}, {uuid} and {address} (vnc://…) stand for the \
              VM's. Empty for virt-viewer, else remote-viewer.",
        per_host: true,
        get: |s| Raw::List(s.reach.viewer.clone()),
        set: |s, v| s.reach.viewer = v.list().to_vec(),
    },
    Key {
        path: "ssh.command",
        kind: Kind::Words { least: 1 },
        doc: "Program and options that open a shell in a guest; its address is put behind. Where libvirt is reached by SSH, its \
              machine is gone through (-J).",
        per_host: true,
        get: |s| Raw::List(s.reach.ssh.clone()),
        set: |s, v| s.reach.ssh = v.list().to_vec(),
    },
    Key {
        path: "ssh.user",
        kind: Kind::Text,
        doc: "Who one is in guests; empty leaves it to SSH.",
        per_host: true,
        get: |s| Raw::Text(s.reach.ssh_user.clone()),
        set: |s, v| v.text().clone_into(&mut s.reach.ssh_user),
    },
    percent!(
        "limits.pool_warn_percent",
        pool_warn_percent,
        "Use of a pool or file system that is a warning."
    ),
    percent!("limits.pool_crit_percent", pool_crit_percent, "Use of a pool or file system that is critical."),
    Key {
        path: "log.level",
        kind: Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        doc: "How much is logged.",
        per_host: false,
        get: |s| word(LEVELS, &s.log.level),
        set: |s, v| s.log.level = meant(LEVELS, v),
    },
    Key {
        path: "log.file",
        kind: Kind::Text,
        doc: "Where the log is written; empty for novacron.log in the data folder. Over 4 MiB it is renamed to .old at the next start.",
        per_host: false,
        get: |s| Raw::Text(s.log.file.as_ref().map_or_else(String::new, |f| f.display().to_string())),
        set: |s, v| s.log.file = (!v.text().is_empty()).then(|| v.text().into()),
    },
];
