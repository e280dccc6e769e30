//! The words of the domain as plain types: no I/O, no clock, no threads.
//!
//! | part | holds |
//! | --- | --- |
//! | [`id`], [`time`], [`units`], [`text`] | identities, instants, numbers and names as people read them |
//! | [`metric`] | **the metric registry**: one table behind columns, charts, JSON and alerts |
//! | [`counters`] | what a hypervisor counts: cumulative, untouched |
//! | [`resolution`] | to what a measured value is rounded, once, when it is measured |
//! | [`series`] | rates and gauges over time, with gaps |
//! | [`vm`], [`storage`], [`network`], [`host`] | the things of a host, as defined and as seen now |
//! | [`placement`] | in which pool, as which volume, a disk's bytes lie |
//! | [`snapshot`] | one published, immutable view of everything |
//! | [`alert`] | what needs attention |
//! | [`operation`], [`plan`] | what can be asked for, and what it would do |
//! | [`held`] | deleted VMs that can be brought back, definitions as they once were |
//! | [`job`], [`audit`] | what is being done, and what was, by whom |
//! | [`columns`] | one table of columns per kind of object: screens, `list`, JSON and CSV |
//! | [`filter`] | the filter language |
//! | [`suggest`] | "did you mean" |

pub mod alert;
pub mod audit;
pub mod columns;
pub mod counters;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixture;
pub mod hardware;
pub mod held;
pub mod host;
pub mod id;
pub mod job;
pub mod keycode;
pub mod metric;
pub mod network;
pub mod operation;
pub mod picture;
pub mod placement;
pub mod plan;
pub mod reach;
pub mod resolution;
pub mod series;
pub mod shell;
pub mod snapshot;
pub mod storage;
pub mod suggest;
pub mod text;
pub mod time;
pub mod units;
pub mod vm;
pub mod vm_job;
pub mod vm_snapshot;
