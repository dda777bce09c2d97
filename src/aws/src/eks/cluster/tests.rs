use landfall_provider::value::Value;

use super::*;
use crate::test_support::{Canned, check_plan, check_requests, fails, ok, read_args};

const MINIMAL: &str =
    r#"{"name": "c", "role_arn": "arn:aws:iam::123456789012:role/c", "vpc_config": [{"subnet_ids": ["subnet-1"]}]}"#;
const DESCRIBE: &str = "eks GET /clusters/c";
const ACTIVE: &str = r#"{"cluster": {
    "name": "c", "arn": "arn:aws:eks:eu-central-1:123456789012:cluster/c", "status": "ACTIVE", "version": "1.33",
    "roleArn": "arn:aws:iam::123456789012:role/c", "createdAt": 1700000000.25, "endpoint": "https://x",
    "certificateAuthority": {"data": "Y2E="}, "identity": {"oidc": {"issuer": "https://issuer"}},
    "resourcesVpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": [], "vpcId": "vpc-1",
        "clusterSecurityGroupId": "sg-1", "endpointPublicAccess": true, "endpointPrivateAccess": false,
        "publicAccessCidrs": ["0.0.0.0/0"]},
    "logging": {"clusterLogging": [{"types": ["api", "audit"], "enabled": true}, {"types": ["scheduler"], "enabled": false}]},
    "accessConfig": {"authenticationMode": "API"}, "zonalShiftConfig": {"enabled": false},
    "upgradePolicy": {"supportType": "EXTENDED"}, "tags": {"team": "a", "aws:x": "y"}}}"#;

fn observe(known: &Known<Cluster>, answer: Canned) -> Observed<Cluster> {
    check_requests(&[(DESCRIBE, answer)], async |aws| Cluster::observe(aws, known).await).unwrap()
}

fn phase(status: &str, rest: &str) -> Phase {
    let answer = format!(r#"{{"cluster": {{"name": "c", "status": "{status}"{rest}}}}}"#);
    match observe(&Known::Import { id: "c".to_owned() }, ok(answer)) {
        Observed::There { phase, .. } => phase,
        Observed::Gone => panic!("gone"),
    }
}

fn there() -> Object<Cluster> {
    match observe(&Known::Import { id: "c".to_owned() }, ok(ACTIVE)) {
        Observed::There { phase: Phase::Ready, object } => object,
        _ => panic!("not ready"),
    }
}

#[test]
fn a_small_cluster_is_created_with_few_words() {
    let args: ClusterArgs = read_args(MINIMAL);
    let request = r#"eks POST /clusters {"bootstrapSelfManagedAddons":true,"clientRequestToken":"t-1","name":"c","resourcesVpcConfig":{"subnetIds":["subnet-1"],"endpointPublicAccess":true,"endpointPrivateAccess":false},"roleArn":"arn:aws:iam::123456789012:role/c","tags":{}}"#;
    let token = Token("t-1".to_owned());
    let created = check_requests(&[(request, ok("{}"))], async |aws| Cluster::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("c")));
}

