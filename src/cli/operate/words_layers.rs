//! What is done to a disk's layers, as the commands that ask for it.

use crate::model::operation::{LayerChange, LayerOperation};

/// The action, what stands behind the VM's name, and options.
pub(super) fn parts(change: &LayerChange) -> (&'static str, Vec<String>, Vec<String>) {
    let option = |name: &str, value: &Option<String>| {
        value.iter().flat_map(|v| [name.to_owned(), v.clone()]).collect::<Vec<_>>()
    };
    let flags = |flags: &[(bool, &str)]| -> Vec<String> {
        flags.iter().filter(|(so, _)| *so).map(|(_, flag)| (*flag).to_owned()).collect()
    };
    let (verb, mut options) = match &change.what {
        LayerOperation::Migrate(to) => {
            let mut options = vec!["--pool".to_owned(), to.pool.clone()];
            options.extend(option("--name", &to.name));
            options.extend(option("--image-format", &to.format));
            options.extend(flags(&[(to.keep_old, "--keep-old"), (to.keep_below, "--keep-below")]));
            ("migrate-disk", options)
        }
        LayerOperation::Commit { into, keep_old } => {
            let mut options = option("--into", into);
            options.extend(flags(&[(*keep_old, "--keep-old")]));
            ("commit-disk", options)
        }
        LayerOperation::Pull { onto } => ("pull-disk", option("--onto", onto)),
    };
    options.extend(option("--bandwidth", &change.bandwidth.map(|b| b.to_string())));
    (verb, vec![change.target.clone()], options)
}
