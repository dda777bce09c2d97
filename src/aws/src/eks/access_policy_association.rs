//! `aws_eks_access_policy_association`: permissions of an access entry, in the whole cluster or in some namespaces.

use aws_sdk_eks::types::{AccessScope as RemoteScope, AssociatedAccessPolicy};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Set, Step, Timing, Token, Within, usually, within,
};

use crate::client::Aws;
use crate::error::{Answer, Fault, Unless, fault, is_one_of};
use crate::planning::{promise, text_at};
use crate::time::rfc3339;

const GONE: &[Fault] = &[fault("ResourceNotFoundException")];
/// The access entry was made a moment ago.
const ENTRY_NOT_VISIBLE: &[Fault] = &[fault("ResourceNotFoundException")
    .of("AssociateAccessPolicy")
    .saying("The specified principalArn could not be found")];

/// Permissions of an access entry.
pub struct AccessPolicyAssociation;

/// What a user may write.
#[derive(Args, Clone)]
pub struct AccessPolicyAssociationArgs {
    /// Cluster.
    #[arg(replace, min_len = 1, max_len = 100)]
    cluster_name: String,
    /// Role or user of the access entry.
    #[arg(replace, format(arn))]
    principal_arn: String,
    /// Policy, one of those that EKS defines.
    #[arg(replace, format(arn))]
    policy_arn: String,
    /// Where the permissions hold.
    #[arg(block, replace, min_items = 1)]
    access_scope: AccessScope,
}

/// Where permissions hold.
#[derive(Args, Clone, PartialEq)]
pub struct AccessScope {
    /// `cluster` or `namespace`.
    #[arg(replace)]
    r#type: String,
    /// Namespaces, with type `namespace`.
    #[arg(replace)]
    namespaces: Option<Set<String>>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct AccessPolicyAssociationAttrs {
    /// When the policy was associated.
    associated_at: String,
    /// When the association was changed last.
    modified_at: String,
}

impl Resource for AccessPolicyAssociation {
    type Args = AccessPolicyAssociationArgs;
    type Attrs = AccessPolicyAssociationAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_access_policy_association";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing = Timing::new().create("10m", usually("1s")).delete("10m", usually("1s"));
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let part = |name| text_at(planned.proposed, name);
        let id = part("cluster_name").zip(part("principal_arn")).zip(part("policy_arn"));
        let id = id.map(|((cluster, principal), policy)| join(cluster, principal, policy));
        promise(&mut overrides, planned, id.as_deref(), None);
        overrides
    }

