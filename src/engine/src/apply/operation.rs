//! Operations: what runs, and what it reports.

use std::sync::Arc;
use std::time::Duration;

use landfall_diag::Diagnostics;
use landfall_provider::{AnyOpened, CallResult, Configured, Outcome, Progress};
use landfall_state::ObjectId;
use landfall_value::Value;

use super::driver::Driver;
use super::ephemeral::Opening;
use crate::evaluate::{ModuleInstanceId, Repetition};
use crate::graph::BlockId;
use crate::order::StepId;
use crate::types::TypeInfo;
use crate::{Event, Work};

/// What an operation reports at its end.
pub(super) enum Report {
    /// A provider was configured.
    Configured(BlockId, Result<Configured, Diagnostics>),
    /// The instances of an ephemeral resource block in a module instance were opened.
    Opened(Opening, Vec<CallResult<AnyOpened>>),
    /// Work on a managed object ended.
    Changed(Outcome),
    /// A data source was read.
    Read(CallResult<Value>),
    /// Provisioners ended; with what went wrong.
    Provisioned(Diagnostics),
}

/// A change at work.
pub(super) struct Operation<'a> {
    /// Place in the plan's changes.
    pub(super) place: u32,
    pub(super) object: ObjectId,
    pub(super) work: Work,
    pub(super) info: Arc<TypeInfo<'a>>,
    /// The block and the instance; none where the configuration does not have the object any more.
    pub(super) origin: Option<Origin>,
    /// What was asked for; null for destruction.
    pub(super) planned: Value,
    pub(super) started: Duration,
}

/// Where in the configuration an object comes from.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) block: BlockId,
    pub(super) instance: ModuleInstanceId,
    pub(super) repetition: Repetition,
}

impl<'a> Driver<'a> {
    pub(super) fn now(&self) -> Duration {
        self.context.runtime.clock().now()
    }

    /// Announces an operation and remembers it.
    pub(super) fn start(&mut self, step: StepId, operation: Operation<'a>, id: Option<Arc<str>>, usual: Duration) {
        self.context.events.on(Event::ApplyStarted {
            object: operation.object.clone(),
            work: operation.work,
            id,
            usual,
        });
        self.operations.insert(step, operation);
    }

    /// Takes what a running operation tells.
    pub(super) fn told(&mut self, step: StepId, progress: Progress) {
        let Some(operation) = self.operations.get(&step) else { return };
        let elapsed = self.now().saturating_sub(operation.started);
        let (object, work) = (operation.object.clone(), operation.work);
        if let Progress::Accepted { object: there, receipt } = &progress {
            self.store_half_made(step, there);
            self.receipts.push(receipt.clone());
        }
        self.context.events.on(Event::ApplyProgress { object, work, elapsed, progress });
    }
}
