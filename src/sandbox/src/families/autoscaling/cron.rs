//! Recurrences: five cron fields, in a time zone.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

use crate::timestamp::Timestamp;

/// How many days are looked through: a 29th of February comes within eight years.
const DAYS: usize = 366 * 8;

/// A recurrence.
#[derive(Clone, Debug)]
pub struct Cron {
    minutes: BTreeSet<i8>,
    hours: BTreeSet<i8>,
    days: Option<BTreeSet<i8>>,
    months: BTreeSet<i8>,
    weekdays: Option<BTreeSet<i8>>,
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    /// Reads five fields: minute, hour, day, month, weekday.
    pub fn read(text: &str) -> Option<Self> {
        let text = match text {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else { return None };
        let restricted = |text: &str| !text.starts_with('*') && text != "?";
        let weekday_set: BTreeSet<i8> = field(weekdays, 0, 7, WEEKDAYS, 0)?.into_iter().map(|day| day % 7).collect();
        let day_set = field(days, 1, 31, &[], 0)?;
        Some(Self {
            minutes: field(minutes, 0, 59, &[], 0)?,
            hours: field(hours, 0, 23, &[], 0)?,
            days: restricted(days).then_some(day_set),
            months: field(months, 1, 12, MONTHS, 1)?,
            weekdays: restricted(weekdays).then_some(weekday_set),
        })
    }

    /// Returns the first moment after another one, in a time zone; UTC where none is named.
    pub fn next(&self, time_zone: Option<&str>, after: Timestamp) -> Option<Timestamp> {
        let zone = time_zone.map_or(Ok(TimeZone::UTC), TimeZone::get).ok()?;
        let start: Zoned = jiff::Timestamp::from_millisecond(after.millis()).ok()?.to_zoned(zone.clone());
        let mut day = start.date();
        for _ in 0..DAYS {
            if self.has_day(day) {
                for (hour, minute) in
                    self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)))
                {
                    let moment = day.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?;
                    let moment = Timestamp::from_millis(moment.timestamp().as_millisecond());
                    if moment > after {
                        return Some(moment);
                    }
                }
            }
            day = day.checked_add(1.day()).ok()?;
        }
        None
    }

    /// Where both day and weekday are restricted, either is enough.
    fn has_day(&self, date: Date) -> bool {
        let weekday = date.weekday().since(Weekday::Sunday);
        let is_day = |days: &BTreeSet<i8>| days.contains(&date.day());
        let is_weekday = |weekdays: &BTreeSet<i8>| weekdays.contains(&weekday);
        let fits = match (&self.days, &self.weekdays) {
            (Some(days), Some(weekdays)) => is_day(days) || is_weekday(weekdays),
            (Some(days), None) => is_day(days),
            (None, Some(weekdays)) => is_weekday(weekdays),
            (None, None) => true,
        };
        fits && self.months.contains(&date.month())
    }
}

/// Returns whether a time zone is known.
pub fn is_time_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

fn field(text: &str, least: i8, most: i8, names: &[&str], first: i8) -> Option<BTreeSet<i8>> {
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let value = named.and_then(|index| i8::try_from(index).ok()).map(|index| index + first);
        value.or_else(|| text.parse().ok()).filter(|value| (least..=most).contains(value))
    };
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if ["*", "?"].contains(&range) => (least, most),
            Some((from, to)) => (number(from)?, number(to)?),
            None => (number(range)?, if step.is_some() { most } else { number(range)? }),
        };
        if from > to {
            return None;
        }
        all.extend((from..=to).step_by(step.unwrap_or(1)));
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(recurrence: &str, zone: Option<&str>, after: &str) -> String {
        let after = Timestamp::parse(after).unwrap();
        Cron::read(recurrence).unwrap().next(zone, after).unwrap().to_string()
    }

    #[test]
    fn recurrences_follow_days_and_time_zones() {
        let monday = "2026-11-02T09:00:00Z";
        assert_eq!(next("0 7 * * 1-5", None, monday), "2026-11-03T07:00:00.000Z");
        assert_eq!(next("0 7 * * MON-FRI", Some("Europe/Berlin"), monday), "2026-11-03T06:00:00.000Z");
        assert_eq!(next("0 7 * * 1", Some("Europe/Berlin"), "2026-06-30T00:00:00Z"), "2026-07-06T05:00:00.000Z");
        assert_eq!(next("*/15 * * * *", None, monday), "2026-11-02T09:15:00.000Z");
        assert_eq!(next("0 0 29 2 *", None, monday), "2028-02-29T00:00:00.000Z");
        assert_eq!(next("0 0 13 * 5", None, monday), "2026-11-06T00:00:00.000Z", "either day is enough");
    }

    #[test]
    fn what_is_no_recurrence_is_refused() {
        for text in ["", "0 7 * *", "60 * * * *", "0 7 * * X", "0 9-7 * * *", "*/0 * * * *"] {
            assert!(Cron::read(text).is_none(), "{text}");
        }
        assert!(is_time_zone("America/New_York") && !is_time_zone("Mars/Base"));
    }
}
