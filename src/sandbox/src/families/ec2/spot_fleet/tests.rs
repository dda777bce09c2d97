use super::*;
use crate::families::ec2::Market;
use crate::testing::{Cloud, REGION, code};
use crate::{Faults, facts, tree};

/// A cloud, two subnets of its, a template, and a role for fleets.
struct Setup {
    cloud: Cloud,
    role: String,
    template: String,
    subnets: [String; 2],
}

fn setup_with(cloud: Cloud) -> Setup {
    let vpc = cloud.vpc("10.0.0.0/16");
    let subnets = [("10.0.0.0/24", "eu-central-1a"), ("10.0.1.0/24", "eu-central-1b")];
    let subnets = subnets.map(|(block, zone)| cloud.subnet(&vpc, block, zone));
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"spotfleet.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = tree! { "RoleName": "fleet", "AssumeRolePolicyDocument": trust };
    let role = cloud.call("iam", "CreateRole", role).unwrap().need("Role.Arn").unwrap().to_owned();
    let arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole";
    cloud.call("iam", "AttachRolePolicy", tree! { "RoleName": "fleet", "PolicyArn": arn }).unwrap();
    cloud.wait(Duration::from_secs(30));
    let image = facts::images().iter().find(|image| image.name.contains("al2023-x86_64-standard-1.34")).unwrap();
    let data = tree! { "ImageId": image.id(REGION), "InstanceType": "m5.large" };
    let template = tree! { "LaunchTemplateName": "nodes", "LaunchTemplateData": data };
    let made = cloud.ec2("CreateLaunchTemplate", template).unwrap();
    let template = made.need("launchTemplate.launchTemplateId").unwrap().to_owned();
    Setup { cloud, role, template, subnets }
}

fn setup() -> Setup {
    setup_with(Cloud::new())
}

impl Setup {
    fn templates(&self, types: &[&str]) -> Tree {
        let pairs = types.iter().flat_map(|kind| self.subnets.iter().map(move |subnet| (kind, subnet)));
        let overrides = pairs.map(|(kind, subnet)| tree! { "InstanceType": *kind, "SubnetId": subnet });
        let named = tree! { "LaunchTemplateId": &self.template, "Version": "1" };
        Tree::list([tree! { "LaunchTemplateSpecification": named, "Overrides": Tree::list(overrides) }])
    }

    fn config(&self, target: i64) -> Tree {
        tree! {
            "IamFleetRole": &self.role,
            "TargetCapacity": target,
            "LaunchTemplateConfigs": self.templates(&["m5.large", "m5a.large"]),
        }
    }

    fn request(&self, config: Tree) -> Result<String, Fault> {
        let made = self.cloud.http("ec2", "RequestSpotFleet", tree! { "SpotFleetRequestConfig": config })?;
        Ok(made.need("spotFleetRequestId").unwrap().to_owned())
    }

    fn begun(&self, config: Tree) -> String {
        let id = self.request(config).unwrap();
        self.cloud.wait(Duration::from_secs(30));
        id
    }

    fn shown(&self, id: &str) -> Tree {
        let answer = self.cloud.http("ec2", "DescribeSpotFleetRequests", tree! { "SpotFleetRequestId": vec![id] });
        answer.unwrap().list_at("spotFleetRequestConfigSet")[0].clone()
    }

    fn instances(&self, id: &str) -> Vec<Tree> {
        let answer = self.cloud.ec2("DescribeSpotFleetInstances", tree! { "SpotFleetRequestId": id }).unwrap();
        answer.list_at("activeInstanceSet").to_vec()
    }

    fn events(&self, id: &str) -> Vec<String> {
        let input = tree! { "SpotFleetRequestId": id, "StartTime": "2020-01-01T00:00:00Z" };
        let answer = self.cloud.ec2("DescribeSpotFleetRequestHistory", input).unwrap();
        let records = answer.list_at("historyRecordSet").iter();
        records.map(|record| record.need("eventInformation.eventSubType").unwrap().to_owned()).collect()
    }

    fn modify(&self, id: &str, input: Tree) -> Result<Tree, Fault> {
        let done = self.cloud.ec2("ModifySpotFleetRequest", input.with("SpotFleetRequestId", id));
        self.cloud.wait(Duration::from_secs(60));
        done
    }

    fn cancel(&self, id: &str, terminates: bool) -> Tree {
        let input = tree! { "SpotFleetRequestId": vec![id], "TerminateInstances": terminates };
        self.cloud.http("ec2", "CancelSpotFleetRequests", input).unwrap()
    }
}

