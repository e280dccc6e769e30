use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Loads with these files in a folder of their own: `config.toml` and others by name.
fn loaded(files: &[(&str, &str)], environment: &[(&str, &str)], flags: &Overrides) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut paths = Paths::in_folders(folder.path().to_owned(), folder.path().join("data"));
    paths.system_config_file = folder.path().join("system.toml");
    load(flags, &Environment::of(environment.iter().copied()), paths).unwrap()
}

fn of_file(text: &str) -> Loaded {
    loaded(&[("config.toml", text)], &[], &Overrides::default())
}

/// Warnings without the folder.
fn told(l: &Loaded) -> Vec<String> {
    let place = |w: &Warning| w.place.map_or_else(String::new, |(l, c)| format!("{l}:{c}: "));
    l.warnings.iter().map(|w| format!("{}{}", place(w), w.message)).collect()
}

#[test]
fn the_documented_default_is_the_default_and_complete() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/config.toml");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, documented()).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, documented(), "run with UPDATE_DOCS=1 to write it anew");
    let l = of_file(&text);
    assert_eq!(told(&l), Vec::<String>::new());
    assert_eq!(l.settings, Settings::default());
    let set = file::read(&path, &text).assignments;
    let named: Vec<_> = set.iter().map(|a| a.key.path).collect::<HashSet<_>>().into_iter().collect();
    assert_eq!(named.len(), KEYS.len(), "every key stands in it once");
}

#[test]
fn the_host_section_shown_in_the_default_works() {
    let text = documented();
    let example: String = text
        .lines()
        .skip_while(|l| !l.starts_with("# [hosts"))
        .map(|l| l.trim_start_matches("# ").to_owned() + "\n")
        .collect();
    let flags = Overrides { connect: Some("qemu+ssh://root@kvm01/system".into()), ..Overrides::default() };
    let l = loaded(&[("config.toml", &example)], &[], &flags);
    assert_eq!(told(&l), Vec::<String>::new());
    assert!(l.settings.read_only);
    assert_eq!(l.settings.poll.fast, Duration::from_secs(10));
    assert!(!of_file(&example).settings.read_only, "other hosts are not touched");
}

#[test]
fn the_key_table_is_consistent() {
    let mut seen = HashSet::new();
    let mut sections = Vec::new();
    for key in KEYS {
        assert!(seen.insert(key.path) && seen.len() <= KEYS.len());
        assert!(key.doc.ends_with('.'), "{}: a doc is a sentence", key.path);
        let section = key.path.split_once('.').map_or("", |(s, _)| s);
        if sections.last() != Some(&section) {
            assert!(!sections.contains(&section), "section {section} is torn apart");
            sections.push(section);
        }
        // Getter and setter agree, and the default is acceptable.
        let mut settings = Settings::default();
        let value = key.value(&settings);
        key.set(&mut settings, value.clone()).unwrap();
        assert_eq!(key.value(&settings), value, "{}", key.path);
    }
}

#[test]
fn every_mistake_is_told_with_its_place_and_the_rest_stands() {
    let l = of_file(
        "read_only = true\nthem = \"light\"\n[ui]\ntheem = \"light\"\nmouse = 3\ncolumns = [\"name\", \"cpuu\"]\nsort = \"cpu\"\n\
         [poll]\nfast_seconds = 0.01\npools_seconds = 60\n[limits]\nfast_seconds = 3\n",
    );
    assert_eq!(
        told(&l),
        [
            "2:1: there is no key \"them\"",
            "4:1: there is no key \"ui.theem\"; did you mean \"ui.theme\"?",
            "5:9: ui.mouse: expected true or false",
            "6:11: ui.columns: there is no VM column \"cpuu\"; did you mean \"cpu\"?",
            "9:16: poll.fast_seconds: 0.01 is out of bounds (0.5 to 3600)",
            "12:1: there is no key \"limits.fast_seconds\"; did you mean \"poll.fast_seconds\"?",
        ]
    );
    let mut expected = Settings { read_only: true, ..Settings::default() };
    expected.ui.sort = Sort { column: "cpu".into(), descending: true };
    expected.poll.pools = Duration::from_secs(60);
    assert_eq!(l.settings, expected);
    assert!(l.warnings[0].to_string().ends_with("config.toml:2:1: there is no key \"them\""));
}

#[test]
fn a_broken_line_does_not_take_along_what_stands_before_it() {
    let l = of_file("read_only = true\n[ui\nmouse = false\n");
    assert_eq!(told(&l), ["2:4: unclosed table, expected `]`; nothing is read from here on"]);
    assert!(l.settings.read_only && l.settings.ui.mouse);
}

#[test]
fn a_host_is_the_same_with_its_socket_named_or_not() {
    for (section, asked, one) in [
        ("qemu:///system", "qemu+unix:///system", "qemu:///system"),
        ("qemu+unix:///system", "qemu:///system", "qemu:///system"),
        ("qemu+unix:///system?socket=/x", "qemu+unix:///system?socket=/x", "qemu+unix:///system?socket=/x"),
        ("qemu+ssh://h/system", "qemu+ssh://h/system", "qemu+ssh://h/system"),
    ] {
        let file = format!("[hosts.\"{section}\"]\nread_only = true\n");
        let flags = Overrides { connect: Some(asked.into()), ..Overrides::default() };
        let l = loaded(&[("config.toml", &file)], &[], &flags);
        assert!(l.settings.read_only, "{asked} is {section}");
        assert_eq!(l.settings.connect, one);
    }
    let flags = Overrides { connect: Some("qemu+unix:///session".into()), ..Overrides::default() };
    let l = loaded(&[("config.toml", "[hosts.\"qemu:///system\"]\nread_only = true\n")], &[], &flags);
    assert!(!l.settings.read_only);
}

