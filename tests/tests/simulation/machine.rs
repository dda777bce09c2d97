//! A machine on which landfall runs: a disk with a configuration and its state, and the way to a cloud.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use landfall_aws::{AwsProvider, Transport};
use landfall_diag::{Diagnostics, SourceMap};
use landfall_engine::{
    ApplyOptions, Context, Directories, Event, Plan, PlanMode, PlanOptions, Providers, VariableInput,
};
use landfall_lang::config::load::load;
use landfall_lang::{Config, parse_tfvars};
use landfall_provider::value::differences;
use landfall_provider::{Budgets, Cancellation, Provider, Runtime, VirtualClock};
use landfall_sandbox::{ACCESS_KEY, Faults, Options, Sandbox};
use landfall_state::{LocalStore, State, StateStore};
use landfall_testkit::Disk;

use crate::cut::{Cut, Journal, Moment, Passage, Side, Wire};

/// Values of the root module's variables, as they would be in a file.
pub type Values = BTreeMap<Arc<str>, VariableInput>;

/// A disk, and a cloud.
pub struct Machine {
    pub sandbox: Sandbox,
    disk: tempfile::TempDir,
    store: LocalStore,
    /// The configuration.
    configuration: Disk,
    /// How long each answer of the cloud takes.
    pub latency: Duration,
    /// Told what the engine does.
    pub events: Option<Box<dyn Fn(Event) + Sync>>,
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Whole {
        /// Errors and warnings.
        found: Diagnostics,
    },
    /// In the middle.
    CutOff,
}

impl Machine {
    /// Returns a machine with a configuration of this repository and an empty cloud.
    pub fn new(configuration: &str, seed: u64) -> Self {
        let clock = landfall_sandbox::Clock::virtual_time();
        let options = Options { seed, clock, faults: Faults::new(seed, []), file: None };
        let sandbox = Sandbox::open(options).expect("a sandbox in memory");
        let disk = tempfile::tempdir().expect("a directory");
        let store = LocalStore::new(disk.path().join("terraform.tfstate"));
        let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(configuration);
        let configuration = Disk::initialized(&configuration).with_dice(seed);
        Self { sandbox, disk, store, configuration, latency: Duration::ZERO, events: None }
    }

    fn journal(&self) -> PathBuf {
        self.disk.path().join("terraform.tfstate.steps")
    }

    /// Returns what is written on the disk.
    pub fn texts(&self) -> String {
        let read = |path| {
            std::fs::read(path).map_or_else(|_| String::new(), |text| String::from_utf8_lossy(&text).into_owned())
        };
        read(self.disk.path().join("terraform.tfstate")) + &read(self.journal())
    }

    /// Returns the state as the next command sees it.
    pub fn state(&self) -> State {
        let state = self.store.read().expect("the state is readable at every instant");
        state.unwrap_or_else(|| State::empty("simulation"))
    }

    /// Plans and applies, as one process does, until it ends or is cut off.
    pub fn apply(&self, values: &Values, mode: PlanMode, cut: &Cut) -> Ended {
        let process = Process::start(self, cut);
        let mut found = Diagnostics::new();
        let state = match process.settle(self.state(), values) {
            Some(Ok(state)) => state,
            Some(Err(found)) => return Ended::Whole { found },
            None => return Ended::CutOff,
        };
        let options = PlanOptions { mode, variables: values.clone(), ..PlanOptions::default() };
        let (plan, warnings) = match process.run(async |context| landfall_engine::plan(context, state, &options).await)
        {
            Some(Ok(planned)) => planned,
            Some(Err(failure)) => return Ended::Whole { found: failure.diagnostics },
            None => return Ended::CutOff,
        };
        found.extend(warnings);
        match process.carry_out(&plan, values) {
            Some(more) => found.extend(more),
            None => return Ended::CutOff,
        }
        Ended::Whole { found }
    }

    /// Applies what must succeed.
    #[track_caller]
    pub fn must_apply(&self, values: &Values, mode: PlanMode) {
        match self.apply(values, mode, &Cut::never()) {
            Ended::Whole { found } if !found.has_errors() => {}
            ended => panic!("{ended:#?}"),
        }
    }

    /// Returns what a plan would change.
    ///
    /// # Errors
    /// What was found.
    pub fn plan(&self, values: &Values, mode: PlanMode) -> Result<Vec<String>, Diagnostics> {
        let options = PlanOptions { mode, variables: values.clone(), ..PlanOptions::default() };
        let process = Process::start(self, &Cut::never());
        let planned = process.run(async |context| landfall_engine::plan(context, self.state(), &options).await);
        let (plan, _) = planned.expect("nothing cuts it off")?;
        Ok(shown(&plan))
    }

