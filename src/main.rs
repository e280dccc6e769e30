//! The `novacron` program: a thin shell around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let (panics, errors) = color_eyre::config::HookBuilder::default().display_env_section(false).into_hooks();
    // Installed once, before anything else: it cannot have been before.
    let _ = errors.install();
    novacron::cli::catch(move |info| panics.panic_report(info).to_string());
    novacron::cli::main()
}
