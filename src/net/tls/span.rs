//! The time between two instants in words: hours up to one day, then the days of the calendar.

const HOUR: i64 = 60 * 60;
/// Seconds of a day; all dates are in UTC.
pub(super) const DAY: i64 = 24 * HOUR;

/// The time between two instants in seconds since 1970, in either order: `less than an hour`,
/// `3 hours`, `12 days`. Days are those between the two dates in UTC, as the dates are shown.
pub(super) fn span(one: i64, other: i64) -> String {
    let seconds = one.saturating_sub(other).saturating_abs();
    let (count, unit) = match seconds {
        0..HOUR => return "less than an hour".to_owned(),
        HOUR..DAY => (seconds / HOUR, "hour"),
        _ => {
            let days = one.div_euclid(DAY) - other.div_euclid(DAY);
            (days.saturating_abs(), "day")
        }
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_hours_and_then_the_days_of_the_calendar() {
        // 2026-11-30 23:59:59, the usual end of a certificate.
        let end = 1_796_083_199;
        let table = [
            (0, "less than an hour"),
            (1, "less than an hour"),
            (HOUR - 1, "less than an hour"),
            (HOUR, "1 hour"),
            (DAY - 1, "23 hours"),
            // 2026-12-01 23:59:59.
            (DAY, "1 day"),
            // 2026-12-02 00:00:00.
            (DAY + 1, "2 days"),
            (2 * DAY, "2 days"),
            (365 * DAY, "365 days"),
        ];
        for (seconds, words) in table {
            assert_eq!(span(end, end + seconds), words, "{seconds} s later");
            assert_eq!(span(end + seconds, end), words, "{seconds} s earlier");
        }
        assert_eq!(span(i64::MIN, i64::MAX), "213503982334601 days");
        assert_eq!(span(-1, -DAY - 1), "1 day");
    }
}
