//! `data.aws_eks_cluster_auth`: a token for the Kubernetes API of a cluster.

use landfall_provider::{Args, Attrs, CallResult, DataSource, Read, Sensitive};

use crate::client::Aws;
use crate::eks::token::token;

/// A token for the Kubernetes API of a cluster.
pub struct ClusterAuth;

/// What a user may write.
#[derive(Args, Clone)]
pub struct ClusterAuthArgs {
    /// Cluster.
    #[arg(format(non_empty))]
    name: String,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct ClusterAuthAttrs {
    /// Bearer token, taken for 15 minutes.
    token: Sensitive<String>,
}

impl DataSource for ClusterAuth {
    type Args = ClusterAuthArgs;
    type Attrs = ClusterAuthAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_cluster_auth";

    async fn read(aws: &Aws, args: &ClusterAuthArgs) -> CallResult<Read<Self>> {
        let token = token(aws, &args.name).await?.text.into();
        Ok(Read { id: args.name.clone(), args: args.clone(), attrs: ClusterAuthAttrs { token } })
    }
}
