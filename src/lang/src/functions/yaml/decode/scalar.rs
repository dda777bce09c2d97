//! What plain scalars mean.

use landfall_value::{Number, Value};

/// Returns the value of a scalar without quotes and tag.
pub(super) fn resolve(text: &str) -> Result<Value, &'static str> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::NULL,
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => true.into(),
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => false.into(),
        ".nan" | ".NaN" | ".NAN" => return Err("floating point NaN is not supported"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Number::INFINITY.into(),
        "-.inf" | "-.Inf" | "-.INF" => Number::NEG_INFINITY.into(),
        _ => match number(text) {
            Some(number) => number.into(),
            None => timestamp(text).unwrap_or_else(|| text.to_owned()).into(),
        },
    })
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return unsigned(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return unsigned(digits, 8);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let starts_well = unsigned.starts_with(|c: char| c.is_ascii_digit())
        || unsigned.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    starts_well.then(|| Number::parse(text)).flatten()
}

fn unsigned(digits: &str, base: u32) -> Option<Number> {
    if digits.starts_with(['+', '-']) { None } else { Number::parse_integer(digits, base) }
}

/// Reads `2001-12-14`, alone or with a time, as RFC 3339.
fn timestamp(text: &str) -> Option<String> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(end) => (&text[..end], Some((&text[end..end + 1], text[end + 1..].trim_start()))),
        None => (text, None),
    };
    let [year, month, day] = numbers(date, '-')?;
    let four = date.find('-') == Some(4);
    if !four || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some((separator, time)) = time else { return Some(format!("{date}T00:00:00Z")) };
    let zone_at = time.find(['Z', '+', '-']);
    let (clock, zone) = time.split_at(zone_at.unwrap_or(time.len()));
    // A time after a blank has no zone, one after `T` has one.
    if zone.is_empty() != (separator == " ") {
        return None;
    }
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hour, minute, second] = numbers(clock, ':')?;
    if hour > 23 || minute > 59 || second > 59 || fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let zone = match zone {
        "" | "Z" | "+00:00" | "-00:00" => "Z",
        _ if zone.len() == 6 && zone.as_bytes()[3] == b':' => zone,
        _ => return None,
    };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{zone}"))
}

fn numbers(text: &str, separator: char) -> Option<[u32; 3]> {
    let parts: Option<Vec<u32>> = text
        .split(separator)
        .map(|part| (part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok()).flatten())
        .collect();
    parts?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn plain_words_have_types() {
        let cases = [
            ("017", "17"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0b11", "\"0b11\""),
            ("1_000", "\"1_000\""),
            ("+5", "5"),
            (".5e3", "500"),
            ("1e", "\"1e\""),
            ("Inf", "\"Inf\""),
            ("yes", "true"),
            ("1:30", "\"1:30\""),
            ("2001-12-14", "\"2001-12-14T00:00:00Z\""),
            ("2001-12-14t21:59:43.10-05:00", "\"2001-12-14T21:59:43-05:00\""),
            ("2001-12-14 21:59:43", "\"2001-12-14T21:59:43Z\""),
            ("10-20-30", "\"10-20-30\""),
        ];
        for (text, expected) in cases {
            assert_eq!(format!("{:?}", resolve(text).expect("a value")), expected, "{text}");
        }
        assert!(resolve(".nan").is_err());
    }
}
