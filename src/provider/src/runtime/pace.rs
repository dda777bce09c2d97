//! How often to look.

use std::time::Duration;

use crate::Span;

const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);

/// Delays between looks at something that takes a while: the first look is at half of what it usually takes, later ones
/// come closer together; where nothing is known, they begin short and grow.
#[derive(Debug)]
pub(super) struct Pace {
    first: Option<Duration>,
    interval: Duration,
    longest: Duration,
}

impl Pace {
    /// Returns the pace for an operation that has gone on for a while.
    pub fn of(span: Span, elapsed: Duration) -> Self {
        let usual = span.usual.and_then(crate::timing::parse_duration).unwrap_or_default();
        let first = (usual / 2).checked_sub(elapsed).filter(|first| *first > SHORTEST);
        let longest = if usual.is_zero() { LONGEST } else { (usual / 10).clamp(Duration::from_secs(2), LONGEST) };
        Self { first, interval: if first.is_some() { longest } else { SHORTEST }, longest }
    }

    /// Returns the pace for what is usually a matter of moments: visibility of a new object.
    pub fn brisk() -> Self {
        Self { first: None, interval: SHORTEST, longest: Duration::from_secs(5) }
    }

    /// Returns the delay until the next look.
    pub fn next(&mut self) -> Duration {
        if let Some(first) = self.first.take() {
            return first;
        }
        let interval = self.interval.min(self.longest);
        self.interval = (interval * 3 / 2).min(self.longest);
        interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Timing, usually};

    #[test]
    fn the_first_look_is_at_half_of_the_usual_time() {
        let span = Timing::new().create("30m", usually("10m")).create;
        let mut pace = Pace::of(span, Duration::from_secs(60));
        assert_eq!(pace.next(), Duration::from_secs(240));
        assert_eq!(pace.next(), LONGEST);
    }

    #[test]
    fn without_a_usual_time_looks_begin_short_and_grow() {
        let mut pace = Pace::of(Span::default(), Duration::ZERO);
        let first: Vec<_> = (0..3).map(|_| pace.next().as_millis()).collect();
        assert_eq!(first, [500, 750, 1125]);
        assert_eq!((0..20).map(|_| pace.next()).last(), Some(LONGEST));
    }
}
