//! Forms about pools and volumes.

use super::vm::{chosen, plain_name};
use super::{Field, Form, On, Wrong, wrong};
use crate::model::operation::{
    Backing, BuildHow, CephAuth, NewPool, NewVolume, Operation, PoolOperation, PoolSource, Preallocation,
    VolumeOperation,
};
use crate::model::snapshot::Snapshot;
use crate::model::storage::{Pool, Volume};
use crate::model::text::clean;
use crate::model::units::size_text;

const KINDS: [&str; 7] = ["dir", "fs", "netfs", "logical", "disk", "zfs", "rbd"];
const FITTING: &str = "what fits";

fn pools(view: &Snapshot) -> Vec<String> {
    view.pools.iter().flat_map(|p| p.iter()).map(|p| p.record.name.clone()).collect()
}

fn pool_field(view: &Snapshot, now: &str) -> Field {
    let pools = pools(view);
    let at = pools.iter().position(|p| p == now).unwrap_or(0);
    Field::choice("pool", "Pool", pools, at)
}

/// A new volume.
pub fn create_volume(pool: &Pool) -> Form {
    let volumes = pool.volumes.iter().flat_map(|v| v.iter()).map(|v| v.name.clone());
    let fields = vec![
        Field::text("name", "Name", "").otherwise("data.qcow2"),
        Field::text("size", "Size", "20G")
            .hint("Such as 512M, 20G or 1.5T; of one that lies on another it may be empty."),
        Field::choice("format", "Format", [FITTING, "qcow2", "raw"], 0)
            .hint("qcow2 grows as it is written and can hold snapshots; raw is the plainest."),
        Field::choice("lay", "Laid out now", Preallocation::ALL.map(Preallocation::word), 0)
            .hint("Nothing, the tables of qcow2, or all its room."),
        Field::text("backing", "Lies on", "")
            .otherwise("nothing")
            .known(volumes)
            .hint("A volume of this pool: the new one holds only what differs from it."),
    ];
    let title = format!("Create a volume in pool {}", pool.display_name());
    Form::new(title, On::Pool(pool.record.name.clone()), fields, |form| {
        let On::Pool(pool) = &form.on else { return Ok(Vec::new()) };
        let name = plain_name(form, "name", "A volume")?;
        let capacity = form.size("size")?;
        let backing = form.given_text("backing").map(|name| Backing { pool: pool.clone(), name });
        if capacity.is_none() && backing.is_none() {
            return Err(wrong("size", "How large shall it be?"));
        }
        let format = Some(form.word("format").to_owned()).filter(|f| f != FITTING);
        let preallocation = chosen(&Preallocation::ALL, Preallocation::word, form.word("lay"));
        let new = NewVolume { capacity, format, preallocation, backing };
        Ok(vec![Operation::volume(pool, name, VolumeOperation::Create(new))])
    })
}

fn of_volume(form: &Form, act: VolumeOperation) -> Vec<Operation> {
    match &form.on {
        On::Volume(pool, name) => vec![Operation::volume(pool, name, act)],
        _ => Vec::new(),
    }
}

fn on(pool: &Pool, volume: &Volume) -> On {
    On::Volume(pool.record.name.clone(), volume.name.clone())
}

/// A larger volume.
pub fn grow_volume(pool: &Pool, volume: &Volume) -> Form {
    let now = size_text(volume.capacity);
    let fields = vec![
        Field::text("to", "New size", now.clone()).hint(format!("It has {now}.")),
        Field::tick("allocate", "Reserve the room now", false),
    ];
    let title = format!("Grow volume {}/{}", pool.display_name(), clean(&volume.name));
    Form::new(title, on(pool, volume), fields, |form| {
        let to = form.size("to")?.ok_or_else(|| wrong("to", "How large shall it be?"))?;
        Ok(of_volume(form, VolumeOperation::Grow { to, allocate: form.is_ticked("allocate") }))
    })
}

