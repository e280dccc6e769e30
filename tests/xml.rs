//! XML of hostile shape and size: read to the end, in time that grows with the text.

use std::time::{Duration, Instant};

use novacron::xml::{domain, highlight};

const SIZE: usize = 1 << 20;
/// Generous for a debug build on a busy machine; anything quadratic takes minutes.
const LIMIT: Duration = Duration::from_secs(20);

/// `before`, then `unit` until the text is a megabyte, then `after`.
fn filled(before: &str, unit: &str, after: &str) -> String {
    let fill = unit.repeat((SIZE - before.len() - after.len()) / unit.len());
    [before, &fill, after].concat()
}

/// Elements nested until the text is a megabyte.
fn nested(open: &str, close: &str) -> String {
    let depth = (SIZE - 17) / (open.len() + close.len());
    ["<domain>", &open.repeat(depth), &close.repeat(depth), "</domain>"].concat()
}

#[test]
fn a_megabyte_of_any_shape_is_read_in_time() {
    let shapes = [
        ("open tags", filled("<domain>", "<a>", ""), false),
        ("nested elements", nested("<a>", "</a>"), true),
        ("siblings", filled("<domain><devices>", "<disk/>", "</devices></domain>"), true),
        ("attributes", filled("<domain><devices><disk ", "a='b' ", "/></devices></domain>"), true),
        (
            "disks",
            filled(
                "<domain><devices>",
                "<disk><source file='x'/><target dev='y'/></disk>",
                "</devices></domain>",
            ),
            true,
        ),
        (
            "a chain",
            nested("<backingStore type='file'><source file='/a'/>", "</backingStore>")
                .replacen("<domain>", "<domain><devices><disk>", 1)
                .replacen("</domain>", "</disk></devices></domain>", 1),
            true,
        ),
        (
            "tags",
            filled(
                "<domain><metadata><n xmlns='urn:novacron:vm:1'>",
                "<tag>a</tag>",
                "</n></metadata></domain>",
            ),
            true,
        ),
        ("references", filled("<domain><title>", "&lt;", "</title></domain>"), true),
        ("text in pieces", filled("<domain><title>", "a<b/>", "</title></domain>"), true),
        ("references in a value", filled("<domain type='", "&#65;", "'/>"), true),
        ("an open value", filled("<domain type='", "x", ""), false),
        ("open comments", filled("<domain>", "<!--", ""), false),
        ("entities", filled("<!DOCTYPE domain [", "<!ENTITY a '&b;'>", "]><domain/>"), true),
        ("no XML", filled("", "\u{1b}[2J", ""), false),
        ("line breaks", filled("", "\n", "<domain"), false),
    ];
    for (name, xml, well_formed) in shapes {
        let begun = Instant::now();
        let read = domain::parse(&xml);
        assert_eq!(read.is_ok(), well_formed, "{name}: {:?}", read.err());
        let lines = highlight::tokens(&xml);
        assert_eq!(lines.len(), xml.split('\n').count(), "{name}");
        assert!(begun.elapsed() < LIMIT, "{name} took {:?}", begun.elapsed());
        println!("{name}: {:?}", begun.elapsed());
    }
}

#[test]
fn many_entries_under_many_namespaces_do_not_take_forever() {
    let (attributes, entries) = ("a='b' ".repeat(SIZE / 12), "<n:e/>".repeat(SIZE / 12));
    let xml = format!("<domain {attributes}><metadata>{entries}</metadata></domain>");
    let begun = Instant::now();
    assert!(domain::parse(&xml).is_ok());
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
}

#[test]
fn many_different_tags_do_not_take_forever() {
    let tags = (0..60_000).map(|n| n.to_string()).collect::<Vec<_>>().join("</tag><tag>");
    let xml =
        format!("<domain><metadata><n xmlns='urn:novacron:vm:1'><tag>{tags}</tag></n></metadata></domain>");
    let begun = Instant::now();
    let vm = domain::parse(&xml).unwrap();
    assert!((1..=1000).contains(&vm.tags.len()), "{} tags", vm.tags.len());
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
}
