//! What NovaCron is built from: licences that let it be MIT OR Apache-2.0, and nothing that talks to a cloud.

mod expression;

use std::process::Command;

use expression::is_satisfied;
use serde_json::Value;

/// Licences whose terms a program under MIT OR Apache-2.0 can keep.
const ALLOWED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "MPL-2.0",
    "CC0-1.0",
    "Unlicense",
    "0BSD",
    "BSL-1.0",
];

/// libvirt's own bindings; see NOTICE.
const LGPL: &[&str] = &["virt", "virt-sys"];

/// NovaCron is local-first. A name that is one of these or begins with it and a dash is banned.
const CLOUD: &[&str] = &[
    "aws",
    "rusoto",
    "s3",
    "rust-s3",
    "azure",
    "google-cloud",
    "gcp",
    "gcloud",
    "cloud-storage",
    "openstack",
    "opendal",
    "object-store",
    "digitalocean",
    "hcloud",
    "cloudflare",
    "kube",
    "k8s-openapi",
];

fn is_licensed(name: &str, licence: &str) -> bool {
    is_satisfied(licence, &|l| ALLOWED.contains(&l) || (l == "LGPL-2.1" && LGPL.contains(&name)))
}

fn is_cloud(name: &str) -> bool {
    let name = name.replace('_', "-").to_lowercase();
    CLOUD.iter().any(|banned| name.strip_prefix(banned).is_some_and(|r| r.is_empty() || r.starts_with('-')))
}

/// Every package that is built here, features and platform resolved, NovaCron itself included.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform"])
        .arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let built: Vec<Value> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    let Value::Array(mut packages) = metadata["packages"].take() else { panic!("no packages") };
    packages.retain(|p| built.contains(&p["id"]));
    packages
}

#[test]
fn every_dependency_has_a_licence_we_can_keep() {
    let packages = packages();
    for needed in ["novacron", "virt", "ratatui", "portable-pty"] {
        assert!(packages.iter().any(|p| p["name"] == needed), "{needed} is not in the metadata");
    }
    let bad: Vec<String> = packages
        .iter()
        .filter(|p| !is_licensed(p["name"].as_str().unwrap(), p["license"].as_str().unwrap_or("")))
        .map(|p| format!("{} {}: {}", p["name"], p["version"], p["license"]))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn no_dependency_talks_to_a_cloud_or_comes_from_a_branch() {
    let bad: Vec<Value> = packages()
        .into_iter()
        .filter(|p| {
            let from_registry = p["source"].as_str().is_some_and(|s| s.starts_with("registry+"));
            is_cloud(p["name"].as_str().unwrap()) || (p["name"] != "novacron" && !from_registry)
        })
        .map(|p| p["name"].clone())
        .collect();
    assert_eq!(bad, Vec::<Value>::new());
}

#[test]
fn our_own_licences_lie_here_in_full() {
    let read =
        |name: &str| std::fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(env!("CARGO_PKG_LICENSE"), "MIT OR Apache-2.0");
    let mit = read("LICENSE-MIT");
    assert!(mit.contains("The NovaCron developers") && mit.contains("WITHOUT WARRANTY OF ANY KIND"));
    let apache = read("LICENSE-APACHE");
    assert!(apache.contains("Version 2.0, January 2004") && apache.contains("9. Accepting Warranty"));
    let notice = read("NOTICE");
    assert!(LGPL.iter().all(|name| notice.contains(name)) && notice.contains("LGPL-2.1"));
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/GPL-2.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
        "GPL-3.0 AND LGPL-2.1 OR ISC",
    ] {
        assert!(is_licensed("some", good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "LGPL-2.1",
        "MIT AND GPL-3.0",
        "(MIT OR ISC) AND (GPL-2.0 OR AGPL-3.0)",
        "MIT OR",
        "(MIT",
        "MIT MIT",
        "AND",
        "MIT WITH",
        "SSPL-1.0 OR BUSL-1.1",
    ] {
        assert!(!is_licensed("some", bad), "{bad}");
    }
    assert!(is_licensed("virt-sys", "LGPL-2.1"));
    assert!(!is_licensed("virt", "GPL-2.0"));
}

#[test]
fn cloud_names_are_recognized() {
    for bad in ["aws-sdk-s3", "azure_core", "google-cloud-storage", "gcp_auth", "openstack-sdk", "AWS"] {
        assert!(is_cloud(bad), "{bad}");
    }
    for good in ["virt", "s3cr3t", "kubera", "awsome", "azureus"] {
        assert!(!is_cloud(good), "{good}");
    }
}
