//! Numbers as people type them: `80`, `80%`, `2G`, `1.5MiB/s`, `20ms`, `3k`.

use std::fmt;

use crate::model::units::Unit;

/// A number in the unit of its field, kept as it was typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Amount {
    /// In the field's unit: bytes, seconds, percent, a count.
    pub(super) value: f64,
    text: String,
}

impl Amount {
    /// Reads a number of this unit; `None` when it is none.
    pub(super) fn parse(text: &str, unit: Unit) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, suffix) = text.split_at(end);
        let number: f64 = digits.parse().ok()?;
        let value = number * factor(suffix, unit)?;
        value.is_finite().then(|| Self { value, text: text.to_owned() })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An example of a number of this unit, for hints.
pub(super) const fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "80",
        Unit::Bytes => "2G",
        Unit::BytesPerSecond => "1M",
        Unit::PerSecond => "500",
        Unit::Seconds => "20ms",
        Unit::Count => "4",
    }
}

/// What a suffix multiplies by. A time without one is in milliseconds: nobody asks for latencies in seconds.
fn factor(suffix: &str, unit: Unit) -> Option<f64> {
    let suffix = suffix.to_lowercase();
    match unit {
        Unit::Percent => matches!(suffix.as_str(), "" | "%").then_some(1.0),
        Unit::Bytes => multiple(suffix.trim_end_matches('b').trim_end_matches('i'), 1024.0),
        Unit::BytesPerSecond => {
            let size = suffix.trim_end_matches("/s");
            multiple(size.trim_end_matches('b').trim_end_matches('i'), 1024.0)
        }
        Unit::PerSecond => multiple(suffix.trim_end_matches("/s"), 1000.0),
        Unit::Count => multiple(&suffix, 1000.0),
        Unit::Seconds => match suffix.as_str() {
            "us" | "µs" | "μs" => Some(1e-6),
            "" | "ms" => Some(1e-3),
            "s" => Some(1.0),
            "min" => Some(60.0),
            _ => None,
        },
    }
}

fn multiple(prefix: &str, base: f64) -> Option<f64> {
    let power = match prefix {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    Some(base.powi(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_type_them() {
        let read = |text, unit| Amount::parse(text, unit).map(|a| a.value);
        for (text, unit, expected) in [
            ("80", Unit::Percent, Some(80.0)),
            ("12.5%", Unit::Percent, Some(12.5)),
            ("80G", Unit::Percent, None),
            ("2G", Unit::Bytes, Some(2.0 * 1024f64.powi(3))),
            ("1.5MiB", Unit::Bytes, Some(1.5 * 1024f64.powi(2))),
            ("1MB/s", Unit::BytesPerSecond, Some(1024f64.powi(2))),
            ("512", Unit::BytesPerSecond, Some(512.0)),
            ("20ms", Unit::Seconds, Some(0.02)),
            ("20", Unit::Seconds, Some(0.02)),
            ("250µs", Unit::Seconds, Some(0.00025)),
            ("1s", Unit::Seconds, Some(1.0)),
            ("3k", Unit::PerSecond, Some(3000.0)),
            ("4", Unit::Count, Some(4.0)),
            ("", Unit::Count, None),
            ("-1", Unit::Count, None),
            ("1e9", Unit::Count, None),
            ("1.2.3", Unit::Count, None),
            ("nan", Unit::Percent, None),
            ("inf", Unit::Percent, None),
        ] {
            match (read(text, unit), expected) {
                (Some(v), Some(e)) => assert!((v - e).abs() < e * 1e-9, "{text}: {v}"),
                (v, e) => assert_eq!(v, e, "{text}"),
            }
        }
        assert!(read(&"9".repeat(400), Unit::Count).is_none());
    }
}
