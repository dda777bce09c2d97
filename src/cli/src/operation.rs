//! What planning and applying need beside configuration and state: providers, the runtime, files and clock, signals.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::ResourceInstance;
use landfall_backend::Access;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_engine::{
    Applied, ApplyOptions, ConsoleValues, Context, Directories, Events, Plan, PlanFailure, PlanOptions, Providers,
};
use landfall_lang::{Config, Host, Scope};
use landfall_provider::{AnyDataSource, Budgets, Cancellation, Clock, Provider, Runtime, TokioClock};
use landfall_state::{State, StepLog};
use landfall_value::Value;

use crate::args::Pace;
use crate::project::{OsHost, OtherStates, Values, current_workspace};
use crate::sandbox::{self, Settings};
use crate::session::{Session, Voice};

/// Returns the providers that landfall has, calling the clouds that they are for.
pub(crate) fn providers() -> Providers {
    providers_with(landfall_aws::AwsProvider::new(), Access::of_environment())
}

fn providers_with(aws: landfall_aws::AwsProvider, access: Access) -> Providers {
    let aws: Arc<dyn Provider> = Arc::new(aws);
    landfall_builtin::providers_with(Some(Arc::new(OtherStates { access }))).into_iter().chain([aws]).collect()
}

/// Runs the engine.
pub(crate) struct Engine {
    /// The providers that there are.
    pub providers: Providers,
    executor: tokio::runtime::Runtime,
    runtime: Runtime,
    directories: Directories,
    stop: Cancellation,
    abandon: Cancellation,
}

