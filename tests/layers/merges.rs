//! Layers that become one, of a running VM.

use novacron::hypervisor::XmlOf;
use novacron::model::operation::LayerOperation;
use novacron::model::plan::RefusalKind;

use super::bed::{Bed, Is, run};
use crate::desk::{done, plan, refusal};

const COMMIT: LayerOperation = LayerOperation::Commit { into: None, keep_old: false };
const PULL: LayerOperation = LayerOperation::Pull { onto: None };

/// A VM with two layers on its image, each with something of its own.
fn layered(format: &str) -> Option<Bed> {
    let bed = Bed::new(format, 32, Is::Running)?;
    bed.write(1, 0, 8);
    bed.layer("mid.qcow2");
    bed.write(2, 4, 8);
    bed.layer("top.qcow2");
    bed.write(3, 8, 8);
    Some(bed)
}

fn holds_all(bed: &Bed) {
    bed.stop();
    for (byte, at, mib) in [(1, 0, 4), (2, 4, 4), (3, 8, 8), (0, 16, 16)] {
        bed.holds(byte, at, mib);
    }
}

#[test]
fn layers_are_written_into_the_one_below() {
    for format in ["raw", "qcow2"] {
        let Some(bed) = layered(format) else { return };
        let desk = bed.from.desk();
        let desk = desk.handle();
        done(&desk, bed.asked(COMMIT));
        bed.lies_at(&bed.from.place.join("mid.qcow2"), "qcow2");
        assert_eq!(bed.depth(), 1);
        assert_eq!(bed.from.names(), [&format!("disk.{format}"), "mid.qcow2"]);
        let into = Some(format!("{}/disk.{format}", bed.from.pool));
        done(&desk, bed.asked_at_most(Some(500), LayerOperation::Commit { into, keep_old: false }));
        bed.lies_at(&bed.from.place.join(format!("disk.{format}")), format);
        assert_eq!((bed.depth(), bed.from.names().len()), (0, 1));
        let no = refusal(&desk, bed.asked(COMMIT));
        assert_eq!(no.kind, RefusalKind::AlreadySo, "{}", no.reason);
        holds_all(&bed);
    }
}

#[test]
fn what_lies_below_is_taken_up() {
    let Some(bed) = layered("raw") else { return };
    let desk = bed.from.desk();
    let desk = desk.handle();
    let onto = Some(bed.from.place.join("disk.raw").display().to_string());
    done(&desk, bed.asked_at_most(Some(500), LayerOperation::Pull { onto: onto.clone() }));
    assert_eq!(bed.depth(), 1);
    let no = refusal(&desk, bed.asked(LayerOperation::Pull { onto }));
    assert_eq!(no.kind, RefusalKind::AlreadySo, "{}", no.reason);
    done(&desk, bed.asked(PULL));
    assert_eq!((bed.depth(), bed.from.names().len()), (0, 3), "what lay below stays");
    bed.lies_at(&bed.from.place.join("top.qcow2"), "qcow2");
    // Without what lay below it is whole all the same.
    for name in ["disk.raw", "mid.qcow2"] {
        std::fs::remove_file(bed.from.place.join(name)).unwrap();
    }
    holds_all(&bed);
    bed.start();
}

#[test]
fn an_image_that_others_lie_on_is_not_written_to() {
    let Some(bed) = layered("qcow2") else { return };
    let desk = bed.from.desk();
    let desk = desk.handle();
    let base = bed.from.place.join("disk.qcow2").display().to_string();
    let child = bed.to.place.join("child.qcow2").display().to_string();
    run(std::process::Command::new("qemu-img")
        .args(["create", "-q", "-f", "qcow2", "-b", &base, "-F", "qcow2", &child]));
    assert_eq!(bed.to.names(), ["child.qcow2"]);
    let no = refusal(&desk, bed.asked(LayerOperation::Commit { into: Some(base.clone()), keep_old: false }));
    assert_eq!((no.kind, no.reason.contains("child.qcow2")), (RefusalKind::InUse, true), "{}", no.reason);
    assert!(no.remedy.contains("pull-disk"), "{}", no.remedy);
    plan(&desk, bed.asked(COMMIT));
    done(&desk, bed.asked(PULL));
    assert_eq!(bed.image(XmlOf::Live).0, bed.from.place.join("top.qcow2"));
    bed.stop();
    let no = refusal(&desk, bed.asked(COMMIT));
    assert_eq!(no.kind, RefusalKind::State, "{}", no.reason);
}
