//! Lives of a configuration, undisturbed and disturbed, and what must be true of both.

use landfall_diag::Diagnostics;
use landfall_engine::PlanMode;
use landfall_sandbox::{ACCESS_KEY, Call, Faults, Sandbox, Tree, tree};
use std::time::Duration;

use crate::cut::{Cut, Moment, Side};
use crate::machine::{Ended, Machine, Values, values};
use crate::picture::{Foreign, Picture};

/// How often a run is tried again until it must have succeeded.
const TRIES: usize = 8;
/// What goes on for a while after a run, such as instances that end.
const AFTERMATH: Duration = Duration::from_secs(20 * 60);

/// A configuration, and what its owner does with it one after the other.
pub struct Story {
    pub example: String,
    pub chapters: Vec<Chapter>,
}

/// One thing that an owner does.
pub struct Chapter {
    pub name: &'static str,
    values: Values,
    mode: PlanMode,
}

/// What an undisturbed chapter leaves behind.
pub struct Reference {
    pub moments: Vec<Moment>,
    picture: Picture,
}

/// What disturbs a chapter.
#[derive(Clone, Copy, Debug)]
pub struct Disturbance {
    /// What ids and bad luck follow from.
    pub seed: u64,
    /// Place in the story.
    pub chapter: usize,
    /// Where the first run is cut off.
    pub at: Option<(usize, Side)>,
    /// Whether calls have bad luck.
    pub is_unlucky: bool,
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub runs: usize,
    pub crashes: usize,
}

impl Story {
    /// Returns a story of an example: it is applied, changed and destroyed.
    pub fn of(example: &str, first: &str, then: &str) -> Self {
        let chapter = |name, text: &str, mode| Chapter { name, values: values(text), mode };
        let chapters = vec![
            chapter("apply", first, PlanMode::Normal),
            chapter("update", then, PlanMode::Normal),
            chapter("destroy", then, PlanMode::Destroy),
        ];
        Self { example: example.to_owned(), chapters }
    }

    /// Lives the story undisturbed.
    ///
    /// # Errors
    /// What was not as it must be.
    pub fn undisturbed(&self) -> Result<Vec<Reference>, String> {
        let machine = self.machine(0, false);
        let foreign = Foreign::of(&machine.sandbox);
        let live = |chapter: &Chapter| {
            let cut = Cut::never();
            finished(machine.apply(&chapter.values, chapter.mode, &cut))?.map_err(|found| format!("{found:#?}"))?;
            let picture = self.look(&machine, chapter, &foreign, 1)?;
            Ok(Reference { moments: cut.moments(), picture })
        };
        self.chapters.iter().map(live).collect()
    }

    /// Lives the story up to and with a chapter that is disturbed, then ends it.
    ///
    /// # Errors
    /// What was not as it must be.
    pub fn disturbed(&self, references: &[Reference], by: Disturbance, tally: &mut Tally) -> Result<(), String> {
        let machine = self.machine(by.seed, by.is_unlucky);
        let foreign = Foreign::of(&machine.sandbox);
        for (number, (chapter, reference)) in self.chapters.iter().zip(references).enumerate() {
            let context = |problem: String| format!("{} {}, {by:?}: {problem}", self.example, chapter.name);
            if number == by.chapter
                && let Some((at, side)) = by.at
            {
                tally.runs += 1;
                let cut = Cut::at(at, side);
                let ended = machine.apply(&chapter.values, chapter.mode, &cut);
                tally.crashes += usize::from(matches!(ended, Ended::CutOff));
                check_nothing_is_lost(&machine, &foreign).map_err(context)?;
                if by.seed.is_multiple_of(3) {
                    // The machine is out of luck: the run that cleans up is cut off as well.
                    let again =
                        machine.apply(&chapter.values, chapter.mode, &Cut::at(by.seed as usize % 7, Side::After));
                    tally.crashes += usize::from(matches!(again, Ended::CutOff));
                    tally.runs += 1;
                }
            }
            self.converge(&machine, chapter, &foreign, tally).map_err(context)?;
            // With bad luck a read may be of a moment before the last change.
            let tries = if by.is_unlucky { TRIES } else { 1 };
            let picture = self.look(&machine, chapter, &foreign, tries).map_err(context)?;
            let difference = reference.picture.difference(&picture);
            if !difference.is_empty() {
                return Err(context(format!("the cloud is not as it should be:\n{}", difference.join("\n"))));
            }
        }
        Ok(())
    }

    /// Runs a chapter until it succeeds.
    fn converge(
        &self,
        machine: &Machine,
        chapter: &Chapter,
        foreign: &Foreign,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let mut problems = Vec::new();
        for _ in 0..TRIES {
            tally.runs += 1;
            match finished(machine.apply(&chapter.values, chapter.mode, &Cut::never()))? {
                Ok(()) => return Ok(()),
                Err(found) => problems.extend(found.iter().map(|one| format!("{}: {}", one.summary, one.detail))),
            }
            check_nothing_is_lost(machine, foreign)?;
            machine.sandbox.clock().advance(Duration::from_secs(60));
        }
        Err(format!("no success after {TRIES} runs:\n{}", problems.join("\n")))
    }