impl Engine {
    /// Returns an engine for the working directory, which listens to Ctrl-C.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub fn new(session: &Session) -> Result<Self, Diagnostic> {
        let failed = |error: std::io::Error| Diagnostic::error("Failed to start", format!("No threads: {error}."));
        let settings = Settings::find(&session.sandbox_flags, &session.environment)?;
        let is_virtual = settings.as_ref().is_some_and(|settings| settings.pace == Pace::Virtual);
        let mut executor = match is_virtual {
            // Virtual time tells from the only thread whether anything is at work.
            true => tokio::runtime::Builder::new_current_thread(),
            false => tokio::runtime::Builder::new_multi_thread(),
        };
        let executor = executor.worker_threads(2).enable_all().build().map_err(failed)?;
        let (providers, clock) = match settings {
            Some(settings) => in_sandbox(session, &settings)?,
            None => (providers(), Arc::new(TokioClock::new()) as Arc<dyn Clock>),
        };
        let engine = Self {
            providers,
            runtime: Runtime::new(clock, Arc::new(Budgets::new())),
            directories: directories(session),
            stop: Cancellation::new(),
            abandon: Cancellation::new(),
            executor,
        };
        engine.listen();
        Ok(engine)
    }

    /// The first interrupt asks for an orderly stop, the second one to stop waiting; a third one ends the process.
    fn listen(&self) {
        let (stop, abandon) = (self.stop.clone(), self.abandon.clone());
        self.executor.spawn(async move {
            let mut asked = 0;
            while interrupted().await.is_ok() {
                asked += 1;
                match asked {
                    1 => stop.cancel(),
                    2 => abandon.cancel(),
                    // Every finished step is in the log beside the state: nothing is lost.
                    _ => std::process::exit(1),
                }
            }
        });
    }

    fn context<'a>(&'a self, config: &'a Config, host: &'a dyn Host, events: &'a dyn Events) -> Context<'a> {
        Context {
            config,
            providers: &self.providers,
            runtime: &self.runtime,
            host,
            directories: &self.directories,
            events,
            stop: &self.stop,
            abandon: &self.abandon,
        }
    }

    /// Returns what is wrong with a configuration whatever its values are.
    pub fn validate(&self, config: &Config) -> Diagnostics {
        landfall_engine::validate(self.context(config, &OsHost::planning(), &|_| {}))
    }

    /// Plans.
    ///
    /// # Errors
    /// All problems that were found, with what could be planned nonetheless.
    pub fn plan(
        &self,
        config: &Config,
        state: State,
        options: &PlanOptions,
        events: &dyn Events,
    ) -> Result<(Plan, Diagnostics), PlanFailure> {
        let host = OsHost::planning();
        self.executor.block_on(landfall_engine::plan(self.context(config, &host, events), state, options))
    }

    /// Passes the names of the root module on, with what went wrong while they were evaluated.
    ///
    /// # Errors
    /// What keeps evaluation from beginning.
    pub fn console(
        &self,
        config: &Config,
        state: State,
        options: &PlanOptions,
        values: ConsoleValues,
        talk: impl FnOnce(&dyn Scope, Diagnostics),
    ) -> Result<(), Diagnostics> {
        // Nothing that is evaluated here is kept, so that time and random bytes may be used.
        let host = OsHost::applying(jiff::Timestamp::now().as_nanosecond());
        let context = self.context(config, &host, &|_| {});
        self.executor.block_on(landfall_engine::console(context, state, options, values, talk))
    }

    /// Takes existing objects into a state.
    ///
    /// # Errors
    /// All problems that were found; then nothing was imported.
    pub fn import(
        &self,
        config: &Config,
        state: State,
        imports: &BTreeMap<ResourceInstance, String>,
        variables: &Values,
        events: &dyn Events,
    ) -> Result<(State, Diagnostics), Diagnostics> {
        let host = OsHost::planning();
        let context = self.context(config, &host, events);
        self.executor.block_on(landfall_engine::import(context, state, imports, variables))
    }

    /// Finishes what a run that was cut off had begun; `keep` makes a state durable in between.
    pub fn settle(
        &self,
        config: &Config,
        state: State,
        variables: &Values,
        events: &dyn Events,
        keep: impl FnMut(&mut State) -> Result<(), Diagnostics>,
    ) -> (State, Diagnostics) {
        let host = OsHost::planning();
        let context = self.context(config, &host, events);
        self.executor.block_on(landfall_engine::settle(context, state, variables, keep))
    }

    /// Carries a plan out.
    pub fn apply(
        &self,
        config: &Config,
        plan: &Plan,
        log: &mut dyn StepLog,
        options: &ApplyOptions,
        events: &dyn Events,
    ) -> Applied {
        let host = OsHost::applying(plan.time);
        self.executor.block_on(landfall_engine::apply(self.context(config, &host, events), plan, log, options))
    }

    /// Reads a data source with a provider configuration of its own.
    ///
    /// # Errors
    /// What is wrong with the configuration, or what the service answered.
    pub fn read_data(
        &self,
        provider: &dyn Provider,
        data: &dyn AnyDataSource,
        config: &Value,
        arguments: &Value,
    ) -> Result<Value, Diagnostics> {
        self.executor.block_on(async {
            let configured = provider.configure(config, self.runtime.caller(&self.stop)).await?;
            let read = self.runtime.read_data(data, &configured.client, &self.stop, arguments);
            read.await.map_err(|error| Diagnostic::error("Reading failed", format!("{error}.")).into())
        })
    }
}

/// Returns providers and time of a run in the sandbox.
fn in_sandbox(session: &Session, settings: &Settings) -> Result<(Providers, Arc<dyn Clock>), Diagnostic> {
    let sandbox = settings.open()?;
    if session.voice == Voice::Human {
        let file = settings.file.display();
        session.say(&format!("In the sandbox `{file}`: AWS is not called.\n"));
    }
    let aws = landfall_aws::AwsProvider::over(sandbox::transport(&sandbox));
    Ok((providers_with(aws, sandbox::access(&sandbox)), sandbox::clock(&sandbox, settings.pace)))
}

async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

fn directories(session: &Session) -> Directories {
    Directories {
        root: ".".into(),
        current: session.environment.started_in.to_string_lossy().into(),
        workspace: current_workspace(&session.environment).into(),
    }
}
