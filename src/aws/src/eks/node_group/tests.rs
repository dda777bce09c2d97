use super::*;
use landfall_provider::value::Value;

use crate::test_support::{check_plan, check_requests, ok, read_args};

const GET: &str = "eks GET /clusters/c/node-groups/n";
const THERE: &str = r#"{"nodegroup": {"clusterName": "c", "nodegroupName": "n", "status": "ACTIVE",
    "nodegroupArn": "arn:aws:eks:eu-central-1:1:nodegroup/c/n/x", "version": "1.34", "releaseVersion": "1.34.1-20260101",
    "nodeRole": "arn:aws:iam::1:role/r", "subnets": ["subnet-1"], "labels": {"a": "1", "b": "2"},
    "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2}, "capacityType": "ON_DEMAND",
    "taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}, {"key": "old", "effect": "NO_EXECUTE"}],
    "launchTemplate": {"id": "lt-1", "name": "t", "version": "1"},
    "resources": {"autoScalingGroups": [{"name": "eks-n"}]}, "updateConfig": {"maxUnavailable": 1}}}"#;

fn observe(answer: &str) -> (Phase, Object<NodeGroup>) {
    let known = Known::Import { id: "c:n".to_owned() };
    let script = [(GET, ok(answer))];
    match check_requests(&script, async |aws| NodeGroup::observe(aws, &known).await).unwrap() {
        Observed::There { phase, object } => (phase, object),
        Observed::Gone => panic!("gone"),
    }
}

fn check_update(change: impl FnOnce(&mut NodeGroupArgs), request: &str) {
    let (_, there) = observe(THERE);
    let mut planned = there.args.clone();
    change(&mut planned);
    let change = Change { prior: Some(&there.args), planned: &planned };
    let script = [(request, ok(r#"{"update": {"id": "u-1"}}"#))];
    let step = check_requests(&script, async |aws| NodeGroup::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Running("u-1".to_owned())));
}

#[test]
fn the_create_call_carries_what_is_written() {
    let args = read_args(
        r#"{"cluster_name": "c", "node_group_name": "n", "node_role_arn": "arn:aws:iam::1:role/r",
            "subnet_ids": ["subnet-1"], "instance_types": ["t3.large"],
            "scaling_config": [{"desired_size": 2, "min_size": 1, "max_size": 3}],
            "launch_template": [{"id": "lt-1", "version": "1"}], "taint": [], "tags": {"a": "b"}}"#,
    );
    let request = r#"eks POST /clusters/c/node-groups {"clientRequestToken":"t-1","instanceTypes":["t3.large"],"launchTemplate":{"version":"1","id":"lt-1"},"nodeRole":"arn:aws:iam::1:role/r","nodegroupName":"n","scalingConfig":{"minSize":1,"maxSize":3,"desiredSize":2},"subnets":["subnet-1"],"tags":{"a":"b"}}"#;
    let token = Token("t-1".to_owned());
    let created = check_requests(&[(request, ok("{}"))], async |aws| NodeGroup::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("c:n")));
}

#[test]
fn what_eks_made_is_read() {
    let (phase, object) = observe(THERE);
    assert_eq!(phase, Phase::Ready);
    assert_eq!(object.args.scaling_config.desired_size, 2);
    assert_eq!(object.attrs.resources.len(), 1);
    assert!(object.args.warm_pool_config.is_none());
}

#[test]
fn a_failed_group_says_why() {
    let (phase, _) = observe(
        r#"{"nodegroup": {"status": "CREATE_FAILED", "health": {"issues": [{"code": "NodeCreationFailure",
            "message": "Instances failed to join the kubernetes cluster", "resourceIds": ["i-1"]}]}}}"#,
    );
    let why = "CREATE_FAILED: NodeCreationFailure: Instances failed to join the kubernetes cluster (i-1)";
    assert_eq!(phase, Phase::Failed(why.to_owned()));
}

#[test]
fn a_new_template_version_rolls_the_nodes() {
    check_update(
        |args| args.launch_template.as_mut().unwrap().version = "2".to_owned(),
        r#"eks POST /clusters/c/node-groups/n/update-version {"clientRequestToken":"TOKEN","force":false,"launchTemplate":{"version":"2","id":"lt-1"}}"#,
    );
}

#[test]
fn labels_taints_and_size_change_in_one_call() {
    check_update(
        |args| {
            args.labels = Some(BTreeMap::from([("a".to_owned(), "9".to_owned())]));
            args.scaling_config.max_size = 5;
            let taint = Taint { key: "k".to_owned(), value: None, effect: "NO_SCHEDULE".to_owned() };
            args.taint = Set::from(vec![taint]);
        },
        r#"eks POST /clusters/c/node-groups/n/update-config {"clientRequestToken":"TOKEN","labels":{"addOrUpdateLabels":{"a":"9"},"removeLabels":["b"]},"scalingConfig":{"minSize":1,"maxSize":5,"desiredSize":2},"taints":{"addOrUpdateTaints":[{"key":"k","effect":"NO_SCHEDULE"}],"removeTaints":[{"key":"old","effect":"NO_EXECUTE"}]}}"#,
    );
}

#[test]
fn the_wanted_number_of_nodes_follows_its_bounds() {
    let of = |wanted: u32, least: u32, most: u32| {
        format!(r#"{{"scaling_config": [{{"desired_size": {wanted}, "min_size": {least}, "max_size": {most}}}]}}"#)
    };
    let plan = |prior: Option<&str>, planned: &str| check_plan::<NodeGroup>(prior, planned);
    let existing = of(2, 1, 3);
    for (planned, followed) in [(of(2, 3, 4), 3), (of(2, 0, 1), 1)] {
        let overrides = plan(Some(&existing), &planned);
        assert_eq!(overrides.values.last().map(|(_, value)| value.clone()), Some(Value::from(followed)));
        assert!(overrides.errors.is_empty());
        assert_eq!(plan(None, &planned).errors.len(), 1);
    }
    assert!(plan(Some(&existing), &of(2, 2, 5)).values.is_empty());
    assert_eq!(plan(Some(&existing), &of(2, 5, 1)).errors.len(), 1);
}
