//! `novacron export prometheus`: what is measured, for a monitoring system that is there already.
//!
//! | part | does |
//! | --- | --- |
//! | `family` | the metric registry by Prometheus' own names and units |
//! | `labels` | labels, escaped |
//! | `text` | the page's two dialects: OpenMetrics, and the older text format |
//! | `page` | a snapshot as a page |
//! | `request` | what a client asked, bounded |
//! | `serve` | answers on a port |
//! | `textfile` | a file that is whole at every moment |
//! | `command` | the command |

mod command;
mod family;
mod labels;
mod page;
mod request;
mod serve;
#[cfg(test)]
mod strict;
#[cfg(test)]
mod tests;
mod text;
mod textfile;

pub(super) use command::run;
