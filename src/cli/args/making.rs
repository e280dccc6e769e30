//! Arguments of `novacron vm clone|create` and `novacron template`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use super::storage::{VolumeName, size, volume_name};
use super::vm::How;
use crate::model::id::VmId;
use crate::model::operation::{
    CloneVm, Identity, MakeTemplate, Medium, NewVm, NewVmFrom, Operation, Seed, TemplateOperation,
    VmOperation,
};

/// `novacron vm clone`.
#[derive(Args, Clone, Debug)]
pub struct CloneArgs {
    /// Name or UUID of a VM.
    pub name: String,
    /// Name of the clone.
    #[arg(value_name = "NEW-NAME")]
    pub to: String,
    /// Let its disks hold only the differences: quick, but the first VM is not started any more while they do.
    #[arg(long)]
    pub linked: bool,
    /// The pool of its disks; else each lies beside the one it comes from.
    #[arg(long)]
    pub pool: Option<String>,
}

impl CloneArgs {
    pub(super) fn asked(self) -> VmOperation {
        VmOperation::Clone(CloneVm { name: self.to, identity: draw(), linked: self.linked, pool: self.pool })
    }
}

/// `novacron vm create`.
#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("from").required(true))]
pub struct CreateArgs {
    /// Name of the VM.
    pub name: String,
    /// Install it from this medium: a file of the host, or POOL/NAME.
    #[arg(long, value_name = "PATH|POOL/NAME", group = "from")]
    pub iso: Option<String>,
    /// Make it around this volume.
    #[arg(long, value_name = "POOL/NAME", group = "from", value_parser = volume_name)]
    pub disk: Option<VolumeName>,
    /// Make it of this template, of its newest version or of that behind the @.
    #[arg(long, value_name = "NAME[@VERSION]", group = "from", value_parser = template)]
    pub template: Option<(String, Option<u32>)>,
    /// Let its disks hold only the differences to the template's.
    #[arg(long, conflicts_with_all = ["iso", "disk"])]
    pub linked: bool,
    /// vCPUs; else the template's, or 2.
    #[arg(long, value_name = "NUMBER")]
    pub vcpus: Option<u32>,
    /// Memory, such as 4G; else the template's, or 2G.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<u64>,
    /// Size of its first disk, such as 40G; else the template's, or 20G.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub disk_size: Option<u64>,
    /// The pool of its disks; else the template's, or default.
    #[arg(long)]
    pub pool: Option<String>,
    /// Its virtual network; else the template's, or default.
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// Run it by the processor (kvm), or emulate all of it (qemu).
    #[arg(long, value_name = "HOW", value_parser = ["kvm", "qemu"], conflicts_with = "template")]
    pub accel: Option<String>,
    /// Its firmware; else UEFI where the host has it.
    #[arg(long, value_name = "WHAT", value_parser = ["bios", "uefi"], conflicts_with = "template")]
    pub firmware: Option<String>,
    /// Have cloud-init make this user, who may do everything.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Have cloud-init let this public SSH key in: the key, or a file with keys.
    #[arg(long, value_name = "KEY|FILE", value_hint = clap::ValueHint::FilePath)]
    pub ssh_key: Vec<String>,
    /// Have cloud-init give the guest this name; else the VM's, where cloud-init is told something.
    #[arg(long, value_name = "NAME")]
    pub hostname: Option<String>,
}

