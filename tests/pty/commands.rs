//! Commands without a screen, on the private host.

use std::process::Stdio;

use serde_json::Value;

use super::command::{novacron, run};
use super::host;
use super::scene::header;

fn json(args: &[&str]) -> Value {
    let ended = run(args);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{args:?}");
    serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{args:?}: {e}: {}", ended.out))
}

/// Every key of every object is `snake_case`.
fn keys_are_snake_case(value: &Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(!key.is_empty() && key.chars().all(snake), "{key}");
                keys_are_snake_case(value);
            }
        }
        Value::Array(list) => list.iter().for_each(keys_are_snake_case),
        _ => {}
    }
}

#[test]
fn lists_are_arrays_of_objects_with_the_same_keys() {
    let Some(uri) = host::private() else { return };
    for (what, key) in [
        ("vms", "memory_used_bytes"),
        ("pools", "capacity_bytes"),
        ("volumes", "capacity_bytes"),
        ("networks", "name"),
    ] {
        let list = json(&["list", what, "--format", "json", "--sample", "0.5", "--connect", &uri]);
        let list = list.as_array().unwrap();
        assert!(!list.is_empty(), "{what}");
        let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(keys(&list[0]).contains(&key.to_owned()), "{what}: {:?}", keys(&list[0]));
        for item in list {
            keys_are_snake_case(item);
            assert_eq!(keys(item), keys(&list[0]), "what is unknown is null, not left out");
        }
        let csv = run(&["list", what, "--format", "csv", "--sample", "0.5", "--connect", &uri]);
        let mut rows = csv::Reader::from_reader(csv.out.as_bytes());
        assert_eq!(rows.headers().unwrap().iter().collect::<Vec<_>>(), keys(&list[0]), "{what}");
        assert!(rows.records().all(|r| r.is_ok()));
    }
}

#[test]
fn what_is_unknown_is_null() {
    let Some(uri) = host::private() else { return };
    let list = json(&["list", "vms", "--format", "json", "--connect", &uri]);
    let of = |name: &str| list.as_array().unwrap().iter().find(|v| v["name"] == name).unwrap().clone();
    assert_eq!(of("old-wiki")["cpu_percent"], Value::Null);
    assert_eq!(of("old-wiki")["state"], "off");
    assert!(of("web01")["cpu_percent"].is_number(), "{}", of("web01"));
}

#[test]
fn one_thing_is_one_object() {
    let Some(uri) = host::private() else { return };
    for name in ["web01", "pool:default", "network:default", "host"] {
        let shown = json(&["show", name, "--format", "json", "--sample", "0", "--connect", &uri]);
        assert!(shown.is_object(), "{name}");
        keys_are_snake_case(&shown);
    }
    let host = json(&["show", "host", "--format", "json", "--sample", "0", "--connect", &uri]);
    assert!(host.as_object().unwrap().keys().any(|k| k.ends_with("_bytes")), "{host}");
    let gone = run(&["show", "no-such-vm", "--sample", "0", "--connect", &uri]);
    assert_eq!((gone.code, gone.out.as_str()), (3, ""), "{}", gone.err);
    assert!(gone.err.starts_with("novacron: "), "{}", gone.err);
}

#[test]
fn doctor_is_content_with_the_private_host() {
    let Some(uri) = host::private() else { return };
    let ended = run(&["doctor", "--connect", &uri]);
    assert_eq!(ended.code, 0, "{}", ended.out);
    keys_are_snake_case(&json(&["doctor", "--format", "json", "--connect", &uri]));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let uri = host::many_vms();
    let list = ["list", "vms", "--sample", "0", "--connect", &uri];
    for args in [&list[..], &["man"], &["completions", "bash"], &["config", "--default"]] {
        let home = tempfile::tempdir().unwrap();
        let mut child = novacron(&home, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{args:?}");
    }
}

#[test]
fn completions_and_man_print() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = run(&["completions", shell]);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""));
        assert!(ended.out.contains("novacron") && ended.out.contains("doctor"));
    }
    let man = run(&["man"]);
    assert!(man.out.contains(".TH novacron") || man.out.contains(".TH NOVACRON"), "{}", man.out);
}

#[test]
fn the_private_host_is_exported() {
    let Some(uri) = host::private() else { return };
    let ended = run(&["export", "prometheus", "--connect", &uri]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    for sample in [
        "novacron_up 1",
        "novacron_vm_cpu_ratio{name=\"web01\",uuid=",
        "novacron_vm_memory_used_bytes{name=\"web01\",uuid=",
        "novacron_disk_write_bytes_per_second{name=\"web01\",uuid=",
        "novacron_nic_receive_bytes_per_second{name=\"web01\",uuid=",
        "novacron_pool_used_ratio{name=\"default\",uuid=",
    ] {
        assert!(ended.out.contains(&format!("\n{sample}")), "{sample}: {}", ended.out);
    }
    assert!(!ended.out.contains("novacron_vm_cpu_ratio{name=\"old-wiki\""), "it is off: unknown, not 0");
    promtool(&ended.out);
}

/// promtool must find nothing to complain of, where it is installed.
fn promtool(page: &str) {
    let program = std::env::var("NOVACRON_PROMTOOL").unwrap_or_else(|_| "promtool".into());
    let mut command = std::process::Command::new(&program);
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return println!("skipped: {program} cannot be run: {e}"),
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), page.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = [ended.stdout, ended.stderr].map(|t| String::from_utf8_lossy(&t).into_owned()).concat();
    assert!(ended.status.success() && told.is_empty(), "{told}");
}

#[test]
fn read_only_is_said_and_changes_nothing() {
    let Some(uri) = host::private() else { return };
    let mut term = super::term::Term::novacron(&["--connect", &uri, "--read-only"], &[], 40, 120);
    term.until("live, read-only", super::term::SOON, |s| {
        super::scene::is_live(s) && header(s).contains("READ-ONLY")
    });
    super::scene::quit(&mut term);
    let list = json(&["list", "vms", "--format", "json", "--read-only", "--connect", &uri]);
    assert!(list.as_array().unwrap().iter().any(|v| v["name"] == "web01"));
}
