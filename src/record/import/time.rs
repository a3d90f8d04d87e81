//! The times of a log: what a line begins with, and how long after the first one it is.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use regex::bytes::Regex;

use super::pattern::pattern;

/// A time as loggers print it.
pub(super) const TIME: &str = concat!(
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d| UTC)?",
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: \d{4})?",
    r"|\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M)?",
    r"|\d{1,2}/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?",
    r"|\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M)?",
    r"|1\d{12}\b|1\d{9}(?:\.\d{1,9})?\b)",
);

static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:(?P<epoch>1\d{9})(?P<milli>\d{3})?(?:\.(?P<sub>\d{1,9}))?$",
        r"|(?:(?P<year>\d{4})[-/.](?P<month>\d\d)[-/.](?P<day>\d\d)[T ]",
        r"|(?:\w{3},? )?(?P<name>[A-Z][a-z]{2}) {1,2}(?P<day2>\d{1,2}) ",
        r"|\d{1,2}/\w{1,3}/\d{4}[,:]? ?)?",
        r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?",
        r"(?P<zone>Z| ?[+-]\d\d:?\d\d| UTC)?(?P<half> ?[AP]M)?)",
    ))
});

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY: i128 = 24 * 60 * 60 * 1_000_000_000;

/// The time of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LogTime {
    /// Nanoseconds since 1970, or since an unknown day if `dated` is not set. The zone is unknown
    /// unless `zoned` is set.
    nanos: i128,
    dated: bool,
    zoned: bool,
    /// Whether it has parts of a second.
    pub(super) fine: bool,
}

impl LogTime {
    /// Parses a time; `None` if it is none that exists.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let parts = PARTS.captures(text)?;
        let part = |name: &str| std::str::from_utf8(parts.name(name)?.as_bytes()).ok();
        let number = |name: &str| part(name)?.parse::<i64>().ok();
        let below = |digits: Option<&str>| {
            let digits = digits.unwrap_or("");
            format!("{digits:0<9}").parse::<i128>().unwrap_or(0)
        };
        if let Some(seconds) = number("epoch") {
            let millis = number("milli");
            let sub = part("sub");
            return Some(Self {
                nanos: i128::from(seconds) * 1_000_000_000
                    + i128::from(millis.unwrap_or(0)) * 1_000_000
                    + below(sub),
                dated: true,
                zoned: true,
                fine: millis.is_some() || sub.is_some(),
            });
        }
        let half = part("half").map(|half| half.trim_start() == "PM");
        let hour = match (number("hour")?, half) {
            (12, Some(false)) => 0,
            (hour @ 1..12, Some(true)) => hour + 12,
            (hour, _) => hour,
        };
        let fraction = part("fraction");
        let time = Time::new(
            i8::try_from(hour).ok()?,
            i8::try_from(number("minute")?).ok()?,
            i8::try_from(number("second")?.min(59)).ok()?,
            i32::try_from(below(fraction)).ok()?,
        )
        .ok()?;
        let month = part("name").and_then(|name| {
            let at = MONTHS.iter().position(|month| *month == name)?;
            i64::try_from(at + 1).ok()
        });
        let (date, dated) = match (number("year"), number("month").or(month)) {
            (Some(year), Some(month)) => (date(year, month, number("day")?)?, true),
            // A leap year has every day; its number is not shown.
            (None, Some(month)) => (date(2000, month, number("day2")?)?, false),
            _ => (date(2000, 1, 1)?, false),
        };
        let offset = part("zone").map(zone_seconds);
        let moment = DateTime::from_parts(date, time)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp();
        Some(Self {
            nanos: moment.as_nanosecond() - i128::from(offset.unwrap_or(0)) * 1_000_000_000,
            dated,
            zoned: offset.is_some() && dated,
            fine: fraction.is_some(),
        })
    }

    /// The moment, if date and zone are known.
    pub(super) fn moment(self) -> Option<Timestamp> {
        let known = self.dated && self.zoned;
        Timestamp::from_nanosecond(self.nanos)
            .ok()
            .filter(|_| known)
    }

    /// The time since `first`; zero if it is earlier. A time without a date may be of the next day.
    pub(super) fn since(self, first: Self) -> Duration {
        let mut nanos = self.nanos - first.nanos;
        if !self.dated && nanos < -DAY / 2 {
            nanos += DAY;
        }
        let nanos = u64::try_from(nanos.max(0)).unwrap_or(u64::MAX);
        Duration::from_nanos(nanos)
    }
}

fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    let small = |number: i64| i8::try_from(number).ok();
    Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()
}

/// The offset from UTC in seconds: `Z`, `+0200`, `+02:00`.
fn zone_seconds(zone: &str) -> i64 {
    let zone = zone.trim_start();
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let Ok(number) = digits.parse::<i64>() else {
        return 0;
    };
    let seconds = (number / 100 * 60 + number % 100) * 60;
    if zone.starts_with('-') {
        -seconds
    } else {
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_times_as_loggers_print_them() {
        let whole = pattern(&format!("^{TIME}$"));
        // The time; whether it is a moment; milliseconds after 09:14:07 of its day.
        let table = [
            ("2026-03-02T09:14:07.123456+00:00", true, 123),
            ("2026-03-02T11:14:07,5+02:00", true, 500),
            ("2026-03-02 09:14:07", false, 0),
            ("Mar  2 09:14:08", false, 1000),
            ("Mon Mar 2 09:14:08 2026", false, 1000),
            ("09:14:07.930646", false, 930),
            ("3/2/2026 9:14:07 AM", false, 0),
            ("02/Mar/2026:09:14:07 +0000", false, 0),
            ("1772442847123", true, 123),
            ("1772442847", true, 0),
        ];
        for (text, is_moment, millis) in table {
            assert!(whole.is_match(text.as_bytes()), "{text}");
            let time = LogTime::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(time.moment().is_some(), is_moment, "{text}");
            let start = 9 * 3600 + 14 * 60 + 7;
            let of_day = time.nanos.rem_euclid(DAY) / 1_000_000;
            assert_eq!(of_day, start * 1000 + millis, "{text}");
        }
        assert!(LogTime::parse(b"25:99:00").is_none());
    }

    #[test]
    fn times_without_a_date_pass_midnight() {
        let late = LogTime::parse(b"23:59:59").unwrap();
        let early = LogTime::parse(b"00:00:01").unwrap();
        assert_eq!(early.since(late), Duration::from_secs(2));
        assert_eq!(late.since(late), Duration::ZERO);
    }
}
