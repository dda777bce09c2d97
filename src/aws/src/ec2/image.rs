//! What requests need to know of an image.

use landfall_provider::{CallError, CallResult};

use crate::client::Aws;
use crate::error::{Answer, CONSTRUCTION};

/// Returns the name that an image gives its root device.
///
/// # Errors
/// What DescribeImages failed with, or that the image has no such device.
pub async fn root_device_name(aws: &Aws, image: &str) -> CallResult<String> {
    let answer = aws.ec2().describe_images().image_ids(image).send().await.answer()?;
    let name = answer.images().first().and_then(|image| image.root_device_name.clone());
    name.ok_or_else(|| CallError::local(CONSTRUCTION, format!("the image {image} has no root device")))
}
