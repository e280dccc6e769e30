//! `./dev bench`: the performance table, measured on the built program in a terminal of its own.
//!
//! Each row is a module of [`rows`]; what several rows read from the same minutes of one console is in [`rest`].
//! A missed bound is told, never an error; the exit code is 1 only when something could not be measured.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what this program is for")]

mod args;
mod child;
mod context;
mod fake_host;
mod libvirtd;
#[path = "../../tests/pty/modes.rs"]
mod modes;
mod numbers;
mod process;
mod report;
mod rest;
mod rows;
mod screen;
mod terminal;

use std::process::ExitCode;

use args::Args;
use clap::Parser;
use context::Context;
use report::{Line, Report};

/// What cannot be measured says why.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(file) = &args.child {
        return match child::rings(file) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("{why}");
                ExitCode::FAILURE
            }
        };
    }
    let chosen = match rows::chosen(&args.only) {
        Ok(chosen) => chosen,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let context = Context::new(&args);
    let mut report = Report::new(args.quick);
    for row in chosen {
        eprintln!("measuring: {}", row.title);
        let busy = process::Machine::now();
        let mut lines = (row.measure)(&context)
            .unwrap_or_else(|why| vec![Line::not_measured(row.title, &why.to_string())]);
        let busy = busy.busy_percent();
        for line in &mut lines {
            line.row = row.id;
            line.busy_percent = busy;
            eprintln!("  {}", line.summary());
        }
        report.lines.extend(lines);
    }
    println!("{}", report.markdown());
    if let Some(file) = &args.json
        && let Err(why) = std::fs::write(file, report.json())
    {
        eprintln!("{}: {why}", file.display());
        return ExitCode::FAILURE;
    }
    if report.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
