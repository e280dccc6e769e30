//! A reader of pages that forgives nothing, after the OpenMetrics text format: for tests.
#![expect(clippy::float_cmp, reason = "a page tells these values exactly")]

use std::collections::{BTreeMap, HashSet};

/// A sample: labels in order, value.
pub(super) type Sample = (Vec<(String, String)>, f64);

/// A family as it was read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) kind: String,
    pub(super) unit: String,
    pub(super) help: String,
    pub(super) samples: Vec<Sample>,
}

/// Reads a page of OpenMetrics; says what is wrong with it.
pub(super) fn read(page: &str) -> Result<BTreeMap<String, Read>, String> {
    let body = page.strip_suffix("# EOF\n").ok_or("does not end in # EOF")?;
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("a line does not end".into());
    }
    let mut families: BTreeMap<String, Read> = BTreeMap::new();
    let mut current = String::new();
    for line in body.lines() {
        let told = |why: &str| format!("{why}: {line}");
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let (Some(what), Some(name), Some(text)) = (words.next(), words.next(), words.next()) else {
                return Err(told("not a whole comment"));
            };
            if !is_name(name) {
                return Err(told("bad name"));
            }
            if name != current {
                if families.contains_key(name) {
                    return Err(told("a family in two places"));
                }
                families.insert(name.into(), Read::default());
                name.clone_into(&mut current);
            }
            let family = families.get_mut(name).ok_or("lost")?;
            if !family.samples.is_empty() {
                return Err(told("a head behind samples"));
            }
            let field = match what {
                "TYPE" => &mut family.kind,
                "UNIT" if name.ends_with(&format!("_{text}")) => &mut family.unit,
                "HELP" => &mut family.help,
                _ => return Err(told("unknown comment, or a unit that the name lacks")),
            };
            if !field.is_empty() {
                return Err(told("said twice"));
            }
            text.clone_into(field);
        } else {
            let family = families.get_mut(&current).ok_or_else(|| told("no head"))?;
            let suffix = match family.kind.as_str() {
                "gauge" | "stateset" => "",
                "counter" => "_total",
                "info" => "_info",
                _ => return Err(told("unknown type")),
            };
            let rest =
                line.strip_prefix(&format!("{current}{suffix}")).ok_or_else(|| told("another's sample"))?;
            let sample = sample(rest).ok_or_else(|| told("bad sample"))?;
            check(&current, family, &sample).map_err(|why| told(&why))?;
            family.samples.push(sample);
        }
    }
    for (name, family) in &families {
        if family.kind.is_empty() || family.help.is_empty() || family.samples.is_empty() {
            return Err(format!("{name} lacks its type, help or samples"));
        }
        let distinct: HashSet<_> = family.samples.iter().map(|(labels, _)| labels).collect();
        if distinct.len() != family.samples.len() {
            return Err(format!("{name} has one sample twice"));
        }
    }
    Ok(families)
}

fn check(name: &str, family: &Read, (labels, value): &Sample) -> Result<(), String> {
    let distinct: HashSet<_> = labels.iter().map(|(name, _)| name).collect();
    if distinct.len() != labels.len() {
        return Err("a label twice".into());
    }
    match family.kind.as_str() {
        "info" if *value != 1.0 || !family.unit.is_empty() => Err("facts are 1 and have no unit".into()),
        "counter" if *value < 0.0 => Err("a counter below 0".into()),
        "stateset" if ![0.0, 1.0].contains(value) || !labels.iter().any(|(l, _)| l == name) => {
            Err("a state is 0 or 1 and named by a label that is called as the family".into())
        }
        _ => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What stands behind the name: labels and value.
fn sample(rest: &str) -> Option<Sample> {
    let mut labels = Vec::new();
    let mut rest = match rest.strip_prefix('{') {
        None => rest,
        Some(mut inner) => loop {
            let (name, behind) = inner.split_once("=\"")?;
            if !is_name(name) {
                return None;
            }
            let (value, behind) = quoted(behind)?;
            labels.push((name.to_owned(), value));
            match behind.strip_prefix(',') {
                Some(more) => inner = more,
                None => break behind.strip_prefix('}')?,
            }
        },
    };
    rest = rest.strip_prefix(' ')?;
    let plain = rest.bytes().all(|b| b.is_ascii_digit() || b"+-.e".contains(&b));
    let value: f64 = rest.parse().ok().filter(|v: &f64| plain && v.is_finite())?;
    Some((labels, value))
}

/// A value up to its quote, unescaped, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                '\\' => '\\',
                '"' => '"',
                'n' => '\n',
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

#[test]
fn it_forgives_nothing() {
    let good = "# HELP a_bytes x\n# TYPE a_bytes gauge\n# UNIT a_bytes bytes\na_bytes{l=\"\\\"\"} 1\n# EOF\n";
    assert_eq!(read(good).unwrap()["a_bytes"].samples, [(vec![("l".into(), "\"".into())], 1.0)]);
    for (from, to) in [
        ("# EOF\n", ""),
        ("# EOF\n", "# EOF"),
        ("# UNIT a_bytes bytes", "# UNIT a_bytes seconds"),
        ("gauge", "counter"),
        ("gauge", "thing"),
        ("# HELP a_bytes x\n", ""),
        ("# TYPE a_bytes gauge\n", ""),
        ("} 1", "} NaN"),
        ("} 1", "}  1"),
        ("l=\"\\\"\"", "l=\"\"\""),
        ("l=\"\\\"\"", "l=\"\\x\""),
        ("l=\"\\\"\"", "l=\"a\",l=\"b\""),
        ("a_bytes{", "b_bytes{"),
        ("# EOF", "a_bytes{l=\"\\\"\"} 2\n# EOF"),
        ("# EOF", "# HELP b x\n# TYPE b gauge\n# EOF"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        assert!(read(&bad).is_err(), "{bad}");
    }
}
