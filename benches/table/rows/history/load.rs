//! Samples of many VMs as a poll brings them: idle, steady, by day and night, in bursts, leaking; with noise.

use novacron::model::id::VmId;
use novacron::model::metric::MetricId;
use novacron::model::metric::MetricId::{
    DiskRead, DiskReadIops, DiskReadLatency, DiskWrite, DiskWriteIops, DiskWriteLatency, NicRx, NicTx,
    VmBalloon, VmCpu, VmCpuHost, VmDisk, VmDiskRead, VmDiskWrite, VmIops, VmLatency, VmMemory, VmMemoryShare,
    VmNet, VmNetRx, VmNetTx, VmResident, VmSteal, VmWait,
};
use novacron::model::resolution::round;
use novacron::model::time::Timestamp;
use novacron::store::Subject;

/// The pace of the polls in seconds.
pub(super) const PACE_S: i64 = 2;

/// What the engine's tracks hold.
const TRACKS: [&[MetricId]; 7] = [
    &[VmCpu, VmCpuHost],
    &[VmSteal, VmWait],
    &[VmMemory, VmMemoryShare, VmResident, VmBalloon],
    &[VmDiskRead, VmDiskWrite, VmDisk, VmIops, VmLatency],
    &[VmNetRx, VmNetTx, VmNet],
    &[DiskRead, DiskWrite, DiskReadIops, DiskWriteIops, DiskReadLatency, DiskWriteLatency],
    &[NicRx, NicTx],
];

/// Values of a VM at one poll.
pub(super) const SERIES: usize = 24;

/// One VM that makes samples.
pub(super) struct Vm {
    subjects: [Subject; 7],
    dice: u64,
    shape: usize,
    size: f64,
    memory: f64,
    used: f64,
    burst_until: i64,
}

impl Vm {
    /// VM number `n`: one of five shapes.
    pub(super) fn new(n: usize) -> Self {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(n as u64 + 1).to_be_bytes());
        let id = VmId::from_bytes(bytes);
        let vm = || Subject::Vm(id);
        let mut new = Self {
            subjects: [
                vm(),
                vm(),
                vm(),
                vm(),
                vm(),
                Subject::Disk(id, "vda".into()),
                Subject::Nic(id, format!("52:54:00:00:{:02x}:{:02x}", n / 256, n % 256)),
            ],
            dice: 0x9e37_79b9_7f4a_7c15 ^ (n as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9),
            shape: n % 5,
            size: 1.0,
            memory: f64::from(1 << (n % 5)) * 2.0_f64.powi(30),
            used: 0.4,
            burst_until: 0,
        };
        new.size = 10_f64.powf(new.chance() * 2.0 - 1.0);
        new
    }

    fn chance(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How busy it is, 0 to 1.
    fn activity(&mut self, s: i64) -> f64 {
        let jitter = 0.65 + 0.7 * self.chance();
        let day = (s % 86_400) as f64 / 86_400.0 * std::f64::consts::TAU;
        let level = match self.shape {
            0 => 0.004,
            1 => 0.5,
            2 => 0.15 + 0.35 * (1.0 - day.cos()),
            3 => {
                if s > self.burst_until && self.chance() < 0.02 {
                    self.burst_until = s + 4 + (self.chance() * 60.0) as i64;
                }
                if s < self.burst_until { 0.7 } else { 0.03 }
            }
            _ => 0.3,
        };
        level * jitter
    }

    /// Its values at second `s`, in the order of the tracks, rounded as they are when measured.
    pub(super) fn poll(&mut self, s: i64) -> [f32; SERIES] {
        let busy = self.activity(s);
        let io = if self.shape == 0 && self.chance() < 0.8 { 0.0 } else { busy * (0.5 + self.chance()) };
        let net = busy * (0.5 + self.chance());
        let leak = if self.shape == 4 { 1e-5 } else { 0.0 };
        self.used = (self.used + leak + (self.chance() - 0.5) * 0.002).clamp(0.1, 0.95);
        if self.used > 0.94 && leak > 0.0 {
            self.used = 0.3;
        }
        let (read, write) = (io * self.size * 2e7 * self.chance(), io * self.size * 1e7);
        let (reads, writes) = (read / 32_768.0, write / 16_384.0);
        let slow = if io > 0.0 { 4e-4 * (0.7 + self.chance()) } else { f64::NAN };
        let (rx, tx) = (net * self.size * 5e6, net * self.size * 8e6 * self.chance());
        let used = self.used * self.memory;
        let cpu = (busy * 100.0).min(100.0);
        let values = [
            cpu,
            cpu / 16.0,
            busy * 0.4,
            f64::NAN,
            used,
            self.used * 100.0,
            self.memory * 0.9 + 1e6,
            self.memory,
            read,
            write,
            read + write,
            reads + writes,
            slow,
            rx,
            tx,
            rx + tx,
            read,
            write,
            reads,
            writes,
            slow,
            slow * 1.3,
            rx,
            tx,
        ];
        let metrics = TRACKS.iter().copied().flatten();
        let mut out = [f32::NAN; SERIES];
        for ((slot, metric), v) in out.iter_mut().zip(metrics).zip(values) {
            *slot = round(*metric, v);
        }
        out
    }

    /// Shows the values track by track, as the engine hands them over.
    pub(super) fn hand_over(
        &self,
        values: &[f32; SERIES],
        mut to: impl FnMut(&Subject, &'static [MetricId], &[Option<f32>]),
    ) {
        let given = values.map(|v| (!v.is_nan()).then_some(v));
        let mut rest = given.as_slice();
        for (subject, metrics) in self.subjects.iter().zip(TRACKS) {
            let (now, later) = rest.split_at(metrics.len());
            to(subject, metrics, now);
            rest = later;
        }
    }

    /// It as a running VM of libvirt's test driver, with the disk and the NIC that have samples.
    pub(super) fn domain(&self, n: usize) -> String {
        let (Subject::Vm(id), Subject::Nic(_, mac)) = (&self.subjects[0], &self.subjects[6]) else {
            return String::new();
        };
        format!(
            "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>{}</name>\
             <uuid>{id}</uuid><memory>1048576</memory><vcpu>2</vcpu><os><type arch='x86_64'>hvm</type></os><devices>\
             <disk type='file' device='disk'><source file='/images/{n}.qcow2'/><target dev='vda' bus='virtio'/></disk>\
             <interface type='network'><mac address='{mac}'/><source network='default'/><target dev='tap{n}'/>\
             </interface></devices><test:runstate>1</test:runstate></domain>",
            name(n)
        )
    }

    /// Itself.
    pub(super) const fn subject(&self) -> &Subject {
        &self.subjects[0]
    }
}

/// The name of VM number `n`.
pub(super) fn name(n: usize) -> String {
    format!("made{n:03}")
}

/// When second `s` of the load is; polls come a little late, all values of one at the same time.
pub(super) fn at(s: i64) -> Timestamp {
    let late = (s.wrapping_mul(0x5bd1_e995) >> 7).rem_euclid(9);
    Timestamp(BEGIN_MS + s * 1000 + late)
}

/// A midnight.
pub(super) const BEGIN_MS: i64 = 1_699_920_000_000;