    /// Checks that there is nothing left to do and that nothing foreign was touched, and looks at the cloud.
    fn look(&self, machine: &Machine, chapter: &Chapter, foreign: &Foreign, tries: usize) -> Result<Picture, String> {
        let mut plans = std::iter::repeat_with(|| machine.plan(&chapter.values, chapter.mode)).take(tries);
        let mut problems = Vec::new();
        let is_empty = |planned: Result<Vec<String>, Diagnostics>| match planned {
            Ok(changes) if changes.is_empty() => true,
            planned => {
                problems.push(format!("{planned:#?}"));
                false
            }
        };
        if !plans.any(is_empty) {
            return Err(format!("a further plan is not empty: {}", problems.join("\n")));
        }
        machine.sandbox.clock().advance(AFTERMATH);
        let touched = foreign.touched(&machine.sandbox);
        if !touched.is_empty() {
            return Err(format!("not ours, and not as it was: {touched:#?}"));
        }
        Ok(Picture::of(&machine.sandbox))
    }

    /// Returns a machine, and a cloud in which others live too.
    fn machine(&self, seed: u64, is_unlucky: bool) -> Machine {
        let machine = Machine::new(&self.example, seed);
        settle_others(&machine.sandbox);
        if is_unlucky {
            machine.sandbox.set_faults(bad_luck(seed));
        }
        machine
    }
}

/// Returns whether a run succeeded; the other error is that it was cut off.
fn finished(ended: Ended) -> Result<Result<(), Diagnostics>, String> {
    match ended {
        Ended::Whole { found } if found.has_errors() => Ok(Err(found)),
        Ended::Whole { .. } => Ok(Ok(())),
        Ended::CutOff => Err("a run ended that nobody cut off".to_owned()),
    }
}

/// Checks that the state can be read, and that what the cloud was asked to make is in it or in the journal.
fn check_nothing_is_lost(machine: &Machine, foreign: &Foreign) -> Result<(), String> {
    let state = machine.state();
    let known = machine.texts();
    let there = machine.sandbox.inventory().map_err(|error| error.to_string())?;
    // What AWS makes for us has other names.
    let ours = there.iter().filter(|item| item.name.starts_with("landfall-") && !foreign.has(&item.id));
    let lost: Vec<_> = ours.filter(|item| !known.contains(&item.id) && !known.contains(&item.name)).collect();
    let open = state.intents().len();
    if lost.len() > open { Err(format!("{lost:#?} are in no state, and {open} intents are open")) } else { Ok(()) }
}

/// Returns bad luck of many kinds, each of them finite.
fn bad_luck(seed: u64) -> Faults {
    const KINDS: [&str; 9] = [
        "* * stale-read count=3 probability=0.05",
        "* * throttle count=3 probability=0.05",
        "* * internal-error count=2 probability=0.02",
        "* * unavailable count=2 probability=0.02",
        "* * timeout count=2 probability=0.02",
        "* * lost-reply count=2 probability=0.03",
        "* * cluster-failed count=1 probability=0.5",
        "* * nat-gateway-failed count=1 probability=0.5",
        "* * node-group-failed count=1 probability=0.5",
    ];
    // A kind alone for the first seeds, then mixtures.
    let chosen = |number: usize| match seed as usize {
        seed if seed < KINDS.len() => number == seed,
        seed => ((seed * 2_654_435_761) >> (number + 3)).is_multiple_of(2),
    };
    let lines: Vec<&str> =
        KINDS.iter().enumerate().filter(|(number, _)| chosen(*number)).map(|(_, line)| *line).collect();
    Faults::new(seed, Faults::parse_rules(&lines.join("\n")).expect("rules"))
}

/// Lets others live in the account, whose things look like ours.
fn settle_others(sandbox: &Sandbox) {
    let name = tree! { "Key": "Name", "Value": "landfall-quickstart" };
    let specification = |kind: &str| tree! { "ResourceType": kind, "Tag": vec![name.clone()] };
    let call = |service: &str, operation: &str, input: Tree| {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let (region, access_key) = ("us-east-1".to_owned(), ACCESS_KEY.to_owned());
        sandbox.call(&Call { service, operation, region, access_key, input }).expect("others have luck")
    };
    let vpc =
        call("ec2", "CreateVpc", tree! { "CidrBlock": "10.0.0.0/16", "TagSpecification": vec![specification("vpc")] });
    let id = vpc.at("vpc.vpcId").and_then(Tree::as_text).expect("an id").to_owned();
    call("ec2", "CreateSubnet", tree! { "VpcId": id, "CidrBlock": "10.0.0.0/24" });
    call("logs", "CreateLogGroup", tree! { "logGroupName": "/aws/eks/landfall-quickstart-2/cluster" });
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    call("iam", "CreateRole", tree! { "RoleName": "landfall-quickstart-others", "AssumeRolePolicyDocument": trust });
}
