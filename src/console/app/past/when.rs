//! A time as people type it.

use super::super::calendar::Local;
use crate::model::time::Timestamp;

/// What can be typed.
pub const WHEN_HINT: &str = "-2h, -1d 30m, 14:05, yesterday 9:00, 2026-11-20 14:05, now";

/// The instant that a text means. `now` is the present, `offset` local time less UTC in seconds.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse(text: &str, now: Timestamp, offset: i32) -> Result<Timestamp, String> {
    let text = text.trim();
    let at = if text == "now" {
        now
    } else if let Some(back) = text.strip_prefix('-').or_else(|| text.strip_suffix(" ago")) {
        Timestamp(
            now.0
                - span_ms(back)
                    .ok_or_else(|| format!("\"{back}\" is no length of time, such as 2h or 1d 30m."))?,
        )
    } else {
        calendar_time(text, now, offset).ok_or_else(|| format!("\"{text}\" is no time. Try {WHEN_HINT}."))?
    };
    if at > now { Err("That is still to come.".into()) } else { Ok(at) }
}

/// `2h`, `1d 30m`, `90 s`: milliseconds.
fn span_ms(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let after = rest[digits..].trim_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let seconds: i64 = match &after[..letters] {
            "s" | "sec" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            "y" => 365 * 86_400,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(seconds * 1000)?)?;
        rest = after[letters..].trim_start();
    }
    (total > 0 && total < 1 << 50).then_some(total)
}

/// `14:05`, `yesterday 9:00`, `2026-11-20`, `2026-11-20 14:05`.
fn calendar_time(text: &str, now: Timestamp, offset: i32) -> Option<Timestamp> {
    let today = Local::at(now, offset);
    let mut words = text.split([' ', 'T']).filter(|w| !w.is_empty());
    let first = words.next()?;
    let (day, clock) = match first {
        "today" => (today, words.next()),
        "yesterday" => (Local::at(Timestamp(now.0 - 86_400_000), offset), words.next()),
        _ if first.contains('-') => (date(first)?, words.next()),
        _ => (today, Some(first)),
    };
    if words.next().is_some() {
        return None;
    }
    let second = clock.map_or(Some(0), time_of_day)?;
    let at = Local { second, ..day }.instant(offset);
    // A time of day alone is the last one that was.
    Some(if at > now && first.contains(':') { Timestamp(at.0 - 86_400_000) } else { at })
}

fn date(text: &str) -> Option<Local> {
    let mut parts = text.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let local = Local { year, month, day, second: 0 };
    let near = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    (near && local.is_real()).then_some(local)
}

fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':').map(str::parse::<i64>);
    let (h, m) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let s = parts.next().unwrap_or(Ok(0)).ok()?;
    ((0..24).contains(&h) && (0..60).contains(&m) && (0..60).contains(&s)).then(|| h * 3600 + m * 60 + s)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 23 November 2026, 14:02:11 UTC.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_442_531);

    fn shown(text: &str) -> String {
        parse(text, NOW, 3600).map_or_else(|why| why, |at| Local::at(at, 3600).full())
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        assert_eq!(shown("-2h"), "2026-11-23 13:02");
        assert_eq!(shown("-1d 30m"), "2026-11-22 14:32");
        assert_eq!(shown("90 min ago"), "2026-11-23 13:32");
        assert_eq!(shown("14:05"), "2026-11-23 14:05");
        assert_eq!(shown("23:59"), "2026-11-22 23:59");
        assert_eq!(shown("yesterday 9:00"), "2026-11-22 09:00");
        assert_eq!(shown("2026-11-20 14:05"), "2026-11-20 14:05");
        assert_eq!(shown("2026-11-20T14:05"), "2026-11-20 14:05");
        assert_eq!(shown("2026-11-20"), "2026-11-20 00:00");
        assert_eq!(shown("now"), "2026-11-23 15:02");
    }

    #[test]
    fn what_is_no_time_is_told() {
        assert_eq!(shown("-2x"), "\"2x\" is no length of time, such as 2h or 1d 30m.");
        assert_eq!(shown("2027-01-01"), "That is still to come.");
        for text in ["", "soon", "25:00", "2026-02-29", "14", "-", "-0h", "2026-11-20 14:05 x"] {
            assert!(parse(text, NOW, 0).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_typed_panics(text in ".{0,24}", like in "-?[0-9]{1,20}[smhdwy: -]{0,3}[0-9:]{0,9}") {
            let _ = (parse(&text, NOW, 0), parse(&like, NOW, 7200));
        }
    }
}
