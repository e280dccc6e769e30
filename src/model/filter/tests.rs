use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::columns::VM_COLUMNS;
use crate::model::fixture::{defined, disk, network, pool, snapshot, vm};
use crate::model::metric::MetricId;
use crate::model::network::NetworkDefinition;
use crate::model::snapshot::Snapshot;
use crate::model::vm::{
    AddressSource, GuestAddress, NicDefinition, NicSource, PauseReason, Vm, VmDefinition, VmState,
};

fn nic(source: NicSource, mac: &str) -> NicDefinition {
    NicDefinition { source, mac: mac.into(), link_up: true, ..NicDefinition::default() }
}

/// `web01` runs, `db01` is paused, `old wiki` is off, `new` is not read yet.
fn host() -> Snapshot {
    let mut web = defined(
        1,
        "web01",
        VmDefinition {
            title: Some("Web front end".into()),
            tags: vec!["web".into(), "prod".into()],
            os: Some("debian12".into()),
            vcpus: 4,
            disks: vec![disk("vda", "/images/web01.qcow2")],
            nics: vec![nic(NicSource::Network("default".into()), "52:54:00:00:00:01")],
            has_agent_channel: true,
            agent_connected: Some(true),
            ..VmDefinition::default()
        },
    );
    web.flags.autostart = Some(true);
    web.addresses.push(GuestAddress {
        mac: None,
        address: "10.99.0.21".parse().unwrap(),
        prefix: 24,
        source: AddressSource::Agent,
    });
    web.now.set(MetricId::VmCpu, Some(81.2));
    web.now.set(MetricId::VmMemory, Some(3.0 * 1024f64.powi(3)));
    web.now.set(MetricId::VmMemoryShare, Some(75.0));
    web.now.set(MetricId::VmLatency, Some(0.048));
    let mut db = defined(
        2,
        "db01",
        VmDefinition {
            tags: vec!["db".into(), "prod".into()],
            vcpus: 2,
            disks: vec![disk("vda", "/elsewhere/db01.raw"), disk("vdb", "/fast/db-data.raw")],
            nics: vec![nic(NicSource::Bridge("br0".into()), "52:54:00:00:00:02")],
            ..VmDefinition::default()
        },
    );
    db.state = VmState::Paused(PauseReason::IoError);
    db.flags.autostart = Some(false);
    db.now.set(MetricId::VmCpu, Some(0.0));
    let mut wiki = defined(3, "old wiki", VmDefinition::default());
    wiki.state = VmState::ShutOff;
    wiki.now.set(MetricId::VmCpu, Some(99.0));
    let virbr0 = NetworkDefinition { bridge: Some("virbr0".into()), ..NetworkDefinition::default() };
    snapshot(
        vec![db, vm(4, "new"), wiki, web],
        vec![pool("default", "/images", &[]), pool("fast", "/fast", &[("/fast/db-data.raw", None)])],
        vec![network("default", virbr0), network("offline", NetworkDefinition::default())],
    )
}

fn matching(filter: &str) -> Vec<String> {
    let host = host();
    let filter = Filter::parse(filter).unwrap_or_else(|e| panic!("{filter}: {e} ({})", e.hint));
    let context = FilterContext::new(&host);
    host.vms.iter().filter(|v| filter.matches(v, &context)).map(|v| v.name.clone()).collect()
}

