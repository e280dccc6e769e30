//! libvirt's own client configuration, as far as it names URIs.
//!
//! libvirt reads it by itself. It is read here too because a URI behind an alias or the default may go over `ssh`,
//! which must be kept from asking on the terminal (see `uri::prepared`).

use std::path::PathBuf;

/// The URI that libvirt would open for what the user gave, where its configuration says so.
pub(super) fn resolved(wanted: Option<&str>) -> Option<String> {
    if wanted.is_some_and(|w| w.contains(':')) {
        return None;
    }
    let text = std::fs::read_to_string(path()?).ok()?;
    match wanted {
        None => default_uri(&text),
        Some(alias) => aliased(&text, alias),
    }
}

/// Where libvirt looks: root has the system's file, everybody else their own.
fn path() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some("/etc/libvirt/libvirt.conf".into());
    }
    let base = directories::BaseDirs::new()?;
    Some(base.config_dir().join("libvirt/libvirt.conf"))
}

/// `uri_default = "…"`
fn default_uri(text: &str) -> Option<String> {
    quoted(setting(text, "uri_default")?).next().map(str::to_owned)
}

/// `uri_aliases = [ "name=uri", … ]`, over any number of lines.
fn aliased(text: &str, alias: &str) -> Option<String> {
    let list = setting(text, "uri_aliases")?.strip_prefix('[')?;
    quoted(list.split(']').next()?)
        .find_map(|entry| entry.split_once('=').filter(|(name, _)| *name == alias))
        .map(|(_, uri)| uri.to_owned())
}

/// All that follows `name =`, from its value on.
fn setting<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let line = rest.trim_start();
        if let Some(value) = line.strip_prefix(name).and_then(|l| l.trim_start().strip_prefix('=')) {
            return Some(value.trim_start());
        }
        rest = line.split_once('\n')?.1;
    }
}

/// The texts between double quotes that begin here, comments and what stands between them passed over. Ends with
/// the first thing that belongs to another setting.
fn quoted(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
            if rest.starts_with('#') {
                rest = rest.split_once('\n')?.1;
            } else {
                let (text, after) = rest.strip_prefix('"')?.split_once('"')?;
                rest = after;
                return Some(text);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str = r#"
#uri_default = "qemu:///commented"
uri_aliases = [
  # the office
  "hail=qemu+ssh://root@hail.example/system",
  "sleet=qemu+ssh://root@sleet.example/system?x=y",
]

uri_default = "qemu+ssh://hail/system" # ours
"#;

    #[test]
    fn aliases_and_default_are_found() {
        assert_eq!(default_uri(CONF).as_deref(), Some("qemu+ssh://hail/system"));
        assert_eq!(aliased(CONF, "hail").as_deref(), Some("qemu+ssh://root@hail.example/system"));
        assert_eq!(aliased(CONF, "sleet").as_deref(), Some("qemu+ssh://root@sleet.example/system?x=y"));
        assert_eq!(aliased(CONF, "snow"), None);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for text in [
            "",
            "#uri_default = \"x\"",
            "uri_default",
            "uri_default = x",
            "uri_default = \"x",
            "uri_aliases = \"a=b\"",
        ] {
            assert_eq!((default_uri(text), aliased(text, "a")), (None, None), "{text}");
        }
        assert_eq!(aliased("uri_aliases = []\nother = [ \"a=b\" ]", "a"), None);
    }
}
