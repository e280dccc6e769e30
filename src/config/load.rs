//! Layers: defaults, the system's file, the user's file, the host's section, environment, flags.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::file::{self, Assignment};
use super::keys::KEYS;
use super::paths::Paths;
use super::settings::{LimitSettings, LogLevel, Settings};
use super::warning::{ConfigError, Warning};
use crate::model::suggest::did_you_mean;

/// Largest file that is read: a configuration is never that big.
const MAX_BYTES: u64 = 1 << 20;

/// Variables of ours that are no keys.
const OTHER_VARIABLES: [&str; 1] = ["NOVACRON_CONFIG"];

/// What the command line says; above everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config`: this file instead of the system's and the user's.
    pub config: Option<PathBuf>,
    /// `--connect`.
    pub connect: Option<String>,
    /// `--read-only`.
    pub read_only: bool,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--ascii`.
    pub ascii: bool,
    /// `--no-mouse`.
    pub no_mouse: bool,
    /// `--log-level`.
    pub log_level: Option<LogLevel>,
}

/// Environment variables, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// This process' own; what is not UTF-8 is left out.
    pub fn of_process() -> Self {
        Self::of(
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        )
    }

    /// These variables.
    pub fn of<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// A variable; `None` when unset or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// Whether the locale's characters are UTF-8.
    pub fn is_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.get(name));
        locale.is_some_and(|l| {
            let l = l.to_ascii_lowercase();
            l.contains("utf-8") || l.contains("utf8")
        })
    }
}

/// A text file with its name, for whoever understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// The configuration, and what was wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The settings for the host that is connected to.
    pub settings: Settings,
    /// Where things lie.
    pub paths: Paths,
    /// The files that were read, in order; later ones stand above.
    pub files: Vec<PathBuf>,
    /// The user's keymap, uninterpreted; `None` when there is none.
    pub keymap: Option<TextFile>,
    /// The user's themes, uninterpreted, by name.
    pub themes: Vec<TextFile>,
    /// What was wrong.
    pub warnings: Vec<Warning>,
}

impl Loaded {
    /// Where the log is written.
    pub fn log_file(&self) -> PathBuf {
        self.settings.log.file.clone().unwrap_or_else(|| self.paths.log_file.clone())
    }
}

/// Loads the configuration. Fails only when a file named by the user cannot be read.
pub fn load(flags: &Overrides, environment: &Environment, paths: Paths) -> Result<Loaded, ConfigError> {
    let mut warnings = Vec::new();
    let mut files = Vec::new();
    let mut assignments = Vec::new();
    let named = flags.config.clone().or_else(|| environment.get("NOVACRON_CONFIG").map(PathBuf::from));
    let candidates = match &named {
        Some(path) => vec![path.clone()],
        None => vec![paths.system_config_file.clone(), paths.config_file.clone()],
    };
    for path in candidates {
        match read(&path) {
            Ok(text) => {
                let contents = file::read(&path, &text);
                warnings.extend(contents.warnings);
                assignments.extend(contents.assignments);
                files.push(path);
            }
            Err(source) if named.is_some() => return Err(ConfigError { path, source }),
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => warnings.push(unreadable(&path, &e)),
        }
    }
    let settings = layered(&assignments, environment, flags, &mut warnings);
    let keymap = optional(&paths.keymap_file, &mut warnings);
    let themes = themes(&paths.themes_dir, &mut warnings);
    Ok(Loaded { settings, paths, files, keymap, themes, warnings })
}

fn layered(
    assignments: &[Assignment],
    environment: &Environment,
    flags: &Overrides,
    warnings: &mut Vec<Warning>,
) -> Settings {
    let mut settings = Settings::default();
    let apply = |of_host: Option<&str>, settings: &mut Settings| {
        for a in assignments.iter().filter(|a| a.host.as_deref().map(one_spelling).as_deref() == of_host) {
            // Checked when the file was read.
            let _ = a.key.set(settings, a.value.clone());
        }
    };
    apply(None, &mut settings);
    // Which host it is must be known before its section can be.
    if let Some(uri) = environment.get("LIBVIRT_DEFAULT_URI") {
        uri.clone_into(&mut settings.connect);
    }
    let uri = flags.connect.as_deref().or_else(|| environment.get("NOVACRON_CONNECT"));
    let uri = one_spelling(uri.unwrap_or(&settings.connect));
    apply(Some(&uri), &mut settings);
    from_environment(&mut settings, environment, warnings);
    from_flags(&mut settings, flags);
    settings.connect = one_spelling(&settings.connect);
    let limits = &mut settings.limits;
    if limits.pool_warn_percent > limits.pool_crit_percent {
        *limits = LimitSettings::default();
        warnings.push(Warning::about(
            "limits",
            "pool_warn_percent is above pool_crit_percent; the defaults stand for both",
        ));
    }
    settings
}

/// The local socket goes without saying: named or not, it is one host, with one journal and one past.
fn one_spelling(uri: &str) -> String {
    match uri.split_once("+unix:///") {
        Some((driver, path)) if !path.contains('?') => format!("{driver}:///{path}"),
        _ => uri.to_owned(),
    }
}

fn from_environment(settings: &mut Settings, environment: &Environment, warnings: &mut Vec<Warning>) {
    let ours = environment.0.iter().filter(|(name, _)| {
        name.starts_with("NOVACRON_")
            && !name.starts_with("NOVACRON_TEST")
            && !OTHER_VARIABLES.contains(&name.as_str())
    });
    for (name, text) in ours {
        let Some(key) = KEYS.iter().find(|k| k.variable() == *name) else {
            // Others may use the prefix too: only what looks like a slip is told.
            let names: Vec<_> = KEYS.iter().map(super::Key::variable).collect();
            let hint = did_you_mean(name, names.iter().map(String::as_str).chain(OTHER_VARIABLES));
            if !hint.is_empty() {
                warnings.push(Warning::about(name, format!("there is no such setting{hint}")));
            }
            continue;
        };
        if let Err(wrong) = key.kind.read(text).and_then(|raw| key.set(settings, raw)) {
            warnings.push(Warning::about(name, wrong));
        }
    }
}

fn from_flags(settings: &mut Settings, flags: &Overrides) {
    if let Some(uri) = &flags.connect {
        settings.connect.clone_from(uri);
    }
    if let Some(theme) = &flags.theme {
        settings.ui.theme.clone_from(theme);
    }
    if let Some(level) = flags.log_level {
        settings.log.level = level;
    }
    settings.read_only |= flags.read_only;
    settings.ui.mouse &= !flags.no_mouse;
    if flags.ascii {
        settings.ui.ascii = super::settings::Ascii::Always;
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let meta = fs::metadata(path)?;
    if !meta.is_file() && !path.starts_with("/dev/") {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
    }
    if meta.len() > MAX_BYTES {
        return Err(std::io::Error::new(ErrorKind::InvalidData, "it is larger than 1 MiB"));
    }
    fs::read_to_string(path)
}

fn unreadable(path: &Path, e: &std::io::Error) -> Warning {
    Warning::about(path.display().to_string(), format!("could not be read: {e}"))
}

fn optional(path: &Path, warnings: &mut Vec<Warning>) -> Option<TextFile> {
    match read(path) {
        Ok(text) => Some(TextFile { path: path.to_owned(), text }),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(e) => {
            warnings.push(unreadable(path, &e));
            None
        }
    }
}

fn themes(folder: &Path, warnings: &mut Vec<Warning>) -> Vec<TextFile> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> =
        entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths.iter().filter_map(|p| optional(p, warnings)).collect()
}
