//! OIDC providers: how service accounts of clusters become roles.

use serde::{Deserialize, Serialize};

use super::tags::{self, Tags};
use super::{Store, already_exists, invalid_input, names, no_such_entity, over_quota};
use crate::families::constraints::length;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;
use crate::world::Ids;

const ARN: &str = "OpenIDConnectProviderArn";

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("CreateOpenIDConnectProvider", &["Url", "ClientIDList", "ThumbprintList", "Tags"], create),
        read("GetOpenIDConnectProvider", &[ARN], get),
        read("ListOpenIDConnectProviders", &[], list),
        write("AddClientIDToOpenIDConnectProvider", &[ARN, "ClientID"], add_client),
        write("RemoveClientIDFromOpenIDConnectProvider", &[ARN, "ClientID"], remove_client),
        write("UpdateOpenIDConnectProviderThumbprint", &[ARN, "ThumbprintList"], update_thumbprints),
        write("DeleteOpenIDConnectProvider", &[ARN], delete),
    ],
    events: &[],
};

/// How many providers an account may have, and client ids a provider.
const MOST: usize = 100;
const MOST_THUMBPRINTS: usize = 5;
/// What IAM finds where EKS issues tokens.
const EKS_THUMBPRINT: &str = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280";

/// An OIDC provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Provider {
    /// Host and path of the issuer, without `https://`.
    pub url: String,
    /// Audiences.
    pub client_ids: Vec<String>,
    /// Thumbprints of certificates.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Tags,
}

fn named(input: &Tree) -> Result<&str, Fault> {
    let arn = names::ARN.need(input, ARN)?;
    let is_arn = arn.starts_with("arn:") && arn.contains(":oidc-provider/");
    if is_arn { Ok(arn) } else { Err(invalid_input(format!("Invalid ARN: {arn}"))) }
}

fn not_found(arn: &str) -> Fault {
    no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
}

/// Returns the provider that an input names, with its ARN.
///
/// # Errors
/// When it is not there.
pub fn existing<'a>(store: &'a Store, input: &Tree) -> Result<(&'a str, &'a Provider), Fault> {
    let arn = named(input)?;
    let found = store.providers.get_key_value(arn).map(|(arn, provider)| (arn.as_str(), provider));
    found.ok_or_else(|| not_found(arn))
}

/// Returns the provider that an input names, to change it.
///
/// # Errors
/// When it is not there.
pub fn existing_mut<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Provider, Fault> {
    let arn = named(input)?;
    store.providers.get_mut(arn).ok_or_else(|| not_found(arn))
}

fn client_ids(input: &Tree) -> Result<Vec<String>, Fault> {
    let mut ids = Vec::new();
    for id in input.texts("ClientIDList") {
        length(1, 255).check("clientIDList", id)?;
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    if ids.len() > MOST {
        return Err(over_quota("ClientIdsPerOpenIdConnectProvider", MOST));
    }
    Ok(ids)
}

fn thumbprints(input: &Tree) -> Result<Vec<String>, Fault> {
    let thumbprints = input.texts("ThumbprintList");
    for thumbprint in &thumbprints {
        length(40, 40).check("thumbprintList", thumbprint)?;
        if !thumbprint.chars().all(|character| character.is_ascii_hexdigit()) {
            return Err(invalid_input(format!("Thumbprint {thumbprint} is not a valid SHA-1 thumbprint.")));
        }
    }
    if thumbprints.len() > MOST_THUMBPRINTS {
        return Err(invalid_input(format!("Thumbprint list must contain fewer than {MOST_THUMBPRINTS} entries.")));
    }
    Ok(thumbprints.into_iter().map(str::to_lowercase).collect())
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let full = length(1, 255).need(input, "Url")?;
    let url = full.strip_prefix("https://").filter(|rest| !rest.is_empty() && !rest.contains(['?', '#', ' ']));
    let invalid = || Fault::new("ValidationError", "Invalid Open ID Connect Provider URL");
    let url = url.ok_or_else(invalid)?.trim_end_matches('/');
    let (client_ids, mut thumbprints, tags) = (client_ids(input)?, thumbprints(input)?, tags::given(input)?);
    let arn = scope.global_arn("iam", &format!("oidc-provider/{url}"));
    let providers = &scope.iam().providers;
    if providers.contains_key(&arn) {
        return Err(already_exists(format!("Provider with url {full} already exists.")));
    }
    let most = scope.limit("oidc-providers", MOST);
    if providers.len() >= most {
        return Err(over_quota("OpenIdConnectProvidersPerAccount", most));
    }
    if thumbprints.is_empty() {
        thumbprints.push(top_thumbprint(url));
    }
    let shown_tags = tags::shown(&tags);
    let provider = Provider { url: url.to_owned(), client_ids, thumbprints, created: scope.now, tags };
    scope.iam_mut().providers.insert(arn.clone(), provider);
    Ok(tree! { "OpenIDConnectProviderArn": arn, "Tags": shown_tags })
}

/// Returns what IAM reads from the host where no thumbprint is given.
fn top_thumbprint(url: &str) -> String {
    if url.starts_with("oidc.eks.") {
        return EKS_THUMBPRINT.to_owned();
    }
    let host = url.split('/').next().unwrap_or_default();
    Ids::new(host.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(131).wrapping_add(byte.into()))).hex(40)
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (_, provider) = existing(scope.iam(), input)?;
    Ok(tree! {
        "Url": provider.url.as_str(),
        "ClientIDList": Tree::list(&provider.client_ids),
        "ThumbprintList": Tree::list(&provider.thumbprints),
        "CreateDate": provider.created,
        "Tags": tags::shown(&provider.tags),
    })
}

