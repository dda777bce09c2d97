//! ARNs of objects whose owner may be another account.

use crate::arn::Arn;
use crate::client::Aws;

/// Returns the ARN of an object of EC2; `owner` is what the service says, and the configured account where it says
/// nothing.
pub fn arn(aws: &Aws, owner: &str, resource: String) -> String {
    Arn {
        partition: aws.partition().name.to_owned(),
        service: "ec2".to_owned(),
        region: aws.region().to_owned(),
        account: if owner.is_empty() { aws.account() } else { owner }.to_owned(),
        resource,
    }
    .to_string()
}
