//! What operations report: stored first, then told.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_provider::{CallError, CallResult, INTERRUPTED, Outcome, StoredObject, UNSURE};
use landfall_state::{Change, ObjectId, ObjectState, Status};
use landfall_value::Value;

use super::change::Subject;
use super::driver::{Begun, Driver};
use super::operation::{Operation, Report};
use crate::order::StepId;
use crate::planning::with_schema_marks;
use crate::prior::{encode, marked_like};
use crate::{Event, Work};

impl<'a> Driver<'a> {
    pub(super) fn reported(&mut self, step: StepId, report: Report) -> Begun<'a> {
        match report {
            Report::Configured(block, answer) => self.provider_configured(block, answer),
            Report::Opened(opening, answers) => Begun::of(self.opened(opening, answers)),
            Report::Changed(outcome) => match self.operations.remove(&step) {
                Some(operation) => self.changed(step, operation, outcome),
                None => Begun::Failed,
            },
            Report::Read(answer) => match self.operations.remove(&step) {
                Some(operation) => Begun::of(self.data_read(&operation, answer)),
                None => Begun::Failed,
            },
            Report::Provisioned(found) => match self.operations.remove(&step) {
                Some(operation) => Begun::of(self.provisioned(&operation, found)),
                None => Begun::Failed,
            },
        }
    }

    fn provider_configured(
        &mut self,
        block: crate::graph::BlockId,
        answer: Result<landfall_provider::Configured, Diagnostics>,
    ) -> Begun<'a> {
        match (answer, self.graph.provider_of[block.index()]) {
            (Ok(configured), Some(place)) => {
                self.providers[place as usize] = Some(configured);
                Begun::Done
            }
            (Ok(_), None) => Begun::Done,
            (Err(found), _) => Begun::of(self.accept(found)),
        }
    }

    fn changed(&mut self, step: StepId, operation: Operation<'a>, outcome: Outcome) -> Begun<'a> {
        let id = operation.object.clone();
        // What was accepted and called off while it was waited for is not over: the next run goes on waiting. Neither is
        // a creation of which nobody can tell yet whether it was carried out.
        let code = outcome.error.as_ref().map(|error| error.code.as_str());
        let goes_on = if outcome.object.is_some() { code == Some(INTERRUPTED) } else { code == Some(UNSURE) };
        let begun = self.take_outcome(step, operation, outcome);
        if !goes_on {
            self.close_intent(&id);
        }
        begun
    }

    fn take_outcome(&mut self, step: StepId, operation: Operation<'a>, outcome: Outcome) -> Begun<'a> {
        let Outcome { object, error } = outcome;
        match operation.work {
            Work::Create => self.created(step, operation, object, error),
            Work::Update => {
                let failed = error.is_some();
                let stored = object.is_none_or(|object| self.store(&operation, &object, Status::Ready));
                if let Some(error) = error {
                    self.call_failed(&operation, &error);
                }
                let ok = stored && !failed && self.postconditions(&operation);
                self.ended(&operation, !failed);
                Begun::of(ok)
            }
            Work::Delete => {
                match object {
                    Some(object) => _ = self.store(&operation, &object, self.status_of(&operation.object)),
                    None => self.change_state(Change::Remove { id: operation.object.clone() }),
                }
                if let Some(error) = &error {
                    self.call_failed(&operation, error);
                }
                self.ended(&operation, error.is_none());
                Begun::of(error.is_none())
            }
            Work::Read | Work::Forget => Begun::Done,
        }
    }

    fn created(
        &mut self,
        step: StepId,
        operation: Operation<'a>,
        object: Option<StoredObject>,
        error: Option<CallError>,
    ) -> Begun<'a> {
        let Some(object) = object else {
            if self.state.object(&operation.object).is_some_and(|there| there.status == Status::Tainted) {
                self.change_state(Change::Remove { id: operation.object.clone() });
            }
            self.restore(operation.place);
            match error {
                Some(error) => self.call_failed(&operation, &error),
                None => self.nothing_created(&operation),
            }
            self.ended(&operation, false);
            return Begun::Failed;
        };
        let provisioners =
            if error.is_none() { self.create_provisioners(&operation, &object.value) } else { Vec::new() };
        let whole = error.is_none() && provisioners.is_empty();
        let stored = self.store(&operation, &object, if whole { Status::Ready } else { Status::Tainted });
        if let Some(error) = error {
            self.call_failed(&operation, &error);
            self.ended(&operation, false);
            return Begun::Failed;
        }
        if provisioners.is_empty() {
            let ok = stored && self.postconditions(&operation);
            self.ended(&operation, true);
            return Begun::of(ok);
        }
        let context = self.context;
        self.operations.insert(step, operation);
        self.save();
        Begun::Running(Box::pin(async move { Report::Provisioned(super::provision::run(context, provisioners).await) }))
    }

    /// Takes the end of provisioners: a new object is whole now, or stays tainted; one to be destroyed stays.
    fn provisioned(&mut self, operation: &Operation<'a>, found: Diagnostics) -> bool {
        let failed = found.has_errors();
        self.accept(found);
        if !failed && let Some(object) = self.state.object(&operation.object).cloned() {
            let mut object = (*object).clone();
            object.status = Status::Ready;
            let provider = self.plan.changes[operation.place as usize].provider.clone();
            self.put(operation.object.clone(), provider, Arc::new(object));
        }
        let ok = !failed && self.postconditions(operation);
        self.close_intent(&operation.object);
        self.ended(operation, !failed);
        ok
    }

    fn data_read(&mut self, operation: &Operation<'a>, answer: CallResult<Value>) -> bool {
        match answer {
            Ok(value) => {
                let object = StoredObject { value, private: None };
                let ok = self.store(operation, &object, Status::Ready) && self.postconditions(operation);
                self.ended(operation, true);
                ok
            }
            Err(error) => {
                self.call_failed(operation, &error);
                self.ended(operation, false);
                false
            }
        }
    }

    /// Stores an object that the service has accepted and that is not finished.
    pub(super) fn store_half_made(&mut self, step: StepId, object: &StoredObject) {
        let Some(operation) = self.operations.remove(&step) else { return };
        self.store(&operation, object, Status::Tainted);
        self.operations.insert(step, operation);
    }

    fn store(&mut self, operation: &Operation<'a>, object: &StoredObject, status: Status) -> bool {
        let change = &self.plan.changes[operation.place as usize];
        let info = &operation.info;
        let model = if operation.planned.is_null() { &change.before } else { &operation.planned };
        let value = with_schema_marks(&marked_like(&object.value, model), info);
        let mut made = match encode(&value, &info.value_type, info.schema.version) {
            Ok(made) => made,
            Err(error) => {
                let detail = format!(
                    "What was read of `{}` at `{}` does not fit its schema: {error}. This is a bug in landfall.",
                    operation.object, error.path
                );
                let finding = Diagnostic::error("Invalid object", detail).about(change.address.clone());
                self.evaluation.diagnostics.push(finding);
                return false;
            }
        };
        made.status = status;
        made.private = object.private.as_deref().map(Into::into);
        match &operation.origin {
            Some(origin) if operation.work != Work::Delete => {
                made.dependencies = self.stored_dependencies[origin.block.index()].clone();
                made.create_before_destroy =
                    operation.work != Work::Read && self.create_before_destroy[origin.block.index()];
            }
            _ => self.keep_order(&operation.object, &mut made),
        }
        self.put(operation.object.clone(), change.provider.clone(), Arc::new(made));
        true
    }

    fn keep_order(&self, id: &ObjectId, made: &mut ObjectState) {
        if let Some(there) = self.state.object(id) {
            made.dependencies = there.dependencies.clone();
            made.create_before_destroy = there.create_before_destroy;
        }
    }

    fn status_of(&self, id: &ObjectId) -> Status {
        self.state.object(id).map_or(Status::Ready, |object| object.status)
    }

    /// Stores an object whose marks are all that changes.
    pub(super) fn store_marks(&mut self, subject: &Subject<'a>, after: &Value) -> Begun<'a> {
        let id = subject.change.object();
        let Some(there) = self.state.object(&id).cloned() else { return Begun::Failed };
        let mut object = (*there).clone();
        object.sensitive_paths = after.marked_paths(landfall_value::Marks::SENSITIVE);
        self.put(id, subject.change.provider.clone(), Arc::new(object));
        Begun::Done
    }

    fn postconditions(&mut self, operation: &Operation<'a>) -> bool {
        let Some(origin) = operation.origin.clone() else { return true };
        let has =
            self.graph.node(origin.block).resource().is_some_and(|block| !block.lifecycle.postconditions.is_empty());
        if !has {
            return true;
        }
        let Some(object) = self.state.object(&operation.object) else { return true };
        let Ok(value) = crate::prior::decode(object, &operation.info.value_type) else { return true };
        let value = with_schema_marks(&value, &operation.info);
        self.evaluation.resource_conditions(origin.block, origin.instance, &origin.repetition, Some(&value))
    }

    /// Tells how an operation ended.
    pub(super) fn ended(&mut self, operation: &Operation<'a>, ok: bool) {
        let elapsed = self.now().saturating_sub(operation.started);
        let (object, work) = (operation.object.clone(), operation.work);
        let event = if ok {
            let value = self
                .state
                .object(&object)
                .and_then(|there| crate::prior::decode(there, &operation.info.value_type).ok());
            let id = match (operation.info.managed(), &value) {
                (Some(resource), Some(value)) => resource.id(value).map(Arc::from),
                (None, Some(value)) => value.get("id").and_then(Value::as_str).map(Arc::from),
                (_, None) => None,
            };
            Event::ApplyCompleted { object, work, id, elapsed }
        } else {
            Event::ApplyFailed { object, work, elapsed }
        };
        self.context.events.on(event);
    }

    fn call_failed(&mut self, operation: &Operation<'a>, error: &CallError) {
        let verb = match operation.work {
            Work::Create => "Creating",
            Work::Update => "Changing",
            Work::Delete => "Destroying",
            Work::Read => "Reading",
            Work::Forget => "Forgetting",
        };
        let detail = format!("{verb} `{}` failed: {error}.", operation.object);
        let mut finding =
            Diagnostic::error(format!("{verb} an object failed"), detail).about(operation.object.address.clone());
        if let Some(span) = operation.origin.as_ref().and_then(|origin| self.graph.node(origin.block).span()) {
            finding = finding.at(span);
        }
        self.evaluation.diagnostics.push(finding);
    }

    fn nothing_created(&mut self, operation: &Operation<'a>) {
        let detail = format!("`{}` was created, but then it was not there.", operation.object);
        let finding = Diagnostic::error("Created object is not there", detail).about(operation.object.address.clone());
        self.evaluation.diagnostics.push(finding);
    }
}
