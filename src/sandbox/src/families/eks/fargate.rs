//! Fargate profiles.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::token::Token;
use super::{About, Cluster, Issue, PAGING, access_entry, issue, outside, tags};
use crate::families::page::page;
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        write(
            "CreateFargateProfile",
            &[
                "clusterName",
                "fargateProfileName",
                "podExecutionRoleArn",
                "subnets",
                "selectors",
                "clientRequestToken",
                "tags",
            ],
            create,
        ),
        read("DescribeFargateProfile", &["clusterName", "fargateProfileName"], describe),
        read("ListFargateProfiles", &["clusterName", "maxResults", "nextToken"], list),
        write("DeleteFargateProfile", &["clusterName", "fargateProfileName"], delete),
    ],
    events: &[
        Event { name: "eks.fargate-profile-ready", happen: ready },
        Event { name: "eks.fargate-profile-gone", happen: gone },
    ],
};

/// How many profiles a cluster may have.
const MOST: usize = 10;
/// How long creation and deletion take.
const TAKES: Duration = Duration::from_secs(90);

/// A Fargate profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FargateProfile {
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// Role of its pods.
    pub role_arn: String,
    /// Subnets of its pods.
    pub subnet_ids: Vec<String>,
    /// Which pods it is for.
    pub selectors: Vec<Selector>,
    /// How far it is.
    pub status: Status,
    /// What is wrong with it.
    pub issues: Vec<Issue>,
    token: Token,
    is_doomed: bool,
}

/// Which pods a profile is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// Their namespace.
    pub namespace: String,
    /// Their labels.
    pub labels: BTreeMap<String, String>,
}

/// How far a profile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It is being made.
    Creating,
    /// It is there.
    Active,
    /// It could not be made.
    CreateFailed,
    /// It is being deleted.
    Deleting,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::CreateFailed => "CREATE_FAILED",
            Self::Deleting => "DELETING",
        }
    }
}

/// Returns the status of a profile as AWS names it.
pub fn status_name(profile: &FargateProfile) -> &'static str {
    profile.status.name()
}

impl Cluster {
    fn fargate_profile(&self, name: &str) -> Result<&FargateProfile, Fault> {
        self.fargate_profiles.get(name).ok_or_else(|| {
            let about = About::fargate_profile(&self.name, name);
            about.not_found(format!("No Fargate Profile found with name: {name}."))
        })
    }

    /// Profiles come and go one at a time.
    fn check_no_profile_moves(&self, verb: &str, name: &str) -> Result<(), Fault> {
        let moves = |profile: &FargateProfile| matches!(profile.status, Status::Creating | Status::Deleting);
        let Some((other, profile)) = self.fargate_profiles.iter().find(|(_, profile)| moves(profile)) else {
            return Ok(());
        };
        let message = format!(
            "Cannot {verb} Fargate Profile {name} because cluster {} currently has Fargate profile {other} in status {}",
            self.name,
            profile.status.name()
        );
        Err(self.about().in_use(message))
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("fargateProfileName")?);
    let (role_arn, about) = (input.need("podExecutionRoleArn")?, About::fargate_profile(cluster_name, name));
    let cluster = scope.eks().cluster(cluster_name)?;
    cluster.check_active()?;
    if let Some(existing) = cluster.fargate_profiles.get(name) {
        if existing.token.is_repeated_by(input)? {
            return answer(scope, cluster_name, name);
        }
        return Err(about.in_use("A Fargate Profile already exists with this name in this cluster."));
    }
    if cluster.fargate_profiles.len() >= MOST {
        return Err(about.limit(format!("A cluster can have at most {MOST} Fargate profiles")));
    }
    if name.starts_with("eks-") {
        return Err(about.invalid_parameter("Fargate Profile names cannot start with eks-"));
    }
    let selectors = selectors(about, input)?;
    let subnet_ids = subnets(scope, about, cluster, input)?;
    if outside::role_for(scope, role_arn, "eks-fargate-pods.amazonaws.com").is_none() {
        let message = format!(
            "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal: {role_arn}"
        );
        return Err(about.invalid_parameter(message));
    }
    cluster.check_no_profile_moves("create", name)?;
    let tags = tags::given(input)?;
    let uuid = scope.ids().uuid();
    let profile = FargateProfile {
        arn: scope.arn("eks", &format!("fargateprofile/{cluster_name}/{name}/{uuid}")),
        created: scope.now,
        role_arn: role_arn.to_owned(),
        subnet_ids,
        selectors,
        status: Status::Creating,
        issues: Vec::new(),
        token: Token::of(input),
        is_doomed: scope.strikes("fargate-profile-failed"),
    };
    let store = scope.eks_mut();
    store.tags.insert(profile.arn.clone(), tags);
    store.cluster_mut(cluster_name)?.fargate_profiles.insert(name.to_owned(), profile);
    outside::ensure_service_linked_role(scope, "eks-fargate.amazonaws.com");
    access_entry::ensure(scope, cluster_name, role_arn, "FARGATE_LINUX", &[]);
    scope.later(TAKES, "eks.fargate-profile-ready", &format!("{cluster_name}/{name}"));
    answer(scope, cluster_name, name)
}

