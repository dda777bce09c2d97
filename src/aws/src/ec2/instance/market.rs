//! How an instance is bought.

use aws_sdk_ec2::types::{
    Instance as Remote, InstanceLifecycleType, InstanceMarketOptionsRequest, SpotInstanceRequest, SpotMarketOptions,
};
use landfall_provider::{Args, CallResult, Filled};

use crate::client::Aws;
use crate::convert::text;
use crate::describe::filter;
use crate::error::Answer;
use crate::time;

/// Market on which the instance is bought.
#[derive(Args, Clone, PartialEq)]
pub struct MarketOptions {
    /// Market.
    #[arg(replace, one_of("spot", "capacity-block", "interruptible-capacity-reservation", "on-demand"))]
    market_type: Filled<String>,
    /// Of spot instances.
    #[arg(block, replace)]
    spot_options: Filled<SpotOptions>,
}

/// How a spot instance is bought.
#[derive(Args, Clone, PartialEq)]
pub struct SpotOptions {
    /// What an interruption does.
    #[arg(replace, one_of("hibernate", "stop", "terminate"))]
    instance_interruption_behavior: Filled<String>,
    /// Highest price for an hour.
    #[arg(replace, equivalent(scalar))]
    max_price: Filled<String>,
    /// Whether an interrupted instance comes back.
    #[arg(replace, one_of("one-time", "persistent"))]
    spot_instance_type: Filled<String>,
    /// End of the request.
    #[arg(replace, format(rfc3339))]
    valid_until: Filled<String>,
}

impl MarketOptions {
    /// Returns the request.
    ///
    /// # Errors
    /// When a time is none.
    pub fn request(&self) -> CallResult<InstanceMarketOptionsRequest> {
        Ok(InstanceMarketOptionsRequest::builder()
            .set_market_type(self.market_type.as_deref().map(Into::into))
            .set_spot_options(self.spot_options.get().map(SpotOptions::request).transpose()?)
            .build())
    }

    /// Returns what is there. It never changes: what is known stays as it is.
    ///
    /// # Errors
    /// What DescribeSpotInstanceRequests failed with.
    pub async fn observed(aws: &Aws, known: Option<&Filled<Self>>, remote: &Remote) -> CallResult<Filled<Self>> {
        if let Some(known) = known.filter(|known| known.is_set()) {
            return Ok(known.clone());
        }
        let Some(lifecycle) = remote.instance_lifecycle.as_ref() else { return Ok(Filled::unset()) };
        let spot = match (lifecycle, &remote.spot_instance_request_id) {
            (InstanceLifecycleType::Spot, Some(id)) => request_of(aws, id).await?,
            _ => None,
        };
        let market_type = text(Some(lifecycle)).into();
        Ok(Self { market_type, spot_options: spot.as_ref().map(SpotOptions::observed).into() }.into())
    }
}

async fn request_of(aws: &Aws, id: &str) -> CallResult<Option<SpotInstanceRequest>> {
    let filters = filter("spot-instance-request-id", vec![id.to_owned()]);
    let answer = aws.ec2().describe_spot_instance_requests().set_filters(Some(filters)).send().await.answer()?;
    Ok(answer.spot_instance_requests.unwrap_or_default().into_iter().next())
}

impl SpotOptions {
    fn request(&self) -> CallResult<SpotMarketOptions> {
        Ok(SpotMarketOptions::builder()
            .set_instance_interruption_behavior(self.instance_interruption_behavior.as_deref().map(Into::into))
            .set_max_price(self.max_price.to_option())
            .set_spot_instance_type(self.spot_instance_type.as_deref().map(Into::into))
            .set_valid_until(self.valid_until.as_deref().map(time::parse).transpose()?)
            .build())
    }

    fn observed(remote: &SpotInstanceRequest) -> Self {
        Self {
            instance_interruption_behavior: text(remote.instance_interruption_behavior.as_ref()).into(),
            max_price: text(remote.spot_price.as_ref()).into(),
            spot_instance_type: text(remote.r#type.as_ref()).into(),
            valid_until: remote.valid_until.as_ref().map(time::rfc3339).into(),
        }
    }
}
