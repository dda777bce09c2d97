//! What the state says beside attributes: brought up to date for objects that otherwise stay as they are.

use std::sync::Arc;

use landfall_addr::ResourceInstance;
use landfall_state::{Change, ObjectId};

use super::planner::Planner;
use crate::graph::BlockId;

impl Planner<'_> {
    /// Stores what an unchanged object depends on now, so that it is destroyed in the right order later.
    pub(super) fn refresh_metadata(&mut self, block: BlockId, address: &ResourceInstance) {
        let Some(there) = self.state.current(address) else { return };
        let dependencies = &self.stored_dependencies[block.index()];
        let create_before_destroy = self.create_before_destroy[block.index()];
        let same_dependencies = Arc::ptr_eq(&there.dependencies, dependencies) || there.dependencies == *dependencies;
        let provider = self.graph.provider(block).map(|node| &node.config);
        let same_provider = self.state.resource(&address.abs_resource()).map(|resource| &resource.provider) == provider;
        if same_provider && same_dependencies && there.create_before_destroy == create_before_destroy {
            return;
        }
        let mut object = (**there).clone();
        object.dependencies = dependencies.clone();
        object.create_before_destroy = create_before_destroy;
        let Some(provider) = self.graph.provider(block).map(|node| node.config.clone()) else { return };
        let id = ObjectId::current(address.clone());
        self.change_state(Change::Set { id, provider, object: Arc::new(object) });
    }
}
