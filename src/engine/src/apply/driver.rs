//! The driver: begins steps that are ready, the longest remaining path first, and takes what running ones report.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use landfall_addr::{AbsResource, ConfigResource, DeposedKey, Mode};
use landfall_diag::Diagnostics;
use landfall_provider::{Configured, Progress, Receipt};
use landfall_state::{Change, State, StateError, StepLog};
use tokio::sync::mpsc;

use super::operation::{Operation, Report};
use crate::ephemeral::OpenResources;
use crate::evaluate::{Evaluation, Repetitions};
use crate::graph::ConfigGraph;
use crate::order::{Execution, Step, StepId};
use crate::types::Types;
use crate::{Context, Event, Plan};

/// How the beginning of a step ended.
pub(super) enum Begun<'a> {
    /// The step is done.
    Done,
    /// It failed: what waits for it is left out.
    Failed,
    /// It waits for an operation within the process.
    Running(LocalBoxFuture<'a, Report>),
    /// It waits for an operation that makes calls: these begin when what was written down before is durable.
    Calling(LocalBoxFuture<'a, Report>),
}

impl Begun<'_> {
    pub(super) fn of(ok: bool) -> Self {
        if ok { Self::Done } else { Self::Failed }
    }
}

/// What apply knows so far.
pub(super) struct Driver<'a> {
    pub(super) context: Context<'a>,
    pub(super) plan: &'a Plan,
    pub(super) graph: &'a ConfigGraph<'a>,
    pub(super) execution: &'a Execution,
    pub(super) evaluation: Evaluation<'a>,
    pub(super) types: Types<'a>,
    /// By place in `graph.providers`; none where not configured.
    pub(super) providers: Vec<Option<Configured>>,
    pub(super) state: State,
    pub(super) log: &'a mut dyn StepLog,
    /// Changes that are not durable yet.
    pub(super) unsaved: Vec<Change>,
    /// Of operations that wait until these are durable.
    pub(super) receipts: Vec<Receipt>,
    /// Resources whose block has begun, with their instances.
    pub(super) begun: BTreeMap<AbsResource, Repetitions>,
    /// By step of a running operation: what it is.
    pub(super) operations: BTreeMap<StepId, Operation<'a>>,
    /// Ephemeral resources that are open.
    pub(super) open: OpenResources<'a>,
    /// By place in the plan's changes: the key of the object that was deposed by a replacement.
    pub(super) deposed: BTreeMap<u32, DeposedKey>,
    /// By block: what the state says its objects depend on.
    pub(super) stored_dependencies: Vec<Arc<[ConfigResource]>>,
    pub(super) create_before_destroy: Vec<bool>,
    pub(super) progress: mpsc::UnboundedSender<(StepId, Progress)>,
    /// The log could not be written: nothing new is begun.
    pub(super) log_failed: bool,
    /// Operations that begin after the next sync.
    held: Vec<Held<'a>>,
    /// Syncs that are on their way, to a log that is far, with the operations that begin then.
    syncing: FuturesUnordered<LocalBoxFuture<'a, Synced<'a>>>,
    /// How many operations wait for those.
    awaiting_sync: usize,
    waits_for: Vec<u32>,
    failed: Vec<bool>,
    finished: Vec<bool>,
    /// Steps that need no operation, then those that do.
    ready: Vec<StepId>,
    ready_operations: BinaryHeap<(u32, Reverse<StepId>)>,
}

type Running<'a> = FuturesUnordered<LocalBoxFuture<'a, (StepId, Report)>>;
type Held<'a> = (StepId, LocalBoxFuture<'a, Report>);
/// How a sync ended, and what waited for it.
type Synced<'a> = (Result<(), StateError>, Vec<Held<'a>>);

/// Operations at work at a time, unless `-parallelism` says less. Budgets hold calls back long before; this bounds memory.
const AT_ONCE: usize = 2_048;
/// How many changes may wait for a sync while local steps go on.
const UNSAVED_AT_MOST: usize = 4096;

