//! What is printed of records, for people and for programs.

use jiff::tz::TimeZone;

use super::*;
use crate::engine::jobs::records::Link;
use crate::model::audit::{AuditRecord, Chained};
use crate::model::id::VmId;
use crate::model::job::{Actor, JobId, JobState, Via};
use crate::model::operation::{Operation, Target, VmOperation};
use crate::model::time::Timestamp;

/// 2026-11-23 07:00 UTC.
const AT: i64 = 1_795_417_200_000;

fn clock() -> Clock {
    Clock { now: Timestamp(AT), zone: TimeZone::UTC }
}

fn record() -> AuditRecord {
    let id = VmId::from_bytes([1; 16]);
    AuditRecord {
        at: Timestamp(AT),
        by: Actor { user: "ann".into(), origin: "192.0.2.7".into(), via: Via::Command, pid: 4711 },
        ended_by: Some(Actor { user: "root".into(), origin: String::new(), via: Via::Collector, pid: 12 }),
        host: "qemu:///system".into(),
        operation: Operation::vm(id, VmOperation::Rename { to: "web".into() }),
        target: Target::vm(id, "we\x1b[2Jb01"),
        job: Some(JobId(12)),
        plan: "virsh domrename web01 web\nLook whether it is called so\u{202e}".into(),
        xml_before: "<domain>\n  <name>web01</name>\n</domain>\n".into(),
        xml_after: "<domain>\n  <name>web</name>\n</domain>\n".into(),
        result: JobState::Done,
        outcome: "It is called web.".into(),
        duration_ms: 84,
    }
}

fn link(text: String) -> Link {
    Link { number: 17, previous: "0".repeat(64), text, hash: "ab".repeat(32) }
}

fn printed(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn shown(text: String, format: Format) -> String {
    printed(|out| show::write(out, &link(text), &clock(), format, Layout::default()))
}

fn stored() -> String {
    serde_json::to_string(&record()).unwrap()
}

#[test]
fn a_list_for_people_and_for_programs() {
    let mut late = record();
    late.duration_ms = 90_000;
    (late.result, late.outcome) = (JobState::Failed, "It is still running.".into());
    let chained = |number, record| Chained { number, record, hash: "cd".repeat(32) };
    let records = [chained(18, late), chained(17, record())];
    let list = |format| printed(|out| list::write(out, &records, &clock(), format, Layout::default()));
    insta::assert_snapshot!(list(Format::Table));
    let json: serde_json::Value = serde_json::from_str(&list(Format::Json)).unwrap();
    assert_eq!((&json[0]["number"], &json[1]["number"]), (&17.into(), &18.into()), "the newest last");
    assert_eq!(json[0]["target"], "we\x1b[2Jb01", "as it is");
    assert_eq!((&json[0]["at"], &json[0]["job"]), (&"2026-11-23T07:00:00Z".into(), &12.into()));
    let csv = list(Format::Csv);
    let head = "number,at,user,origin,via,pid,host,operation,kind,target,target_id,job,result,duration_ms,outcome,hash";
    assert_eq!(csv.lines().next(), Some(head));
    assert_eq!(csv.lines().count(), 3);
    assert!(!csv.contains('\x1b'));
}

#[test]
fn one_record_whole() {
    insta::assert_snapshot!(shown(stored(), Format::Table));
    let json: serde_json::Value = serde_json::from_str(&shown(stored(), Format::Json)).unwrap();
    assert_eq!(json["xml_after"], record().xml_after);
    assert_eq!(json["asked"]["vm"]["act"]["rename"]["to"], "web");
    assert_eq!(shown(stored(), Format::Csv).lines().count(), 2);
    for format in [Format::Table, Format::Json, Format::Csv] {
        let text = shown(stored(), format);
        assert!(!text.contains(['\x1b', '\u{202e}']), "{text}");
    }
}

#[test]
fn a_record_that_is_not_understood_is_printed_as_it_is() {
    let text = r#"{"operation":{"pool":"refill"},"by":"\u001b[2J"}"#;
    let people = shown(text.into(), Format::Table);
    assert!(people.starts_with("Record 17 was written by a newer NovaCron.") && people.contains("refill"));
    let json: serde_json::Value = serde_json::from_str(&shown(text.into(), Format::Json)).unwrap();
    assert_eq!((&json["number"], &json["record"]), (&17.into(), &text.into()));
}
