use clap::Parser;

use super::super::{Cli, Command};
use super::*;

fn parse(line: &str) -> Result<Operation, clap::Error> {
    let words = line.split(' ').map(str::to_owned);
    match Cli::try_parse_from(words)?.command {
        Some(Command::Volume(volume)) => Ok(volume.action.asked().unwrap().unwrap()),
        Some(Command::Pool(pool)) => Ok(pool.action.asked()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sizes() {
    for (text, bytes) in [("512", 512), ("4k", 4096), ("20G", 20 << 30), ("1.5T", 3 << 39), ("2GiB", 2 << 30)]
    {
        assert_eq!(size(text), Ok(bytes), "{text}");
    }
    for text in ["", "G", "-1", "1.5", "20X", "99999999P", "1e3G", "nan", "20 G"] {
        assert!(size(text).is_err(), "{text}");
    }
}

#[test]
fn commands_ask_for_what_they_say_and_operations_tell_the_same_command() {
    let lines = [
        "novacron volume create images/data.qcow2 --size 1073741824 --image qcow2 --preallocation metadata",
        "novacron volume create images/top.qcow2 --backing images/base.qcow2",
        "novacron volume delete images/data.qcow2",
        "novacron volume grow images/data.qcow2 2147483648 --allocate",
        "novacron volume clone images/data.qcow2 other/copy.qcow2",
        "novacron volume convert images/data.qcow2 images/copy.raw --to raw",
        "novacron volume wipe images/data.qcow2",
        "novacron volume upload images/data.iso /srv/data.iso",
        "novacron volume download images/data.iso /srv/data.iso",
        "novacron pool define images --kind dir --path /srv/images --build",
        "novacron pool define m --kind fs --path /mnt/m --device /dev/sdb1 --source-format ext4 --build --overwrite",
        "novacron pool define n --kind netfs --path /mnt/n --host nas --dir /export --no-start --autostart",
        "novacron pool define vg --kind logical --source vg0 --device /dev/sdb --device /dev/sdc",
        "novacron pool define d --kind disk --device /dev/sdb --source-format gpt",
        "novacron pool define z --kind zfs --source tank/vms",
        "novacron pool define c --kind rbd --source vms --host mon1:6789 --user libvirt --secret 6f1ed5c5-1f9b-4ad4-8f3c-2c9f0dd8a1c1",
        "novacron pool build images --overwrite",
        "novacron pool start images",
        "novacron pool stop images",
        "novacron pool refresh images",
        "novacron pool autostart images on",
        "novacron pool undefine images",
    ];
    for line in lines {
        let operation = parse(line).unwrap();
        assert_eq!(crate::cli::operate::words_of(&operation).join(" "), line);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "novacron volume create data.qcow2 --size 1G",
        "novacron volume create images/ --size 1G",
        "novacron volume grow images/a",
        "novacron volume create images/a --size 1G --image vmdk",
        "novacron pool define images --kind netfs --path /mnt/n",
        "novacron pool define images --path /srv --overwrite",
        "novacron pool define c --kind rbd --source vms --user libvirt",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}
