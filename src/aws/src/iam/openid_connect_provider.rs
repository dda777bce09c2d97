//! `aws_iam_openid_connect_provider`: an issuer whose tokens IAM takes, such as a cluster's for its service accounts.

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Token, Traced, Within,
};

use crate::client::Aws;
use crate::error::{Answer, Unless, incomplete};
use crate::iam::faults::{GONE, settles_soon};
use crate::iam::tags::{self, new_tags, retag_openid_connect_provider};
use crate::planning::{promise, text_at};
use crate::tags::traced_by_tag;

/// Start of every issuer's URL. IAM keeps and answers URLs without it, and so does the state.
const SCHEME: &str = "https://";

/// An issuer whose tokens IAM takes.
pub struct OpenIdConnectProvider;

/// What a user may write.
#[derive(Args, Clone)]
pub struct OpenIdConnectProviderArgs {
    /// Audiences that tokens are made for.
    #[arg(each(min_len = 1, max_len = 255))]
    client_id_list: Set<String>,
    /// Fingerprints of certificates; IAM finds them itself where the issuer has one of a public authority.
    #[arg(each(min_len = 40, max_len = 40))]
    thumbprint_list: Filled<Vec<String>>,
    /// URL of the issuer.
    #[arg(replace, pattern("^https://", "must begin with `https://`"))]
    url: String,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct OpenIdConnectProviderAttrs {
    /// ARN.
    arn: String,
}

impl Resource for OpenIdConnectProvider {
    type Args = OpenIdConnectProviderArgs;
    type Attrs = OpenIdConnectProviderAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_openid_connect_provider";

    /// Plans the URL without its scheme, as it will be read, so that what is made from it stays as planned.
    fn plan(facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let Some(url) = text_at(planned.proposed, "url") else { return overrides };
        let url = without_scheme(url);
        overrides.set("url", url);
        let arn = match url.ends_with('/') {
            true => None,
            false => facts.global_arn("iam", &format!("oidc-provider/{url}")),
        };
        promise(&mut overrides, planned, arn.clone().as_deref(), arn);
        overrides
    }

    async fn create(aws: &Aws, args: &OpenIdConnectProviderArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .iam()
            .create_open_id_connect_provider()
            .url(format!("{SCHEME}{}", without_scheme(&args.url)))
            .set_client_id_list(Some(args.client_id_list.to_vec()))
            .set_thumbprint_list(args.thumbprint_list.to_option().filter(|thumbprints| !thumbprints.is_empty()))
            .set_tags(new_tags(&args.tags, token)?)
            .send()
            .await
            .answer()?;
        let arn = answer.open_id_connect_provider_arn;
        Ok(Created::with_id(arn.ok_or_else(|| incomplete("CreateOpenIDConnectProvider", "ARN"))?))
    }

