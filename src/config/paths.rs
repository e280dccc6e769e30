//! Where things lie.

use std::path::PathBuf;

/// What is kept for root.
const SYSTEM_DATA: &str = "/var/lib/novacron";

/// Folders and files of this user. Nothing is created by asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Settings that hold for every user of the machine.
    pub system_config_file: PathBuf,
    /// Folder of this user's settings.
    pub config_dir: PathBuf,
    /// This user's settings.
    pub config_file: PathBuf,
    /// This user's keys.
    pub keymap_file: PathBuf,
    /// This user's themes.
    pub themes_dir: PathBuf,
    /// What the program keeps.
    pub data_dir: PathBuf,
    /// What it keeps for root, and so for the system's collector.
    pub system_data_dir: PathBuf,
    /// The log, unless set otherwise.
    pub log_file: PathBuf,
}

impl Paths {
    /// The paths of this process' user: XDG folders; for root `/var/lib/novacron` as data folder, unless
    /// `XDG_DATA_HOME` says otherwise.
    pub fn of_user() -> Self {
        let dirs = directories::ProjectDirs::from("", "", "novacron");
        let root = rustix::process::geteuid().is_root() && std::env::var_os("XDG_DATA_HOME").is_none();
        // A user without a home folder still gets a place for the log.
        let nowhere = || std::env::temp_dir().join("novacron");
        let config_dir = dirs.as_ref().map_or_else(nowhere, |d| d.config_dir().to_owned());
        let data_dir = if root {
            PathBuf::from(SYSTEM_DATA)
        } else {
            dirs.as_ref().map_or_else(nowhere, |d| d.data_dir().to_owned())
        };
        Self::in_folders(config_dir, data_dir)
    }

    /// The paths below these two folders.
    pub fn in_folders(config_dir: PathBuf, data_dir: PathBuf) -> Self {
        Self {
            system_config_file: PathBuf::from("/etc/novacron/config.toml"),
            config_file: config_dir.join("config.toml"),
            keymap_file: config_dir.join("keymap.toml"),
            themes_dir: config_dir.join("themes"),
            log_file: data_dir.join("novacron.log"),
            config_dir,
            data_dir,
            system_data_dir: PathBuf::from(SYSTEM_DATA),
        }
    }
}