impl CreateArgs {
    /// What is asked for.
    ///
    /// # Errors
    /// When a file with keys cannot be read.
    pub fn asked(&self) -> std::io::Result<Operation> {
        let from = match (&self.iso, &self.disk, &self.template) {
            (Some(iso), ..) => NewVmFrom::Iso(medium(iso)?),
            (None, Some(disk), _) => {
                let (pool, volume) = disk.parts();
                NewVmFrom::Disk { pool, volume }
            }
            (None, None, template) => {
                let (name, version) = template.clone().unwrap_or_default();
                NewVmFrom::Template { name, version, linked: self.linked }
            }
        };
        let told = self.user.is_some() || self.hostname.is_some() || !self.ssh_key.is_empty();
        let seed = if told {
            Some(Seed {
                hostname: self.hostname.clone(),
                user: self.user.clone(),
                ssh_keys: keys(&self.ssh_key)?,
            })
        } else {
            None
        };
        let Identity { id, salt } = draw();
        let new = NewVm {
            from,
            salt,
            vcpus: self.vcpus,
            memory: self.memory,
            disk_size: self.disk_size,
            pool: self.pool.clone(),
            network: self.network.clone(),
            accel: self.accel.clone(),
            firmware: self.firmware.clone(),
            seed,
        };
        Ok(Operation::NewVm { id, name: self.name.clone(), new: Box::new(new) })
    }
}

/// `novacron template`.
#[derive(Args, Clone, Debug)]
pub struct Template {
    /// How it is gone about.
    #[command(flatten)]
    pub how: How,
    /// What is done.
    #[command(subcommand)]
    pub action: TemplateAction,
}

/// What is done with templates.
#[derive(Clone, Debug, Subcommand)]
pub enum TemplateAction {
    /// Make a template of a VM: a copy of its disks and its definition.
    Create {
        /// Name or UUID of a VM.
        vm: String,
        /// Name of the template.
        #[arg(value_name = "TEMPLATE")]
        name: String,
        /// Make one more version of a template that is there.
        #[arg(long)]
        new_version: bool,
        /// The pool it lies in; else that of the version before, or of the VM's first disk.
        #[arg(long)]
        pool: Option<String>,
    },
    /// List templates with their versions, their sizes, and what lies on them.
    List,
    /// Tell all there is to know of a template.
    Show {
        /// Name of the template, its newest version or that behind the @.
        #[arg(value_name = "TEMPLATE[@VERSION]", value_parser = template)]
        name: (String, Option<u32>),
        /// Print the definition that it holds.
        #[arg(long)]
        xml: bool,
    },
    /// Delete a template on which nothing lies.
    Delete {
        /// Name of the template.
        #[arg(value_name = "TEMPLATE")]
        name: String,
        /// This version only.
        #[arg(long, value_name = "VERSION")]
        of: Option<u32>,
    },
}

/// What is asked for about templates.
#[derive(Clone, Debug)]
pub enum AskingTemplate {
    /// This, of the VM of this name.
    OfVm(String, VmOperation),
    /// This.
    Operation(Operation),
    /// The list.
    List,
    /// This version of this template, or its definition.
    Show(String, Option<u32>, bool),
}

impl TemplateAction {
    /// What is asked for.
    pub fn asked(&self) -> AskingTemplate {
        match self.clone() {
            Self::Create { vm, name, new_version: again, pool } => {
                AskingTemplate::OfVm(vm, VmOperation::Template(MakeTemplate { name, again, pool }))
            }
            Self::List => AskingTemplate::List,
            Self::Show { name: (name, version), xml } => AskingTemplate::Show(name, version, xml),
            Self::Delete { name, of: version } => AskingTemplate::Operation(Operation::Template {
                name,
                act: TemplateOperation::Delete { version },
            }),
        }
    }
}

/// A UUID and a number that nobody else has.
fn draw() -> Identity {
    let number = || RandomState::new().build_hasher().finish();
    let bytes = (u128::from(number()) << 64 | u128::from(number())).to_le_bytes();
    Identity { id: VmId(uuid::Builder::from_random_bytes(bytes).into_uuid()), salt: number() }
}

/// A path, or a volume: what has one slash, and not at its beginning, unless there is such a file.
fn medium(text: &str) -> std::io::Result<Medium> {
    match text.split_once('/') {
        Some((pool, volume))
            if !pool.is_empty()
                && !pool.starts_with('.')
                && !volume.contains('/')
                && !PathBuf::from(text).exists() =>
        {
            Ok(Medium::Volume { pool: pool.to_owned(), volume: volume.to_owned() })
        }
        _ => Ok(Medium::Path(std::path::absolute(text)?.to_string_lossy().into_owned())),
    }
}

