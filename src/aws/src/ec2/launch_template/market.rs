//! How the instances are bought.

use aws_sdk_ec2::types::{
    CapacityReservationTarget as RemoteTarget, CapacityReservationTargetResponse, CreditSpecification as RemoteCredit,
    CreditSpecificationRequest, LaunchTemplateCapacityReservationSpecificationRequest,
    LaunchTemplateCapacityReservationSpecificationResponse, LaunchTemplateInstanceMarketOptions,
    LaunchTemplateInstanceMarketOptionsRequest, LaunchTemplateSpotMarketOptions,
    LaunchTemplateSpotMarketOptionsRequest,
};
use landfall_provider::{Args, CallResult, Filled};

use crate::convert::{text, unless_zero};
use crate::time;

/// Use of reserved capacity.
#[derive(Args, Clone, PartialEq)]
pub struct CapacityReservation {
    /// Which reservations are used.
    #[arg(one_of("capacity-reservations-only", "open", "none"))]
    capacity_reservation_preference: Option<String>,
    /// One of them.
    #[arg(block)]
    capacity_reservation_target: Option<CapacityReservationTarget>,
}

/// Reserved capacity.
#[derive(Args, Clone, PartialEq)]
pub struct CapacityReservationTarget {
    /// Id.
    #[arg(conflicts("capacity_reservation_resource_group_arn"))]
    capacity_reservation_id: Option<String>,
    /// Group of reservations.
    #[arg(format(arn))]
    capacity_reservation_resource_group_arn: Option<String>,
}

/// What happens when saved-up computing time is used up.
#[derive(Args, Clone, PartialEq)]
pub struct CreditSpecification {
    /// Whether it goes on at a price.
    #[arg(one_of("standard", "unlimited"))]
    cpu_credits: Option<String>,
}

/// Market on which the instances are bought.
#[derive(Args, Clone, PartialEq)]
pub struct MarketOptions {
    /// Market.
    #[arg(one_of("spot", "capacity-block", "interruptible-capacity-reservation", "on-demand"))]
    market_type: Option<String>,
    /// Of spot instances.
    #[arg(block)]
    spot_options: Option<SpotOptions>,
}

/// How spot instances are bought.
#[derive(Args, Clone, PartialEq)]
pub struct SpotOptions {
    /// Time without interruption.
    #[arg(optional)]
    block_duration_minutes: i32,
    /// What an interruption does.
    #[arg(one_of("hibernate", "stop", "terminate"))]
    instance_interruption_behavior: Option<String>,
    /// Highest price for an hour.
    max_price: Option<String>,
    /// Whether an interrupted instance comes back.
    #[arg(one_of("one-time", "persistent"))]
    spot_instance_type: Option<String>,
    /// End of the request.
    #[arg(format(rfc3339))]
    valid_until: Filled<String>,
}

impl CapacityReservation {
    /// Returns the request.
    pub fn request(&self) -> LaunchTemplateCapacityReservationSpecificationRequest {
        LaunchTemplateCapacityReservationSpecificationRequest::builder()
            .set_capacity_reservation_preference(self.capacity_reservation_preference.as_deref().map(Into::into))
            .set_capacity_reservation_target(
                self.capacity_reservation_target.as_ref().map(CapacityReservationTarget::request),
            )
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplateCapacityReservationSpecificationResponse) -> Self {
        let target = remote.capacity_reservation_target.as_ref();
        Self {
            capacity_reservation_preference: text(remote.capacity_reservation_preference.as_ref()),
            capacity_reservation_target: target.map(CapacityReservationTarget::observed),
        }
    }
}

impl CapacityReservationTarget {
    fn request(&self) -> RemoteTarget {
        RemoteTarget::builder()
            .set_capacity_reservation_id(self.capacity_reservation_id.clone())
            .set_capacity_reservation_resource_group_arn(self.capacity_reservation_resource_group_arn.clone())
            .build()
    }

    fn observed(remote: &CapacityReservationTargetResponse) -> Self {
        Self {
            capacity_reservation_id: text(remote.capacity_reservation_id.as_ref()),
            capacity_reservation_resource_group_arn: text(remote.capacity_reservation_resource_group_arn.as_ref()),
        }
    }
}

impl CreditSpecification {
    /// Returns the request.
    pub fn request(&self) -> Option<CreditSpecificationRequest> {
        let credits = self.cpu_credits.as_ref()?;
        Some(CreditSpecificationRequest::builder().cpu_credits(credits).build())
    }

    /// Returns what is there.
    pub fn observed(remote: &RemoteCredit) -> Self {
        Self { cpu_credits: text(remote.cpu_credits.as_ref()) }
    }
}

impl MarketOptions {
    /// Returns the request.
    ///
    /// # Errors
    /// When a time is none.
    pub fn request(&self) -> CallResult<LaunchTemplateInstanceMarketOptionsRequest> {
        Ok(LaunchTemplateInstanceMarketOptionsRequest::builder()
            .set_market_type(self.market_type.as_deref().map(Into::into))
            .set_spot_options(self.spot_options.as_ref().map(SpotOptions::request).transpose()?)
            .build())
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplateInstanceMarketOptions, known: Option<&Self>) -> Self {
        let known = known.and_then(|known| known.spot_options.as_ref());
        Self {
            market_type: text(remote.market_type.as_ref()),
            spot_options: remote.spot_options.as_ref().map(|options| SpotOptions::observed(options, known)),
        }
    }
}

impl SpotOptions {
    fn request(&self) -> CallResult<LaunchTemplateSpotMarketOptionsRequest> {
        Ok(LaunchTemplateSpotMarketOptionsRequest::builder()
            .set_block_duration_minutes(unless_zero(self.block_duration_minutes))
            .set_instance_interruption_behavior(self.instance_interruption_behavior.as_deref().map(Into::into))
            .set_max_price(self.max_price.clone())
            .set_spot_instance_type(self.spot_instance_type.as_deref().map(Into::into))
            .set_valid_until(self.valid_until.as_deref().map(time::parse).transpose()?)
            .build())
    }

    fn observed(remote: &LaunchTemplateSpotMarketOptions, known: Option<&Self>) -> Self {
        let end = known.and_then(|known| known.valid_until.as_deref());
        Self {
            block_duration_minutes: remote.block_duration_minutes.unwrap_or_default(),
            instance_interruption_behavior: text(remote.instance_interruption_behavior.as_ref()),
            max_price: text(remote.max_price.as_ref()),
            spot_instance_type: text(remote.spot_instance_type.as_ref()),
            valid_until: remote.valid_until.as_ref().map(|time| time::keep_known(end, time)).into(),
        }
    }
}