#[test]
fn terms_find_what_they_say() {
    for (filter, expected) in [
        ("", vec!["db01", "new", "old wiki", "web01"]),
        ("WEB", vec!["web01"]),
        ("front", vec!["web01"]),
        ("10.99", vec!["web01"]),
        ("prod", vec!["db01", "web01"]),
        ("0", vec!["db01", "web01"]),
        ("*01", vec!["db01", "web01"]),
        ("wiki|new", vec!["new", "old wiki"]),
        ("\"old wiki\"", vec!["old wiki"]),
        ("-01", vec!["new", "old wiki"]),
        ("!01", vec!["new", "old wiki"]),
        ("prod -db", vec!["web01"]),
        ("name:eb", vec!["web01"]),
        ("name=eb", vec![]),
        ("name=Web01", vec!["web01"]),
        ("name!=web01", vec!["db01", "new", "old wiki"]),
        ("title:web*", vec!["web01"]),
        ("state:running", vec!["new", "web01"]),
        ("state:off|paused", vec!["db01", "old wiki"]),
        ("state:active -state:running", vec!["db01"]),
        ("state:inactive", vec!["old wiki"]),
        ("tag:prod", vec!["db01", "web01"]),
        ("tag:pro", vec![]),
        ("tag:p*", vec!["db01", "web01"]),
        ("-tag:*", vec!["old wiki"]),
        ("network:default", vec!["web01"]),
        ("bridge:virbr0|br0", vec!["db01", "web01"]),
        ("pool:default", vec!["web01"]),
        ("pool:fast", vec!["db01"]),
        ("ip:10.", vec!["web01"]),
        ("os:debian", vec!["web01"]),
        ("mac:00:02", vec!["db01"]),
        ("uuid:0004", vec!["new"]),
        ("autostart:yes", vec!["web01"]),
        ("autostart:no", vec!["db01"]),
        ("-autostart:yes", vec!["db01"]),
        ("agent:yes", vec!["web01"]),
        ("agent:no", vec!["db01", "old wiki"]),
        ("vcpus>=2 vcpus<4", vec!["db01"]),
    ] {
        assert_eq!(matching(filter), expected, "{filter}");
    }
}

#[test]
fn numbers_compare_and_what_is_not_measured_never_matches() {
    for (filter, expected) in [
        ("cpu>80", vec!["web01"]),
        ("cpu > 80", vec!["web01"]),
        ("cpu<80", vec!["db01"]),
        ("-cpu>80", vec!["db01"]),
        ("cpu>=0", vec!["db01", "web01"]),
        ("cpu=81", vec!["web01"]),
        ("cpu!=81", vec!["db01"]),
        ("mem>2G", vec!["web01"]),
        ("mem>3G", vec![]),
        ("memory_used>=3GiB", vec!["web01"]),
        ("mem>70%", vec!["web01"]),
        ("memory_used_percent>80", vec![]),
        ("latency>20ms", vec!["web01"]),
        ("disk_latency>=48", vec!["web01"]),
        ("steal>0", vec![]),
        ("-steal>0", vec![]),
    ] {
        assert_eq!(matching(filter), expected, "{filter}");
    }
}

#[test]
fn every_vm_metric_can_be_asked_for_by_each_of_its_names() {
    let mut host = host();
    for column in VM_COLUMNS.iter().filter(|c| c.metric().is_some()) {
        let id = column.metric().unwrap();
        let mut vms: Vec<Vm> = vec![vm(1, "a")];
        vms[0].now.set(id, Some(50.0));
        host.vms = vms.into_iter().map(Arc::new).collect();
        let context = FilterContext::new(&host);
        for name in [column.id.to_owned(), id.get().key(), column.id.to_uppercase().replace('-', "_")] {
            let filter = Filter::parse(&format!("{name}>49")).unwrap_or_else(|e| panic!("{name}: {e}"));
            let less = Filter::parse(&format!("{name}>60s"))
                .or_else(|_| Filter::parse(&format!("{name}>51")))
                .unwrap();
            assert!(filter.matches(&host.vms[0], &context), "{name}");
            assert!(!less.matches(&host.vms[0], &context), "{name}");
        }
        assert!(Filter::parse(&format!("{}>1", id.get().name)).is_ok());
    }
}

