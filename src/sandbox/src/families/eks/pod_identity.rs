//! Pod identity associations: roles of service accounts.

use serde::{Deserialize, Serialize};

use super::token::Token;
use super::{About, Cluster, PAGING, outside, tags};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        write(
            "CreatePodIdentityAssociation",
            &[
                "clusterName",
                "namespace",
                "serviceAccount",
                "roleArn",
                "clientRequestToken",
                "tags",
                "disableSessionTags",
                "targetRoleArn",
                "policy",
            ],
            create,
        ),
        read("DescribePodIdentityAssociation", &["clusterName", "associationId"], describe),
        read(
            "ListPodIdentityAssociations",
            &["clusterName", "namespace", "serviceAccount", "maxResults", "nextToken"],
            list,
        ),
        write(
            "UpdatePodIdentityAssociation",
            &[
                "clusterName",
                "associationId",
                "roleArn",
                "clientRequestToken",
                "disableSessionTags",
                "targetRoleArn",
                "policy",
            ],
            update,
        ),
        write("DeletePodIdentityAssociation", &["clusterName", "associationId"], delete),
    ],
    events: &[],
};

/// How many associations a cluster may have.
const MOST: usize = 1000;

/// An association.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PodIdentity {
    /// Its ARN.
    pub arn: String,
    /// Namespace of the service account.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// Role that its pods get.
    pub role_arn: String,
    /// Role that is assumed from there.
    pub target_role_arn: Option<String>,
    /// Id by which that role knows the association.
    pub external_id: Option<String>,
    /// Whether sessions have no tags.
    pub is_without_tags: bool,
    /// Policy that limits sessions.
    pub policy: Option<String>,
    /// ARN of the add-on that the association belongs to.
    pub owner_arn: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed.
    pub modified: Timestamp,
    token: Token,
}

impl Cluster {
    fn pod_identity(&self, id: &str) -> Result<&PodIdentity, Fault> {
        self.pod_identities.get(id).ok_or_else(|| {
            self.about().not_found(format!("Association ID specified is invalid: no association {id} in this cluster"))
        })
    }

    pub(super) fn pod_identity_of(&self, namespace: &str, account: &str) -> Option<(&str, &PodIdentity)> {
        let is_it = |own: &PodIdentity| own.namespace == namespace && own.service_account == account;
        self.pod_identities.iter().find(|(_, own)| is_it(own)).map(|(id, own)| (id.as_str(), own))
    }
}

/// Checks that a role can be given to pods.
pub fn check_role(scope: &Scope<'_>, about: About<'_>, arn: &str) -> Result<(), Fault> {
    if !arn.contains(&format!("::{}:role/", scope.account)) {
        return Err(about.invalid_parameter("Role provided in the request is not a role of this account"));
    }
    match outside::role(scope, arn) {
        Some(_) => Ok(()),
        None => Err(about.invalid_parameter("Role provided in the request does not exist")),
    }
}

/// Makes the association that an add-on owns, and returns its ARN.
pub fn make_owned(
    scope: &mut Scope<'_>,
    cluster: &str,
    owner_arn: &str,
    place: (&str, &str),
    role_arn: &str,
) -> String {
    let mut association = new(scope, cluster, place, role_arn);
    association.1.owner_arn = Some(owner_arn.to_owned());
    let arn = association.1.arn.clone();
    insert(scope, cluster, association, tags::Tags::new());
    arn
}

/// Takes away what an add-on owns.
pub fn remove_owned(scope: &mut Scope<'_>, cluster: &str, owner_arn: &str) {
    let store = scope.eks_mut();
    let Some(cluster) = store.clusters.get_mut(cluster) else { return };
    cluster.pod_identities.retain(|_, own| {
        let is_owned = own.owner_arn.as_deref() == Some(owner_arn);
        if is_owned {
            store.tags.remove(&own.arn);
        }
        !is_owned
    });
}