/// The keys themselves; of files, each line that is one.
fn keys(given: &[String]) -> std::io::Result<Vec<String>> {
    let mut out = Vec::new();
    for one in given {
        if one.contains(' ') {
            out.push(one.trim().to_owned());
            continue;
        }
        let text = std::fs::read_to_string(one).map_err(|e| {
            std::io::Error::new(e.kind(), format!("{one} is no key, and no file with keys: {e}"))
        })?;
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        out.extend(lines.map(str::to_owned));
    }
    Ok(out)
}

fn template(text: &str) -> Result<(String, Option<u32>), String> {
    match text.rsplit_once('@') {
        None => Ok((text.to_owned(), None)),
        Some((name, version)) => match version.trim_start_matches('v').parse() {
            Ok(version) => Ok((name.to_owned(), Some(version))),
            Err(_) => Err("behind the @ stands the number of a version".into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Asking, Cli, Command};

    fn asked(line: &str) -> Operation {
        match Cli::try_parse_from(line.split(' ')).unwrap().command.unwrap() {
            Command::Vm(vm) => match vm.action.asked() {
                Asking::New(args) => args.asked().unwrap(),
                Asking::Vms(names, act) => {
                    assert_eq!(names, ["web"]);
                    Operation::vm(VmId::from_bytes([1; 16]), act)
                }
                _ => panic!("{line}"),
            },
            Command::Template(template) => match template.action.asked() {
                AskingTemplate::Operation(operation) => operation,
                AskingTemplate::OfVm(_, act) => Operation::vm(VmId::from_bytes([1; 16]), act),
                other => panic!("{other:?}"),
            },
            _ => panic!("{line}"),
        }
    }

    #[test]
    fn what_is_asked_for_is_told_as_the_same_command() {
        for line in [
            "novacron vm create web --iso /srv/debian.iso --memory 4294967296 --disk-size 1024 --vcpus 4 --pool ssd",
            "novacron vm create web --disk images/web.qcow2 --accel qemu --firmware bios",
            "novacron vm create web --template debian@3 --network lab --user admin --hostname a.b --linked",
            "novacron template delete debian --of 2",
        ] {
            assert_eq!(crate::cli::operate::words_of(&asked(line)).join(" "), line);
        }
        let clone = asked("novacron vm clone web twin --linked --pool ssd");
        let Operation::Vm { act: VmOperation::Clone(new), .. } = &clone else { panic!("{clone:?}") };
        assert_eq!((new.name.as_str(), new.linked, new.pool.as_deref()), ("twin", true, Some("ssd")));
        assert_ne!(
            asked("novacron vm clone web twin"),
            asked("novacron vm clone web twin"),
            "lots are drawn"
        );
        let make = asked("novacron template create web debian --new-version");
        assert!(
            matches!(make, Operation::Vm { act: VmOperation::Template(m), .. } if m.again && m.name == "debian")
        );
    }

    #[test]
    fn what_makes_no_sense_is_a_mistake() {
        for line in [
            "novacron vm create web",
            "novacron vm create web --iso a --disk b/c",
            "novacron vm create web --disk b/c --linked",
            "novacron vm create web --template t@x",
            "novacron vm create web --template t --firmware bios",
            "novacron vm clone web",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn keys_are_read_from_files_and_taken_as_they_are() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# mine\n\nssh-ed25519 AAAA me\nssh-rsa BBBB\n").unwrap();
        let given = [file.path().to_string_lossy().into_owned(), "ssh-rsa CCCC x".to_owned()];
        assert_eq!(keys(&given).unwrap(), ["ssh-ed25519 AAAA me", "ssh-rsa BBBB", "ssh-rsa CCCC x"]);
        assert!(keys(&["/nowhere/at/all".to_owned()]).is_err());
    }
}
