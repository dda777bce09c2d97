use super::super::cluster::tests::{active, prepared, role};
use super::*;
use crate::testing::{Cloud, code};

fn eks(cloud: &Cloud, operation: &str, name: &str, input: Tree) -> Result<Tree, Fault> {
    cloud.call("eks", operation, input.with("clusterName", "c").with("addonName", name))
}

fn status(cloud: &Cloud, name: &str) -> String {
    eks(cloud, "DescribeAddon", name, tree! {}).unwrap().need("addon.status").unwrap().to_owned()
}

#[test]
fn daemons_are_well_and_deployments_need_nodes() {
    let cloud = active();
    for name in ["eks-pod-identity-agent", "aws-ebs-csi-driver"] {
        eks(&cloud, "CreateAddon", name, tree! {}).unwrap();
        assert_eq!(status(&cloud, name), "CREATING");
    }
    cloud.wait(TAKES);
    assert_eq!(status(&cloud, "eks-pod-identity-agent"), "ACTIVE");
    assert_eq!(status(&cloud, "aws-ebs-csi-driver"), "CREATING");
    cloud.wait(DEGRADED);
    let addon = eks(&cloud, "DescribeAddon", "aws-ebs-csi-driver", tree! {}).unwrap();
    assert_eq!(addon.need("addon.status"), Ok("DEGRADED"));
    assert_eq!(addon.list_at("addon.health.issues")[0].need("code"), Ok("InsufficientNumberOfReplicas"));
    let nodes = role(&cloud, "nodes", "ec2.amazonaws.com");
    let subnets = super::super::cluster::tests::shown(&cloud);
    let subnets = Tree::list(subnets.texts("resourcesVpcConfig.subnetIds"));
    let input = tree! { "clusterName": "c", "nodegroupName": "n", "nodeRole": nodes, "subnets": subnets };
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(Duration::from_secs(600));
    assert_eq!(status(&cloud, "aws-ebs-csi-driver"), "ACTIVE");
}

#[test]
fn nodes_do_not_need_kube_proxy_and_deployments_do() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateCluster", input.with("bootstrapSelfManagedAddons", false)).unwrap();
    cloud.wait(Duration::from_secs(600));
    eks(&cloud, "CreateAddon", "vpc-cni", tree! {}).unwrap();
    let nodes = role(&cloud, "nodes", "ec2.amazonaws.com");
    let subnets = Tree::list(super::super::cluster::tests::shown(&cloud).texts("resourcesVpcConfig.subnetIds"));
    let named = tree! { "clusterName": "c", "nodegroupName": "n" };
    let input = named.clone().with("nodeRole", nodes).with("subnets", subnets);
    cloud.call("eks", "CreateNodegroup", input).unwrap();
    cloud.wait(Duration::from_secs(300));
    let group = cloud.call("eks", "DescribeNodegroup", named).unwrap();
    assert_eq!(group.need("nodegroup.status"), Ok("ACTIVE"));
    eks(&cloud, "CreateAddon", "coredns", tree! {}).unwrap();
    cloud.wait(TAKES);
    assert_eq!(status(&cloud, "coredns"), "CREATING");
    eks(&cloud, "CreateAddon", "kube-proxy", tree! {}).unwrap();
    assert_eq!(status(&cloud, "coredns"), "ACTIVE");
}

#[test]
fn what_is_installed_conflicts_unless_it_is_overwritten() {
    let cloud = active();
    let other = catalogue::versions("coredns", Minor(34)).pop().unwrap();
    let usual = catalogue::usual("vpc-cni", Minor(34)).unwrap();
    let newest = catalogue::versions("vpc-cni", Minor(34)).pop().unwrap();
    assert_ne!(usual, newest);
    eks(&cloud, "CreateAddon", "vpc-cni", tree! { "addonVersion": &newest.text }).unwrap();
    cloud.wait(TAKES);
    let addon = eks(&cloud, "DescribeAddon", "vpc-cni", tree! {}).unwrap();
    assert_eq!(addon.need("addon.status"), Ok("CREATE_FAILED"));
    assert_eq!(addon.list_at("addon.health.issues")[0].need("code"), Ok("ConfigurationConflict"));
    eks(&cloud, "DeleteAddon", "vpc-cni", tree! { "preserve": true }).unwrap();
    cloud.wait(GONE);
    let overwrite = tree! { "addonVersion": &newest.text, "resolveConflicts": "OVERWRITE" };
    eks(&cloud, "CreateAddon", "vpc-cni", overwrite).unwrap();
    cloud.wait(TAKES);
    assert_eq!(status(&cloud, "vpc-cni"), "ACTIVE");
    assert_eq!(code(eks(&cloud, "CreateAddon", "vpc-cni", tree! {})), "ResourceInUseException");
    let old = tree! { "addonVersion": other.text };
    assert_eq!(code(eks(&cloud, "UpdateAddon", "vpc-cni", old)), "InvalidParameterException");
}

