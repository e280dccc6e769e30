//! Arguments of `novacron audit`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::cli::output::Format;
use crate::model::job::JobState;

/// `novacron audit`.
#[derive(Args, Clone, Debug)]
pub struct Audit {
    /// What to do with it.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be done with the audit.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// List what was done or tried, the newest last. Needs no hypervisor.
    List(AuditList),
    /// Show one record whole, with what changed in the definition.
    Show {
        /// Number of the record.
        number: u64,
        /// Form of the output; JSON and CSV have the definition before and after.
        #[arg(short, long, value_enum, default_value_t)]
        format: Format,
    },
    /// Check that no record was changed, removed or cut off. Exit code 1 tells that one was.
    Verify,
    /// Write all records as JSON lines, each with its hash, so that they can be kept and checked elsewhere.
    Export {
        /// A new file, or - for standard output.
        file: PathBuf,
    },
}

/// `novacron audit list`.
#[derive(Args, Clone, Debug)]
pub struct AuditList {
    /// Only what was over at this time or after: `-2h`, `14:30`, `2026-11-23`, `2026-11-23T14:30:00Z`; without a zone
    /// it is local time.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only what was over before this time, in the same forms.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only what was done to this VM: the name it had then, or its UUID.
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Only what this user did.
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Only operations that begin so: `vm.start`, or `vm.` for all of VMs.
    #[arg(long, value_name = "OPERATION")]
    pub operation: Option<String>,
    /// Only what ended so.
    #[arg(long, value_name = "RESULT", value_parser = result())]
    pub result: Option<JobState>,
    /// Only records with this text in their target, plan, outcome or definition, in any case.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// List the newest so many at most.
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    pub limit: NonZeroUsize,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    pub format: Format,
}

/// A state that is over, by its word.
fn result() -> impl TypedValueParser<Value = JobState> {
    let words = JobState::ALL.into_iter().filter(|s| s.is_over()).map(JobState::word);
    let unknown = "not a result";
    PossibleValuesParser::new(words).try_map(move |word| JobState::by_word(&word).ok_or(unknown))
}
