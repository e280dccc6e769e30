//! The audit screen: records, and the filter over them.

use super::cursor::Cursor;
use super::fetch::Fetch;
use super::past;
use crate::engine::jobs::records::{Filter, Found, Verdict};
use crate::model::job::JobState;
use crate::model::time::Timestamp;

/// Records that are read at most.
const MOST: usize = 1000;

/// What can be typed.
pub const HINT: &str = "user:anna target:web01 op:vm.delete result:failed since:-2h, and any words";

/// The screen's state.
#[derive(Clone, Debug, Default)]
pub struct AuditState {
    /// The filter as typed.
    pub text: String,
    /// The filter in force.
    pub filter: Option<Filter>,
    /// What it finds.
    pub found: Fetch<Found>,
    /// Whether the record is whole.
    pub verdict: Fetch<Verdict>,
    /// The selected record, by its number.
    pub cursor: Cursor<u64>,
}

impl AuditState {
    /// What the rows stick to.
    pub fn keys(&self) -> Vec<u64> {
        self.found.ready().into_iter().flat_map(|f| &f.records).map(|r| r.number).collect()
    }

    /// What is read.
    pub fn wanted(&self) -> Filter {
        self.filter.clone().unwrap_or_else(all)
    }
}

fn all() -> Filter {
    Filter { limit: Some(MOST), brief: true, ..Filter::default() }
}

/// The filter that a text means: words with a field before a colon, and others that stand somewhere in the record.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse(text: &str, now: Timestamp, offset: i32) -> Result<Filter, String> {
    let mut filter = all();
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        let Some((field, value)) = word.split_once(':').filter(|(_, v)| !v.is_empty()) else {
            words.push(word);
            continue;
        };
        let time = || past::parse(&value.replace('T', " "), now, offset);
        match field {
            "user" | "who" | "by" => filter.user = Some(value.to_owned()),
            "target" | "on" => filter.target = Some(value.to_owned()),
            "op" | "what" => filter.operation = Some(value.to_owned()),
            "result" => {
                let state = JobState::by_word(value).filter(|s| s.is_over());
                filter.result =
                    Some(state.ok_or_else(|| {
                        format!("\"{value}\" is no result: done, failed, cancelled or stale.")
                    })?);
            }
            "since" | "from" => filter.since = Some(time()?),
            "until" | "to" => filter.until = Some(time()?),
            _ => words.push(word),
        }
    }
    filter.text = Some(words.join(" ")).filter(|t| !t.is_empty());
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_words_are_told_apart() {
        let now = Timestamp::from_seconds(1_795_442_531);
        let filter =
            parse("user:anna op:vm.delete target:web01 result:failed since:-2h no space", now, 0).unwrap();
        assert_eq!(filter.user.as_deref(), Some("anna"));
        assert_eq!(filter.operation.as_deref(), Some("vm.delete"));
        assert_eq!(filter.target.as_deref(), Some("web01"));
        assert_eq!(filter.result, Some(JobState::Failed));
        assert_eq!(filter.since, Some(Timestamp(now.0 - 7_200_000)));
        assert_eq!(filter.text.as_deref(), Some("no space"));
        assert!(filter.brief);
        assert_eq!(parse("", now, 0), Ok(all()));
        assert!(parse("result:running", now, 0).is_err());
        assert!(parse("since:soon", now, 0).is_err());
        // A field without a value is still being typed, and one that is none is a word: a MAC address, a path.
        assert_eq!(parse("user:", now, 0).unwrap().text.as_deref(), Some("user:"));
        assert_eq!(parse("52:54:00", now, 0).unwrap().text.as_deref(), Some("52:54:00"));
    }
}
