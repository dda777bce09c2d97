//! Lists of fleets and of their instances.

use super::{SpotFleet, State};
use crate::families::ec2::{PAGING, kinds, shape};
use crate::families::page::{Paging, page};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

impl SpotFleet {
    fn activity(&self) -> Option<&'static str> {
        match self.state {
            State::Submitted | State::Cancelled | State::CancelledRunning => None,
            State::CancelledTerminating => Some("pending_termination"),
            State::Active | State::Modifying if self.is_fulfilled() => Some("fulfilled"),
            State::Active | State::Modifying if self.is_failing => Some("error"),
            State::Active | State::Modifying => Some("pending_fulfillment"),
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let mut config = shape::shown(shape::SPOT_FLEET, &self.config);
        config.set("TagSpecification", Tree::Null);
        config.set("fulfilledCapacity", self.capacity(true) + self.capacity(false));
        config.set("onDemandFulfilledCapacity", self.capacity(false));
        tree! {
            "spotFleetRequestId": id,
            "spotFleetRequestState": self.state.name(),
            "activityStatus": self.activity(),
            "createTime": self.created,
            "spotFleetRequestConfig": config,
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

pub fn requests(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let named = input.texts("SpotFleetRequestId");
    for id in &named {
        kinds::check(store, id, "sfr")?;
    }
    let wanted = store.spot_fleets.iter().filter(|(id, _)| named.is_empty() || named.contains(&id.as_str()));
    let page = page(&Paging { least: 1, ..PAGING }, input, wanted)?;
    let set = page.items.into_iter().map(|(id, fleet)| fleet.shown(scope, id));
    Ok(tree! { "spotFleetRequestConfigSet": Tree::list(set), "nextToken": page.next })
}

pub fn instances(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("SpotFleetRequestId")?;
    let fleet = scope.ec2().spot_fleet(id)?;
    let page = page(&Paging { least: 1, ..PAGING }, input, &fleet.members)?;
    let set = page.items.into_iter().map(|member| {
        let request = scope.ec2().instances.get(&member.instance_id).and_then(|own| own.spot_request_id.clone());
        tree! {
            "instanceId": &member.instance_id,
            "instanceType": &member.instance_type,
            "spotInstanceRequestId": request,
            "instanceHealth": "healthy",
        }
    });
    Ok(tree! { "spotFleetRequestId": id, "activeInstanceSet": Tree::list(set), "nextToken": page.next })
}
