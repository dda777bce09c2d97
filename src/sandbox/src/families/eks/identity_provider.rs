//! OIDC providers whose users a cluster lets in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::update::{self, Start, Subject};
use super::{About, Cluster, PAGING, tags};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        write("AssociateIdentityProviderConfig", &["clusterName", "oidc", "tags", "clientRequestToken"], associate),
        read("DescribeIdentityProviderConfig", &["clusterName", "identityProviderConfig"], describe),
        read("ListIdentityProviderConfigs", &["clusterName", "maxResults", "nextToken"], list),
        write(
            "DisassociateIdentityProviderConfig",
            &["clusterName", "identityProviderConfig", "clientRequestToken"],
            disassociate,
        ),
    ],
    events: &[],
};

/// How long it takes until the API server knows.
const TAKES: Duration = Duration::from_secs(10 * 60);
/// How many providers a cluster may have.
const MOST: usize = 1;

/// A provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// Its ARN.
    pub arn: String,
    /// What it was asked for with.
    pub config: Tree,
    /// How far it is, as AWS names it.
    pub status: String,
}

/// What an update does when it is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    name: String,
    is_associated: bool,
}

fn checked(about: About<'_>, oidc: &Tree) -> Result<(), Fault> {
    for member in ["identityProviderConfigName", "issuerUrl", "clientId"] {
        oidc.need(member).map_err(|_| Fault::missing(&format!("oidc.{member}")))?;
    }
    let issuer = oidc.need("issuerUrl")?;
    if !issuer.starts_with("https://") {
        return Err(about.invalid_parameter(format!("issuerUrl {issuer} is invalid: it must begin with https://")));
    }
    Ok(())
}

fn begin(
    scope: &mut Scope<'_>,
    cluster: &str,
    kind: &'static str,
    change: Change,
    input: &Tree,
) -> Result<Tree, Fault> {
    let value = Tree::list([tree! { "type": "oidc", "name": &change.name }]);
    let start = Start {
        cluster,
        of: Subject::Cluster,
        kind,
        params: vec![("IdentityProviderConfig", value.to_json().to_string())],
        change: update::Change::IdentityProvider(change),
        takes: TAKES,
    };
    update::begin(scope, start, input)
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    const KIND: &str = "AssociateIdentityProviderConfig";
    let cluster_name = input.need("clusterName")?;
    let tags = tags::given(input)?;
    let shown = Tree::Object(tags.iter().map(|(key, value)| (key.clone(), Tree::from(value))).collect());
    if let Some(answer) = update::repeated(scope, cluster_name, input)? {
        return Ok(answer.with("tags", shown));
    }
    let cluster = scope.eks().cluster(cluster_name)?;
    let about = cluster.about();
    let oidc = input.at("oidc").ok_or_else(|| Fault::missing("oidc"))?;
    checked(about, oidc)?;
    let name = oidc.need("identityProviderConfigName")?;
    if cluster.identity_providers.contains_key(name) {
        return Err(about.in_use(format!("Identity provider config already exists with name: {name}")));
    }
    if cluster.identity_providers.len() >= MOST {
        return Err(about.limit(format!("A cluster can have at most {MOST} identity provider config")));
    }
    cluster.check_free(KIND)?;
    let uuid = scope.ids().uuid();
    let arn = scope.arn("eks", &format!("identityproviderconfig/{cluster_name}/oidc/{name}/{uuid}"));
    let provider = IdentityProvider { arn: arn.clone(), config: oidc.clone(), status: "CREATING".to_owned() };
    let store = scope.eks_mut();
    store.tags.insert(arn, tags);
    store.cluster_mut(cluster_name)?.identity_providers.insert(name.to_owned(), provider);
    let change = Change { name: name.to_owned(), is_associated: true };
    Ok(begin(scope, cluster_name, KIND, change, input)?.with("tags", shown))
}

