//! Provisioners of an object: which ones, and running them one after the other.

use landfall_diag::Diagnostics;
use landfall_lang::config::Provisioner;
use landfall_state::{ObjectId, Status};
use landfall_value::Value;

use super::change::Subject;
use super::driver::Driver;
use super::operation::{Operation, Origin};
use crate::evaluate::{ModuleInstanceId, Repetition};
use crate::planning::removed_block;
use crate::provisioner::{self, Command};
use crate::{Context, planning::with_schema_marks};

impl<'a> Driver<'a> {
    /// Returns the commands to run after creation.
    pub(super) fn create_provisioners(&mut self, operation: &Operation<'a>, value: &Value) -> Vec<Command> {
        let Some(origin) = operation.origin.clone() else { return Vec::new() };
        let Some(block) = self.graph.node(origin.block).resource() else { return Vec::new() };
        let value = with_schema_marks(value, &operation.info);
        let wanted = block.provisioners.iter().filter(|provisioner| !provisioner.on_destroy);
        wanted.filter_map(|provisioner| self.command(provisioner, &operation.object, &origin, &value)).collect()
    }

    /// Returns the commands to run before destruction.
    pub(super) fn destroy_provisioners(
        &mut self,
        subject: &Subject<'a>,
        object: &ObjectId,
        value: &Value,
    ) -> Vec<Command> {
        let address = &object.address;
        let tainted = self.state.object(object).is_some_and(|there| there.status == Status::Tainted);
        if tainted {
            // It may be half-made: what the commands count on may not be there.
            return Vec::new();
        }
        let (graph, root) = (self.graph, &self.context.config.root);
        let block = graph
            .module_at(&address.module.path())
            .and_then(|module| graph.module(module).config.resources.get(&address.resource));
        let provisioners = match block {
            Some(block) => &block.provisioners,
            None => match removed_block(root, address) {
                Some(removed) => &removed.provisioners,
                None => return Vec::new(),
            },
        };
        let origin = self.place_of(subject, address);
        let value = with_schema_marks(value, &subject.info);
        let wanted = provisioners.iter().filter(|provisioner| provisioner.on_destroy);
        wanted.filter_map(|provisioner| self.command(provisioner, object, &origin, &value)).collect()
    }

    /// Returns where expressions of destroy-time provisioners are evaluated: they see `self` and the key only.
    fn place_of(&self, subject: &Subject<'a>, address: &landfall_addr::ResourceInstance) -> Origin {
        if let Some(origin) = &subject.origin {
            return origin.clone();
        }
        let repetition = match &address.key {
            landfall_addr::InstanceKey::None => Repetition::None,
            landfall_addr::InstanceKey::Index(index) => Repetition::Index(*index),
            landfall_addr::InstanceKey::Name(name) => Repetition::Each(name.clone(), crate::evaluate::not_found_out()),
        };
        let module = self.graph.module_at(&address.module.path());
        let instance = module.and_then(|module| self.evaluation.instances.find(module, &address.module));
        Origin { block: crate::graph::BlockId(0), instance: instance.unwrap_or(ModuleInstanceId::ROOT), repetition }
    }

    fn command(
        &mut self,
        provisioner: &Provisioner,
        object: &ObjectId,
        origin: &Origin,
        own: &Value,
    ) -> Option<Command> {
        let schema = provisioner::schema(&provisioner.r#type)?;
        let mut found = Diagnostics::new();
        let arguments = {
            let names = self.evaluation.names();
            let scope = names.scope(origin.instance).repeated(&origin.repetition).with_self(own);
            landfall_lang::decode_body(&provisioner.body, schema, &scope, &mut found)
        };
        if !self.accept(found) {
            return None;
        }
        match provisioner::command(&object.address, provisioner, &arguments) {
            Ok(command) => Some(command),
            Err(finding) => {
                self.evaluation.diagnostics.push(finding);
                None
            }
        }
    }
}

/// Runs commands one after the other, up to the first that fails.
pub(super) async fn run(context: Context<'_>, commands: Vec<Command>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for command in commands {
        if let Err(finding) = provisioner::run(context, command).await {
            let stop = finding.is_error();
            found.push(finding);
            if stop {
                break;
            }
        }
    }
    found
}