#[test]
fn blocks_are_sent_as_written() {
    let args: ClusterArgs = read_args(
        r#"{"name": "c", "role_arn": "r", "version": "1.33", "vpc_config": [{"subnet_ids": ["subnet-1"]}],
            "enabled_cluster_log_types": ["api"], "access_config": [{"authentication_mode": "API"}],
            "encryption_config": [{"resources": ["secrets"], "provider": [{"key_arn": "k"}]}],
            "kubernetes_network_config": [{"ip_family": "ipv4", "elastic_load_balancing": [{"enabled": true}]}],
            "compute_config": [{"enabled": true, "node_pools": ["system"], "node_role_arn": "n"}],
            "storage_config": [{"block_storage": [{"enabled": true}]}],
            "remote_network_config": [{"remote_node_networks": [{"cidrs": ["10.1.0.0/16"]}]}]}"#,
    );
    let request = r#"eks POST /clusters {"accessConfig":{"bootstrapClusterCreatorAdminPermissions":false,"authenticationMode":"API"},"bootstrapSelfManagedAddons":true,"clientRequestToken":"t-1","computeConfig":{"enabled":true,"nodePools":["system"],"nodeRoleArn":"n"},"encryptionConfig":[{"resources":["secrets"],"provider":{"keyArn":"k"}}],"kubernetesNetworkConfig":{"ipFamily":"ipv4","elasticLoadBalancing":{"enabled":true}},"logging":{"clusterLogging":[{"types":["api"],"enabled":true},{"types":["audit","authenticator","controllerManager","scheduler"],"enabled":false}]},"name":"c","remoteNetworkConfig":{"remoteNodeNetworks":[{"cidrs":["10.1.0.0/16"]}],"remotePodNetworks":[]},"resourcesVpcConfig":{"subnetIds":["subnet-1"],"endpointPublicAccess":true,"endpointPrivateAccess":false},"roleArn":"r","storageConfig":{"blockStorage":{"enabled":true}},"tags":{},"version":"1.33"}"#;
    let token = Token("t-1".to_owned());
    check_requests(&[(request, ok("{}"))], async |aws| Cluster::create(aws, &args, &token).await).unwrap();
}

#[test]
fn what_eks_does_not_return_is_carried() {
    let object = there();
    assert!(object.args.bootstrap_self_managed_addons, "an imported cluster has its add-ons");
    assert_eq!(object.args.enabled_cluster_log_types.as_ref().map(|types| types.len()), Some(2));
    assert_eq!(object.args.tags.all.len(), 1);
    assert!(object.args.zonal_shift_config.is_none());
    assert_eq!(object.args.vpc_config.cluster_security_group_id.as_deref(), Some("sg-1"));
    assert_eq!(object.attrs.created_at, "2023-11-14T22:13:20Z");

    let mut prior = there();
    prior.args.bootstrap_self_managed_addons = false;
    prior.args.force_update_version = true;
    let Observed::There { object, .. } = observe(&Known::Prior(prior), ok(ACTIVE)) else { panic!("gone") };
    assert!(!object.args.bootstrap_self_managed_addons);
    assert!(object.args.force_update_version);
}

#[test]
fn the_status_tells_the_phase() {
    assert_eq!(phase("CREATING", ""), Phase::Pending("CREATING".to_owned()));
    let health = r#", "health": {"issues": [{"code": "Ec2SubnetNotFound", "message": "no subnet"}]}"#;
    assert_eq!(phase("FAILED", health), Phase::Failed("Ec2SubnetNotFound: no subnet".to_owned()));
    let missing = Canned::Error(404, "ResourceNotFoundException", "No cluster found for name: c.");
    assert!(matches!(observe(&Known::Import { id: "c".to_owned() }, missing), Observed::Gone));
}

/// Runs one round of an update from what is there to `planned`.
fn check_update(planned: &ClusterArgs, there: &Object<Cluster>, script: &[(&str, Canned)]) -> Step {
    let prior = self::there().args;
    let change = Change { prior: Some(&prior), planned };
    check_requests(script, async |aws| Cluster::update(aws, &change, there).await).unwrap()
}