#[test]
fn a_fleet_comes_to_its_capacity_and_keeps_it() {
    let setup = setup();
    let id = setup.request(setup.config(3).with("ExcessCapacityTerminationPolicy", "Default")).unwrap();
    assert_eq!(setup.shown(&id).need("spotFleetRequestState"), Ok("submitted"));
    setup.cloud.wait(Duration::from_secs(30));
    let shown = setup.shown(&id);
    assert_eq!((shown.need("spotFleetRequestState"), shown.need("activityStatus")), (Ok("active"), Ok("fulfilled")));
    let config = shown.at("spotFleetRequestConfig").unwrap();
    assert_eq!((config.need("type"), config.need("allocationStrategy")), (Ok("maintain"), Ok("lowestPrice")));
    assert_eq!(config.list_at("launchTemplateConfigs")[0].list_at("overrides").len(), 4);
    let first = setup.instances(&id)[0].need("instanceId").unwrap().to_owned();
    assert!(setup.instances(&id).iter().all(|own| own.has("spotInstanceRequestId")));
    setup.cloud.ec2("TerminateInstances", tree! { "InstanceId": vec![&*first] }).unwrap();
    setup.cloud.wait(Duration::from_secs(120));
    assert_eq!(setup.instances(&id).len(), 3);
    assert!(setup.instances(&id).iter().all(|own| own.need("instanceId") != Ok(first.as_str())));
    let events = setup.events(&id);
    assert_eq!(events.iter().filter(|event| *event == "launched").count(), 4);
    assert_eq!((events[0].as_str(), events[1].as_str()), ("submitted", "active"));
}

#[test]
fn a_request_is_fulfilled_once() {
    let setup = setup();
    let id = setup.begun(setup.config(2).with("Type", "request"));
    let gone = setup.instances(&id)[0].need("instanceId").unwrap().to_owned();
    setup.cloud.ec2("TerminateInstances", tree! { "InstanceId": vec![gone] }).unwrap();
    setup.cloud.wait(Duration::from_secs(300));
    assert_eq!(setup.instances(&id).len(), 1);
    assert_eq!(code(setup.modify(&id, tree! { "TargetCapacity": 3 })), "FleetNotInModifiableState");
}

#[test]
fn what_a_fleet_cannot_be_is_refused() {
    let setup = setup();
    let refused = |name: &str, value: Tree| code(setup.request(setup.config(2).with(name, value)));
    let invalid = "InvalidSpotFleetRequestConfig";
    assert_eq!(refused("IamFleetRole", "arn:aws:iam::111122223333:role/absent".into()), invalid);
    assert_eq!(refused("OnDemandTargetCapacity", 3.into()), invalid);
    assert_eq!(refused("Type", "instant".into()), invalid);
    assert_eq!(refused("ValidUntil", "2020-01-01T00:00:00Z".into()), invalid);
    let diversified = setup.config(2).with("AllocationStrategy", "diversified").with("InstancePoolsToUseCount", 2);
    assert_eq!(code(setup.request(diversified)), invalid);
    let specification = Tree::list([tree! { "ImageId": "ami-0123456789abcdef0", "InstanceType": "m5.large" }]);
    assert_eq!(refused("LaunchSpecifications", specification), invalid);
    let any = tree! { "LaunchTemplateId": &setup.template };
    let any = Tree::list([tree! { "LaunchTemplateSpecification": any }]);
    assert_eq!(refused("LaunchTemplateConfigs", any), invalid);
    assert_eq!(refused("SpotPrice", "cheap".into()), "InvalidParameterValue");
    let tags = tree! { "ResourceType": "instance", "Tag": vec![tree! { "Key": "a", "Value": "b" }] };
    assert_eq!(refused("TagSpecification", Tree::list([tags])), "InvalidParameterValue");
    let absent = tree! { "SpotFleetRequestId": vec!["sfr-00000000-0000-0000-0000-000000000000"] };
    assert_eq!(code(setup.cloud.ec2("DescribeSpotFleetRequests", absent)), "InvalidSpotFleetRequestId.NotFound");
}

#[test]
fn weights_that_count_for_nothing_are_refused() {
    let setup = setup();
    let named = tree! { "LaunchTemplateId": &setup.template, "Version": "1" };
    let request = |weight: &str| {
        let over = tree! { "InstanceType": "m5.large", "WeightedCapacity": weight };
        let template = tree! { "LaunchTemplateSpecification": named.clone(), "Overrides": Tree::list([over.clone()]) };
        let templated = setup.config(2).with("LaunchTemplateConfigs", Tree::list([template]));
        let specified = templated.clone().with("LaunchTemplateConfigs", Tree::Null);
        let specified = specified.with("LaunchSpecifications", Tree::list([over.with("ImageId", "ami-1")]));
        [setup.request(templated), setup.request(specified)]
    };
    for weight in ["0", "-1", "NaN"] {
        assert_eq!(request(weight).map(code), ["InvalidSpotFleetRequestConfig"; 2]);
    }
    assert!(request("0.5").iter().all(Result::is_ok));
}

