//! Load balancers and target groups of groups. The sandbox has none, so none is ever found; groups are not told of any.

use super::{PAGING, validation};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write("AttachLoadBalancers", &["AutoScalingGroupName", "LoadBalancerNames"], attach),
        write("DetachLoadBalancers", &["AutoScalingGroupName", "LoadBalancerNames"], detach),
        read("DescribeLoadBalancers", &["AutoScalingGroupName", "MaxRecords", "NextToken"], |scope, input| {
            none(scope, input, "LoadBalancers")
        }),
        write("AttachLoadBalancerTargetGroups", &["AutoScalingGroupName", "TargetGroupARNs"], attach),
        write("DetachLoadBalancerTargetGroups", &["AutoScalingGroupName", "TargetGroupARNs"], detach),
        read(
            "DescribeLoadBalancerTargetGroups",
            &["AutoScalingGroupName", "MaxRecords", "NextToken"],
            |scope, input| none(scope, input, "LoadBalancerTargetGroups"),
        ),
        write("AttachTrafficSources", &["AutoScalingGroupName", "TrafficSources", "SkipZonalShiftValidation"], attach),
        write("DetachTrafficSources", &["AutoScalingGroupName", "TrafficSources"], detach),
        read(
            "DescribeTrafficSources",
            &["AutoScalingGroupName", "TrafficSourceType", "MaxRecords", "NextToken"],
            |scope, input| none(scope, input, "TrafficSources"),
        ),
    ],
    events: &[],
};

/// Members that name what traffic comes from, with the words of AWS for them.
const SOURCES: [(&str, &str); 3] = [
    ("LoadBalancerNames", "Load Balancers"),
    ("TargetGroupARNs", "Target Groups"),
    ("TrafficSources", "Target Groups"),
];

/// Returns the words for what an input names, where it names any.
fn named(input: &Tree) -> Option<&'static str> {
    SOURCES.into_iter().find(|(member, _)| !input.list_at(member).is_empty()).map(|(_, words)| words)
}

/// Checks that an input names nothing that traffic comes from.
///
/// # Errors
/// When it does.
pub fn check(input: &Tree) -> Result<(), Fault> {
    match named(input) {
        Some(words) => {
            Err(validation(format!("Provided {words} may not be valid. Please ensure they exist and try again.")))
        }
        None => Ok(()),
    }
}

fn attach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    scope.autoscaling().group(input.need("AutoScalingGroupName")?)?;
    check(input).map(|()| Tree::object())
}

fn detach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    scope.autoscaling().group(input.need("AutoScalingGroupName")?)?;
    match named(input) {
        Some(words) => Err(validation(format!("Trying to remove {words} that are not part of the group."))),
        None => Ok(Tree::object()),
    }
}

fn none(scope: &Scope<'_>, input: &Tree, list: &str) -> Result<Tree, Fault> {
    scope.autoscaling().group(input.need("AutoScalingGroupName")?)?;
    let page = page(&PAGING, input, Vec::<Tree>::new())?;
    Ok(Tree::object().with(list, page.items))
}