#[test]
fn changes_go_one_by_one_and_what_is_done_is_not_done_again() {
    let mut there = there();
    let mut planned = there.args.clone();
    planned.version = "1.34".to_owned().into();
    planned.vpc_config.endpoint_private_access = true;
    planned.tags.all.insert("new".to_owned(), "b".to_owned());
    let update = || ok(r#"{"update": {"id": "u-1", "status": "InProgress"}}"#);

    let version = r#"eks POST /clusters/c/updates {"clientRequestToken":"TOKEN","version":"1.34"}"#;
    assert_eq!(check_update(&planned, &there, &[(version, update())]), Step::Running("u-1".to_owned()));

    there.args.version = planned.version.clone();
    let endpoint = r#"eks POST /clusters/c/update-config {"clientRequestToken":"TOKEN","resourcesVpcConfig":{"endpointPublicAccess":true,"endpointPrivateAccess":true,"publicAccessCidrs":["0.0.0.0/0"]}}"#;
    assert_eq!(check_update(&planned, &there, &[(endpoint, update())]), Step::Running("u-1".to_owned()));

    there.args.vpc_config.endpoint_private_access = true;
    let tag = r#"eks POST /tags/arn:aws:eks:eu-central-1:123456789012:cluster/c {"tags":{"new":"b"}}"#;
    assert_eq!(check_update(&planned, &there, &[(tag, ok("{}"))]), Step::Done);
}

#[test]
fn what_others_changed_in_the_meantime_stays() {
    let mut there = there();
    let planned = there.args.clone();
    there.args.vpc_config.subnet_ids = vec!["subnet-9".to_owned()].into();
    assert_eq!(check_update(&planned, &there, &[]), Step::Done);
}

#[test]
fn a_failed_update_says_why() {
    let there = there();
    let answer = r#"{"update": {"id": "u-1", "status": "Failed", "type": "VersionUpdate",
        "errors": [{"errorCode": "InsufficientFreeAddresses", "errorMessage": "too few", "resourceIds": ["subnet-1"]}]}}"#;
    let script = [("eks GET /clusters/c/updates/u-1", ok(answer))];
    let phase = check_requests(&script, async |aws| Cluster::operation(aws, &there, "u-1").await).unwrap();
    let why = "VersionUpdate Failed: InsufficientFreeAddresses: too few (subnet-1)";
    assert_eq!(phase, Phase::Failed(why.to_owned()));
}

#[test]
fn a_cluster_that_is_gone_is_deleted_and_a_busy_one_is_tried_again() {
    let there = there();
    let delete =
        |answer| check_requests(&[("eks DELETE /clusters/c", answer)], async |aws| Cluster::delete(aws, &there).await);
    assert_eq!(delete(fails("ResourceNotFoundException", "No cluster found for name: c.")), Ok(Step::Done));
    let busy = delete(fails("ResourceInUseException", "Cluster has update in progress")).unwrap_err();
    assert_eq!(Cluster::retry(&busy), Some(Within::DEADLINE));
    let attached = delete(fails("ResourceInUseException", "Cluster has nodegroups attached")).unwrap_err();
    assert_eq!(Cluster::retry(&attached), None);
}

#[test]
fn the_arn_is_known_before_apply() {
    let overrides = check_plan::<Cluster>(None, MINIMAL);
    let values: Vec<_> = overrides.values.iter().map(|(path, value)| (path.to_string(), value.clone())).collect();
    let arn = Value::from("arn:aws:eks:eu-central-1:123456789012:cluster/c");
    assert_eq!(values, [("id".to_owned(), "c".into()), ("arn".to_owned(), arn)]);
}

#[test]
fn half_of_auto_mode_is_refused() {
    let half = MINIMAL.replace("{\"name\"", "{\"compute_config\": [{\"enabled\": true}], \"name\"");
    assert_eq!(check_plan::<Cluster>(None, &half).errors.len(), 1);
}

#[test]
fn a_key_cannot_be_taken_away_in_place_nor_exchanged() {
    let with_key = |key: &str| {
        let config =
            format!(r#"{{"encryption_config": [{{"resources": [], "provider": [{{"key_arn": "{key}"}}]}}], "name""#);
        MINIMAL.replace("{\"name\"", &config)
    };
    let without = check_plan::<Cluster>(Some(&with_key("k")), MINIMAL);
    assert_eq!(without.replace.len(), 1);
    let other = check_plan::<Cluster>(Some(&with_key("k")), &with_key("other"));
    assert_eq!((other.replace.len(), other.errors.len()), (0, 1));
    let added = check_plan::<Cluster>(Some(MINIMAL), &with_key("k"));
    assert_eq!((added.replace.len(), added.errors.len()), (0, 0));
}
