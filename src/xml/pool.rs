//! A storage pool's XML.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::XmlError;
use super::tree::Document;
use crate::model::operation::{NewPool, PoolSource};

/// What a pool is defined as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolDefinition {
    /// Name.
    pub name: Option<String>,
    /// `dir`, `fs`, `netfs`, `logical`, `zfs`, `rbd` …
    pub kind: String,
    /// Where it is on the host; `None` for a pool without a path there.
    pub path: Option<String>,
}

/// Reads what a pool is defined as.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<pool>`.
pub fn parse(xml: &str) -> Result<PoolDefinition, XmlError> {
    let document = Document::parse(xml, "pool")?;
    let pool = document.root();
    Ok(PoolDefinition {
        name: pool.child_text("name"),
        kind: pool.string("type").unwrap_or_default(),
        path: pool.child("target").and_then(|target| target.child_text("path")),
    })
}

/// The devices that a pool is made of; none where the text cannot be read.
pub fn devices(xml: &str) -> Vec<String> {
    let Ok(document) = Document::parse(xml, "pool") else { return Vec::new() };
    let source = document.root().child("source");
    source.into_iter().flat_map(|s| s.all("device")).filter_map(|d| d.string("path")).collect()
}

/// The kinds of pools that a host's `<storagepoolCapabilities>` offer.
///
/// # Errors
/// When the text is not well-formed, or another document.
pub fn kinds(xml: &str) -> Result<Vec<String>, XmlError> {
    let document = Document::parse(xml, "storagepoolCapabilities")?;
    let pools = document.root().all("pool").filter(|p| p.attr_is("supported", "yes"));
    Ok(pools.filter_map(|p| p.string("type")).collect())
}

/// The XML that defines a pool of this name.
pub fn write(name: &str, pool: &NewPool) -> String {
    let mut xml = format!("<pool type='{}'>\n  <name>{}</name>\n", pool.source.kind(), escape(name));
    let source = source(&pool.source);
    if !source.is_empty() {
        let _ = writeln!(xml, "  <source>\n{source}  </source>");
    }
    if let Some(path) = place(&pool.source, pool.path.as_deref()) {
        let _ = writeln!(xml, "  <target>\n    <path>{}</path>\n  </target>", escape(&path));
    }
    xml.push_str("</pool>\n");
    xml
}

/// Where a pool is reached on the host.
pub fn place(source: &PoolSource, path: Option<&str>) -> Option<String> {
    match (source, path) {
        (_, Some(path)) => Some(path.to_owned()),
        (PoolSource::Logical { group, .. }, None) => Some(format!("/dev/{group}")),
        (PoolSource::Zfs { dataset, .. }, None) => Some(format!("/dev/zvol/{dataset}")),
        (PoolSource::Disk { .. }, None) => Some("/dev".to_owned()),
        (_, None) => None,
    }
}

fn source(source: &PoolSource) -> String {
    let mut xml = String::new();
    let mut line = |text: String| {
        let _ = writeln!(xml, "    {text}");
    };
    let device = |path: &String| format!("<device path='{}'/>", escape(path));
    let name = |name: &String| format!("<name>{}</name>", escape(name));
    let kind = |format: &Option<String>| format.as_ref().map(|f| format!("<format type='{}'/>", escape(f)));
    match source {
        PoolSource::Dir => {}
        PoolSource::Fs { device: path, format } | PoolSource::Disk { device: path, format } => {
            line(device(path));
            kind(format).into_iter().for_each(line);
        }
        PoolSource::NetFs { host, dir, format } => {
            line(format!("<host name='{}'/>", escape(host)));
            line(format!("<dir path='{}'/>", escape(dir)));
            kind(format).into_iter().for_each(line);
        }
        PoolSource::Logical { group, devices } => {
            devices.iter().map(device).for_each(&mut line);
            line(name(group));
            line("<format type='lvm2'/>".to_owned());
        }
        PoolSource::Zfs { dataset, devices } => {
            devices.iter().map(device).for_each(&mut line);
            line(name(dataset));
        }
        PoolSource::Rbd { pool, monitors, auth } => {
            monitors.iter().map(|m| monitor(m)).for_each(&mut line);
            line(name(pool));
            if let Some(auth) = auth {
                let user = escape(&auth.user);
                line(format!("<auth type='ceph' username='{user}'>"));
                line(format!("  <secret uuid='{}'/>", auth.secret));
                line("</auth>".to_owned());
            }
        }
    }
    xml
}

/// `name:port`, or a name; an IPv6 address has its port behind brackets.
fn monitor(text: &str) -> String {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let split = text.rsplit_once(':').filter(|(host, port)| {
        port.parse::<u16>().is_ok() && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'))
    });
    match split {
        Some((host, port)) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            format!("<host name='{}' port='{port}'/>", escape(host))
        }
        None => format!("<host name='{}'/>", escape(bare.unwrap_or(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::operation::CephAuth;

    #[test]
    fn monitors_are_hosts_with_or_without_a_port() {
        let cases = [
            ("mon1", "<host name='mon1'/>"),
            ("mon1:6789", "<host name='mon1' port='6789'/>"),
            ("[fd00::1]:6789", "<host name='fd00::1' port='6789'/>"),
            ("[fd00::1]", "<host name='fd00::1'/>"),
            ("fd00::1", "<host name='fd00::1'/>"),
            ("a'b", "<host name='a&apos;b'/>"),
        ];
        for (text, xml) in cases {
            assert_eq!(monitor(text), xml);
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let auth = CephAuth { user: "a<b".into(), secret: uuid::Uuid::nil() };
        let source = PoolSource::Rbd { pool: "vms".into(), monitors: vec!["m:1".into()], auth: Some(auth) };
        let new = NewPool { source, path: None, build: None, start: false, autostart: false };
        let xml = write("x & y", &new);
        let read = parse(&xml).unwrap();
        assert_eq!((read.name.as_deref(), read.kind.as_str(), read.path), (Some("x & y"), "rbd", None));
        assert!(xml.contains("username='a&lt;b'"), "{xml}");
    }

    #[test]
    fn only_kinds_that_are_supported_are_offered() {
        let xml = "<storagepoolCapabilities><pool type='dir' supported='yes'/><pool type='zfs' supported='no'/>\
                   </storagepoolCapabilities>";
        assert_eq!(kinds(xml).unwrap(), ["dir"]);
        assert!(kinds("<capabilities/>").is_err());
    }
}
