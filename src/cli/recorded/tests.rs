use super::*;

fn id(n: u8) -> VmId {
    VmId::from_bytes([n; 16])
}

fn named(names: &[(i64, &str)]) -> Vec<Named> {
    names.iter().map(|(at, name)| Named { since: Timestamp(*at), name: (*name).into() }).collect()
}

fn recorded() -> Recorded {
    let things = [
        (Subject::Host, vec![]),
        (Subject::Vm(id(1)), named(&[(0, "web"), (5000, "web-old")])),
        (Subject::Vm(id(2)), named(&[(6000, "web")])),
        (Subject::Vm(id(3)), named(&[(0, "twin")])),
        (Subject::Vm(id(4)), named(&[(0, "twin"), (9000, "twin")])),
        (Subject::Vm(id(5)), named(&[(0, "default")])),
        (Subject::Disk(id(2), "vda".into()), vec![]),
        (Subject::Nic(id(2), "52:54:00:aa:00:01".into()), vec![]),
        (Subject::Pool(id(9).to_string()), named(&[(0, "default")])),
    ];
    Recorded { things: things.into() }
}

fn find(name: &str) -> Result<Subject, Failure> {
    let clock = Clock { now: Timestamp(10_000), zone: jiff::tz::TimeZone::UTC };
    recorded().find(name, &clock)
}

#[test]
fn names_old_and_new_and_uuids_are_found() {
    for (name, expected) in [
        ("host", Subject::Host),
        ("web", Subject::Vm(id(2))),
        ("web-old", Subject::Vm(id(1))),
        ("vm:web", Subject::Vm(id(2))),
        ("01010101-0101-0101-0101-010101010101", Subject::Vm(id(1))),
        ("web/vda", Subject::Disk(id(2), "vda".into())),
        ("vm:web/52:54:00:AA:00:01", Subject::Nic(id(2), "52:54:00:aa:00:01".into())),
        ("pool:default", Subject::Pool(id(9).to_string())),
        ("vm:default", Subject::Vm(id(5))),
    ] {
        assert_eq!(find(name).unwrap(), expected, "{name}");
    }
}

#[test]
fn what_is_said_of_a_thing_finds_it() {
    let r = recorded();
    for thing in r.subjects().filter(|s| ![Some(id(3)), Some(id(4)), Some(id(5))].contains(&s.vm())) {
        assert_eq!(&find(&r.said(thing)).unwrap(), thing);
    }
}

#[test]
fn a_name_of_several_things_is_told_with_uuids_and_times() {
    let e = find("twin").unwrap_err();
    assert_eq!(e.exit, Exit::Usage);
    assert_eq!(e.what, "\"twin\" means 2 recorded things");
    assert!(
        e.now.contains("vm:03030303-0303-0303-0303-030303030303 (so called since 1970-01-01 00:00:00) or"),
        "{}",
        e.now
    );
    let e = find("default").unwrap_err();
    assert!(e.now.contains("vm:05050505") && e.now.contains("pool:09090909"), "{}", e.now);
}

#[test]
fn what_is_not_there_is_told_with_what_may_be_meant() {
    let e = find("wbe").unwrap_err();
    assert_eq!(
        (e.exit, e.what.as_str()),
        (Exit::NotFound, "nothing is recorded of a VM or pool \"wbe\"; did you mean \"web\"?")
    );
    let e = find("web/vdb").unwrap_err();
    assert_eq!(e.exit, Exit::NotFound);
    assert_eq!(e.now, "Recorded: vda, 52:54:00:aa:00:01.");
    assert_eq!(find("web-old/vda").unwrap_err().now, "No disk or NIC of it is recorded.");
    assert_eq!(find("pool:web").unwrap_err().exit, Exit::NotFound);
    assert_eq!(find("").unwrap_err().exit, Exit::NotFound);
}

#[test]
fn a_name_is_the_one_of_its_time() {
    let r = recorded();
    let web = Subject::Vm(id(1));
    assert_eq!(r.name(&web, Timestamp(100)), "web");
    assert_eq!(r.name(&web, Timestamp(5000)), "web-old");
    assert_eq!(r.name(&web, Timestamp(-1)), "web");
    assert_eq!(r.name(&Subject::Disk(id(7), "vda".into()), Timestamp(0)), id(7).to_string());
}
