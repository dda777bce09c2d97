//! From a plan to a new state.

use landfall_addr::Mode;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_state::{Change, State, StepLog};
use tokio::sync::mpsc;

use super::change::usual;
use super::driver::Driver;
use crate::evaluate::{Evaluation, Instances};
use crate::graph;
use crate::order::{self, Half};
use crate::prior::managers;
use crate::{Action, ApplyOptions, Context, Plan, PlanMode, ResourceChange, Work};

/// How an apply ended.
#[derive(Debug)]
pub struct Applied {
    /// What is there now; to be written whatever went wrong.
    pub state: State,
    /// What went wrong, and warnings.
    pub diagnostics: Diagnostics,
    /// An orderly stop was asked for, and something of the plan was left out.
    pub interrupted: bool,
}

/// Carries a plan out. Every finished step is written to `log` at once; the state that comes back holds them all.
pub async fn apply(context: Context<'_>, plan: &Plan, log: &mut dyn StepLog, options: &ApplyOptions) -> Applied {
    let managers = managers(context.config, &plan.state);
    let unchanged = |diagnostics| Applied { state: plan.previous.clone(), diagnostics, interrupted: false };
    let graph = match graph::build(context.config, &managers) {
        Ok(graph) => graph,
        Err(found) => return unchanged(found),
    };
    let instances = Instances::at(&graph, &plan.modules);
    let seconds = |change: &ResourceChange, half: Half| usual_seconds(context, change, half);
    let execution = match order::build(&graph, plan, &instances, &seconds) {
        Ok(execution) => execution,
        Err(found) => return unchanged(found),
    };
    let inputs = plan.inputs(&options.variables);
    let mut evaluation = Evaluation::new(context, &graph, &inputs, true);
    evaluation.instances = instances;
    evaluation.declare_checks();
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut driver = Driver::new(context, plan, &graph, &execution, evaluation, log, sender);
    driver.run(options.parallelism, receiver).await;
    driver.close_ephemeral().await;
    driver.into_applied()
}

impl Driver<'_> {
    fn into_applied(mut self) -> Applied {
        let interrupted = self.context.stop.is_cancelled() && self.left_out();
        self.drop_outputs();
        self.save();
        if self.plan.mode != PlanMode::Destroy {
            let mut checks = std::mem::take(&mut self.evaluation.checks);
            checks.fill_from(&self.plan.checks);
            self.state.set_check_results(checks.into_results());
        }
        if !self.plan.targets.is_empty() || !self.plan.excludes.is_empty() {
            self.evaluation.diagnostics.push(Diagnostic::warning(
                "Applied changes may be incomplete",
                "The plan was created with the -target or the -exclude option in effect, so some changes requested in the configuration \
                 may have been ignored and the output values may not be fully updated.",
            ));
        }
        Applied { state: self.state, diagnostics: self.evaluation.diagnostics, interrupted }
    }

    /// Takes out the outputs that the plan takes out, and after a whole destruction what was read, unless something
    /// failed on the way there.
    fn drop_outputs(&mut self) {
        if self.evaluation.diagnostics.has_errors() && self.plan.mode == PlanMode::Destroy {
            return;
        }
        let plan = self.plan;
        let gone = plan.outputs.iter().filter(|(_, change)| change.action == Action::Delete);
        for (name, _) in gone {
            if self.state.outputs().contains_key(name) {
                self.change_state(Change::Output { name: name.clone(), output: None });
            }
        }
        if plan.mode == PlanMode::Destroy && plan.targets.is_empty() {
            let read = self.state.objects().map(|(id, _, _)| id).filter(|id| id.address.resource.mode == Mode::Data);
            for id in read.collect::<Vec<_>>() {
                self.change_state(Change::Remove { id });
            }
        }
    }
}

/// Returns what a change usually takes, for the order in which ready changes begin.
fn usual_seconds(context: Context<'_>, change: &ResourceChange, half: Half) -> u32 {
    let provider = context.providers.get(&change.provider.source);
    let Some(resource) = provider.and_then(|provider| provider.resource(&change.address.resource.r#type)) else {
        return 0;
    };
    if resource.is_local() {
        return 0;
    }
    let work = match (change.action, half) {
        (Action::Create, _) | (Action::Replace { .. }, Half::Create) => Work::Create,
        (Action::Update, _) => Work::Update,
        (Action::Delete, _) | (Action::Replace { .. }, Half::Destroy | Half::Whole) => Work::Delete,
        (Action::Read | Action::NoOp | Action::Forget, _) => return 0,
    };
    u32::try_from(usual(resource.timing(), work).as_secs()).unwrap_or(u32::MAX).max(1)
}
