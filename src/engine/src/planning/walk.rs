//! The walk: every block after what it depends on; blocks that wait for calls do not hold up others.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use futures::StreamExt;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use landfall_addr::Mode;
use landfall_diag::Diagnostics;
use landfall_provider::{AnyOpened, CallResult, Configured, StoredObject};
use landfall_value::Value;

use super::planner::Planner;
use crate::PlanMode;
use crate::graph::{Block, BlockId};

/// What a block waited for.
pub(super) enum Answer {
    /// A provider was configured.
    Configured(Result<Configured, Diagnostics>),
    /// Objects were looked at; one answer each.
    Looked(Vec<CallResult<Option<StoredObject>>>),
    /// Ephemeral resources were opened; one answer each.
    Opened(Vec<CallResult<AnyOpened>>),
    /// Data sources were read; one answer each.
    Read(Vec<CallResult<Value>>),
    /// Interrupted creations were finished; one outcome each.
    Settled(Vec<landfall_provider::Outcome>),
    /// Objects to import were looked at; one answer each.
    Imported(Vec<CallResult<Option<StoredObject>>>),
}

/// How a visit of a block ended.
pub(super) enum Visit<'a> {
    /// The block is done.
    Done,
    /// It failed: what depends on it is left out.
    Failed,
    /// It waits.
    Waiting(LocalBoxFuture<'a, Answer>),
}

impl Visit<'_> {
    /// Returns `Done` or `Failed`.
    pub(super) fn of(ok: bool) -> Self {
        if ok { Self::Done } else { Self::Failed }
    }
}

type Running<'a> = FuturesUnordered<LocalBoxFuture<'a, (BlockId, Answer)>>;

struct Progress {
    waiting: Vec<u32>,
    dependents: Vec<Vec<BlockId>>,
    /// A dependency failed, or the block itself did.
    failed: Vec<bool>,
    ready: BinaryHeap<Reverse<BlockId>>,
}

impl Progress {
    fn finish(&mut self, id: BlockId, ok: bool) {
        self.failed[id.index()] |= !ok;
        let failed = self.failed[id.index()];
        for i in 0..self.dependents[id.index()].len() {
            let dependent = self.dependents[id.index()][i];
            self.failed[dependent.index()] |= failed;
            self.waiting[dependent.index()] -= 1;
            if self.waiting[dependent.index()] == 0 {
                self.ready.push(Reverse(dependent));
            }
        }
    }
}

impl<'a> Planner<'a> {
    /// Visits every block, and closes what was opened on the way.
    pub(super) async fn walk(&mut self) {
        let mut progress = self.start();
        let mut running: Running<'a> = FuturesUnordered::new();
        loop {
            while let Some(Reverse(id)) = progress.ready.pop() {
                let takes_part = self.selection.has(id) && !progress.failed[id.index()];
                let visit = if takes_part && !self.context.stop.is_cancelled() { self.visit(id) } else { Visit::Done };
                settle(id, visit, &mut progress, &running);
            }
            let Some((id, answer)) = running.next().await else { break };
            let visit = self.resume(id, answer);
            settle(id, visit, &mut progress, &running);
        }
        let found = self.open.close(self.context).await;
        self.evaluation.accept(found);
    }

    fn start(&self) -> Progress {
        let nodes = &self.graph.nodes;
        let mut dependents = vec![Vec::new(); nodes.len()];
        for id in self.graph.ids() {
            for dependency in &self.graph.node(id).dependencies {
                dependents[dependency.index()].push(id);
            }
        }
        let waiting: Vec<u32> = nodes.iter().map(|node| node.dependencies.len() as u32).collect();
        let ready = self.graph.ids().filter(|id| waiting[id.index()] == 0).map(Reverse).collect();
        Progress { waiting, dependents, failed: vec![false; nodes.len()], ready }
    }

    fn visit(&mut self, id: BlockId) -> Visit<'a> {
        if self.settling.is_some() {
            match self.graph.node(id).block {
                Block::Refresh(provider) => return self.visit_settle(id, provider),
                Block::Resource(..) => return self.visit_existing(id),
                Block::Check(_) => return Visit::Done,
                _ => {}
            }
        }
        match self.graph.node(id).block {
            Block::Call(..) | Block::Variable(_) | Block::Local(_) | Block::Output(_) | Block::Check(_) => {
                let mut ok = true;
                for instance in self.evaluation.instances_of(id) {
                    ok &= self.evaluation.evaluate(id, instance);
                }
                Visit::of(ok)
            }
            Block::Provider => self.visit_provider(id),
            Block::Refresh(provider) => self.visit_refresh(id, provider),
            Block::Resource(block, _) => match (block.address.mode, self.options.mode) {
                (Mode::Managed, PlanMode::Normal) => self.visit_managed(id),
                (Mode::Managed, PlanMode::Destroy | PlanMode::RefreshOnly) => self.visit_existing(id),
                (Mode::Data, _) => self.visit_data(id),
                (Mode::Ephemeral, _) => self.visit_ephemeral(id),
            },
            Block::Close => Visit::Done,
        }
    }

    fn resume(&mut self, id: BlockId, answer: Answer) -> Visit<'a> {
        match answer {
            Answer::Configured(answer) => self.resume_provider(id, answer),
            Answer::Settled(outcomes) => self.resume_settle(id, outcomes),
            Answer::Looked(answers) => self.resume_refresh(id, answers),
            Answer::Opened(answers) => self.resume_ephemeral(id, answers),
            Answer::Read(answers) => self.resume_data(id, answers),
            Answer::Imported(answers) => self.resume_import(id, answers),
        }
    }
}

fn settle<'a>(id: BlockId, visit: Visit<'a>, progress: &mut Progress, running: &Running<'a>) {
    match visit {
        Visit::Done => progress.finish(id, true),
        Visit::Failed => progress.finish(id, false),
        Visit::Waiting(future) => running.push(Box::pin(async move { (id, future.await) })),
    }
}
