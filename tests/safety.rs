//! What may change nothing changes nothing, whichever way it was told; and who may not is told why.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The user that owns nothing.
const NOBODY: u32 = 65_534;

fn host() -> Option<String> {
    let uri = std::env::var("NOVACRON_TEST_URI").ok();
    if uri.is_none() {
        println!("skipped: NOVACRON_TEST_URI is not set (./dev test sets it)");
    }
    uri
}

fn run(command: &mut Command, home: &Path) -> Output {
    command.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
    command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// Changes of every kind, of things that the private host has.
const CHANGES: [&[&str]; 9] = [
    &["vm", "start", "gitlab-old", "--yes"],
    &["vm", "tag", "gitlab-old", "add", "no", "--yes"],
    &["vm", "set", "gitlab-old", "--memory", "1G", "--yes"],
    &["vm", "delete", "gitlab-old", "--yes"],
    &["vm", "migrate-disk", "gitlab-old", "vda", "--pool", "cold", "--yes"],
    &["snapshot", "create", "gitlab-old", "no", "--yes"],
    &["volume", "create", "default/no.qcow2", "--size", "1M", "--yes"],
    &["pool", "autostart", "small", "off", "--yes"],
    &["network", "autostart", "isolated", "off", "--yes"],
];

/// Definition of the VM, volumes, pools and networks.
fn all_there_is(uri: &str) -> Vec<String> {
    let virsh = |args: &[&str]| said(&Command::new("virsh").args(["-c", uri]).args(args).output().unwrap());
    vec![
        virsh(&["dumpxml", "gitlab-old", "--inactive"]),
        virsh(&["domstate", "gitlab-old"]),
        virsh(&["snapshot-list", "gitlab-old"]),
        virsh(&["pool-info", "small"]),
        virsh(&["net-info", "isolated"]),
        virsh(&["vol-info", "no.qcow2", "--pool", "default"]),
    ]
}

#[test]
fn a_host_that_is_read_only_is_not_changed() {
    let Some(uri) = host() else { return };
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("host.toml");
    std::fs::write(&config, format!("[hosts.\"{uri}\"]\nread_only = true\n")).unwrap();
    let config = config.display().to_string();
    let before = all_there_is(&uri);
    let ways: [&[&str]; 2] = [&["--read-only"], &["--config", &config]];
    for way in ways {
        for change in CHANGES {
            let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
            let out = run(command.args(change).args(["--connect", &uri]).args(way), home.path());
            let text = said(&out);
            assert_eq!(out.status.code(), Some(4), "{way:?} {change:?}: {text}");
            assert!(text.contains("This is read-only"), "{way:?} {change:?}: {text}");
        }
    }
    assert_eq!(all_there_is(&uri), before);
    // Of another host nothing was said.
    let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
    let other = ["vm", "pause", "test", "--yes", "--connect", "test:///default", "--config", &config];
    let out = run(command.args(other), home.path());
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
}

#[test]
fn who_may_not_is_told_what_to_do() {
    let Some(uri) = host() else { return };
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can be somebody else");
        return;
    }
    // Where this user may enter, and may run it.
    let place = tempfile::Builder::new().prefix("novacron-safety").tempdir_in("/var/tmp").unwrap();
    let program = place.path().join("novacron");
    std::fs::copy(env!("CARGO_BIN_EXE_novacron"), &program).unwrap();
    let mode = |path: &Path| {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    mode(place.path());
    mode(&program);
    for args in [&["list", "vms"][..], &["vm", "start", "gitlab-old", "--yes"]] {
        let mut command = Command::new(&program);
        command.args(args).args(["--connect", &uri]).uid(NOBODY).gid(NOBODY);
        let out = run(&mut command, Path::new("/nonexistent"));
        let text = said(&out);
        assert_eq!(out.status.code(), Some(6), "{args:?}: {text}");
        assert!(
            text.contains("Permission denied") && text.contains("Join group libvirt"),
            "{args:?}: {text}"
        );
        assert!(!text.contains("panicked") && !text.contains("HvError"), "{args:?}: {text}");
    }
}
