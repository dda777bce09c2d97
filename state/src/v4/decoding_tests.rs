//! Whatever bytes are read as a state or as steps: an error, or a state; no panic, hang or overflow.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

use super::{read, write};
use crate::decode_changes;

const SEED: &str = r#"{"version":4,"terraform_version":"1.11.4","serial":5,"lineage":"l","outputs":{"o":{"value":["a",{"b":1}],
"type":["tuple",["string",["object",{"b":"number"}]]],"sensitive":true}},"resources":[{"module":"module.m[\"k\"].module.n[0]",
"mode":"managed","type":"t","name":"r","each":"map","provider":"module.m.provider[\"registry.terraform.io/hashicorp/aws\"].x",
"instances":[{"index_key":"a","status":"tainted","deposed":"0011aabb","schema_version":1,"attributes":{"id":"i","n":1.5e3},
"sensitive_attributes":[[{"type":"get_attr","value":"id"},{"type":"index","value":{"value":"0","type":"number"}}]],
"private":"eyJ4IjoxfQ==","identity_schema_version":0,"dependencies":["module.m.t.q"],"create_before_destroy":true}]}],
"check_results":[{"object_kind":"resource","config_addr":"t.r","status":"fail","objects":[{"object_addr":"t.r[0]",
"status":"error","failure_messages":["no"]}]}]}"#;

const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "[[[[",
    "\"value\":",
    "\"type\":",
    "\"version\":",
    "é",
    "\u{0}",
    " ",
    "\"dynamic\"",
    "[\"map\",\"string\"]",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<Index>(), 0..12_usize, select(PIECES));
    prop::collection::vec(edit, 0..8).prop_map(|edits| {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, length, piece) in edits {
            let start = at.index(bytes.len().max(1)).min(bytes.len());
            let end = (start + length).min(bytes.len());
            drop(bytes.splice(start..end, piece.bytes()));
        }
        bytes
    })
}

/// Runs once, or for `LANDFALL_FUZZ_SECONDS`.
fn fuzz<S: Strategy>(strategy: S, check: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("LANDFALL_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let (begin, time) = (Instant::now(), Duration::from_secs(seconds.unwrap_or(0)));
    loop {
        let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
        if let Err(failure) = TestRunner::new(config).run(&strategy, &check) {
            panic!("{failure}");
        }
        if begin.elapsed() >= time {
            return;
        }
    }
}

#[test]
fn the_seed_is_a_state() {
    assert_eq!(read(SEED.as_bytes()).unwrap().outputs().len(), 1);
}

#[test]
fn mutated_states_are_read_or_refused() {
    fuzz(mutated(), |bytes| {
        if let Ok(state) = read(&bytes) {
            let mut text = Vec::new();
            write(&state, &mut text).unwrap();
            prop_assert_eq!(read(&text).unwrap(), state);
        }
        Ok(())
    });
}

#[test]
fn an_index_below_zero_is_refused() {
    let index = r#"{"type":"get_attr","value":"id"},{"type":"index","value":{"value":-1,"type":"number"}}"#;
    let text = SEED.replace(r#"{"type":"get_attr","value":"id"}"#, index);
    assert_ne!(text, SEED);
    assert!(read(text.as_bytes()).unwrap_err().told().contains("a path in `sensitive_attributes`"));
}

#[test]
fn half_a_surrogate_pair_survives() {
    let text = SEED.replace("1.5e3", r#""a \\ \" \ud800""#);
    let state = read(text.as_bytes()).unwrap();
    let mut again = Vec::new();
    write(&state, &mut again).unwrap();
    assert_eq!(read(&again).unwrap(), state);
}

#[test]
fn any_bytes_are_no_steps_or_are() {
    fuzz(prop::collection::vec(any::<u8>(), 0..200), |bytes| {
        let _ = read(&bytes);
        let _ = decode_changes(&bytes);
        Ok(())
    });
}

#[test]
fn deep_nesting_is_no_stack_overflow() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    // Attributes stay text until a schema is at hand.
    assert!(read(SEED.replace("1.5e3", &deep).as_bytes()).is_ok());
    assert!(read(SEED.replace("\"string\"", &deep).as_bytes()).is_err());
    assert!(read(SEED.replace("[\"a\",{\"b\":1}]", &deep).as_bytes()).is_err());
}
