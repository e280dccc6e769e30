//! Resident memory on the real host, after more than a minute.

use crate::Outcome;
use crate::context::Context;
use crate::report::Line;

const MIB: f64 = 1024.0 * 1024.0;

/// 32 MiB.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let rest = context.overview()?;
    let mib = |bytes: u64| bytes as f64 / MIB;
    let m = rest.memory;
    Ok(vec![
        Line::new(format!("resident memory, real host, {} VMs", rest.defined))
            .at_most("32 MiB")
            .measured(format!("{:.1} MiB", mib(m.resident)))
            .holds_if(mib(m.resident) <= 32.0)
            .note(format!(
                "Pss {:.1}; pages of libraries {:.1}, of the program's file {:.1}, of no file {:.1}",
                mib(m.proportional),
                mib(m.libraries),
                mib(m.program),
                mib(m.anonymous)
            ))
            .value("resident_mib", mib(m.resident))
            .value("pss_mib", mib(m.proportional))
            .value("libraries_mib", mib(m.libraries))
            .value("program_mib", mib(m.program))
            .value("anonymous_mib", mib(m.anonymous)),
    ])
}
