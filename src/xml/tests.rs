use proptest::prelude::*;
use proptest::sample::Index;

use super::{domain, network, pool, value, volume};
use crate::model::network::Forward;

/// Every document under `tests/data/xml`.
const DOCUMENTS: [&str; 18] = [
    include_str!("../../tests/data/xml/domain-agent-live.xml"),
    include_str!("../../tests/data/xml/domain-arm.xml"),
    include_str!("../../tests/data/xml/domain-cdrom-live.xml"),
    include_str!("../../tests/data/xml/domain-chain-live.xml"),
    include_str!("../../tests/data/xml/domain-inactive.xml"),
    include_str!("../../tests/data/xml/domain-legacy-live.xml"),
    include_str!("../../tests/data/xml/domain-lxc.xml"),
    include_str!("../../tests/data/xml/domain-q35-uefi.xml"),
    include_str!("../../tests/data/xml/domain-test-driver.xml"),
    include_str!("../../tests/data/xml/domain-volume-live.xml"),
    include_str!("../../tests/data/xml/network-nat.xml"),
    include_str!("../../tests/data/xml/network-ovs.xml"),
    include_str!("../../tests/data/xml/network-routed.xml"),
    include_str!("../../tests/data/xml/network-test-driver.xml"),
    include_str!("../../tests/data/xml/pool-dir.xml"),
    include_str!("../../tests/data/xml/pool-rbd.xml"),
    include_str!("../../tests/data/xml/pool-test-driver.xml"),
    include_str!("../../tests/data/xml/volume-backed.xml"),
];

/// Reads a text as each kind of document; the first to accept it wins.
fn read_as_anything(xml: &str) -> bool {
    let read = [
        domain::parse(xml).is_ok(),
        network::parse(xml).is_ok(),
        pool::parse(xml).is_ok(),
        volume::parse(xml).is_ok(),
    ];
    assert!(read.iter().filter(|ok| **ok).count() <= 1, "one text is one kind of document");
    read.contains(&true)
}

#[test]
fn every_real_document_reads() {
    for xml in DOCUMENTS {
        assert!(read_as_anything(xml), "{xml}");
    }
}

#[test]
fn networks_say_how_they_reach_out() {
    let nat = network::parse(include_str!("../../tests/data/xml/network-nat.xml")).unwrap();
    assert_eq!((nat.forward, nat.bridge.as_deref(), nat.dhcp), (Forward::Nat, Some("virbr0"), true));
    assert_eq!(nat.addresses, ["192.168.122.1/24"]);
    let routed = network::parse(include_str!("../../tests/data/xml/network-routed.xml")).unwrap();
    assert_eq!((routed.forward, routed.forward_device.as_deref()), (Forward::Route, Some("bond0")));
    assert_eq!(routed.addresses, ["10.7.0.1/16", "2001:db8:ca2:2::1/64"]);
    assert_eq!((routed.domain.as_deref(), routed.dhcp), (Some("dmz.example.org"), true));
    let ovs = network::parse(include_str!("../../tests/data/xml/network-ovs.xml")).unwrap();
    assert_eq!((ovs.forward, ovs.vlans, ovs.dhcp), (Forward::Bridge, vec![42, 47], false));
    let isolated = network::parse("<network><ip address='10.1.2.3'/><ip address='junk'/></network>").unwrap();
    assert_eq!(isolated.forward, Forward::Isolated);
    assert_eq!(isolated.addresses, ["10.1.2.3/8", "junk"]);
    let other =
        network::parse("<network><forward mode='vepa'><interface dev='eno1'/></forward></network>").unwrap();
    assert_eq!((other.forward, other.forward_device), (Forward::Other("vepa".into()), Some("eno1".into())));
}

#[test]
fn pools_and_volumes_say_what_they_are() {
    let dir = pool::parse(include_str!("../../tests/data/xml/pool-dir.xml")).unwrap();
    assert_eq!((dir.kind.as_str(), dir.path.as_deref()), ("dir", Some("/var/lib/libvirt/images")));
    let rbd = pool::parse(include_str!("../../tests/data/xml/pool-rbd.xml")).unwrap();
    assert_eq!((rbd.kind.as_str(), rbd.path), ("rbd", None));
    let backed = volume::parse(include_str!("../../tests/data/xml/volume-backed.xml")).unwrap();
    assert_eq!(backed.format.as_deref(), Some("qcow2"));
    assert_eq!(backed.backing.as_deref(), Some("/var/lib/libvirt/images/web-golden.qcow2"));
    assert_eq!(volume::parse("<volume/>").unwrap(), volume::VolumeDefinition::default());
}