/// Returns the name of the provider that an input names.
fn named<'a>(about: About<'_>, input: &'a Tree) -> Result<&'a str, Fault> {
    let kind = input.need("identityProviderConfig.type")?;
    if kind != "oidc" {
        return Err(about.invalid_parameter(format!("Invalid type of identity provider config: {kind}")));
    }
    input.need("identityProviderConfig.name")
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    let name = named(cluster.about(), input)?;
    let provider = cluster
        .identity_providers
        .get(name)
        .ok_or_else(|| cluster.about().not_found(format!("No identity provider config found for name: {name}.")))?;
    let oidc = provider
        .config
        .clone()
        .with("identityProviderConfigArn", &provider.arn)
        .with("clusterName", &cluster.name)
        .with("tags", scope.eks().tags_of(&provider.arn))
        .with("status", &provider.status);
    Ok(tree! { "identityProviderConfig": tree! { "oidc": oidc } })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    let page = page(&PAGING, input, cluster.identity_providers.keys())?;
    let configs = page.items.into_iter().map(|name| tree! { "type": "oidc", "name": name });
    Ok(tree! { "identityProviderConfigs": Tree::list(configs), "nextToken": page.next })
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    const KIND: &str = "DisassociateIdentityProviderConfig";
    let cluster_name = input.need("clusterName")?;
    if let Some(answer) = update::repeated(scope, cluster_name, input)? {
        return Ok(answer);
    }
    let cluster: &Cluster = scope.eks().cluster(cluster_name)?;
    let about = cluster.about();
    let name = named(about, input)?.to_owned();
    if !cluster.identity_providers.contains_key(&name) {
        let message = format!("Identity provider config is not associated with cluster {cluster_name}");
        return Err(about.invalid_request(message));
    }
    cluster.check_free(KIND)?;
    if let Some(own) = scope.eks_mut().cluster_mut(cluster_name)?.identity_providers.get_mut(&name) {
        "DELETING".clone_into(&mut own.status);
    }
    begin(scope, cluster_name, KIND, Change { name, is_associated: false }, input)
}

/// Does what an update was for. One that has failed leaves things as they were before.
pub fn apply(scope: &mut Scope<'_>, cluster: &str, change: &Change, is_failed: bool) {
    let store = scope.eks_mut();
    let Some(cluster) = store.clusters.get_mut(cluster) else { return };
    if change.is_associated == is_failed {
        let gone = cluster.identity_providers.remove(&change.name);
        gone.map(|provider| store.tags.remove(&provider.arn));
    } else if let Some(own) = cluster.identity_providers.get_mut(&change.name) {
        "ACTIVE".clone_into(&mut own.status);
    }
}

#[cfg(test)]
mod tests {
    use super::super::cluster::tests::active;
    use super::*;
    use crate::testing::code;

    #[test]
    fn a_provider_comes_and_goes_with_updates() {
        let cloud = active();
        let call = |operation: &str, input: Tree| cloud.call("eks", operation, input.with("clusterName", "c"));
        let oidc = |name: &str| {
            let config = tree! { "identityProviderConfigName": name, "issuerUrl": "https://x.test", "clientId": "k" };
            tree! { "oidc": config, "tags": tree! { "a": "b" } }
        };
        let of = |name: &str| tree! { "identityProviderConfig": tree! { "type": "oidc", "name": name } };
        assert_eq!(code(call("DescribeIdentityProviderConfig", of("p"))), "ResourceNotFoundException");
        assert_eq!(code(call("DisassociateIdentityProviderConfig", of("p"))), "InvalidRequestException");
        let made = call("AssociateIdentityProviderConfig", oidc("p")).unwrap();
        assert_eq!(made.need("update.type"), Ok("AssociateIdentityProviderConfig"));
        let status = || {
            let shown = call("DescribeIdentityProviderConfig", of("p")).unwrap();
            shown.need("identityProviderConfig.oidc.status").unwrap().to_owned()
        };
        assert_eq!(status(), "CREATING");
        assert_eq!(code(call("AssociateIdentityProviderConfig", oidc("p"))), "ResourceInUseException");
        assert_eq!(code(call("AssociateIdentityProviderConfig", oidc("q"))), "ResourceLimitExceededException");
        cloud.wait(TAKES);
        assert_eq!(status(), "ACTIVE");
        call("DisassociateIdentityProviderConfig", of("p")).unwrap();
        assert_eq!(status(), "DELETING");
        cloud.wait(TAKES);
        let listed = call("ListIdentityProviderConfigs", tree! {}).unwrap();
        assert!(listed.list_at("identityProviderConfigs").is_empty());
    }
}