    async fn trace(aws: &Aws, args: &OpenIdConnectProviderArgs, token: &Token) -> CallResult<Traced> {
        let arn = aws.global_arn("iam", format!("oidc-provider/{}", without_scheme(&args.url)));
        let request = aws.iam().get_open_id_connect_provider().open_id_connect_provider_arn(&arn);
        let provider = request.send().await.answer().unless(GONE)?;
        Ok(provider.map_or(Traced::Nothing, |provider| traced_by_tag(arn, provider.tags(), token)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let request = aws.iam().get_open_id_connect_provider().open_id_connect_provider_arn(known.id());
        let Some(remote) = request.send().await.answer().unless(GONE)? else { return Ok(Observed::Gone) };
        let tags = tags::observed(aws, remote.tags.as_ref(), known.args().map(|args| &args.tags));
        let args = OpenIdConnectProviderArgs {
            client_id_list: remote.client_id_list.unwrap_or_default().into(),
            thumbprint_list: remote.thumbprint_list.unwrap_or_default().into(),
            url: without_scheme(&remote.url.unwrap_or_default()).to_owned(),
            tags,
        };
        let attrs = OpenIdConnectProviderAttrs { arn: known.id().to_owned() };
        let object = Object { id: known.id().to_owned(), args, attrs, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let (planned, iam, arn) = (change.planned, aws.iam(), &there.id);
        if let Some(thumbprints) = planned.thumbprint_list.get().filter(|thumbprints| !thumbprints.is_empty())
            && change.wants(there, |args| &args.thumbprint_list)
        {
            let request = iam.update_open_id_connect_provider_thumbprint().open_id_connect_provider_arn(arn);
            request.set_thumbprint_list(Some(thumbprints.clone())).send().await.answer()?;
        }
        if change.wants(there, |args| &args.client_id_list) {
            for id in planned.client_id_list.minus(&there.args.client_id_list) {
                let request = iam.add_client_id_to_open_id_connect_provider().open_id_connect_provider_arn(arn);
                request.client_id(id).send().await.answer()?;
            }
            for id in there.args.client_id_list.minus(&planned.client_id_list) {
                let request = iam.remove_client_id_from_open_id_connect_provider().open_id_connect_provider_arn(arn);
                request.client_id(id).send().await.answer()?;
            }
        }
        retag_openid_connect_provider(aws, arn, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let request = aws.iam().delete_open_id_connect_provider().open_id_connect_provider_arn(&there.id);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        settles_soon(error)
    }
}

fn without_scheme(url: &str) -> &str {
    url.strip_prefix(SCHEME).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const ARN: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.example.org/id/A";
    const ARGS: &str = r#"{"url": "https://oidc.example.org/id/A", "client_id_list": ["sts.amazonaws.com"]}"#;

    fn there() -> Object<OpenIdConnectProvider> {
        let known = Known::Import { id: ARN.to_owned() };
        let request = format!("iam GetOpenIDConnectProvider OpenIDConnectProviderArn={ARN}");
        let answer = "<Url>oidc.example.org/id/A</Url><ClientIDList><member>sts.amazonaws.com</member></ClientIDList>\
            <ThumbprintList><member>0000000000000000000000000000000000000000</member></ThumbprintList>";
        let script = [(request.as_str(), ok(answer))];
        match check_requests(&script, async |aws| OpenIdConnectProvider::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn the_url_is_sent_with_its_scheme_and_planned_without() {
        let request = "iam CreateOpenIDConnectProvider Url=https://oidc.example.org/id/A \
            ClientIDList.member.1=sts.amazonaws.com Tags.member.1.Key=landfall:intent Tags.member.1.Value=t";
        let answer = ok(format!("<OpenIDConnectProviderArn>{ARN}</OpenIDConnectProviderArn>"));
        let token = Token("t".to_owned());
        for config in [ARGS.to_owned(), ARGS.replace("https://", "")] {
            let args = read_args(&config);
            let script = [(request, answer.clone())];
            let created = check_requests(&script, async |aws| OpenIdConnectProvider::create(aws, &args, &token).await);
            assert_eq!(created, Ok(Created::with_id(ARN)));
        }
        let values = check_plan::<OpenIdConnectProvider>(None, ARGS).values;
        let values: Vec<_> = values.iter().map(|(_, value)| value.as_str().unwrap()).collect();
        assert_eq!(values, ["oidc.example.org/id/A", ARN, ARN]);
        assert_eq!(there().args.url, "oidc.example.org/id/A");
    }

    #[test]
    fn what_tied_a_new_provider_to_its_creation_goes() {
        let there = there();
        let change = Change { prior: None, planned: &there.args };
        let untag =
            format!("iam UntagOpenIDConnectProvider OpenIDConnectProviderArn={ARN} TagKeys.member.1=landfall:intent");
        let script = [(untag.as_str(), ok(""))];
        let step = check_requests(&script, async |aws| OpenIdConnectProvider::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn audiences_and_thumbprints_change_in_place() {
        let there = there();
        let planned = OpenIdConnectProviderArgs {
            client_id_list: vec!["other".to_owned()].into(),
            thumbprint_list: vec!["1".repeat(40)].into(),
            ..there.args.clone()
        };
        let change = Change { prior: Some(&there.args), planned: &planned };
        let calls = [
            format!(
                "UpdateOpenIDConnectProviderThumbprint OpenIDConnectProviderArn={ARN} ThumbprintList.member.1={}",
                "1".repeat(40)
            ),
            format!("AddClientIDToOpenIDConnectProvider OpenIDConnectProviderArn={ARN} ClientID=other"),
            format!(
                "RemoveClientIDFromOpenIDConnectProvider OpenIDConnectProviderArn={ARN} ClientID=sts.amazonaws.com"
            ),
        ]
        .map(|call| format!("iam {call}"));
        let script: Vec<_> = calls.iter().map(|call| (call.as_str(), ok(""))).collect();
        let step = check_requests(&script, async |aws| OpenIdConnectProvider::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
        // Thumbprints that IAM found itself stay.
        let planned = read_args(ARGS);
        let change = Change { prior: Some(&there.args), planned: &planned };
        let step = check_requests(&[], async |aws| OpenIdConnectProvider::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn deleting_a_provider_that_is_gone_succeeds() {
        let there = there();
        let request = format!("iam DeleteOpenIDConnectProvider OpenIDConnectProviderArn={ARN}");
        let script = [(request.as_str(), fails("NoSuchEntity", "OpenIDConnect Provider not found"))];
        let step = check_requests(&script, async |aws| OpenIdConnectProvider::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
