//! One test binary, so that the library is linked once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "a test that cannot run says so")]

mod architecture;
mod audit;
mod cli;
mod completion;
mod conformance;
mod definitions;
mod desk;
mod engine;
mod hardware;
mod layers;
mod licences;
mod making;
mod networks;
mod operate;
mod past;
mod pty;
mod safety;
mod snapshots;
mod volumes;
mod xml;
