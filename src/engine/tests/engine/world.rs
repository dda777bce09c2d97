//! A world for tests: configuration texts, a cloud in memory, a state, time that jumps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use landfall_addr::ResourceInstance;
use landfall_diag::{Diagnostic, Diagnostics, SourceMap};
use landfall_engine::{
    Action, Applied, ApplyOptions, Context, Directories, Event, Plan, PlanFailure, PlanMode, PlanOptions, Providers,
    VariableInput,
};
use landfall_lang::Host;
use landfall_lang::config::load::{ModuleRequest, SourceReader, load};
use landfall_provider::{Budgets, Cancellation, Provider, Runtime, VirtualClock};
use landfall_state::State;
use landfall_testkit::{MemoryLog, TestCloud, TestProvider};

/// Configuration texts, a cloud, a state.
pub struct World {
    files: BTreeMap<String, String>,
    pub cloud: TestCloud,
    pub state: State,
    pub log: MemoryLog,
    pub events: Mutex<Vec<String>>,
    pub stop: Cancellation,
    pub variables: BTreeMap<Arc<str>, VariableInput>,
    pub clock: Arc<VirtualClock>,
}

impl World {
    /// Returns a world with a root module.
    pub fn new(text: &str) -> Self {
        let clock = Arc::new(VirtualClock::new());
        let mut world = Self {
            files: BTreeMap::new(),
            cloud: TestCloud::on(clock.clone()),
            state: State::empty("test"),
            log: MemoryLog::new(),
            events: Mutex::default(),
            stop: Cancellation::new(),
            variables: BTreeMap::new(),
            clock,
        };
        world.file(".", text);
        world
    }

    /// Sets the text of a module.
    pub fn file(&mut self, directory: &str, text: &str) {
        self.files.insert(directory.to_owned(), text.to_owned());
    }

    /// Sets the text of the root module.
    pub fn root(&mut self, text: &str) -> &mut Self {
        self.file(".", text);
        self
    }

    /// Plans.
    pub fn try_plan(&self, options: PlanOptions) -> Result<(Plan, Diagnostics), Diagnostics> {
        self.planned(options).map_err(Diagnostics::from)
    }

    fn planned(&self, options: PlanOptions) -> Result<(Plan, Diagnostics), PlanFailure> {
        let options = PlanOptions { variables: self.variables.clone(), ..options };
        self.with_context(|context| runtime().block_on(landfall_engine::plan(context, self.state.clone(), &options)))?
    }

    /// Plans what must fail.
    pub fn failed_plan(&self) -> PlanFailure {
        self.planned(PlanOptions::default()).map(|(plan, _)| shown(&plan)).expect_err("a failure")
    }

    /// Plans what must not fail.
    pub fn plan_with(&self, options: PlanOptions) -> Plan {
        match self.try_plan(options) {
            Ok((plan, _)) => plan,
            Err(found) => panic!("the plan failed: {found:#?}"),
        }
    }

    /// Plans what must not fail, without options.
    pub fn plan(&self) -> Plan {
        self.plan_with(PlanOptions::default())
    }

    /// Plans and applies; keeps the state that comes of it.
    pub fn try_apply(&mut self, options: PlanOptions) -> Applied {
        let plan = self.plan_with(options);
        self.apply_plan(&plan)
    }

    /// Applies a plan; keeps the state that comes of it.
    pub fn apply_plan(&mut self, plan: &Plan) -> Applied {
        let mut log = self.log.clone();
        let applied = self
            .with_context(|context| {
                let options = ApplyOptions { variables: self.variables.clone(), parallelism: None };
                runtime().block_on(landfall_engine::apply(context, plan, &mut log, &options))
            })
            .expect("a configuration");
        self.state = applied.state.clone();
        applied
    }

    /// Applies a plan until the process ends (see [`TestCloud::cut`]); keeps what is durable then. Returns whether it did end
    /// early.
    pub fn apply_until_cut_off(&mut self, plan: &Plan) -> bool {
        let mut log = self.log.clone();
        let before = log.appended().len();
        let cloud = self.cloud.clone();
        let options = ApplyOptions { variables: self.variables.clone(), parallelism: None };
        let whole = self
            .with_context(|context| {
                runtime().block_on(async {
                    tokio::select! {
                        biased;
                        applied = landfall_engine::apply(context, plan, &mut log, &options) => Some(applied.state),
                        () = cloud.cut_off() => None,
                    }
                })
            })
            .expect("a configuration");
        let is_cut_off = whole.is_none();
        self.state = whole.unwrap_or_else(|| {
            let mut state = plan.previous.clone();
            self.log.appended().into_iter().skip(before).flatten().for_each(|change| state.apply(change));
            state
        });
        is_cut_off
    }

    /// Finishes what was begun; keeps the state that comes of it.
    pub fn settle(&mut self) -> Diagnostics {
        let state = self.state.clone();
        let (state, found) = self
            .with_context(|context| {
                runtime().block_on(landfall_engine::settle(context, state, &self.variables, |_| Ok(())))
            })
            .expect("a configuration");
        self.state = state;
        found
    }

    /// Applies a plan with a bound; returns the greatest number of operations at a time.
    pub fn apply_in_parallel(&mut self, plan: &Plan, parallelism: usize) -> usize {
        let mut log = self.log.clone();
        let options = ApplyOptions { variables: self.variables.clone(), parallelism: Some(parallelism) };
        let applied = self
            .with_context(|context| runtime().block_on(landfall_engine::apply(context, plan, &mut log, &options)))
            .expect("a configuration");
        self.state = applied.state;
        let mut running = 0_usize;
        let events = self.events.lock().unwrap();
        let after = events.iter().map(|event| {
            running = if event.starts_with("start") { running + 1 } else { running - 1 };
            running
        });
        after.max().unwrap_or(0)
    }