#[test]
fn errors_say_where_what_and_what_instead() {
    for (input, at, message, hint) in [
        ("web sate:running", 4, "There is no field sate", "Did you mean state?"),
        ("cpuu>3", 0, "There is no field cpuu", "Did you mean cpu?"),
        ("state:runing", 6, "runing is no state", "Did you mean running?"),
        ("tag:", 4, "A value is missing", "For example tag:web"),
        ("tag:a|", 6, "A value is missing", "For example tag:web"),
        ("cpu>", 4, "A value is missing", "For example cpu>80"),
        ("é cpu>x", 7, "x is no percentage", "For example 80"),
        ("cpu:80", 0, "cpu is a number", "For example cpu>80"),
        ("tag>1", 0, "tag is no number", "For example tag:web"),
        ("autostart:maybe", 10, "autostart is yes or no, not maybe", "For example autostart:yes"),
        ("name:\"a b", 5, "The quote is not closed", "Close it with \""),
        ("- web", 0, "Nothing is negated", "Put a term behind it: -tag:web"),
        ("!", 0, "Nothing is negated", "Put a term behind it: -tag:web"),
        (">80", 0, "A field is missing", "For example cpu>80 or tag:web"),
        ("lat<20|>1s", 7, ">1s is no time", "For example 20ms"),
        ("mem>2G|lots", 7, "lots is no size", "For example 2G"),
    ] {
        let error = Filter::parse(input).unwrap_err();
        assert_eq!((error.at, error.message.as_str(), error.hint.as_str()), (at, message, hint), "{input}");
    }
    let far = Filter::parse("banana:1").unwrap_err();
    assert!(far.hint.starts_with("Fields: state, tag,"), "{}", far.hint);
}

#[test]
fn addresses_are_words_though_they_look_like_fields() {
    for word in ["fe80::1", "52:54:00:aa", "ab:cd:ef"] {
        assert_eq!(Filter::parse(word).unwrap().to_string(), word);
    }
}

#[test]
fn a_filter_reads_back_as_it_was_meant() {
    for (typed, shown) in [
        ("  WEB   state:Running ", "WEB state:running"),
        ("!tag:web|db", "-tag:web|db"),
        ("name!=\"a \\\"b\\\\\"", "-name=\"a \\\"b\\\\\""),
        ("status:shutoff", "state:off"),
        ("ip:10. auto:on", "address:10. autostart:yes"),
        ("CPU > 80% mem>80%", "cpu>80% memory-percent>80%"),
        ("disk_latency<=20MS", "latency<=20MS"),
        ("\"a\"b", "\"a\" b"),
    ] {
        let filter = Filter::parse(typed).unwrap();
        assert_eq!(filter.to_string(), shown, "{typed}");
        assert_eq!(Filter::parse(shown).unwrap(), filter);
    }
}

#[test]
fn completions_offer_fields_then_values() {
    let host = host();
    let context = FilterContext::new(&host);
    let offered = |input: &str| -> Vec<String> {
        suggest(input, &context).iter().map(|s| format!("{}{}", &input[..s.at], s.insert)).collect()
    };
    assert_eq!(
        offered("web -net"),
        ["web -network:", "web -net-in>", "web -net-out>", "web -net>", "web -drops>", "web -net-errors>"]
    );
    assert_eq!(offered("sta"), ["state:"]);
    assert_eq!(offered("ip"), ["address:"]);
    assert_eq!(offered("disk_lat"), ["latency>"]);
    assert_eq!(offered("state:p"), ["state:paused"]);
    assert_eq!(offered("tag:web|"), ["tag:web|db", "tag:web|prod", "tag:web|web"]);
    assert_eq!(offered("network:o"), ["network:offline"]);
    assert_eq!(offered("pool:"), ["pool:default", "pool:fast"]);
    assert_eq!(offered("bridge:v"), ["bridge:virbr0"]);
    assert_eq!(offered("agent:"), ["agent:yes", "agent:no"]);
    assert_eq!(offered("cpu>"), Vec::<String>::new());
    assert_eq!(offered("zzz"), Vec::<String>::new());
    assert_eq!(suggest("", &context).len(), fields().len(), "an empty input offers every field");
}

#[test]
fn every_field_has_help_with_an_example_that_reads() {
    for field in fields() {
        assert!(Filter::parse(&field.example).is_ok(), "{}", field.example);
        assert!(field.doc.ends_with('.'), "{}", field.name);
    }
}

