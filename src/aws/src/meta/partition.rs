//! Data source `aws_partition`: the world of regions that the provider works in.

use landfall_provider::{Args, Attrs, CallResult, DataSource, Filled, Read};

use crate::client::Aws;

/// The world of regions that the provider works in.
pub struct PartitionData;

/// What a user may write.
#[derive(Args, Clone)]
#[args(framework)]
pub struct PartitionArgs {
    /// Name of the partition.
    #[arg(deprecated = "use partition")]
    id: Filled<String>,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct PartitionAttrs {
    /// End of host names.
    dns_suffix: String,
    /// Name in ARNs.
    partition: String,
    /// Start of service names.
    reverse_dns_prefix: String,
}

impl DataSource for PartitionData {
    type Args = PartitionArgs;
    type Attrs = PartitionAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_partition";

    async fn read(aws: &Aws, _: &PartitionArgs) -> CallResult<Read<Self>> {
        let partition = aws.partition();
        let id = partition.name.to_owned();
        let attrs = PartitionAttrs {
            dns_suffix: partition.dns_suffix.to_owned(),
            partition: id.clone(),
            reverse_dns_prefix: partition.reverse_dns_prefix.to_owned(),
        };
        Ok(Read { args: PartitionArgs { id: id.clone().into() }, id, attrs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, read_args};

    #[test]
    fn no_call_is_made() {
        let args = read_args("{}");
        let read = check_requests(&[], async |aws| PartitionData::read(aws, &args).await).unwrap();
        assert_eq!((read.id.as_str(), read.attrs.reverse_dns_prefix.as_str()), ("aws", "com.amazonaws"));
    }
}
