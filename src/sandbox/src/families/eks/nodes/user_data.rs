//! The user data that EKS writes for nodes of managed groups, and merges with that of their template.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::facts::System;
use crate::families::eks::{Cluster, NodeGroup};

const BOUNDARY: &str = "//";

/// Returns the user data of a group's nodes, in base64.
///
/// # Errors
/// When that of the template cannot be merged.
pub fn merged(
    region: &str,
    cluster: &Cluster,
    name: &str,
    group: &NodeGroup,
    system: System,
    own: Option<&str>,
) -> Result<String, String> {
    let labels = labels(name, group);
    let endpoint = cluster.endpoint_url(region);
    let text = match system {
        System::Bottlerocket => {
            let own = own.map(plain).transpose()?.unwrap_or_default();
            bottlerocket(cluster, &endpoint, &labels) + &own
        }
        System::Windows => format!(
            "<powershell>\n& \"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1\" -EKSClusterName \"{}\" \
             -APIServerEndpoint \"{endpoint}\" -Base64ClusterCA \"{}\"\n</powershell>\n",
            cluster.name, cluster.certificate
        ),
        System::Al2 => {
            let script = format!(
                "#!/bin/bash\nset -ex\n/etc/eks/bootstrap.sh {} --apiserver-endpoint {endpoint} --b64-cluster-ca {} \
                 --kubelet-extra-args '--node-labels={}'\n",
                cluster.name,
                cluster.certificate,
                labels.join(",")
            );
            in_parts(("text/x-shellscript; charset=\"us-ascii\"", &script), own)?
        }
        System::Al2023 | System::Plain => {
            in_parts(("application/node.eks.aws", &node_config(cluster, &endpoint, &labels)), own)?
        }
    };
    Ok(STANDARD.encode(text))
}

fn labels(name: &str, group: &NodeGroup) -> Vec<String> {
    let capacity = if group.capacity_type == "SPOT" { "SPOT" } else { "ON_DEMAND" };
    let of_eks = [("nodegroup", name), ("nodegroup-image", &group.release), ("capacityType", capacity)];
    let own = group.labels.iter().map(|(key, value)| format!("{key}={value}"));
    of_eks.into_iter().map(|(key, value)| format!("eks.amazonaws.com/{key}={value}")).chain(own).collect()
}

fn node_config(cluster: &Cluster, endpoint: &str, labels: &[String]) -> String {
    format!(
        "---\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: \"{}\"\n    \
         apiServerEndpoint: \"{endpoint}\"\n    certificateAuthority: \"{}\"\n    cidr: \"{}\"\n  kubelet:\n    flags:\n    - \
         \"--node-labels={}\"\n",
        cluster.name,
        cluster.certificate,
        cluster.network.service_cidr,
        labels.join(",")
    )
}

fn bottlerocket(cluster: &Cluster, endpoint: &str, labels: &[String]) -> String {
    let labels = labels.iter().filter_map(|label| label.split_once('='));
    let labels: String = labels.map(|(key, value)| format!("\"{key}\" = \"{value}\"\n")).collect();
    format!(
        "[settings.kubernetes]\napi-server = \"{endpoint}\"\ncluster-certificate = \"{}\"\ncluster-name = \"{}\"\n\n\
         [settings.kubernetes.node-labels]\n{labels}\n",
        cluster.certificate, cluster.name
    )
}

fn plain(base64: &str) -> Result<String, String> {
    let clean: String = base64.split_whitespace().collect();
    let bytes = STANDARD.decode(clean).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| "User data was not in the MIME multipart format.".to_owned())
}

/// Puts a part of EKS behind the parts of the template.
fn in_parts((kind, body): (&str, &str), own: Option<&str>) -> Result<String, String> {
    let header = format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\n\n");
    let last = format!("--{BOUNDARY}\nContent-Type: {kind}\n\n{body}\n--{BOUNDARY}--\n");
    let Some(own) = own.map(plain).transpose()? else { return Ok(header + &last) };
    let parts = crate::families::eks::join::parts(&own);
    let parts = parts.ok_or_else(|| "User data was not in the MIME multipart format.".to_owned())?;
    let parts: String =
        parts.into_iter().map(|(kind, body)| format!("--{BOUNDARY}\nContent-Type: {kind}\n\n{body}\n")).collect();
    Ok(header + &parts + &last)
}
