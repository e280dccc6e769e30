//! What somebody else has libvirt do with a VM goes on, and is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use novacron::engine::jobs::{Desk, DeskConfig, actor_of_process};
use novacron::model::job::{JobState, StepState, Via};
use novacron::model::operation::{Operation, VmOperation};

use super::machine::Machine;
use crate::desk::{begin, connector, once, over, plan};

impl Machine {
    /// The words that have libvirt begin a backup which others read from.
    fn backup(&self) -> Vec<String> {
        // QEMU's user writes there.
        let folder = format!("{}-backup", self.bed.host.images());
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let xml = format!("{folder}/backup.xml");
        fs::write(
            &xml,
            format!(
                "<domainbackup mode='pull'><server transport='unix' socket='{folder}/sock'/>\
                 <disks><disk name='vda' type='file'><scratch file='{folder}/scratch.qcow2'/></disk></disks></domainbackup>"
            ),
        )
        .unwrap();
        ["backup-begin", "a", &xml].map(str::to_owned).to_vec()
    }

    fn is_backed_up(&self) -> bool {
        self.virsh(&["domjobinfo", "a"]).contains("Backup")
    }
}

#[test]
fn a_backup_is_told_and_hinders_what_would_wait_for_it() {
    let Some(m) = Machine::up("job", &["qcow2"]) else { return };
    m.virsh(&["start", "a"]);
    let words = m.backup();
    m.virsh(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(m.is_backed_up());
    let refused = [m.bed.vm(&["save", "a", "--yes"]), m.snapshot(&["create", "a", "s", "--yes"])];
    for (code, said) in refused {
        assert!(code == 4 && said.contains("A backup is under way"), "{code}: {said}");
    }
    for cuts in
        [&["force-off", "a"][..], &["reset", "a"], &["shutdown", "a"], &["delete", "a", "--force-off"]]
    {
        let (code, said) = m.bed.vm(&[cuts, &["--dry-run"]].concat());
        assert!(
            code == 0 && said.contains("A backup is under way with it, and is cut off"),
            "{code}: {said}"
        );
    }
    m.virsh(&["domjobabort", "a"]);
    let (code, said) = m.bed.vm(&["save", "a", "--dry-run"]);
    assert!(code == 0 && said.contains("free"), "it tells the room it needs: {code}: {said}");
}

#[test]
fn a_save_that_is_stopped_while_it_waits_stops_nobody_else() {
    let Some(m) = Machine::up("wait", &["qcow2"]) else { return };
    m.virsh(&["start", "a"]);
    let id = m.virsh(&["domuuid", "a"]).trim().parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let actor = actor_of_process(Via::Command);
    let (uri, words) = (m.bed.host.uri.clone(), m.backup());
    // After the plan was made for the last time somebody begins a backup.
    let rehearsal = Arc::new(move |place: &str| {
        if place == "checked" {
            let begun = std::process::Command::new("virsh").args(["--connect", &uri]).args(&words).output();
            assert!(begun.unwrap().status.success());
        }
    });
    let config = DeskConfig::new(connector(&m.bed.host.uri), folder.path().to_owned(), actor);
    let desk = Desk::start(DeskConfig { rehearsal: Some(rehearsal), ..config }).unwrap();
    let desk = desk.handle();
    let job = begin(&desk, plan(&desk, Operation::vm(id, VmOperation::Save)));
    once(&desk, job, |job| job.steps[0].state == StepState::Begun);
    desk.cancel(job);
    let job = over(&desk, job);
    assert_eq!(job.state, JobState::Cancelled, "{}", job.outcome);
    assert!(m.is_backed_up(), "it goes on");
    assert_eq!(m.state(), "running");
}
