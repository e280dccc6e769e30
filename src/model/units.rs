//! Numbers as people read them: binary units, three significant figures, a fixed width where asked for.

use serde::Serialize;

/// The unit of a metric or column value. Time is in seconds, space in bytes, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 100 per unit of the named whole.
    Percent,
    /// Bytes, shown in binary multiples.
    Bytes,
    /// Bytes a second, shown in binary multiples.
    BytesPerSecond,
    /// Events a second.
    PerSecond,
    /// Seconds, shown as s, ms or µs.
    Seconds,
    /// A plain number.
    Count,
}

impl Unit {
    /// The suffix of a JSON or CSV key: `memory` + `_bytes`.
    pub const fn key_suffix(self) -> &'static str {
        match self {
            Self::Percent => "_percent",
            Self::Bytes => "_bytes",
            Self::BytesPerSecond => "_bytes_per_second",
            Self::PerSecond => "_per_second",
            Self::Seconds => "_seconds",
            Self::Count => "",
        }
    }

    /// The value with its unit, as short as three significant figures allow: `1.21 M/s`, `0.8 ms`, `38 %`.
    pub fn show(self, v: f64) -> String {
        match self {
            Self::Percent => format!("{} %", percent(v)),
            Self::Bytes => bytes(v),
            Self::BytesPerSecond => format!("{}/s", bytes(v)),
            Self::PerSecond => format!("{}/s", count(v)),
            Self::Seconds => seconds(v),
            Self::Count => count(v),
        }
    }

    /// The value as it stands in a table cell whose header tells the unit: `1.2 M`, `38`, `0.8`.
    pub fn cell(self, v: f64) -> String {
        match self {
            // One decimal, always: digits that come and go cannot be read down a column.
            Self::Percent => format!("{v:.1}"),
            Self::Bytes | Self::BytesPerSecond => bytes_short(v),
            Self::PerSecond | Self::Count => count(v),
            Self::Seconds => seconds(v),
        }
    }
}

/// A percentage: one decimal below 10, none above.
pub fn percent(v: f64) -> String {
    if v.abs() < 9.95 { format!("{v:.1}") } else { format!("{v:.0}") }
}

fn scaled(v: f64) -> (f64, &'static str) {
    const PREFIXES: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    let mut v = v.max(0.0);
    let mut i = 0;
    // 999.5 would print as 1000: the next prefix reads better.
    while v >= 999.5 && i + 1 < PREFIXES.len() {
        v /= 1024.0;
        i += 1;
    }
    (v, PREFIXES[i])
}

/// Bytes in binary multiples with three significant figures: `412 GiB`, `1.25 MiB`, `17 B`.
pub fn bytes(v: f64) -> String {
    match scaled(v) {
        (v, "") => format!("{v:.0} B"),
        (v, p) => format!("{} {p}iB", significant(v)),
    }
}

/// Bytes in binary multiples, at most five columns, the prefix alone: `412G`, `1.2M`, `17`.
pub fn bytes_short(v: f64) -> String {
    match scaled(v) {
        (v, "") => format!("{v:.0}"),
        (v, p) if v < 9.95 => format!("{v:.1}{p}"),
        (v, p) => format!("{v:.0}{p}"),
    }
}

/// Used of total with one common prefix, at most nine columns: `2.1/4.0G`, `47/92M`.
pub fn bytes_of(used: Option<f64>, total: f64) -> String {
    let (t, p) = scaled(total);
    let scale = if t > 0.0 { total / t } else { 1.0 };
    let short = |v: f64| if t < 9.95 { format!("{v:.1}") } else { format!("{v:.0}") };
    match used {
        Some(u) => format!("{}/{}{p}", short(u / scale), short(t)),
        None => format!("–/{}{p}", short(t)),
    }
}

fn significant(v: f64) -> String {
    if v < 9.995 {
        format!("{v:.2}")
    } else if v < 99.95 {
        format!("{v:.1}")
    } else {
        format!("{v:.0}")
    }
}

