//! Property tests that run for a moment, or, with `LANDFALL_FUZZ_SECONDS`, for as long as that each.

use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

/// Checks values of a strategy, by `cases` at a time; fails with the smallest value that does not hold.
#[track_caller]
pub fn fuzz<S: Strategy>(cases: u32, strategy: S, check: impl Fn(S::Value) -> TestCaseResult) {
    let seconds = std::env::var("LANDFALL_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(0));
    let begin = Instant::now();
    loop {
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        if let Err(failure) = TestRunner::new(config).run(&strategy, &check) {
            panic!("{failure}");
        }
        if begin.elapsed() >= time {
            return;
        }
    }
}