    /// Imports objects.
    pub fn import(&self, imports: BTreeMap<ResourceInstance, String>) -> Result<State, Diagnostics> {
        let imported = self.with_context(|context| {
            runtime().block_on(landfall_engine::import(context, self.state.clone(), &imports, &self.variables))
        })?;
        imported.map(|(state, _)| state)
    }

    /// Plans and applies what must not fail, and checks that a further plan is empty.
    pub fn apply(&mut self) -> &mut Self {
        let applied = self.try_apply(PlanOptions::default());
        assert!(!applied.diagnostics.has_errors(), "the apply failed: {:#?}", applied.diagnostics);
        let again = self.plan();
        assert!(!again.has_changes(), "a second plan is not empty: {:?}", shown(&again));
        self.cloud.forget_calls();
        self.events.lock().unwrap().clear();
        self
    }

    /// Destroys everything.
    pub fn destroy(&mut self) -> &mut Self {
        let applied = self.try_apply(PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() });
        assert!(!applied.diagnostics.has_errors(), "the destruction failed: {:#?}", applied.diagnostics);
        self
    }

    /// Validates.
    pub fn validate(&self) -> Diagnostics {
        match self.with_context(landfall_engine::validate) {
            Ok(found) | Err(found) => found,
        }
    }

    fn with_context<T>(&self, run: impl FnOnce(Context<'_>) -> T) -> Result<T, Diagnostics> {
        let mut sources = SourceMap::default();
        let (config, found) = load(self, &mut sources, ".");
        if found.has_errors() {
            return Err(found);
        }
        let providers: Providers = landfall_builtin::providers()
            .into_iter()
            .chain([Arc::new(TestProvider::new(self.cloud.clone())) as Arc<dyn Provider>])
            .collect();
        let runtime = Runtime::new(self.clock.clone(), Arc::new(Budgets::new()));
        let abandon = Cancellation::new();
        let events = |event: Event| self.events.lock().unwrap().extend(told(&event));
        Ok(run(Context {
            config: &config,
            providers: &providers,
            runtime: &runtime,
            host: &TestHost,
            directories: &Directories::default(),
            events: &events,
            stop: &self.stop,
            abandon: &abandon,
        }))
    }

    /// Returns the addresses in the state; deposed objects and tainted ones are marked.
    pub fn objects(&self) -> Vec<String> {
        self.state
            .objects()
            .map(|(id, _, object)| {
                let tainted = if object.status == landfall_state::Status::Tainted { " (tainted)" } else { "" };
                let deposed = if id.deposed.is_some() { " (deposed)" } else { "" };
                format!("{}{deposed}{tainted}", id.address)
            })
            .collect()
    }
}

impl SourceReader for World {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        let text = self.files.get(directory.trim_start_matches("./")).or_else(|| self.files.get(directory));
        text.map(|text| vec![("main.tf".to_owned(), text.clone())]).ok_or_else(|| "no such directory".to_owned())
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        Ok(request.source_text.trim_start_matches("./").to_owned())
    }
}

pub struct TestHost;

impl Host for TestHost {
    fn read_file(&self, _path: &str) -> Result<Arc<[u8]>, String> {
        Err("no files here".to_owned())
    }
    fn is_file(&self, _path: &str) -> Result<bool, String> {
        Ok(false)
    }
    fn list_files(&self, _directory: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }
    fn expand_home(&self, path: &str) -> String {
        path.to_owned()
    }
    fn now(&self) -> Option<i128> {
        None
    }
    fn plan_time(&self) -> i128 {
        0
    }
    fn random(&self, buffer: &mut [u8]) -> bool {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_le_bytes();
        buffer.iter_mut().zip(next.iter().cycle()).for_each(|(byte, random)| *byte = *random);
        true
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Returns an event as a short text; none for those that tests do not look at.
fn told(event: &Event) -> Option<String> {
    match event {
        Event::ApplyStarted { object, work, .. } => Some(format!("start {work:?} {object}")),
        Event::ApplyCompleted { object, work, .. } => Some(format!("end {work:?} {object}")),
        Event::ApplyFailed { object, work, .. } => Some(format!("fail {work:?} {object}")),
        Event::ProvisionerOutput { line, .. } => Some(format!("says {line}")),
        _ => None,
    }
}

/// Returns the changes of a plan as short texts, those that change nothing left out.
pub fn shown(plan: &Plan) -> Vec<String> {
    let visible = plan.changes.iter().filter(|change| change.action != Action::NoOp);
    visible
        .map(|change| {
            let deposed = if change.deposed.is_some() { " (deposed)" } else { "" };
            let action = match change.action {
                Action::Replace { create_before_destroy: true } => "CreateThenDelete".to_owned(),
                Action::Replace { create_before_destroy: false } => "DeleteThenCreate".to_owned(),
                action => format!("{action:?}"),
            };
            let reason = change.reason.map(|reason| format!(" {}", reason.as_str())).unwrap_or_default();
            format!("{action} {}{deposed}{reason}", change.address)
        })
        .collect()
}

/// Returns the summaries of errors, in order.
pub fn errors(found: &Diagnostics) -> Vec<String> {
    found.iter().filter(|finding| finding.is_error()).map(|finding| finding.summary.clone()).collect()
}

/// Parses an address.
pub fn address(text: &str) -> ResourceInstance {
    text.parse().expect("an address")
}