fn list(scope: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    let providers = scope.iam().providers.keys().map(|arn| tree! { "Arn": arn });
    Ok(tree! { "OpenIDConnectProviderList": Tree::list(providers) })
}

/// Adding what is there changes nothing.
fn add_client(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = length(1, 255).need(input, "ClientID")?;
    let provider = existing_mut(scope.iam_mut(), input)?;
    if !provider.client_ids.iter().any(|known| known == id) {
        if provider.client_ids.len() >= MOST {
            return Err(over_quota("ClientIdsPerOpenIdConnectProvider", MOST));
        }
        provider.client_ids.push(id.to_owned());
    }
    Ok(Tree::object())
}

/// Removing what is not there changes nothing.
fn remove_client(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = length(1, 255).need(input, "ClientID")?;
    existing_mut(scope.iam_mut(), input)?.client_ids.retain(|known| known != id);
    Ok(Tree::object())
}

fn update_thumbprints(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let thumbprints = thumbprints(input)?;
    if thumbprints.is_empty() {
        return Err(Fault::missing("ThumbprintList"));
    }
    existing_mut(scope.iam_mut(), input)?.thumbprints = thumbprints;
    Ok(Tree::object())
}

/// Deleting what is not there is no error.
fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = named(input)?;
    scope.iam_mut().providers.remove(arn);
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn providers_are_kept_by_issuer() {
        let cloud = Cloud::new();
        let url = "https://oidc.eks.eu-central-1.amazonaws.com/id/ABC";
        let new = || tree! { "Url": url, "ClientIDList": vec!["sts.amazonaws.com"] };
        let made = cloud.http("iam", "CreateOpenIDConnectProvider", new()).unwrap();
        let arn = made.need(ARN).unwrap();
        assert_eq!(arn, "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC");
        assert_eq!(code(cloud.http("iam", "CreateOpenIDConnectProvider", new())), "EntityAlreadyExists");
        for _ in 0..2 {
            let input = tree! { "OpenIDConnectProviderArn": arn, "ClientID": "other" };
            cloud.http("iam", "AddClientIDToOpenIDConnectProvider", input).unwrap();
        }
        let input = tree! { "OpenIDConnectProviderArn": arn, "ClientID": "sts.amazonaws.com" };
        cloud.http("iam", "RemoveClientIDFromOpenIDConnectProvider", input).unwrap();
        let shown = cloud.http("iam", "GetOpenIDConnectProvider", tree! { "OpenIDConnectProviderArn": arn }).unwrap();
        assert_eq!(shown.need("Url"), Ok(url.trim_start_matches("https://")));
        assert_eq!((shown.texts("ClientIDList"), shown.texts("ThumbprintList")), (vec!["other"], vec![EKS_THUMBPRINT]));
        cloud.http("iam", "DeleteOpenIDConnectProvider", tree! { "OpenIDConnectProviderArn": arn }).unwrap();
        cloud.http("iam", "DeleteOpenIDConnectProvider", tree! { "OpenIDConnectProviderArn": arn }).unwrap();
        assert_eq!(
            code(cloud.http("iam", "GetOpenIDConnectProvider", tree! { "OpenIDConnectProviderArn": arn })),
            "NoSuchEntity"
        );
    }

    #[test]
    fn mistakes_have_their_codes() {
        let cloud = Cloud::new();
        let create = |url: &str, thumbprint: &str| {
            let input = tree! { "Url": url, "ThumbprintList": vec![thumbprint] };
            code(cloud.http("iam", "CreateOpenIDConnectProvider", input))
        };
        assert_eq!(create("http://a", EKS_THUMBPRINT), "ValidationError");
        assert_eq!(create("https://a", "short"), "ValidationError");
        let absent = tree! { "OpenIDConnectProviderArn": "arn:aws:iam::1:role/a-long-name" };
        assert_eq!(code(cloud.http("iam", "GetOpenIDConnectProvider", absent)), "InvalidInput");
    }
}