impl<'a> Driver<'a> {
    pub(super) fn new(
        context: Context<'a>,
        plan: &'a Plan,
        graph: &'a ConfigGraph<'a>,
        execution: &'a Execution,
        evaluation: Evaluation<'a>,
        log: &'a mut dyn StepLog,
        progress: mpsc::UnboundedSender<(StepId, Progress)>,
    ) -> Self {
        Self {
            context,
            plan,
            graph,
            execution,
            evaluation,
            types: Types::new(context.providers),
            providers: graph.providers.iter().map(|_| None).collect(),
            state: plan.state.clone(),
            log,
            unsaved: plan.state_changes.clone(),
            receipts: Vec::new(),
            begun: BTreeMap::new(),
            operations: BTreeMap::new(),
            open: OpenResources::default(),
            deposed: BTreeMap::new(),
            stored_dependencies: graph.stored_dependencies(),
            create_before_destroy: graph.create_before_destroy(),
            progress,
            log_failed: false,
            held: Vec::new(),
            syncing: FuturesUnordered::new(),
            awaiting_sync: 0,
            waits_for: execution.waits_for.clone(),
            failed: vec![false; execution.steps.len()],
            finished: vec![false; execution.steps.len()],
            ready: Vec::new(),
            ready_operations: BinaryHeap::new(),
        }
    }

