//! The simulation: the quickstart lives in the sandbox, in virtual time and one thread, and is cut off at every moment at
//! which a run touches its disk or the cloud, with bad luck of every kind. Each seed gives the same run again.
//!
//! A run in CI takes a sample. All of it: `LANDFALL_SIMULATION=all cargo test --release --workspace --test simulation --
//! --nocapture`; a number instead of `all` takes so many moments of each chapter, `seed=NUMBER` only this one.

mod cut;
mod economy;
mod machine;
mod picture;
mod story;

use cut::{Moment, Side};
use story::{Disturbance, Reference, Story, Tally};

const CHANGE: &str = r#"
autoscaling_size       = { min = 1, initial = 2, max = 5 }
log_types              = ["api", "audit"]
instance_types         = ["t3.large", "t3a.large"]
managed_instance_types = ["t3.large"]
tags                   = { Team = "platform" }
"#;

/// How many moments of a chapter, or seeds, are tried if nobody asks for more.
const SAMPLE: usize = 24;

fn quickstart() -> Story {
    Story::of("examples/quickstart", "", CHANGE)
}

/// Returns which seeds of `all` are tried.
fn seeds(all: usize) -> impl Iterator<Item = usize> {
    let number = |text: &str| text.parse::<usize>().expect("LANDFALL_SIMULATION is `all`, a number, or `seed=NUMBER`");
    let (seeds, step) = match std::env::var("LANDFALL_SIMULATION").as_deref() {
        Ok("all") => (0..all, 1),
        Ok(text) => match text.strip_prefix("seed=") {
            Some(seed) => (number(seed)..number(seed) + 1, 1),
            None => (0..all, all / number(text).max(1)),
        },
        Err(_) => (0..all, all / SAMPLE),
    };
    seeds.step_by(step.max(1))
}

fn undisturbed(story: &Story) -> Vec<Reference> {
    story.undisturbed().unwrap_or_else(|problem| panic!("undisturbed: {problem}"))
}

/// Lives disturbed stories, and reports all that went wrong.
#[track_caller]
fn sweep(story: &Story, references: &[Reference], name: &str, disturbances: impl Iterator<Item = Disturbance>) {
    let (mut tally, mut seeds, mut violations) = (Tally::default(), 0, Vec::new());
    for by in disturbances {
        seeds += 1;
        violations.extend(story.disturbed(references, by, &mut tally).err());
    }
    let Tally { runs, crashes } = tally;
    println!("{name}: {seeds} seeds, {runs} runs, {crashes} crashes, {} violations", violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n\n"));
}

/// Returns every cut of a chapter.
fn cuts(reference: &Reference) -> Vec<(usize, Side)> {
    let sides = |moment: &Moment| match moment {
        Moment::Call(_) => vec![Side::Before, Side::After],
        Moment::Journal | Moment::Snapshot => vec![Side::Before, Side::Within, Side::After],
    };
    reference
        .moments
        .iter()
        .enumerate()
        .flat_map(|(at, moment)| sides(moment).into_iter().map(move |side| (at, side)))
        .collect()
}

fn check_every_cut(chapter: usize, is_unlucky: bool) {
    let story = quickstart();
    let references = undisturbed(&story);
    let cuts = cuts(&references[chapter]);
    let chosen = seeds(cuts.len()).filter_map(|seed| Some((seed, cuts.get(seed)?)));
    let disturbances = chosen.map(|(seed, at)| Disturbance { seed: seed as u64, chapter, at: Some(*at), is_unlucky });
    let luck = if is_unlucky { ", with bad luck" } else { "" };
    sweep(
        &story,
        &references,
        &format!("{}{luck}, {} cuts in all", story.chapters[chapter].name, cuts.len()),
        disturbances,
    );
}

#[test]
fn an_apply_that_is_cut_off_anywhere_loses_nothing() {
    check_every_cut(0, false);
}

#[test]
fn an_update_that_is_cut_off_anywhere_loses_nothing() {
    check_every_cut(1, false);
}

#[test]
fn a_destruction_that_is_cut_off_anywhere_loses_nothing() {
    check_every_cut(2, false);
}

#[test]
fn crashes_and_bad_luck_together_lose_nothing() {
    check_every_cut(0, true);
}

#[test]
fn bad_luck_ends_in_success_or_in_a_diagnosis_from_which_the_next_run_recovers() {
    let story = quickstart();
    let references = undisturbed(&story);
    let disturbances = seeds(200).map(|seed| Disturbance { seed: seed as u64, chapter: 0, at: None, is_unlucky: true });
    sweep(&story, &references, "bad luck", disturbances);
}

#[test]
fn every_example_has_bad_luck_and_gets_over_it() {
    const EXAMPLES: [&str; 5] = ["autoscaling", "fargate", "managed", "nodes-by-hand", "spot-fleet"];
    for (number, example) in EXAMPLES.into_iter().enumerate() {
        let story = Story::of(&format!("examples/{example}"), "", "");
        let references = undisturbed(&story);
        let of = |seed| Disturbance { seed: seed as u64, chapter: 0, at: None, is_unlucky: true };
        // 200 of each, and not the same.
        let own = seeds(200 * EXAMPLES.len()).filter(|seed| seed % EXAMPLES.len() == number);
        sweep(&story, &references, example, own.map(of));
    }
}