/// Checks that service accounts have no association that an add-on does not own.
pub fn check_vacant(
    about: About<'_>,
    cluster: &Cluster,
    place: (&str, &str),
    owner: Option<&str>,
) -> Result<(), Fault> {
    match cluster.pod_identity_of(place.0, place.1) {
        Some((id, own)) if owner.is_none() || own.owner_arn.as_deref() != owner => {
            Err(about.in_use(format!("Association already exists: {id}")))
        }
        _ => Ok(()),
    }
}

fn new(scope: &mut Scope<'_>, cluster: &str, place: (&str, &str), role_arn: &str) -> (String, PodIdentity) {
    let id = format!("a-{}", scope.ids().lower(17));
    let association = PodIdentity {
        arn: scope.arn("eks", &format!("podidentityassociation/{cluster}/{id}")),
        namespace: place.0.to_owned(),
        service_account: place.1.to_owned(),
        role_arn: role_arn.to_owned(),
        target_role_arn: None,
        external_id: None,
        is_without_tags: false,
        policy: None,
        owner_arn: None,
        created: scope.now,
        modified: scope.now,
        token: Token::default(),
    };
    (id, association)
}

fn insert(scope: &mut Scope<'_>, cluster: &str, (id, association): (String, PodIdentity), tags: tags::Tags) {
    let store = scope.eks_mut();
    store.tags.insert(association.arn.clone(), tags);
    if let Some(cluster) = store.clusters.get_mut(cluster) {
        cluster.pod_identities.insert(id, association);
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("clusterName")?;
    let place = (input.need("namespace")?, input.need("serviceAccount")?);
    let (role_arn, about) = (input.need("roleArn")?, About::cluster(name));
    let cluster = scope.eks().cluster(name)?;
    cluster.check_active()?;
    if let Some((id, existing)) = cluster.pod_identity_of(place.0, place.1) {
        if existing.token.is_repeated_by(input)? {
            return Ok(answer(scope, name, id, existing));
        }
        return Err(about.in_use(format!("Association already exists: {id}")));
    }
    if cluster.pod_identities.len() >= MOST {
        return Err(about.limit(format!("A cluster can have at most {MOST} pod identity associations")));
    }
    check_role(scope, about, role_arn)?;
    let tags = tags::given(input)?;
    let (id, mut association) = new(scope, name, place, role_arn);
    set(scope, about, &mut association, input)?;
    association.token = Token::of(input);
    insert(scope, name, (id.clone(), association), tags);
    Ok(answer(scope, name, &id, scope.eks().cluster(name)?.pod_identity(&id)?))
}

/// Sets what requests for new and for changed associations have in common.
fn set(scope: &mut Scope<'_>, about: About<'_>, association: &mut PodIdentity, input: &Tree) -> Result<(), Fault> {
    if let Some(is_without_tags) = input.bool("disableSessionTags")? {
        association.is_without_tags = is_without_tags;
    }
    if let Some(policy) = input.text("policy")? {
        association.policy = Some(policy.to_owned()).filter(|policy| !policy.is_empty());
    }
    if association.policy.is_some() && !association.is_without_tags {
        return Err(about.invalid_parameter("A policy can only be specified when disableSessionTags is true"));
    }
    if let Some(arn) = input.text("targetRoleArn")? {
        association.target_role_arn = Some(arn.to_owned()).filter(|arn| !arn.is_empty());
        if association.external_id.is_none() || association.target_role_arn.is_none() {
            let uuid = scope.ids().uuid();
            association.external_id = association.target_role_arn.is_some().then_some(uuid);
        }
    }
    Ok(())
}

fn summary(cluster: &str, id: &str, association: &PodIdentity) -> Tree {
    tree! {
        "clusterName": cluster,
        "namespace": &association.namespace,
        "serviceAccount": &association.service_account,
        "associationArn": &association.arn,
        "associationId": id,
        "ownerArn": association.owner_arn.as_ref(),
    }
}

fn answer(scope: &Scope<'_>, cluster: &str, id: &str, association: &PodIdentity) -> Tree {
    let shown = summary(cluster, id, association)
        .with("roleArn", &association.role_arn)
        .with("tags", scope.eks().tags_of(&association.arn))
        .with("createdAt", association.created)
        .with("modifiedAt", association.modified)
        .with("disableSessionTags", association.is_without_tags)
        .with("targetRoleArn", association.target_role_arn.as_ref())
        .with("externalId", association.external_id.as_ref())
        .with("policy", association.policy.as_ref());
    tree! { "association": shown }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, id) = (input.need("clusterName")?, input.need("associationId")?);
    Ok(answer(scope, name, id, scope.eks().cluster(name)?.pod_identity(id)?))
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("clusterName")?;
    let cluster = scope.eks().cluster(name)?;
    let (namespace, account) = (input.text("namespace")?, input.text("serviceAccount")?);
    let found = cluster.pod_identities.iter().filter(|(_, own)| {
        namespace.is_none_or(|namespace| own.namespace == namespace)
            && account.is_none_or(|account| own.service_account == account)
    });
    let page = page(&PAGING, input, found)?;
    let associations = page.items.into_iter().map(|(id, own)| summary(name, id, own));
    Ok(tree! { "associations": Tree::list(associations), "nextToken": page.next })
}

fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, id) = (input.need("clusterName")?, input.need("associationId")?);
    let mut association = scope.eks().cluster(name)?.pod_identity(id)?.clone();
    let about = About::cluster(name);
    check_not_owned(about, id, &association)?;
    if let Some(role_arn) = input.text("roleArn")? {
        check_role(scope, about, role_arn)?;
        role_arn.clone_into(&mut association.role_arn);
    }
    set(scope, about, &mut association, input)?;
    association.modified = scope.now;
    let shown = answer(scope, name, id, &association);
    scope.eks_mut().cluster_mut(name)?.pod_identities.insert(id.to_owned(), association);
    Ok(shown)
}

fn check_not_owned(about: About<'_>, id: &str, association: &PodIdentity) -> Result<(), Fault> {
    let Some(owner) = &association.owner_arn else { return Ok(()) };
    Err(about.invalid_request(format!("Association {id} is owned by the add-on {owner}: change it there")))
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, id) = (input.need("clusterName")?, input.need("associationId")?);
    let association = scope.eks().cluster(name)?.pod_identity(id)?.clone();
    check_not_owned(About::cluster(name), id, &association)?;
    let shown = answer(scope, name, id, &association);
    let store = scope.eks_mut();
    store.cluster_mut(name)?.pod_identities.remove(id);
    store.tags.remove(&association.arn);
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::super::cluster::tests::{active, role};
    use super::*;
    use crate::testing::code;

    #[test]
    fn a_service_account_has_one_role() {
        let cloud = active();
        let role = role(&cloud, "pods", "pods.eks.amazonaws.com");
        let call = |operation: &str, input: Tree| cloud.call("eks", operation, input.with("clusterName", "c"));
        let input = tree! { "namespace": "n", "serviceAccount": "s", "roleArn": &role, "tags": tree! { "a": "b" } };
        let made = call("CreatePodIdentityAssociation", input.clone()).unwrap();
        let id = made.need("association.associationId").unwrap();
        assert_eq!((id.len(), made.need("association.tags.a")), (19, Ok("b")));
        assert_eq!(code(call("CreatePodIdentityAssociation", input)), "ResourceInUseException");
        let policy = tree! { "associationId": id, "policy": "{}" };
        assert_eq!(code(call("UpdatePodIdentityAssociation", policy.clone())), "InvalidParameterException");
        let updated = call("UpdatePodIdentityAssociation", policy.with("disableSessionTags", true)).unwrap();
        assert_eq!(updated.need("association.policy"), Ok("{}"));
        let listed = call("ListPodIdentityAssociations", tree! { "namespace": "n" }).unwrap();
        assert_eq!(listed.list_at("associations").len(), 1);
        call("DeletePodIdentityAssociation", tree! { "associationId": id }).unwrap();
        let gone = call("DescribePodIdentityAssociation", tree! { "associationId": id });
        assert_eq!(code(gone), "ResourceNotFoundException");
    }
}