#[test]
fn later_layers_stand_above_earlier_ones() {
    let files = [
        ("system.toml", "connect = \"a:///\"\nread_only = true\nui.theme = \"one\"\npoll.fast_seconds = 3\n"),
        (
            "config.toml",
            "ui.theme = \"two\"\n[hosts.\"b:///\"]\npoll.fast_seconds = 4\nui.theme = \"of b\"\n",
        ),
    ];
    let none = Overrides::default();
    let plain = loaded(&files, &[], &none);
    assert_eq!((plain.settings.connect.as_str(), plain.settings.ui.theme.as_str()), ("a:///", "two"));
    assert_eq!(plain.files.len(), 2);

    let env =
        [("LIBVIRT_DEFAULT_URI", "b:///"), ("NOVACRON_UI_THEME", "of env"), ("NOVACRON_READ_ONLY", "no")];
    let l = loaded(&files, &env, &none);
    assert_eq!(l.settings.connect, "b:///");
    assert_eq!(l.settings.poll.fast, Duration::from_secs(4), "the section of the host that is connected to");
    assert_eq!(l.settings.ui.theme, "of env");
    assert!(!l.settings.read_only);

    let flags = Overrides {
        connect: Some("c:///".into()),
        read_only: true,
        theme: Some("of flag".into()),
        no_mouse: true,
        ascii: true,
        ..none
    };
    let l = loaded(&files, &env, &flags);
    assert_eq!(l.settings.connect, "c:///");
    assert_eq!(l.settings.poll.fast, Duration::from_secs(3));
    assert_eq!(l.settings.ui.theme, "of flag");
    assert!(l.settings.read_only && !l.settings.ui.mouse && l.settings.ui.ascii == Ascii::Always);
}

#[test]
fn the_environment_is_checked_too() {
    let env = [
        ("NOVACRON_POLL_FAST_SECONDS", "often"),
        ("NOVACRON_UI_COLUMNS", "name, cpu_percent"),
        ("NOVACRON_REDONLY", "1"),
        ("NOVACRON_TEST_URI", "test:///default"),
        ("NOVACRON_HOST_DIR", "/of/the/test/host"),
        ("NOVACRON_UI_ASCII", "maybe"),
    ];
    let l = loaded(&[], &env, &Overrides::default());
    let told: Vec<_> = l.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "NOVACRON_POLL_FAST_SECONDS: \"often\" is not a number",
            "NOVACRON_REDONLY: there is no such setting; did you mean \"NOVACRON_READ_ONLY\"?",
            "NOVACRON_UI_ASCII: \"maybe\" is not one of auto, always, never",
        ]
    );
    assert_eq!(l.settings.ui.columns, ["name", "cpu"]);
    assert_eq!(l.settings.poll, PollSettings::default());
}

#[test]
fn limits_that_contradict_each_other_fall_back_together() {
    let l = of_file("[limits]\npool_warn_percent = 97\n");
    assert_eq!(l.settings.limits, LimitSettings::default());
    assert_eq!(l.warnings.len(), 1);
}

#[test]
fn zero_leaves_guests_alone() {
    assert_eq!(of_file("poll.arm_memory_stats_seconds = 0\n").settings.poll.arm_memory_stats, None);
}

#[test]
fn a_named_file_must_be_there_and_others_need_not() {
    assert_eq!(loaded(&[], &[], &Overrides::default()).settings, Settings::default());
    let flags = Overrides { config: Some(PathBuf::from("/nonexistent/x.toml")), ..Overrides::default() };
    let paths = Paths::in_folders("/nonexistent".into(), "/nonexistent".into());
    let e = load(&flags, &Environment::default(), paths).unwrap_err();
    assert!(e.to_string().starts_with("Could not read the configuration /nonexistent/x.toml: "), "{e}");
}

#[test]
fn keymap_and_themes_are_handed_on_as_text() {
    let files =
        [("keymap.toml", "[vms]\n\"x\" = \"vm.start\"\n"), ("themes/mine.toml", "a"), ("themes/no.txt", "b")];
    let l = loaded(&files, &[], &Overrides::default());
    assert_eq!(l.keymap.unwrap().text, files[0].1);
    assert_eq!(l.themes.len(), 1);
    assert!(l.themes[0].path.ends_with("themes/mine.toml"));
}

#[test]
fn what_effective_prints_sets_the_same() {
    let l = of_file("read_only = true\nui.columns = [\"name\"]\nlog.file = \"/tmp/a \\\"b\\\".log\"\n");
    assert_eq!(told(&l), Vec::<String>::new());
    assert_eq!(of_file(&effective(&l.settings)).settings, l.settings);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|.*|([a-z_.\\[\\]\"= 0-9\n]){0,80}") {
        file::read(Path::new("config.toml"), &text);
    }
}

#[test]
fn a_group_that_is_not_there_is_told_with_its_place() {
    let l = of_file("[history]\nraw_hours = 24\ngroup = \"no-such-group-here\"\n");
    let wanted = "3:9: history.group: there is no group \"no-such-group-here\" on this machine";
    assert_eq!(told(&l), [wanted]);
    assert_eq!(l.settings.history.group, None);
    assert!(l.warnings[0].to_string().contains("config.toml:3"), "{}", l.warnings[0]);
    let l = of_file("[history]\ngroup = \"root\"\n");
    assert_eq!(l.settings.history.group, Some(UserGroup { name: "root".into(), id: 0 }));
    assert!(effective(&l.settings).contains("group = \"root\""));
    let l = loaded(&[], &[("NOVACRON_HISTORY_GROUP", "4711")], &Overrides::default());
    assert_eq!(l.settings.history.group.map(|g| g.id), Some(4711));
}