#[test]
fn one_token_makes_one_fleet() {
    let setup = setup();
    let config = setup.config(1).with("ClientToken", "t");
    assert_eq!(setup.request(config.clone()), setup.request(config));
}

#[test]
fn capacity_is_weighted_and_part_of_it_on_demand() {
    let setup = setup();
    let named = tree! { "LaunchTemplateId": &setup.template, "Version": "1" };
    let over = tree! { "InstanceType": "m5.xlarge", "SubnetId": &setup.subnets[0], "WeightedCapacity": 2 };
    let templates = tree! { "LaunchTemplateSpecification": named, "Overrides": Tree::list([over]) };
    let config = setup.config(5).with("OnDemandTargetCapacity", 2);
    let id = setup.begun(config.with("LaunchTemplateConfigs", Tree::list([templates])));
    // Two on demand are one instance; three more of spot are two.
    let instances = setup.instances(&id);
    assert_eq!(instances.len(), 3);
    assert_eq!(instances.iter().filter(|own| own.has("spotInstanceRequestId")).count(), 2);
    let shown = setup.shown(&id);
    assert_eq!(shown.number("spotFleetRequestConfig.fulfilledCapacity"), Ok(Some(6.0)));
    assert_eq!(shown.number("spotFleetRequestConfig.onDemandFulfilledCapacity"), Ok(Some(2.0)));
}

#[test]
fn strategies_choose_pools() {
    let pools_of = |strategy: &str, pools: Option<i64>| {
        let setup = setup();
        let config = setup.config(4).with("AllocationStrategy", strategy).with("InstancePoolsToUseCount", pools);
        let id = setup.begun(config);
        let fleet = setup.cloud.0.look(|world| {
            let region = &world.account(crate::ACCOUNT).unwrap().regions[REGION];
            region.ec2.spot_fleets[&id].clone()
        });
        let names = fleet.unwrap().members.into_iter().map(|member| member.pool);
        names.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!((pools_of("lowestPrice", None), pools_of("lowestPrice", Some(2))), (1, 2));
    assert_eq!((pools_of("diversified", None), pools_of("capacityOptimized", None)), (4, 1));
}

#[test]
fn specifications_are_launched_with_their_groups_and_tags() {
    let setup = setup();
    let store = setup.cloud.ec2("DescribeSubnets", tree! { "SubnetId": vec![&*setup.subnets[0]] }).unwrap();
    let group = setup.cloud.group(store.list_at("subnetSet")[0].need("vpcId").unwrap(), "g");
    let image = facts::images().iter().find(|image| image.name.contains("al2023-x86_64-standard-1.34")).unwrap();
    let specification = tree! {
        "ImageId": image.id(REGION),
        "InstanceType": "m5.large",
        "SubnetId": setup.subnets.join(", "),
        "GroupSet": Tree::list([tree! { "GroupId": &group }]),
        "TagSpecificationSet": Tree::list([
            tree! { "ResourceType": "instance", "Tag": Tree::list([tree! { "Key": "a", "Value": "b" }]) },
        ]),
    };
    let config = setup.config(1).with("LaunchTemplateConfigs", Tree::Null);
    let id = setup.begun(config.with("LaunchSpecifications", Tree::list([specification])));
    let instance = setup.instances(&id)[0].need("instanceId").unwrap().to_owned();
    let answer = setup.cloud.ec2("DescribeInstances", tree! { "InstanceId": vec![&*instance] }).unwrap();
    let shown = &answer.list_at("reservationSet")[0].list_at("instancesSet")[0];
    assert_eq!(shown.list_at("groupSet")[0].need("groupId"), Ok(group.as_str()));
    let tags: Vec<_> = shown.list_at("tagSet").iter().map(|tag| tag.need("key").unwrap()).collect();
    assert_eq!(tags, ["a", TAG]);
}

#[test]
fn targets_are_changed_up_and_down() {
    let setup = setup();
    let id = setup.begun(setup.config(1));
    setup.modify(&id, tree! { "TargetCapacity": 4 }).unwrap();
    assert_eq!(setup.instances(&id).len(), 4);
    setup.modify(&id, tree! { "TargetCapacity": 2, "ExcessCapacityTerminationPolicy": "NoTermination" }).unwrap();
    assert_eq!(setup.instances(&id).len(), 4);
    setup.modify(&id, tree! { "TargetCapacity": 2, "ExcessCapacityTerminationPolicy": "default" }).unwrap();
    assert_eq!((setup.instances(&id).len(), setup.shown(&id).need("spotFleetRequestState")), (2, Ok("active")));
    let events = setup.events(&id);
    assert_eq!(events.iter().filter(|event| *event == "modify_succeeded").count(), 3);
    let templates = tree! { "LaunchTemplateConfig": setup.templates(&["m5.xlarge"]), "TargetCapacity": 3 };
    setup.modify(&id, templates).unwrap();
    let kinds: Vec<_> = setup.instances(&id).iter().map(|own| own.need("instanceType").unwrap().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "m5.xlarge").count(), 1);
}

