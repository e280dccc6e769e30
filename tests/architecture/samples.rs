//! Each rule fails on a small sample that breaks it, and only there.

use super::ARROWS;
use super::rules::{self, File, Violation};
use super::scan::{Source, paths, tokens};

fn file(name: &str, text: &str) -> File {
    File::read(name.to_owned(), text)
}

fn lines(violations: &[Violation]) -> Vec<usize> {
    violations.iter().map(|v| v.line).collect()
}

fn found(text: &str, module: &[&str]) -> Vec<String> {
    let module: Vec<String> = module.iter().map(|m| (*m).to_owned()).collect();
    paths(&tokens(text), &module).into_iter().map(|p| p.parts.join("::")).collect()
}

#[test]
fn comments_and_literals_are_not_code() {
    let text = r##"
        // unsafe
        /* unsafe /* unsafe */ unsafe */
        let a = "unsafe \" unsafe"; let b = r#"unsafe " unsafe"#; let c = b"unsafe";
        let d = 'u'; let e = '\''; fn f<'unsafe_>() {}
        unsafe { }
    "##;
    let found: Vec<usize> = tokens(text).iter().filter(|t| t.text == "unsafe").map(|t| t.line).collect();
    assert_eq!(found, [6]);
    assert!(tokens("fn f<'a>(x: &'a str, y: char) { y == 'a' }").iter().any(|t| t.text == "str"));
}

#[test]
fn groups_and_relative_paths_are_spread_out() {
    assert_eq!(
        found("use crate::{model::{id::VmId, text as t}, xml::*};", &["host"]),
        ["crate::model::id::VmId", "crate::model::text", "crate::xml::*"]
    );
    assert_eq!(found("use super::super::engine::Handle;", &["console", "app"]), ["crate::engine::Handle"]);
    assert_eq!(found("use self::a::b;", &["host"]), ["crate::host::a::b"]);
    let nested = "mod inner { use super::super::cli::x; } use super::y::z;";
    assert_eq!(found(nested, &["host", "local"]), ["crate::host::cli::x", "crate::host::y::z"]);
    assert_eq!(
        found("let x: Vec<crate::model::Vm> = f(crate::xml::read);", &[]),
        ["crate::model::Vm", "crate::xml::read"]
    );
}

#[test]
fn test_code_is_told_apart() {
    let text = "use a::b;\n#[cfg(test)]\nmod probe;\n#[cfg(test)]\n#[derive(Debug)]\nstruct S { x: u8 }\nfn f() {}\n\
                #[cfg(test)]\nmod tests {\n  fn g() { h([1]); }\n}\n#[cfg(not(test))]\nfn k() {}\n";
    let source = Source::read(text);
    assert_eq!(source.test_modules, ["probe"]);
    let shipped: Vec<&str> = source.shipped.iter().map(|t| t.text.as_str()).collect();
    assert!(shipped.contains(&"f") && shipped.contains(&"k"));
    assert!(!shipped.contains(&"S") && !shipped.contains(&"g"));
    assert_eq!(source.lines, 13 - 2 - 3 - 4);
}

#[test]
fn a_wrong_arrow_is_found() {
    let files = [
        file("model/vm.rs", "use crate::engine::Handle;\nuse super::super::xml;\nuse super::id::VmId;"),
        file(
            "host/mod.rs",
            "use crate::{model::x,\n console::y};\n#[cfg(test)]\nmod t { use crate::cli::z; }",
        ),
        file("cli/mod.rs", "use crate::engine::Handle; use crate::*;"),
        file("host/tests.rs", "use crate::cli::z;"),
    ];
    let violations = rules::arrows(&files, ARROWS);
    let places: Vec<_> = violations.iter().map(|v| (v.file.as_str(), v.line)).collect();
    assert_eq!(places, [("model/vm.rs", 1), ("model/vm.rs", 2), ("host/mod.rs", 2), ("cli/mod.rs", 1)]);
}

