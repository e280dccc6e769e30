//! Completion by a real bash: names of the host come as words that bash reads back as these names.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What bash offers behind this line, one a line; a tab stands for the cursor.
fn offered(line: &str) -> (Vec<String>, Duration) {
    let binary = env!("CARGO_BIN_EXE_novacron");
    let script = Command::new(binary).args(["completions", "bash"]).output().unwrap();
    let script = String::from_utf8(script.stdout).unwrap();
    let words: Vec<String> = line.split('\t').map(|w| format!("'{}'", w.replace('\'', r"'\''"))).collect();
    let count = words.len() - 1;
    let program = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_LINE=\"${{COMP_WORDS[*]}}\"\nCOMP_CWORD={count}\n_novacron_names \"${{COMP_WORDS[0]}}\" \"${{COMP_WORDS[COMP_CWORD]}}\" x\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" ").replacen("'novacron'", &format!("'{binary}'"), 1)
    );
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("line.bash");
    std::fs::write(&file, program).unwrap();
    let began = Instant::now();
    let out = Command::new("bash")
        .arg("--norc")
        .arg(&file)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let took = began.elapsed();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.is_empty(), "{line}: {said}");
    let lines = String::from_utf8(out.stdout).unwrap();
    (lines.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect(), took)
}

fn on(host: &str, rest: &str) -> Vec<String> {
    offered(&format!("novacron\t--connect\t{host}\t{rest}")).0
}

#[test]
fn names_of_the_host_are_offered() {
    let host = "test:///default";
    assert_eq!(on(host, "vm\tstart\t"), ["test"]);
    assert_eq!(on(host, "vm\tstart\tte"), ["test"]);
    assert_eq!(on(host, "pool\tstop\tdef"), ["default-pool"]);
    assert_eq!(on(host, "vm\tnic\tattach\ttest\t--network\t"), ["default"]);
    // Where no names stand, words of the command line are offered as ever.
    assert!(on(host, "vm\tmigr").contains(&"migrate-disk".to_owned()));
    assert!(on(host, "vm\tstart\t--pau").contains(&"--paused".to_owned()));
}

#[test]
fn a_host_that_does_not_answer_has_no_names_and_says_nothing() {
    let (names, took) = offered("novacron\t--connect\tqemu+unix:///system?socket=/nowhere\tvm\tstart\tweb");
    assert!(names.iter().all(|n| !n.contains("web0")), "{names:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn odd_names_are_read_back_as_they_are_and_run_nothing() {
    let host = format!("test://{}/tests/data/odd-names.xml", env!("CARGO_MANIFEST_DIR"));
    let names = on(&host, "vm\tstart\t");
    assert!(names.len() >= 9, "{names:?}");
    let evil = "$(reboot)`id`;'\"<&>%s%n";
    let words = names.iter().find(|n| n.contains("reboot")).unwrap();
    // What bash makes of it is the name again.
    let out = Command::new("bash").args(["--norc", "-c", &format!("printf %s {words}")]).output().unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap(), evil);
    // A name that cannot be typed goes by its UUID.
    assert!(names.iter().all(|n| !n.contains('\u{202e}') && !n.contains('\u{9b}')), "{names:?}");
    assert!(names.iter().any(|n| n.len() == 36 && n.matches('-').count() == 4), "{names:?}");
}
