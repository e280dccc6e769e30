//! Arguments of what is done with a guest's own consoles.

use std::path::PathBuf;

use clap::Subcommand;

/// What is done with a guest's own consoles, outside of plans.
#[derive(Clone, Debug, Subcommand)]
pub enum GuestAction {
    /// Open a VM's serial console here; Ctrl-] leaves it.
    ///
    /// Text, colours and the cursor's moves reach this terminal; titles, the clipboard and whatever else a guest could do to
    /// it do not. Opening and closing it are written to the audit.
    Console {
        /// Name or UUID of a VM.
        name: String,
        /// Take it from whoever has it open.
        #[arg(long)]
        force: bool,
    },
    /// Save a picture of a VM's screen, as the hypervisor gives it: PNG or PPM. It is written to the audit.
    Screenshot {
        /// Name or UUID of a VM.
        name: String,
        /// Write it to this file; - for standard output.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Replace the file where there is one.
        #[arg(long)]
        overwrite: bool,
        /// Which screen; the first is 0.
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        screen: u32,
    },
    /// Print where a VM's graphical consoles are reached.
    Display {
        /// Name or UUID of a VM.
        name: String,
    },
    /// Open a shell in a guest by SSH, at the address that libvirt's leases or its agent tell.
    ///
    /// The command and the user are those of the configuration (ssh.command, ssh.user). Where libvirt is reached by SSH, its
    /// machine is gone through. --dry-run prints the command. That it was run is written to the audit.
    Ssh {
        /// Name or UUID of a VM.
        name: String,
        /// Be this user there.
        #[arg(short, long)]
        user: Option<String>,
        /// Run this in place of a shell.
        #[arg(last = true)]
        command: Vec<String>,
    },
}

impl GuestAction {
    /// The VM as it was named.
    pub fn name(&self) -> &str {
        match self {
            Self::Console { name, .. }
            | Self::Screenshot { name, .. }
            | Self::Display { name }
            | Self::Ssh { name, .. } => name,
        }
    }
}