#[test]
fn the_page_is_read_by_its_table() {
    let page = "| room | holds | uses |\n| --- | --- | --- |\n| `model/` | words | \u{2013} |\n\
                | `host/` | the `model/` of it | the model's, nothing else |\n";
    let told = rules::told_rooms(page);
    assert_eq!(told, [("model".to_owned(), vec![]), ("host".to_owned(), vec!["model".to_owned()])]);
}

#[test]
fn words_and_crates_out_of_place_are_found() {
    let files = [
        file("hypervisor/libvirt/ffi/mod.rs", "unsafe {} use virt::connect::Connect;"),
        file("hypervisor/libvirt/ffi_like.rs", "unsafe {}"),
        file(
            "engine/mod.rs",
            "use virt::connect::Connect;\nuse virt as v;\nfn f() { ::virt::x() }\nuse ::virt::y;\nlet virt = 1;",
        ),
        file("console/mod.rs", "use ratatui::Frame;"),
        file("cli/mod.rs", "use ratatui::Frame;"),
    ];
    assert_eq!(rules::word_only_in(&files, "unsafe", &["hypervisor/libvirt/ffi"]).len(), 1);
    let virt = rules::crates_only_in(&files, &["virt"], &["hypervisor/libvirt"]);
    assert_eq!(lines(&virt), [1, 3, 4, 2], "{virt:?}");
    assert_eq!(rules::crates_only_in(&files, &["ratatui"], &["console"])[0].file, "cli/mod.rs");
}

#[test]
fn clocks_threads_and_io_are_found() {
    let impure = "use std::time::{Duration, Instant};\nuse std::net::IpAddr;\nfn f() { std::fs::read(p); }\n\
                  use std::{thread, fmt};\nuse tokio::sync::watch;\nlet t = jiff::Timestamp::now();\n\
                  let c = std::net::TcpStream::connect(a);\nlet now = snapshot.now;\n";
    let files = [file("console/app/mod.rs", impure), file("console/run.rs", impure)];
    let violations = rules::pure(&files, &["console/app"]);
    assert_eq!(lines(&violations), [1, 3, 4, 5, 6, 7]);
    assert!(violations.iter().all(|v| v.file == "console/app/mod.rs"));
}

#[test]
fn long_files_count_what_ships() {
    let body = "fn f() {}\n".repeat(501);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{body}}}\n");
    let files = [file("a/long.rs", &body), file("a/tests.rs", &body), file("a/short.rs", &tests)];
    assert_eq!(lines(&rules::longest(&files, 500)), [501]);
}

#[test]
fn the_console_reaching_past_the_handle_is_found() {
    let files = [
        file("engine/mod.rs", "mod handle;\npub use handle::{Command, Handle};\npub use poll::start;"),
        file("console/run.rs", "use crate::engine::{Handle,\n start};\nuse crate::engine;"),
        file("console/screens/vms.rs", "fn draw(app: &App) {}\nfn bad(app: &mut App) {}"),
    ];
    let handle = rules::exported(&files, "engine/mod.rs", "handle");
    assert_eq!(handle, ["Command", "Handle"]);
    assert_eq!(lines(&rules::only_from(&files, "console", "engine", &handle)), [2, 3]);
    assert_eq!(lines(&rules::drawing_takes_no_mut(&files)), [2]);
}

#[test]
fn sleeping_is_found() {
    let text = "fn f() { tokio::time::sleep(d).await; }\nfn g() { std::thread::sleep(d); }\n\
                #[cfg(test)]\nmod tests { fn h() { time::sleep(d); } }\n";
    assert_eq!(lines(&rules::no_sleep(&[file("engine/mod.rs", text)])), [2, 4]);
    assert_eq!(lines(&rules::no_sleep(&[file("engine/tests.rs", text)])), [1, 2, 4]);
}

#[test]
fn modules_declared_for_tests_are_tests() {
    let mut files =
        [file("host/mod.rs", "#[cfg(test)]\nmod fakes;"), file("host/fakes.rs", "use crate::cli::x;")];
    rules::mark_test_files(&mut files);
    assert_eq!(rules::arrows(&files, ARROWS), []);
}