    /// Makes all steps that can be made.
    pub(super) async fn run(
        &mut self,
        parallelism: Option<usize>,
        mut progress: mpsc::UnboundedReceiver<(StepId, Progress)>,
    ) {
        self.save();
        let limit = parallelism.unwrap_or(AT_ONCE).max(1);
        let mut running: Running<'a> = FuturesUnordered::new();
        let mut announced = false;
        for id in (0..self.waits_for.len() as u32).map(StepId) {
            if self.waits_for[id.index()] == 0 {
                self.enqueue(id);
            }
        }
        loop {
            self.begin_ready(&mut running, limit);
            self.release(&mut running);
            if self.context.stop.is_cancelled() && !announced && !running.is_empty() {
                announced = true;
                self.context.events.on(Event::Interrupted { running: running.len() });
            }
            if running.is_empty() && self.syncing.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                Some((id, told)) = progress.recv() => {
                    self.told(id, told);
                    // All that is there, so that it becomes durable together.
                    while let Ok((id, told)) = progress.try_recv() {
                        self.told(id, told);
                    }
                }
                Some(synced) = self.syncing.next() => self.synced(synced, &mut running),
                Some((id, report)) = running.next() => self.finish_all(id, report, &mut running),
                () = self.context.stop.cancelled(), if !announced => {}
            }
        }
    }

    /// Takes all reports that are there, so that they become durable together.
    fn finish_all(&mut self, id: StepId, report: Report, running: &mut Running<'a>) {
        self.finish_operation(id, report, running);
        while let Some(Some((id, report))) = running.next().now_or_never() {
            self.finish_operation(id, report, running);
        }
        self.save();
    }

    fn finish_operation(&mut self, id: StepId, report: Report, running: &mut Running<'a>) {
        let begun = self.reported(id, report);
        self.settle(id, begun, running);
    }

    fn enqueue(&mut self, id: StepId) {
        match self.execution.steps[id.index()] {
            Step::Change(..) => self.ready_operations.push((self.execution.remaining[id.index()], Reverse(id))),
            Step::Evaluate(..) | Step::Begin(..) | Step::End(..) | Step::Join => self.ready.push(id),
        }
    }

    fn begin_ready(&mut self, running: &mut Running<'a>, limit: usize) {
        loop {
            if let Some(id) = self.ready.pop() {
                self.begin_one(id, running);
            } else if running.len() + self.held.len() + self.awaiting_sync < limit
                && let Some((_, Reverse(id))) = self.ready_operations.pop()
            {
                self.begin_one(id, running);
            } else {
                return;
            }
            if self.unsaved.len() > UNSAVED_AT_MOST {
                self.save();
            }
        }
    }

    /// Lets the calls begin of which it is durable now that they are made. Without a log none is made.
    fn release(&mut self, running: &mut Running<'a>) {
        self.save();
        let (held, receipts) = (std::mem::take(&mut self.held), std::mem::take(&mut self.receipts));
        match self.log.pending() {
            Some(_) if held.is_empty() && receipts.is_empty() => {}
            Some(pending) if !self.log_failed => {
                self.awaiting_sync += held.len();
                self.syncing.push(Box::pin(async move {
                    let ended = pending.await;
                    drop(receipts);
                    (ended, held)
                }));
            }
            Some(_) | None => self.begin_calls(held, running),
        }
    }

    /// Takes the end of a sync that was waited for.
    fn synced(&mut self, (ended, held): Synced<'a>, running: &mut Running<'a>) {
        self.awaiting_sync -= held.len();
        if let Err(error) = ended {
            self.fail_log(&error);
        }
        self.begin_calls(held, running);
    }

    fn begin_calls(&mut self, held: Vec<Held<'a>>, running: &mut Running<'a>) {
        for (id, future) in held {
            if self.log_failed {
                self.call_off(id);
            } else {
                running.push(Box::pin(async move { (id, future.await) }));
            }
        }
        if self.log_failed {
            // What waited for them is left out; nothing is held any more.
            self.begin_ready(running, usize::MAX);
        }
    }

    fn call_off(&mut self, id: StepId) {
        if let Some(operation) = self.operations.remove(&id) {
            self.restore(operation.place);
            self.close_intent(&operation.object);
            self.ended(&operation, false);
        }
        self.finish(id, false);
    }

    fn begin_one(&mut self, id: StepId, running: &mut Running<'a>) {
        let begun = match self.execution.steps[id.index()] {
            _ if self.failed[id.index()] => Begun::Failed,
            Step::Join => Begun::Done,
            Step::Evaluate(block, instance) => self.begin_evaluation(block, instance),
            Step::Begin(block, instance) => Begun::of(self.begin_block(block, instance)),
            Step::End(block, instance) => match self.graph.node(block).resource() {
                Some(ephemeral) if ephemeral.address.mode == Mode::Ephemeral => {
                    self.begin_ephemeral(block, ephemeral, instance)
                }
                _ => Begun::of(self.end_block(block, instance)),
            },
            Step::Change(..) if self.context.stop.is_cancelled() || self.log_failed => Begun::Failed,
            Step::Change(place, half) => self.begin_change(id, place, half),
        };
        self.settle(id, begun, running);
    }

    fn settle(&mut self, id: StepId, begun: Begun<'a>, running: &mut Running<'a>) {
        let mut begun = begun;
        loop {
            match begun {
                Begun::Done => return self.finish(id, true),
                Begun::Failed => return self.finish(id, false),
                Begun::Calling(future) => return self.held.push((id, future)),
                // Operations without waiting are done at the first poll: they need no place among the running ones.
                Begun::Running(mut future) => match (&mut future).now_or_never() {
                    Some(report) => begun = self.reported(id, report),
                    None => return running.push(Box::pin(async move { (id, future.await) })),
                },
            }
        }
    }

    fn finish(&mut self, id: StepId, ok: bool) {
        let ok = ok && !self.failed[id.index()];
        self.finished[id.index()] = ok;
        let execution = self.execution;
        for dependent in &execution.dependents[id.index()] {
            self.failed[dependent.index()] |= !ok;
            let left = &mut self.waits_for[dependent.index()];
            *left -= 1;
            if *left == 0 {
                self.enqueue(*dependent);
            }
        }
    }

    /// Returns whether some change was not made.
    pub(super) fn left_out(&self) -> bool {
        let changes = self.execution.steps.iter().zip(&self.finished);
        changes.into_iter().any(|(step, finished)| matches!(step, Step::Change(..)) && !finished)
    }

    /// Passes findings on and returns whether none of them is an error.
    pub(super) fn accept(&mut self, found: Diagnostics) -> bool {
        self.evaluation.accept(found)
    }
}