fn selectors(about: About<'_>, input: &Tree) -> Result<Vec<Selector>, Fault> {
    let list = input.list_at("selectors");
    if list.is_empty() {
        return Err(about.invalid_parameter("Fargate Profile requires at least one selector."));
    }
    if list.len() > 5 {
        return Err(about.invalid_parameter("Request contains more than 5 Selectors"));
    }
    let read = |selector: &Tree| {
        let labels: BTreeMap<_, _> = selector.text_map("labels").into_iter().collect();
        if labels.len() > 5 {
            return Err(about.invalid_parameter("Request contains Selector with more than 5 Label pairs"));
        }
        Ok(Selector { namespace: selector.need("namespace")?.to_owned(), labels })
    };
    list.iter().map(read).collect()
}

/// Returns the subnets of a profile: those of the cluster without a way in, where the request names none.
fn subnets(scope: &Scope<'_>, about: About<'_>, cluster: &Cluster, input: &Tree) -> Result<Vec<String>, Fault> {
    let named = input.texts("subnets");
    if named.is_empty() {
        let private = cluster.subnet_ids.iter().filter(|id| !outside::is_public(scope, id));
        return Ok(private.cloned().collect());
    }
    for id in &named {
        let Ok(subnet) = scope.ec2().subnet(id) else {
            return Err(about.invalid_parameter(format!("The subnet ID '{id}' does not exist")));
        };
        if subnet.vpc_id != cluster.vpc_id {
            let message = format!("Subnet {id} is not in the VPC of the cluster, {}", cluster.vpc_id);
            return Err(about.invalid_parameter(message));
        }
        if outside::is_public(scope, id) {
            let message = format!("Subnet {id} provided in Fargate Profile is not a private subnet");
            return Err(about.invalid_parameter(message));
        }
    }
    Ok(named.into_iter().map(str::to_owned).collect())
}

fn ready(scope: &mut Scope<'_>, subject: &str) {
    change(scope, subject, |profile| {
        if profile.status == Status::Creating {
            profile.status = if profile.is_doomed { Status::CreateFailed } else { Status::Active };
            profile.issues.extend(profile.is_doomed.then(Issue::internal_failure));
        }
    });
}

fn change(scope: &mut Scope<'_>, subject: &str, change: impl FnOnce(&mut FargateProfile)) {
    let Some((cluster, name)) = subject.split_once('/') else { return };
    let cluster = scope.eks_mut().clusters.get_mut(cluster);
    if let Some(profile) = cluster.and_then(|cluster| cluster.fargate_profiles.get_mut(name)) {
        change(profile);
    }
}