#[test]
fn errors_say_where_and_what() {
    for (xml, expected) in [
        ("", "line 1, column 1: there is no XML element"),
        ("hello", "line 1, column 1: text stands outside the document's root element"),
        ("<network/>", "line 1, column 1: the document is a <network>, not a <domain>"),
        ("<domain>\n  <é></a>", "line 2, column 6: </a> stands where </é> should"),
        ("<domain>\n<name>x</name>\n", "line 3, column 1: <domain> is not closed"),
        ("<domain><a b></a></domain>", "line 1, column 9: an attribute has no value"),
        ("<domain/><domain/>", "line 1, column 10: <domain> stands after the end of the document"),
        ("<domain><a b='x/></domain>", "line 1, column 9: the value of an attribute has no closing quote"),
        ("<domain>&a</domain>", "line 1, column 9: a & is not followed by a name and ;"),
        ("</domain>", "line 1, column 1: </domain> closes nothing"),
    ] {
        assert_eq!(domain::parse(xml).unwrap_err().to_string(), expected, "{xml}");
    }
    let escape = domain::parse("<\u{1b}[2J\u{202e}x/>").unwrap_err();
    assert!(!escape.message.chars().any(char::is_control), "{escape}");
}

#[test]
fn references_are_resolved_and_never_expanded() {
    let title = |xml: &str| domain::parse(xml).unwrap().title;
    let xml = "<domain><title>a &lt;b&gt; &#x41;&#66; <![CDATA[<c>&amp;]]> <!-- d -->e</title></domain>";
    assert_eq!(title(xml).as_deref(), Some("a <b> AB <c>&amp; e"));
    let bomb =
        "<!DOCTYPE domain [<!ENTITY a 'boom'><!ENTITY b '&a;&a;'>]><domain><title>&b;</title></domain>";
    assert_eq!(title(bomb).as_deref(), Some("&b;"));
    let machine =
        domain::parse("<domain><os><type machine='q&amp;35 &nope; &#0;'/></os></domain>").unwrap().machine;
    assert!(machine.is_some(), "a reference that is none leaves the value as it was written");
}

#[test]
fn units_are_libvirts() {
    for (name, expected) in [
        ("b", Some(1)),
        ("bytes", Some(1)),
        ("k", Some(1024)),
        ("KiB", Some(1024)),
        ("KB", Some(1000)),
        ("m", Some(1 << 20)),
        ("MB", Some(1_000_000)),
        ("GiB", Some(1 << 30)),
        ("T", Some(1 << 40)),
        ("PiB", Some(1 << 50)),
        ("EB", Some(1_000_000_000_000_000_000)),
        ("", None),
        ("KiBs", None),
        ("µ", None),
    ] {
        assert_eq!(value::unit(name), expected, "{name}");
    }
}

/// One change to a text, at a place chosen by index.
#[derive(Clone, Debug)]
enum Edit {
    Delete(Index, usize),
    Repeat(Index, usize),
    Insert(Index, String),
}

fn edit() -> impl Strategy<Value = Edit> {
    let snippet = prop_oneof![
        proptest::sample::select(vec![
            "<",
            ">",
            "/>",
            "</",
            "'",
            "\"",
            "=",
            "&",
            ";",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?",
            "<!",
            "\0",
            "<backingStore>",
            "</devices>",
            "xmlns:a=",
            ":",
            "\u{feff}",
            "-1",
            "99999999999999999999",
            "é"
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ];
    prop_oneof![
        (any::<Index>(), 1usize..200).prop_map(|(at, n)| Edit::Delete(at, n)),
        (any::<Index>(), 1usize..200).prop_map(|(at, n)| Edit::Repeat(at, n)),
        (any::<Index>(), snippet).prop_map(|(at, s)| Edit::Insert(at, s)),
    ]
}

fn apply(xml: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = xml.chars().collect();
    for edit in edits {
        let (Edit::Delete(at, _) | Edit::Repeat(at, _) | Edit::Insert(at, _)) = edit;
        let at = at.index(chars.len() + 1);
        match edit {
            Edit::Delete(_, n) => drop(chars.drain(at..(at + n).min(chars.len()))),
            Edit::Repeat(_, n) => {
                let again: Vec<char> = chars[at..(at + n).min(chars.len())].to_vec();
                chars.splice(at..at, again);
            }
            Edit::Insert(_, s) => drop(chars.splice(at..at, s.chars())),
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn changed_real_documents_never_panic(
        which in any::<Index>(),
        edits in proptest::collection::vec(edit(), 1..6),
    ) {
        read_as_anything(&apply(DOCUMENTS[which.index(DOCUMENTS.len())], &edits));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_as_anything(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_bytes_inside_a_domain_never_panic(text in "[<>/='\"& a-e\\PC]{0,80}") {
        read_as_anything(&format!("<domain>{text}</domain>"));
        read_as_anything(&format!("<domain><devices><disk type='{text}'><source {text}/></disk></devices></domain>"));
    }
}