fn copied_name(name: &str, format: Option<&str>) -> String {
    let (stem, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
    let suffix = format.unwrap_or(suffix);
    if suffix.is_empty() { format!("{stem}-copy") } else { format!("{stem}-copy.{suffix}") }
}

/// A copy of a volume.
pub fn clone_volume(pool: &Pool, volume: &Volume, view: &Snapshot) -> Form {
    let fields = vec![
        pool_field(view, &pool.record.name).hint("Where the copy goes."),
        Field::text("name", "Name", copied_name(&volume.name, None)),
    ];
    let title = format!("Clone volume {}/{}", pool.display_name(), clean(&volume.name));
    Form::new(title, on(pool, volume), fields, |form| {
        let to = plain_name(form, "name", "The copy")?;
        Ok(of_volume(form, VolumeOperation::Clone { to_pool: form.word("pool").to_owned(), to }))
    })
}

/// A copy of a volume in another format.
pub fn convert_volume(pool: &Pool, volume: &Volume, view: &Snapshot) -> Form {
    let other = if volume.format.as_deref() == Some("qcow2") { "raw" } else { "qcow2" };
    let formats = ["qcow2", "raw", "vmdk", "vdi", "vpc"];
    let at = formats.iter().position(|f| *f == other).unwrap_or(0);
    let fields = vec![
        Field::choice("format", "Format", formats, at)
            .hint(format!("It is {} now.", clean(volume.format.as_deref().unwrap_or("unknown")))),
        pool_field(view, &pool.record.name).hint("Where the copy goes."),
        Field::text("name", "Name", copied_name(&volume.name, Some(other))),
    ];
    let title = format!("Convert volume {}/{}", pool.display_name(), clean(&volume.name));
    Form::new(title, on(pool, volume), fields, |form| {
        let to = plain_name(form, "name", "The copy")?;
        let (to_pool, format) = (form.word("pool").to_owned(), form.word("format").to_owned());
        Ok(of_volume(form, VolumeOperation::Convert { to_pool, to, format }))
    })
}

fn path(form: &Form) -> Result<String, Wrong> {
    let path = form.needed("path", "Which file?")?;
    if path.starts_with('/') { Ok(path) } else { Err(wrong("path", "An absolute path begins with /.")) }
}

/// A file of this machine into a new volume.
pub fn upload(pool: &Pool) -> Form {
    let fields = vec![
        Field::text("path", "File", "").otherwise("/path/of/this/machine.iso"),
        Field::text("name", "Name", "").otherwise("as the file").hint("Of the volume."),
    ];
    let title = format!("Upload a file to pool {}", pool.display_name());
    Form::new(title, On::Pool(pool.record.name.clone()), fields, |form| {
        let On::Pool(pool) = &form.on else { return Ok(Vec::new()) };
        let from = path(form)?;
        let of_file = from.rsplit('/').next().unwrap_or_default().to_owned();
        let name = form.given_text("name").unwrap_or(of_file);
        if name.is_empty() || name.contains('/') {
            return Err(wrong("name", "A volume needs a name, without a slash."));
        }
        Ok(vec![Operation::volume(pool, name, VolumeOperation::Upload { from })])
    })
}

/// A volume's bytes into a new file of this machine.
pub fn download(pool: &Pool, volume: &Volume) -> Form {
    let fields = vec![Field::text("path", "File", "").otherwise("/path/of/this/machine").hint("A new file.")];
    let title = format!("Download volume {}/{}", pool.display_name(), clean(&volume.name));
    Form::new(title, on(pool, volume), fields, |form| {
        Ok(of_volume(form, VolumeOperation::Download { to: path(form)? }))
    })
}

/// A new pool.
pub fn define_pool() -> Form {
    let fields = vec![
        Field::text("name", "Name", "").otherwise("images"),
        Field::choice("kind", "Kind", KINDS, 0)
            .hint("A folder, a file system, NFS and the like, an LVM volume group, a disk, ZFS, Ceph."),
        Field::text("path", "Folder", "")
            .otherwise("/var/lib/libvirt/images")
            .only_for("kind", &["dir", "fs", "netfs"])
            .hint("On the host; of a file system the place it is mounted at."),
        Field::text("device", "Device", "")
            .otherwise("/dev/sdb1")
            .only_for("kind", &["fs", "disk"])
            .hint("An absolute path on the host."),
        Field::text("host", "Server", "").otherwise("nas.example.org").only_for("kind", &["netfs"]),
        Field::text("dir", "Exports", "").otherwise("/export/vms").only_for("kind", &["netfs"]),
        Field::text("source", "Its name there", "")
            .only_for("kind", &["logical", "zfs", "rbd"])
            .hint("Of the volume group, the dataset, or Ceph's pool."),
        Field::text("devices", "Built of", "")
            .otherwise("nothing: it is there")
            .only_for("kind", &["logical", "zfs"])
            .hint("Devices with blanks between; only for one that has to be built."),
        Field::text("monitors", "Monitors", "").only_for("kind", &["rbd"]).hint("Blanks between."),
        Field::text("user", "User", "").only_for("kind", &["rbd"]).hint("Of the cluster; may be empty."),
        Field::text("secret", "Secret", "").only_for("kind", &["rbd"]).hint("UUID of libvirt's secret."),
        Field::text("format", "Format", "")
            .otherwise("is found")
            .only_for("kind", &["fs", "netfs", "disk"])
            .hint("Such as ext4, xfs, nfs, gpt."),
        Field::choice("build", "Make its storage", ["no", "where there is none", "overwrite"], 0)
            .hint("A folder is made; a file system or label is written. Overwriting loses what is there."),
        Field::tick("start", "Start it now", true),
        Field::tick("autostart", "Start with the host", true),
    ];
    Form::new("Define a pool", On::Host, fields, pool_of)
}

fn pool_of(form: &Form) -> Result<Vec<Operation>, Wrong> {
    let name = plain_name(form, "name", "A pool")?;
    let list = |key: &str| form.text(key).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let format = form.given_text("format");
    let there = |what: &str| form.needed("source", &format!("Which {what}?"));
    let source = match form.word("kind") {
        "fs" => PoolSource::Fs { device: form.needed("device", "Which device?")?, format },
        "netfs" => PoolSource::NetFs {
            host: form.needed("host", "Which server?")?,
            dir: form.needed("dir", "What does it export?")?,
            format,
        },
        "logical" => PoolSource::Logical { group: there("volume group")?, devices: list("devices") },
        "disk" => PoolSource::Disk { device: form.needed("device", "Which device?")?, format },
        "zfs" => PoolSource::Zfs { dataset: there("dataset")?, devices: list("devices") },
        "rbd" => {
            let auth = form.given_text("user").map(|user| {
                let secret = form.text("secret").parse();
                secret
                    .map(|secret| CephAuth { user, secret })
                    .map_err(|_| wrong("secret", "The UUID of a secret of libvirt's."))
            });
            PoolSource::Rbd { pool: there("pool")?, monitors: list("monitors"), auth: auth.transpose()? }
        }
        _ => PoolSource::Dir,
    };
    let needs_path = matches!(source, PoolSource::Dir | PoolSource::Fs { .. } | PoolSource::NetFs { .. });
    let path = if needs_path { Some(form.needed("path", "Which folder of the host?")?) } else { None };
    let build = match form.word("build") {
        "overwrite" => Some(BuildHow::Overwrite),
        "no" => None,
        _ => Some(BuildHow::WhereEmpty),
    };
    let (start, autostart) = (form.is_ticked("start"), form.is_ticked("autostart"));
    let new = NewPool { source, path, build, start, autostart };
    Ok(vec![Operation::pool(name, PoolOperation::Define(new))])
}
