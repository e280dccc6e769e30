//! What of a snapshot's rings is not recorded yet.

use std::collections::HashMap;

use crate::model::metric::MetricId;
use crate::model::series::Track;
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;
use crate::model::vm::Vm;
use crate::store::Subject;

/// A track: of what, and its first metric, by which a thing's tracks are told apart.
type Key = (Subject, MetricId);

/// Remembers how far each track was recorded.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    marks: HashMap<Key, Timestamp>,
}

/// Takes a row: when, of what, which metrics, their values.
pub(super) type Sink<'s> = dyn FnMut(Timestamp, &Subject, &'static [MetricId], &[Option<f32>]) + 's;

impl Sampler {
    /// Hands over each row once, oldest first within a track.
    pub(super) fn rows(&mut self, snapshot: &Snapshot, sink: &mut Sink<'_>) {
        self.track(&Subject::Host, &snapshot.host.track, sink);
        for vm in snapshot.vms.iter() {
            self.vm(vm, sink);
        }
        for pool in snapshot.pools.iter().flat_map(|p| p.iter()) {
            self.track(&Subject::Pool(pool.record.id.to_string()), &pool.track, sink);
        }
    }

    /// Forgets what is no longer there.
    pub(super) fn retain(&mut self, snapshot: &Snapshot) {
        let vms: std::collections::HashSet<_> = snapshot.vms.iter().map(|vm| vm.id).collect();
        self.marks.retain(|(subject, _), _| subject.vm().is_none_or(|id| vms.contains(&id)));
    }

    fn vm(&mut self, vm: &Vm, sink: &mut Sink<'_>) {
        let Some(tracks) = &vm.tracks else { return };
        let subject = Subject::Vm(vm.id);
        for track in [&tracks.cpu, &tracks.vcpu, &tracks.memory, &tracks.disk, &tracks.net] {
            self.track(&subject, track, sink);
        }
        for disk in &vm.disks {
            self.track(&Subject::Disk(vm.id, disk.name.clone()), &disk.track, sink);
        }
        for nic in &vm.nics {
            self.track(&nic_subject(vm, &nic.name), &nic.track, sink);
        }
    }

    fn track(&mut self, subject: &Subject, track: &Track, sink: &mut Sink<'_>) {
        let (Some(first), Some(last)) = (track.metrics().first(), track.last_time()) else { return };
        let key = (subject.clone(), *first);
        let mark = self.marks.get(&key).copied();
        if mark == Some(last) {
            return;
        }
        // A clock that was set back begins the track anew: nothing of it was recorded.
        let after = mark.filter(|mark| *mark < last);
        for (at, values) in track.rows_after(after) {
            let values: Vec<_> = values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
            sink(at, subject, track.metrics(), &values);
        }
        self.marks.insert(key, last);
    }
}

/// A NIC by its MAC address: the host's device has another number after each start.
pub(super) fn nic_subject(vm: &Vm, device: &str) -> Subject {
    let nics = vm.definition.as_ref().map_or(&[][..], |d| &d.nics);
    let nic = nics.iter().find(|nic| nic.device.as_deref() == Some(device));
    Subject::Nic(vm.id, nic.map_or(device, |nic| nic.mac.as_str()).to_owned())
}