/// A count or rate: `0.4`, `85`, `1.2k`, `340k`.
pub fn count(v: f64) -> String {
    let mut v = v.max(0.0);
    if v < 999.5 {
        return if v == 0.0 || v >= 9.95 || v.fract() == 0.0 { format!("{v:.0}") } else { format!("{v:.1}") };
    }
    for p in ["k", "M", "G", "T", "P"] {
        v /= 1000.0;
        if v < 999.5 {
            return if v < 9.95 { format!("{v:.1}{p}") } else { format!("{v:.0}{p}") };
        }
    }
    format!("{v:.0}P")
}

/// A latency or duration: `0.8 ms`, `48 ms`, `210 µs`, `1.2 s`.
pub fn seconds(v: f64) -> String {
    let v = v.max(0.0);
    if v == 0.0 {
        "0 ms".into()
    } else if v < 0.000_999_5 {
        format!("{:.0} µs", v * 1e6)
    } else if v < 0.009_95 {
        format!("{:.1} ms", v * 1e3)
    } else if v < 0.999_5 {
        format!("{:.0} ms", v * 1e3)
    } else {
        format!("{v:.1} s")
    }
}

/// Bytes of `20G`, `1.5T`, `512MiB` or `4096B`.
///
/// # Errors
/// With how a size is written, where this is none.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || "a size is a number such as 512M, 20G or 1.5T".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start().to_ascii_lowercase().trim_end_matches("ib") {
        "b" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(wrong()),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(1 << shift).filter(|n| *n > 0).ok_or_else(wrong);
    }
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * (1u64 << shift) as f64;
    if (1.0..1e18).contains(&bytes) { Ok(bytes as u64) } else { Err(wrong()) }
}

/// Bytes as [`parse_size`] reads them back, to the byte: `20G`.
pub fn size_text(bytes: u64) -> String {
    let units = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
    let fits = units.iter().find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    fits.map_or_else(|| format!("{bytes}B"), |(shift, unit)| format!("{}{unit}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_have_three_significant_figures() {
        for (v, expected) in [
            (0.0, "0 B"),
            (17.0, "17 B"),
            (1023.0, "1.00 KiB"),
            (1024.0 * 1024.0 * 1.25, "1.25 MiB"),
            (412.0 * 1024f64.powi(3), "412 GiB"),
        ] {
            assert_eq!(bytes(v), expected);
        }
        assert_eq!(bytes_of(Some(2.1 * 1024f64.powi(3)), 4.0 * 1024f64.powi(3)), "2.1/4.0G");
        assert_eq!(bytes_of(None, 4.0 * 1024f64.powi(3)), "–/4.0G");
        assert_eq!(seconds(0.0008), "800 µs");
        assert_eq!(seconds(0.048), "48 ms");
        assert_eq!(count(340_000.0), "340k");
        assert_eq!(Unit::Percent.show(38.2), "38 %");
    }

    proptest! {
        #[test]
        fn cells_stay_narrow(v in 0.0f64..1e15) {
            prop_assert!(bytes_short(v).chars().count() <= 4, "{}", bytes_short(v));
            prop_assert!(count(v).chars().count() <= 4, "{}", count(v));
            prop_assert!(seconds(v.min(9999.0)).chars().count() <= 8);
        }
    }

    #[test]
    fn sizes_are_read_back() {
        for bytes in [1, 512, 1 << 20, 20 << 30, (1 << 40) + 1, 3 << 39] {
            assert_eq!(parse_size(&size_text(bytes)), Ok(bytes));
        }
        assert_eq!(parse_size("1.5T"), Ok(3 << 39));
        assert_eq!(parse_size("512MiB"), Ok(512 << 20));
        for wrong in ["", "20", "G", "-1G", "0G", "1X", "99999999999T"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