/// Texts that look like filters, right and wrong.
fn filterish() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        proptest::sample::select(fields().into_iter().map(|f| f.name).collect::<Vec<_>>())
            .prop_map(str::to_owned),
        "[a-z_-]{1,6}",
    ];
    let value = prop_oneof![
        proptest::sample::select(vec![
            "running", "off", "yes", "80", "2G", "20ms", "80%", "web*", "*", "|", "a|b"
        ])
        .prop_map(str::to_owned),
        "[a-zéß0-9:.*|\"\\\\ <>=!-]{0,6}",
        "\"[a-z \"\\\\*|]{0,4}\"",
    ];
    let operator = proptest::sample::select(vec![":", "=", "!=", ">", "<", ">=", "<=", " > ", ""]);
    let negation = proptest::sample::select(vec!["", "-", "!"]);
    let term = prop_oneof![
        4 => (negation, name, operator, value.clone()).prop_map(|(n, f, o, v)| [n, f.as_str(), o, &v].concat()),
        1 => value,
        1 => ".{0,6}",
    ];
    proptest::collection::vec(term, 0..4).prop_map(|terms| terms.join(" "))
}

/// Terms that must read: every field by its example, and any text where a text may stand.
fn right_term() -> impl Strategy<Value = String> {
    let quoted = ".{0,8}".prop_map(|s| format!("\"{}\"", s.replace('\\', "\\\\").replace('"', "\\\"")));
    let bare = "[a-zA-Zéß0-9.*_][a-zA-Zéß0-9.*_\"!<=>-]{0,6}"
        .prop_filter("no field", |s| !s.contains(['<', '=', '>']));
    let value = prop_oneof![quoted, bare].boxed();
    let texts = proptest::collection::vec(value, 1..4).prop_map(|v| v.join("|")).boxed();
    let field = proptest::sample::select(vec![
        "tag", "name", "title", "network", "Bridge", "pool", "ip", "OS", "mac", "uuid",
    ]);
    let number = (
        proptest::sample::select(vec!["cpu", "steal", "mem", "disk", "lat", "iops", "net-in", "vcpus"]),
        proptest::sample::select(vec![">", "<", ">=", "<=", "=", "!=", " > "]),
        "[0-9]{1,4}(\\.[0-9]{1,2})?(\\|[0-9]{1,3})?",
    );
    let test = prop_oneof![
        texts.clone(),
        (field, proptest::sample::select(vec![":", "=", "!="]), texts)
            .prop_map(|(f, o, v)| [f, o, &v].concat()),
        number.prop_map(|(f, o, v)| [f, o, &v].concat()),
        proptest::sample::select(fields()).prop_map(|f| f.example),
    ];
    (proptest::sample::select(vec!["", "-", "!"]), test).prop_map(|(n, t)| [n, &t].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn right_filters_read_and_read_back(terms in proptest::collection::vec(right_term(), 0..5)) {
        let text = terms.join(" ");
        let filter = Filter::parse(&text).map_err(|e| TestCaseError::fail(format!("{text:?}: {e:?}")))?;
        prop_assert_eq!(filter.terms.len(), terms.len());
        let shown = filter.to_string();
        prop_assert_eq!(Filter::parse(&shown), Ok(filter), "{:?} {:?}", text, shown);
    }

    #[test]
    fn a_negated_term_matches_just_what_the_term_does_not(term in right_term()) {
        let term = term.trim_start_matches(['-', '!']);
        let host = host();
        let context = FilterContext::new(&host);
        let (plain, negated) = (Filter::parse(term), Filter::parse(&format!("-{term}")));
        let (Ok(plain), Ok(negated)) = (plain, negated) else { return Ok(()) };
        for vm in host.vms.iter() {
            prop_assert!(!(plain.matches(vm, &context) && negated.matches(vm, &context)));
            let known = plain.terms.iter().all(|t| t.test.holds(vm, &context).is_some());
            prop_assert_eq!(known, plain.matches(vm, &context) || negated.matches(vm, &context));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in prop_oneof![filterish(), ".{0,40}"]) {
        let host = host();
        let context = FilterContext::new(&host);
        match Filter::parse(&text) {
            Ok(filter) => {
                let shown = filter.to_string();
                prop_assert_eq!(Filter::parse(&shown), Ok(filter.clone()), "{}", shown);
                for vm in host.vms.iter() {
                    filter.matches(vm, &context);
                }
            }
            Err(e) => {
                prop_assert!(text.is_char_boundary(e.at), "{} in {text:?}", e.at);
                prop_assert!(!e.message.is_empty() && !e.message.chars().any(char::is_control));
            }
        }
        for s in suggest(&text, &context) {
            prop_assert!(text.is_char_boundary(s.at));
        }
    }
}