    async fn create(aws: &Aws, args: &AccessPolicyAssociationArgs, _: &Token) -> CallResult<Created> {
        aws.eks()
            .associate_access_policy()
            .cluster_name(&args.cluster_name)
            .principal_arn(&args.principal_arn)
            .policy_arn(&args.policy_arn)
            .access_scope(args.access_scope.request())
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(join(&args.cluster_name, &args.principal_arn, &args.policy_arn)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (cluster, principal, policy) = split(known.id())?;
        let request = aws.eks().list_associated_access_policies().cluster_name(cluster).principal_arn(principal);
        let pages = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let policies = pages.answer().unless(GONE)?.unwrap_or_default();
        let remote = policies.into_iter().find(|associated| associated.policy_arn() == Some(policy));
        let Some(AssociatedAccessPolicy { access_scope, associated_at, modified_at, .. }) = remote else {
            return Ok(Observed::Gone);
        };
        let args = AccessPolicyAssociationArgs {
            cluster_name: cluster.to_owned(),
            principal_arn: principal.to_owned(),
            policy_arn: policy.to_owned(),
            access_scope: AccessScope::observed(access_scope),
        };
        let attrs = AccessPolicyAssociationAttrs {
            associated_at: associated_at.as_ref().map(rfc3339).unwrap_or_default(),
            modified_at: modified_at.as_ref().map(rfc3339).unwrap_or_default(),
        };
        let object = Object { id: known.id().to_owned(), args, attrs, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    /// Nothing can be changed in place.
    async fn update(_: &Aws, _: &Change<'_, Self>, _: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let AccessPolicyAssociationArgs { cluster_name, principal_arn, policy_arn, .. } = &there.args;
        let request = aws.eks().disassociate_access_policy().cluster_name(cluster_name);
        request.principal_arn(principal_arn).policy_arn(policy_arn).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        is_one_of(error, ENTRY_NOT_VISIBLE).then(|| within("2m"))
    }
}

impl AccessScope {
    fn request(&self) -> RemoteScope {
        let namespaces = self.namespaces.as_deref().map(<[String]>::to_vec);
        RemoteScope::builder().r#type(self.r#type.as_str().into()).set_namespaces(namespaces).build()
    }

    fn observed(remote: Option<RemoteScope>) -> Self {
        let r#type =
            remote.as_ref().and_then(|scope| scope.r#type.as_ref()).map_or("", |kind| kind.as_str()).to_owned();
        let namespaces = remote.and_then(|scope| scope.namespaces).filter(|namespaces| !namespaces.is_empty());
        Self { r#type, namespaces: namespaces.map(Set::from) }
    }
}

fn join(cluster: &str, principal: &str, policy: &str) -> String {
    format!("{cluster}#{principal}#{policy}")
}

fn split(id: &str) -> CallResult<(&str, &str, &str)> {
    let parts = id.split_once('#').and_then(|(cluster, rest)| Some((cluster, rest.split_once('#')?)));
    let (cluster, (principal, policy)) = parts.ok_or_else(|| {
        CallError::local("id", format!("`{id}` is not an id: expected CLUSTER_NAME#PRINCIPAL_ARN#POLICY_ARN"))
    })?;
    Ok((cluster, principal, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    const PATH: &str = "/clusters/c/access-entries/arn:aws:iam::1:role/r/access-policies";
    const POLICY: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

    fn id() -> String {
        join("c", "arn:aws:iam::1:role/r", POLICY)
    }

    fn observe(answer: &str) -> Observed<AccessPolicyAssociation> {
        let known = Known::Import { id: id() };
        let request = format!("eks GET {PATH}");
        let script = [(request.as_str(), ok(answer))];
        check_requests(&script, async |aws| AccessPolicyAssociation::observe(aws, &known).await).unwrap()
    }

    #[test]
    fn a_policy_is_associated_with_its_scope() {
        let args = read_args(&format!(
            r#"{{"cluster_name": "c", "principal_arn": "arn:aws:iam::1:role/r", "policy_arn": "{POLICY}",
                "access_scope": [{{"type": "namespace", "namespaces": ["n"]}}]}}"#
        ));
        let request = format!(
            r#"eks POST {PATH} {{"accessScope":{{"type":"namespace","namespaces":["n"]}},"policyArn":"{POLICY}"}}"#
        );
        let script = [(request.as_str(), ok("{}"))];
        let token = Token("t-1".to_owned());
        let created =
            check_requests(&script, async |aws| AccessPolicyAssociation::create(aws, &args, &token).await).unwrap();
        assert_eq!(created.id, id());
    }

    #[test]
    fn an_association_is_found_among_those_of_the_entry() {
        let others = r#"{"associatedAccessPolicies": [{"policyArn": "other"}]}"#;
        assert!(matches!(observe(others), Observed::Gone));
        let there = observe(&format!(
            r#"{{"associatedAccessPolicies": [{{"policyArn": "{POLICY}", "accessScope": {{"type": "cluster", "namespaces": []}}}}]}}"#
        ));
        let Observed::There { object, .. } = there else { panic!("gone") };
        assert!(object.args.access_scope == AccessScope { r#type: "cluster".to_owned(), namespaces: None });
    }

    #[test]
    fn an_id_that_lacks_a_part_is_refused() {
        assert!(split("c#p").is_err());
    }
}