#[test]
fn a_cancelled_fleet_takes_its_instances_along_or_not() {
    let setup = setup();
    let (one, other) = (setup.begun(setup.config(1)), setup.begun(setup.config(1)));
    let answer = setup.cancel(&one, true);
    let done = &answer.list_at("successfulFleetRequestSet")[0];
    assert_eq!(done.need("currentSpotFleetRequestState"), Ok("cancelled_terminating"));
    assert_eq!(done.need("previousSpotFleetRequestState"), Ok("active"));
    assert_eq!(setup.instances(&one).len(), 1);
    setup.cancel(&other, false);
    setup.cloud.wait(Duration::from_secs(120));
    assert_eq!((setup.instances(&one).len(), setup.shown(&one).need("spotFleetRequestState")), (0, Ok("cancelled")));
    let shown = setup.shown(&other);
    assert_eq!((setup.instances(&other).len(), shown.need("spotFleetRequestState")), (1, Ok("cancelled_running")));
    let refused = setup.cancel("sfr-1", true);
    let refused = &refused.list_at("unsuccessfulFleetRequestSet")[0];
    assert_eq!(refused.need("error.code"), Ok("fleetRequestIdMalformed"));
    let twice = setup.cancel(&one, true);
    let twice = &twice.list_at("unsuccessfulFleetRequestSet")[0];
    assert_eq!(twice.need("error.code"), Ok("fleetRequestNotInCancellableState"));
}

#[test]
fn a_pool_without_capacity_is_told_and_tried_again() {
    let faults = Faults::parse_rules("ec2 * no-spot-capacity count=4").unwrap();
    let setup = setup_with(Cloud::with(Faults::new(0, faults)));
    let id = setup.begun(setup.config(1));
    assert_eq!(setup.shown(&id).need("activityStatus"), Ok("error"));
    let events = setup.events(&id);
    assert_eq!(events.iter().filter(|event| *event == "launchSpecTemporarilyBlacklisted").count(), 4);
    assert_eq!(events.last().unwrap(), "allLaunchSpecsTemporarilyBlacklisted");
    setup.cloud.wait(Duration::from_secs(60));
    assert_eq!(setup.shown(&id).need("activityStatus"), Ok("fulfilled"));
}

#[test]
fn a_fleet_without_its_permissions_neither_launches_nor_ends() {
    let setup = setup();
    let arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole";
    let policy = |operation: &str| {
        setup.cloud.call("iam", operation, tree! { "RoleName": "fleet", "PolicyArn": arn }).unwrap();
    };
    policy("DetachRolePolicy");
    let id = setup.begun(setup.config(1));
    assert!(setup.instances(&id).is_empty() && setup.events(&id).contains(&"iamFleetRoleInvalid".to_owned()));
    policy("AttachRolePolicy");
    setup.cloud.wait(Duration::from_secs(120));
    assert_eq!(setup.instances(&id).len(), 1);
    policy("DetachRolePolicy");
    setup.cancel(&id, true);
    setup.cloud.wait(Duration::from_secs(600));
    assert_eq!(setup.instances(&id).len(), 1);
}

#[test]
fn an_interrupted_instance_is_replaced() {
    let faults = Faults::parse_rules("ec2 * spot-interruption count=1").unwrap();
    let setup = setup_with(Cloud::with(Faults::new(0, faults)));
    let id = setup.begun(setup.config(1));
    let first = setup.instances(&id)[0].need("instanceId").unwrap().to_owned();
    setup.cloud.wait(Duration::from_secs(900));
    let second = setup.instances(&id)[0].need("instanceId").unwrap().to_owned();
    assert_ne!(first, second);
}

#[test]
fn a_price_below_the_market_gets_nothing() {
    let setup = setup();
    let id = setup.begun(setup.config(1).with("SpotPrice", "0.0001"));
    assert!(setup.instances(&id).is_empty());
    assert!(Market::spot(None).is_spot);
}
