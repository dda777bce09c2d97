//! A time with its offset from UTC.

/// A moment, and the offset in which it is written.
#[derive(Clone, Copy)]
pub(super) struct Time {
    /// Seconds since 1970 as the local clock shows them.
    local: i64,
    nanos: u32,
    /// Seconds east of UTC.
    offset: i64,
}

const DAY: i64 = 86_400;
const SECOND: i128 = 1_000_000_000;
const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Returns the days since 1970 of a date of the Gregorian calendar.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // Years that start in March have their leap day at the end.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Returns year, month and day of a number of days since 1970.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_of(next.0, next.1, 1) - days_of(year, month, 1)
}

impl Time {
    pub(super) fn from_unix_nanos(nanos: i128) -> Self {
        let local = i64::try_from(nanos.div_euclid(SECOND)).unwrap_or(0);
        Self { local, nanos: nanos.rem_euclid(SECOND) as u32, offset: 0 }
    }

    /// Reads `2024-01-31T12:00:00Z`, with a fraction or an offset.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text };
        let year = reader.number(4, "year", 0..=9999)?;
        reader.expect('-')?;
        let month = reader.number(2, "month", 1..=12)?;
        reader.expect('-')?;
        let day = reader.number(2, "day of month", 1..=days_in_month(year, month))?;
        reader.expect('T')?;
        let hour = reader.number(2, "hour", 0..=23)?;
        reader.expect(':')?;
        let minute = reader.number(2, "minute", 0..=59)?;
        reader.expect(':')?;
        let second = reader.number(2, "second", 0..=59)?;
        let nanos = reader.fraction()?;
        let offset = reader.offset()?;
        let local = days_of(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        Ok(Self { local, nanos, offset })
    }

    /// Returns seconds and nanoseconds since 1970.
    pub(super) fn instant(&self) -> (i64, u32) {
        (self.local - self.offset, self.nanos)
    }

    pub(super) fn plus_nanos(self, nanos: i128) -> Self {
        let total = i128::from(self.local) * SECOND + i128::from(self.nanos) + nanos;
        Self { offset: self.offset, ..Self::from_unix_nanos(total) }
    }

    pub(super) fn to_rfc3339(self) -> String {
        let (year, month, day) = date_of(self.local.div_euclid(DAY));
        let (hour, minute, second) = self.clock();
        let zone = if self.offset == 0 { "Z".into() } else { self.zone(":") };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
    }

    fn clock(&self) -> (i64, i64, i64) {
        let seconds = self.local.rem_euclid(DAY);
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn zone(&self, separator: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }

    /// Writes the part of the time that a run of one letter names.
    pub(super) fn format(&self, verb: &str) -> Option<String> {
        let (year, month, day) = date_of(self.local.div_euclid(DAY));
        let (hour, minute, second) = self.clock();
        let weekday = WEEKDAYS[self.local.div_euclid(DAY).rem_euclid(7) as usize];
        let month_name = MONTHS[month as usize - 1];
        let half_day = if hour % 12 == 0 { 12 } else { hour % 12 };
        Some(match verb {
            "YYYY" => format!("{year:04}"),
            "YY" => format!("{:02}", year % 100),
            "MMMM" => month_name.into(),
            "MMM" => month_name[..3].into(),
            "MM" => format!("{month:02}"),
            "M" => month.to_string(),
            "DD" => format!("{day:02}"),
            "D" => day.to_string(),
            "EEEE" => weekday.into(),
            "EEE" => weekday[..3].into(),
            "hh" => format!("{hour:02}"),
            "h" => hour.to_string(),
            "HH" => format!("{half_day:02}"),
            "H" => half_day.to_string(),
            "AA" => if hour < 12 { "AM" } else { "PM" }.into(),
            "aa" => if hour < 12 { "am" } else { "pm" }.into(),
            "mm" => format!("{minute:02}"),
            "m" => minute.to_string(),
            "ss" => format!("{second:02}"),
            "s" => second.to_string(),
            "ZZZZZ" => self.zone(":"),
            "ZZZZ" => self.zone(""),
            "ZZZ" if self.offset == 0 => "UTC".into(),
            "ZZZ" => self.zone(""),
            "Z" if self.offset == 0 => "Z".into(),
            "Z" => self.zone(":"),
            _ => return None,
        })
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn number(&mut self, width: usize, what: &str, allowed: std::ops::RangeInclusive<i64>) -> Result<i64, String> {
        let digits = self.rest.get(..width).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let Some(digits) = digits else {
            if self.rest.is_empty() {
                return Err(format!("end of string before {what}"));
            }
            let shown: String = self.rest.chars().take(width).collect();
            return Err(format!("cannot use {shown:?} as {what}"));
        };
        let number = digits.parse().unwrap_or(-1);
        self.rest = &self.rest[width..];
        if allowed.contains(&number) { Ok(number) } else { Err(format!("{what} out of range")) }
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None if c == 'T' => Err("missing required time introducer 'T'".into()),
            None => Err(format!("missing {c:?}")),
        }
    }

    fn fraction(&mut self) -> Result<u32, String> {
        let Some(after) = self.rest.strip_prefix('.') else { return Ok(0) };
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &after[..after.len() - rest.len()];
        if digits.is_empty() {
            return Err("missing fraction after '.'".into());
        }
        self.rest = rest;
        let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
        Ok(nine.parse().unwrap_or(0))
    }

    fn offset(&mut self) -> Result<i64, String> {
        if self.rest == "Z" {
            return Ok(0);
        }
        let sign = match self.rest.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Err("missing UTC offset".into()),
        };
        self.rest = &self.rest[1..];
        let hours = self.number(2, "UTC offset hour", 0..=23)?;
        self.expect(':')?;
        let minutes = self.number(2, "UTC offset minute", 0..=59)?;
        if !self.rest.is_empty() {
            return Err("extra characters after UTC offset".into());
        }
        Ok(sign * (hours * 3600 + minutes * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_agree() {
        for days in (-800_000..800_000).step_by(97) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(days_in_month(2024, 2), 29);
        assert_eq!(days_in_month(1900, 2), 28);
    }

    #[test]
    fn keeps_the_offset() {
        let time = Time::parse("2017-11-22T00:00:00.5-03:00").expect("a time");
        assert_eq!(time.plus_nanos(3_600_000_000_000).to_rfc3339(), "2017-11-22T01:00:00-03:00");
        assert_eq!(time.format("EEEE").as_deref(), Some("Wednesday"));
        assert_eq!(time.format("ZZZ").as_deref(), Some("-0300"));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for wrong in ["2018-13-01T00:00:00Z", "2018-02-29T00:00:00Z", "2018-01-01", "2018-01-01t00:00:00z", "x"] {
            assert!(Time::parse(wrong).is_err(), "{wrong}");
        }
    }
}