#[test]
fn clusters_without_add_ons_have_no_conflicts() {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateCluster", input.with("bootstrapSelfManagedAddons", false)).unwrap();
    cloud.wait(Duration::from_secs(600));
    eks(&cloud, "CreateAddon", "kube-proxy", tree! { "configurationValues": r#"{"mode":"ipvs"}"# }).unwrap();
    cloud.wait(TAKES);
    assert_eq!(status(&cloud, "kube-proxy"), "ACTIVE");
}

#[test]
fn updates_change_version_and_values() {
    let cloud = active();
    let versions = catalogue::versions("eks-pod-identity-agent", Minor(34));
    let create = tree! { "addonVersion": &versions[0].text, "configurationValues": "{}", "tags": tree! { "a": "b" } };
    eks(&cloud, "CreateAddon", "eks-pod-identity-agent", create).unwrap();
    let update = |input: Tree| eks(&cloud, "UpdateAddon", "eks-pod-identity-agent", input);
    let newer = tree! { "addonVersion": &versions[1].text };
    assert_eq!(code(update(newer.clone())), "ResourceInUseException");
    cloud.wait(TAKES);
    let begun = update(newer).unwrap();
    assert_eq!(begun.need("update.type"), Ok("AddonUpdate"));
    assert_eq!(status(&cloud, "eks-pod-identity-agent"), "UPDATING");
    cloud.wait(TAKES);
    let addon = eks(&cloud, "DescribeAddon", "eks-pod-identity-agent", tree! {}).unwrap();
    assert_eq!(addon.need("addon.addonVersion"), Ok(versions[1].text.as_str()));
    assert_eq!((addon.need("addon.configurationValues"), addon.need("addon.tags.a")), (Ok("{}"), Ok("b")));
    let bad = update(tree! { "configurationValues": r#"{"colour":1}"# });
    assert!(format!("{bad:?}").contains("Json schema validation failed"));
    let id = begun.need("update.id").unwrap();
    let input = tree! { "name": "c", "updateId": id, "addonName": "eks-pod-identity-agent" };
    assert_eq!(cloud.call("eks", "DescribeUpdate", input).unwrap().need("update.status"), Ok("Successful"));
}

#[test]
fn add_ons_own_their_pod_identities() {
    let cloud = active();
    let driver = role(&cloud, "driver", "pods.eks.amazonaws.com");
    let pods = Tree::list([tree! { "serviceAccount": "ebs-csi-controller-sa", "roleArn": driver }]);
    let made = eks(&cloud, "CreateAddon", "aws-ebs-csi-driver", tree! { "podIdentityAssociations": pods }).unwrap();
    assert_eq!(made.texts("addon.podIdentityAssociations").len(), 1);
    let list = || cloud.call("eks", "ListPodIdentityAssociations", tree! { "clusterName": "c" }).unwrap();
    let associations = list();
    let own = &associations.list_at("associations")[0];
    assert_eq!(own.need("ownerArn"), made.need("addon.addonArn"));
    let delete = tree! { "clusterName": "c", "associationId": own.need("associationId").unwrap() };
    assert_eq!(code(cloud.call("eks", "DeletePodIdentityAssociation", delete)), "InvalidRequestException");
    eks(&cloud, "DeleteAddon", "aws-ebs-csi-driver", tree! {}).unwrap();
    cloud.wait(GONE);
    assert!(list().list_at("associations").is_empty());
}

#[test]
fn the_catalogue_tells_versions_and_defaults() {
    let cloud = Cloud::new();
    let answer = cloud.call("eks", "DescribeAddonVersions", tree! { "kubernetesVersion": "1.33" }).unwrap();
    assert!(answer.list_at("addons").len() >= 8);
    for addon in answer.list_at("addons") {
        let defaults = addon.list_at("addonVersions").iter().flat_map(|version| version.list_at("compatibilities"));
        let defaults = defaults.filter(|own| own.bool("defaultVersion") == Ok(Some(true)));
        assert_eq!(defaults.count(), 1, "{}", addon.need("addonName").unwrap());
    }
    let input = tree! { "addonName": "coredns", "addonVersion": "v1.12.3-eksbuild.1" };
    let schema = cloud.call("eks", "DescribeAddonConfiguration", input).unwrap();
    assert!(schema.need("configurationSchema").unwrap().contains("replicaCount"));
    let unknown = cloud.call("eks", "DescribeAddonVersions", tree! { "addonName": "nothing" });
    assert_eq!(code(unknown), "InvalidParameterException");
}
