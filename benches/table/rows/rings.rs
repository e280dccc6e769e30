//! Resident memory on the test driver after 15 minutes of rings, in a process of its own, against virsh on the same file.

use std::process::Command;

use crate::Outcome;
use crate::child::Told;
use crate::context::Context;
use crate::fake_host::{self, FakeHost};
use crate::process;
use crate::report::Line;
use crate::rest::SOON;
use crate::terminal::Terminal;

const MIB: f64 = 1024.0 * 1024.0;

/// That of virsh + 20 MiB.
pub(crate) fn measure(_: &Context) -> Outcome<Vec<Line>> {
    let host = FakeHost::new()?;
    let virsh = virsh(&host.uri())? as f64 / MIB;
    let out = Command::new(std::env::current_exe()?).arg("--child").arg(host.file()).output()?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).trim().to_owned().into());
    }
    let told: Told = serde_json::from_slice(&out.stdout)?;
    let resident = told.resident as f64 / MIB;
    Ok(vec![
        Line::new(format!(
            "resident memory, test driver, {} VMs, {} running, after 15 min of rings",
            fake_host::DEFINED,
            fake_host::RUNNING
        ))
        .at_most("`virsh` on the same file + 20 MiB")
        .measured(format!("{resident:.1} MiB"))
        .holds_if(resident <= virsh + 20.0)
        .note(format!("virsh {virsh:.1} MiB, so {:+.1} MiB", resident - virsh))
        .note(format!("{:.1} MiB before the first ring", told.at_start as f64 / MIB))
        .note(format!("{} polls, {} rows a ring, over {:.1} min", told.polls, told.rows, told.minutes))
        .value("resident_mib", resident)
        .value("virsh_mib", virsh)
        .value("over_virsh_mib", resident - virsh),
    ])
}

/// Resident memory of a virsh that has listed everything and waits for more.
fn virsh(uri: &str) -> Outcome<u64> {
    let mut virsh = Terminal::start("virsh", &["--connect", uri], 45, 160)?;
    virsh.until("virsh's prompt", SOON, |s| s.contents().contains("virsh #"))?;
    virsh.send("list --all\r")?;
    let last = format!("vm{:04}", fake_host::DEFINED - 1);
    virsh.until("the last VM", SOON, |s| s.contents().contains(&last))?;
    let memory = process::memory(virsh.pid())?;
    virsh.send("quit\r")?;
    virsh.until_end(SOON)?;
    Ok(memory.resident)
}