    /// Writes the snapshot as the last thing of a run; returns whether it got so far.
    fn write(&self, state: &mut State, cut: &Cut) -> bool {
        let journal = std::fs::read(self.journal());
        let write = |state: &mut State| self.store.write(state).expect("the state can be written");
        match cut.pass(Moment::Snapshot) {
            Passage::Whole => {
                write(state);
                true
            }
            Passage::Last(Side::After) => {
                write(state);
                false
            }
            Passage::Last(Side::Within) => {
                // The new snapshot is in its place, and the journal still there.
                write(state);
                if let Ok(journal) = journal {
                    std::fs::write(self.journal(), journal).expect("the journal can be put back");
                }
                false
            }
            Passage::Last(Side::Before) | Passage::Nothing => false,
        }
    }
}

/// One run of landfall.
struct Process<'a> {
    machine: &'a Machine,
    cut: Cut,
    executor: tokio::runtime::Runtime,
    config: Config,
    providers: Providers,
    runtime: Runtime,
    never: Cancellation,
}

impl<'a> Process<'a> {
    fn start(machine: &'a Machine, cut: &Cut) -> Self {
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let clock = machine.sandbox.clock().clone();
        let start = clock.now();
        let clock = Arc::new(VirtualClock::followed_by(move |now| clock.not_before(start + now)));
        let wire =
            Wire { sandbox: machine.sandbox.clone(), cut: cut.clone(), clock: clock.clone(), latency: machine.latency };
        let http = aws_smithy_runtime_api::client::http::SharedHttpClient::new(wire);
        let aws = AwsProvider::over(Transport::new(http, ACCESS_KEY, "simulation"));
        let providers = landfall_builtin::providers().into_iter().chain([Arc::new(aws) as Arc<dyn Provider>]).collect();
        let (config, found) = load(&machine.configuration, &mut SourceMap::default(), ".");
        assert!(!found.has_errors(), "{found:#?}");
        Self {
            machine,
            cut: cut.clone(),
            executor,
            config,
            providers,
            runtime: Runtime::new(clock, Arc::new(Budgets::new())),
            never: Cancellation::new(),
        }
    }

    /// Runs a part of the engine; nothing comes of it where it is cut off.
    fn run<T>(&self, part: impl AsyncFnOnce(Context<'_>) -> T) -> Option<T> {
        let directories = Directories::default();
        let context = Context {
            config: &self.config,
            providers: &self.providers,
            runtime: &self.runtime,
            host: &self.machine.configuration,
            directories: &directories,
            events: &|event: Event| {
                if let Some(told) = &self.machine.events {
                    told(event);
                }
            },
            stop: &self.never,
            abandon: &self.never,
        };
        self.executor.block_on(async {
            tokio::select! {
                biased;
                () = self.cut.over() => None,
                done = part(context) => Some(done).filter(|_| !self.cut.is_over()),
            }
        })
    }

    fn settle(&self, state: State, values: &Values) -> Option<Result<State, Diagnostics>> {
        if state.intents().is_empty() {
            return Some(Ok(state));
        }
        let machine = self.machine;
        let keep = |state: &mut State| {
            machine.write(state, &self.cut);
            Ok(())
        };
        let (mut state, found) =
            self.run(async |context| landfall_engine::settle(context, state, values, keep).await)?;
        if !self.machine.write(&mut state, &self.cut) {
            return None;
        }
        Some(found.into_result(state).map(|(state, _)| state))
    }

    fn carry_out(&self, plan: &Plan, values: &Values) -> Option<Diagnostics> {
        let inner = self.machine.store.step_log(&plan.previous).expect("a journal");
        let mut journal = Journal { inner, path: self.machine.journal(), cut: self.cut.clone() };
        let options = ApplyOptions { variables: values.clone(), parallelism: None };
        let mut applied =
            self.run(async |context| landfall_engine::apply(context, plan, &mut journal, &options).await)?;
        drop(journal);
        self.machine.write(&mut applied.state, &self.cut).then_some(applied.diagnostics)
    }
}

/// Returns values written as in a file of them.
pub fn values(text: &str) -> Values {
    let mut sources = SourceMap::default();
    let source = sources.add("values.tfvars", text);
    let mut found = Diagnostics::new();
    let given = parse_tfvars(&sources, source, &mut found);
    assert!(!found.has_errors(), "{found:#?}");
    given.into_iter().map(|(name, given)| (name, VariableInput { value: given.value, span: None })).collect()
}

fn shown(plan: &Plan) -> Vec<String> {
    let changes = plan.changes.iter().filter(|change| change.is_visible());
    let told = changes.map(|change| {
        let differing = differences(&change.before, &change.after);
        let paths: Vec<String> = differing.iter().map(ToString::to_string).collect();
        format!("{:?} {}: {}", change.action, change.address, paths.join(", "))
    });
    told.collect()
}