fn answer(scope: &Scope<'_>, cluster: &str, name: &str) -> Result<Tree, Fault> {
    let profile = scope.eks().cluster(cluster)?.fargate_profile(name)?;
    let selectors = profile.selectors.iter().map(|selector| {
        let labels = selector.labels.iter().map(|(key, value)| (key.clone(), Tree::from(value)));
        tree! { "namespace": &selector.namespace, "labels": Tree::Object(labels.collect()) }
    });
    let shown = tree! {
        "fargateProfileName": name,
        "fargateProfileArn": &profile.arn,
        "clusterName": cluster,
        "createdAt": profile.created,
        "podExecutionRoleArn": &profile.role_arn,
        "subnets": Tree::list(&profile.subnet_ids),
        "selectors": Tree::list(selectors),
        "status": profile.status.name(),
        "tags": scope.eks().tags_of(&profile.arn),
        "health": issue::health(&profile.issues),
    };
    Ok(tree! { "fargateProfile": shown })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    answer(scope, input.need("clusterName")?, input.need("fargateProfileName")?)
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    let page = page(&PAGING, input, cluster.fargate_profiles.keys())?;
    Ok(tree! { "fargateProfileNames": Tree::list(page.items), "nextToken": page.next })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("fargateProfileName")?);
    let cluster = scope.eks().cluster(cluster_name)?;
    if cluster.fargate_profile(name)?.status == Status::Deleting {
        return answer(scope, cluster_name, name);
    }
    cluster.check_no_profile_moves("delete", name)?;
    let subject = format!("{cluster_name}/{name}");
    change(scope, &subject, |profile| profile.status = Status::Deleting);
    scope.later(TAKES, "eks.fargate-profile-gone", &subject);
    answer(scope, cluster_name, name)
}

/// A profile is gone. The access entry of its role stays.
fn gone(scope: &mut Scope<'_>, subject: &str) {
    let Some((cluster, name)) = subject.split_once('/') else { return };
    let store = scope.eks_mut();
    let Some(cluster) = store.clusters.get_mut(cluster) else { return };
    if cluster.fargate_profiles.get(name).is_some_and(|profile| profile.status == Status::Deleting) {
        let profile = cluster.fargate_profiles.remove(name);
        profile.map(|profile| store.tags.remove(&profile.arn));
    }
}

#[cfg(test)]
mod tests {
    use super::super::cluster::tests::{active, role};
    use super::*;
    use crate::testing::code;

    #[test]
    fn profiles_come_and_go_one_at_a_time() {
        let cloud = active();
        let role = role(&cloud, "pods", "eks-fargate-pods.amazonaws.com");
        let call = |operation: &str, input: Tree| cloud.call("eks", operation, input.with("clusterName", "c"));
        let input = |name: &str| {
            let selectors = Tree::list([tree! { "namespace": "n" }]);
            tree! { "fargateProfileName": name, "podExecutionRoleArn": &role, "selectors": selectors }
        };
        let made = call("CreateFargateProfile", input("a")).unwrap();
        assert_eq!(made.need("fargateProfile.status"), Ok("CREATING"));
        assert_eq!(made.list_at("fargateProfile.subnets").len(), 2);
        assert_eq!(code(call("CreateFargateProfile", input("b"))), "ResourceInUseException");
        cloud.wait(TAKES);
        call("CreateFargateProfile", input("b")).unwrap();
        assert_eq!(code(cloud.call("eks", "DeleteCluster", tree! { "name": "c" })), "ResourceInUseException");
        cloud.wait(TAKES);
        call("DeleteFargateProfile", tree! { "fargateProfileName": "a" }).unwrap();
        cloud.wait(TAKES);
        let names = call("ListFargateProfiles", tree! {}).unwrap();
        assert_eq!(names.texts("fargateProfileNames"), ["b"]);
    }

    #[test]
    fn what_a_profile_cannot_be_is_refused() {
        let cloud = active();
        let nodes = role(&cloud, "nodes", "ec2.amazonaws.com");
        let call = |input: Tree| {
            let input = input.with("clusterName", "c").with("fargateProfileName", "p");
            cloud.call("eks", "CreateFargateProfile", input.with("podExecutionRoleArn", &nodes))
        };
        assert_eq!(code(call(tree! {})), "InvalidParameterException");
        let untrusted = call(tree! { "selectors": Tree::list([tree! { "namespace": "n" }]) });
        assert!(format!("{untrusted:?}").contains("Misconfigured PodExecutionRole Trust Policy"), "{untrusted:?}");
    }
}
