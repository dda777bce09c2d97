//! REST-JSON: the operation is in method and path, the input in path, query and body.

use http::Request;
use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::{json, query};
use crate::tree::Tree;

/// Method, path with the members that it carries, operation.
type Route = (&'static str, &'static str, &'static str);

/// The routes of EKS.
#[rustfmt::skip]
const EKS: &[Route] = &[
    ("POST", "/clusters/{clusterName}/access-entries/{principalArn}/access-policies", "AssociateAccessPolicy"),
    ("POST", "/clusters/{clusterName}/encryption-config/associate", "AssociateEncryptionConfig"),
    ("POST", "/clusters/{clusterName}/identity-provider-configs/associate", "AssociateIdentityProviderConfig"),
    ("POST", "/clusters/{clusterName}/access-entries", "CreateAccessEntry"),
    ("POST", "/clusters/{clusterName}/addons", "CreateAddon"),
    ("POST", "/clusters", "CreateCluster"),
    ("POST", "/clusters/{clusterName}/fargate-profiles", "CreateFargateProfile"),
    ("POST", "/clusters/{clusterName}/node-groups", "CreateNodegroup"),
    ("POST", "/clusters/{clusterName}/pod-identity-associations", "CreatePodIdentityAssociation"),
    ("DELETE", "/clusters/{clusterName}/access-entries/{principalArn}", "DeleteAccessEntry"),
    ("DELETE", "/clusters/{clusterName}/addons/{addonName}", "DeleteAddon"),
    ("DELETE", "/clusters/{name}", "DeleteCluster"),
    ("DELETE", "/clusters/{clusterName}/fargate-profiles/{fargateProfileName}", "DeleteFargateProfile"),
    ("DELETE", "/clusters/{clusterName}/node-groups/{nodegroupName}", "DeleteNodegroup"),
    ("DELETE", "/clusters/{clusterName}/pod-identity-associations/{associationId}", "DeletePodIdentityAssociation"),
    ("GET", "/clusters/{clusterName}/access-entries/{principalArn}", "DescribeAccessEntry"),
    ("GET", "/clusters/{clusterName}/addons/{addonName}", "DescribeAddon"),
    ("GET", "/addons/configuration-schemas", "DescribeAddonConfiguration"),
    ("GET", "/addons/supported-versions", "DescribeAddonVersions"),
    ("GET", "/clusters/{name}", "DescribeCluster"),
    ("GET", "/cluster-versions", "DescribeClusterVersions"),
    ("GET", "/clusters/{clusterName}/fargate-profiles/{fargateProfileName}", "DescribeFargateProfile"),
    ("POST", "/clusters/{clusterName}/identity-provider-configs/describe", "DescribeIdentityProviderConfig"),
    ("GET", "/clusters/{clusterName}/insights/{id}", "DescribeInsight"),
    ("GET", "/clusters/{clusterName}/insights-refresh", "DescribeInsightsRefresh"),
    ("GET", "/clusters/{clusterName}/node-groups/{nodegroupName}", "DescribeNodegroup"),
    ("GET", "/clusters/{clusterName}/pod-identity-associations/{associationId}", "DescribePodIdentityAssociation"),
    ("GET", "/clusters/{name}/updates/{updateId}", "DescribeUpdate"),
    ("DELETE", "/clusters/{clusterName}/access-entries/{principalArn}/access-policies/{policyArn}", "DisassociateAccessPolicy"),
    ("POST", "/clusters/{clusterName}/identity-provider-configs/disassociate", "DisassociateIdentityProviderConfig"),
    ("GET", "/clusters/{clusterName}/access-entries", "ListAccessEntries"),
    ("GET", "/access-policies", "ListAccessPolicies"),
    ("GET", "/clusters/{clusterName}/addons", "ListAddons"),
    ("GET", "/clusters/{clusterName}/access-entries/{principalArn}/access-policies", "ListAssociatedAccessPolicies"),
    ("GET", "/clusters", "ListClusters"),
    ("GET", "/clusters/{clusterName}/fargate-profiles", "ListFargateProfiles"),
    ("GET", "/clusters/{clusterName}/identity-provider-configs", "ListIdentityProviderConfigs"),
    ("POST", "/clusters/{clusterName}/insights", "ListInsights"),
    ("GET", "/clusters/{clusterName}/node-groups", "ListNodegroups"),
    ("GET", "/clusters/{clusterName}/pod-identity-associations", "ListPodIdentityAssociations"),
    ("GET", "/tags/{resourceArn}", "ListTagsForResource"),
    ("GET", "/clusters/{name}/updates", "ListUpdates"),
    ("POST", "/clusters/{clusterName}/insights-refresh", "StartInsightsRefresh"),
    ("POST", "/tags/{resourceArn}", "TagResource"),
    ("DELETE", "/tags/{resourceArn}", "UntagResource"),
    ("POST", "/clusters/{clusterName}/access-entries/{principalArn}", "UpdateAccessEntry"),
    ("POST", "/clusters/{clusterName}/addons/{addonName}/update", "UpdateAddon"),
    ("POST", "/clusters/{name}/update-config", "UpdateClusterConfig"),
    ("POST", "/clusters/{name}/updates", "UpdateClusterVersion"),
    ("POST", "/clusters/{clusterName}/node-groups/{nodegroupName}/update-config", "UpdateNodegroupConfig"),
    ("POST", "/clusters/{clusterName}/node-groups/{nodegroupName}/update-version", "UpdateNodegroupVersion"),
    ("POST", "/clusters/{clusterName}/pod-identity-associations/{associationId}", "UpdatePodIdentityAssociation"),
];

/// Returns operation and input.
pub fn decode(service: &str, request: &Request<Vec<u8>>) -> Result<(String, Tree), Fault> {
    let routes = match service {
        "eks" => EKS,
        _ => &[],
    };
    let method = request.method().as_str();
    let path = request.uri().path();
    let matched = routes.iter().filter(|(allowed, ..)| *allowed == method);
    let matched = matched.filter_map(|(_, template, operation)| Some((labels(template, path)?, operation)));
    // A literal part is a better match than a member.
    let Some((labels, operation)) = matched.min_by_key(|(labels, _)| labels.len()) else {
        return Err(Fault::not_modelled(format!("`{service} {method} {path}`")));
    };
    let mut input = json::body(request)?;
    for (name, value) in query::pairs(request.uri().query().unwrap_or_default()) {
        let value = match input.at(&name) {
            None => Tree::Text(value),
            Some(Tree::List(items)) => Tree::List(items.iter().cloned().chain([Tree::Text(value)]).collect()),
            Some(first) => Tree::List(vec![first.clone(), Tree::Text(value)]),
        };
        input.set(&name, value);
    }
    for (name, value) in labels {
        input.set(name, value);
    }
    Ok(((*operation).to_owned(), input))
}

/// Returns the members that a path carries, where it fits.
fn labels(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut labels = Vec::new();
    let mut parts = path.trim_end_matches('/').split('/');
    for expected in template.split('/') {
        let part = parts.next()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !part.is_empty() => {
                labels.push((name, percent_decode_str(part).decode_utf8_lossy().into_owned()));
            }
            Some(_) => return None,
            None if expected == part => {}
            None => return None,
        }
    }
    parts.next().is_none().then_some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, uri: &str, body: &str, expected: &str) {
        let request = Request::builder().method(method).uri(uri).body(body.as_bytes().to_vec()).unwrap();
        let (operation, input) = decode("eks", &request).unwrap();
        assert_eq!(format!("{operation} {}", input.to_json()), expected);
    }

    #[test]
    fn members_come_from_path_query_and_body() {
        check(
            "POST",
            "/clusters/c/updates",
            r#"{"version":"1.34"}"#,
            r#"UpdateClusterVersion {"version":"1.34","name":"c"}"#,
        );
        check(
            "GET",
            "/clusters/c/access-entries/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr/access-policies?maxResults=5",
            "",
            r#"ListAssociatedAccessPolicies {"maxResults":"5","clusterName":"c","principalArn":"arn:aws:iam::1:role/r"}"#,
        );
        check("DELETE", "/tags/a?tagKeys=x&tagKeys=y", "", r#"UntagResource {"tagKeys":["x","y"],"resourceArn":"a"}"#);
    }
}
