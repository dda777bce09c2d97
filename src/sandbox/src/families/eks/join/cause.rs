//! Why an instance is not a node of its cluster, or not a ready one.

use std::fmt;

use crate::facts::System;

/// One precise cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The control plane does not answer: it is made, deleted, or has failed.
    ControlPlane(&'static str),
    /// The machine does not run.
    NotRunning(&'static str),
    /// The image has no Kubernetes in it.
    PlainImage {
        /// Its name.
        name: String,
    },
    /// The kubelet is newer than the control plane, or more than three minor versions older.
    Skew {
        /// Version of the kubelet.
        kubelet: String,
        /// Version of the control plane.
        control_plane: String,
        /// Whether it is newer.
        is_newer: bool,
    },
    /// The machine cannot read its user data, nor get credentials.
    MetadataOff,
    /// User data cannot be read.
    Malformed(String),
    /// User data holds nothing for the image's system.
    NothingFor(System),
    /// User data is for another system than the image's.
    OtherSystem {
        /// The system that it is for.
        written_for: System,
        /// The system of the image.
        system: System,
    },
    /// User data lacks a setting.
    Lacks(System, Setting),
    /// User data has another value than the cluster.
    Differs {
        /// Which setting.
        setting: Setting,
        /// What it says.
        told: String,
        /// What it should say.
        right: String,
    },
    /// The instance has no profile, and so no credentials.
    NoProfile,
    /// The profile that it was launched with is gone, or holds no role.
    ProfileWithoutRole {
        /// ARN of the profile.
        profile: String,
    },
    /// EC2 may not assume the role.
    Untrusted {
        /// Name of the role.
        role: String,
    },
    /// The role may not do what a node has to.
    NotPermitted {
        /// Name of the role.
        role: String,
        /// The action.
        action: &'static str,
        /// The policy of AWS that allows it.
        policy: &'static str,
    },
    /// The subnet has no IPv4 addresses.
    NoIpv4 {
        /// The subnet.
        subnet: String,
    },
    /// The VPC resolves no names.
    NoDnsSupport {
        /// The VPC.
        vpc: String,
    },
    /// The VPC gives its instances no names.
    NoDnsHostnames {
        /// The VPC.
        vpc: String,
    },
    /// The endpoint is private, and the instance in another VPC.
    OtherVpc {
        /// VPC of the instance.
        vpc: String,
        /// VPC of the cluster.
        of_cluster: String,
    },
    /// No rule of the instance's groups lets it out to the endpoint, or to the services.
    NotLetOut {
        /// Its groups.
        groups: Vec<String>,
        /// Where to.
        to: String,
    },
    /// The rules of a VPC endpoint and of the instance do not let it through.
    EndpointClosed {
        /// The endpoint.
        endpoint: String,
        /// The service.
        service: &'static str,
        /// Whether the instance is not let out, or else not let in.
        is_out: bool,
    },
    /// No rule of the control plane's groups lets the instance in.
    NotLetIn {
        /// Groups of the control plane.
        groups: Vec<String>,
        /// Groups of the instance.
        from: Vec<String>,
    },
    /// There is no way out of the subnet.
    NoWayOut {
        /// What it is needed for.
        to: String,
        /// What is missing.
        why: WayOut,
    },
    /// The public endpoint does not answer the address that the instance comes from.
    NotInPublicCidrs {
        /// The address.
        address: String,
        /// Whom it answers.
        cidrs: Vec<String>,
    },
    /// The role has no access entry.
    NoEntry {
        /// ARN of the role.
        role: String,
    },
    /// The access entry is of a type for people.
    EntryOfType {
        /// ARN of the role.
        role: String,
        /// Type of the entry.
        kind: String,
        /// Type that it should have.
        wanted: &'static str,
    },
    /// The access entry is for an earlier role of the same name.
    EntryOfEarlierRole {
        /// ARN of the role.
        role: String,
    },
    /// Only the config map aws-auth counts, which the sandbox does not know.
    ConfigMapOnly {
        /// ARN of the role.
        role: String,
    },
    /// The instance lacks the cluster's tag.
    NoTag {
        /// The tag.
        tag: String,
    },
    /// Nothing gives pods addresses.
    NoNetworkPlugin,
    /// Nothing leads the network plugin to the API server, which it is told to need.
    NoProxy,
    /// The network plugin may not do its work.
    PluginNotPermitted {
        /// The role it works with.
        role: String,
        /// The action.
        action: &'static str,
    },
    /// The network plugin's role does not trust it.
    PluginUntrusted {
        /// ARN of the role.
        role: String,
        /// What is missing.
        why: &'static str,
    },
    /// The subnet has no addresses for pods.
    NoAddresses {
        /// The subnet.
        subnet: String,
    },
}

/// A setting that user data has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Name of the cluster.
    Name,
    /// URL of the control plane.
    Endpoint,
    /// Certificate of its authority.
    Certificate,
    /// Block of services.
    Cidr,
}

/// What is missing on the way out of a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// A route.
    NoRoute {
        /// The subnet.
        subnet: String,
        /// Its route table.
        table: String,
    },
    /// A public address, before an internet gateway.
    NoPublicAddress {
        /// The subnet.
        subnet: String,
        /// The internet gateway.
        gateway: String,
    },
    /// The target of the route is gone.
    TargetGone {
        /// The target.
        target: String,
    },
    /// The NAT gateway is in a subnet that has no way out itself.
    NatWithoutWayOut {
        /// The NAT gateway.
        nat: String,
        /// Its subnet.
        subnet: String,
    },
    /// The route leads where the sandbox cannot follow.
    Elsewhere {
        /// The target.
        target: String,
    },
}

impl Setting {
    /// Returns the setting's name in the words of a system.
    fn named(self, system: System) -> &'static str {
        match (system, self) {
            (System::Bottlerocket, Self::Name) => "settings.kubernetes.cluster-name",
            (System::Bottlerocket, Self::Endpoint) => "settings.kubernetes.api-server",
            (System::Bottlerocket, Self::Certificate) => "settings.kubernetes.cluster-certificate",
            (System::Al2, Self::Name) => "the name of the cluster after /etc/eks/bootstrap.sh",
            (System::Windows, Self::Name) => "-EKSClusterName",
            (_, Self::Name) => "the name",
            (_, Self::Endpoint) => "the API server endpoint",
            (_, Self::Certificate) => "the certificate authority",
            (_, Self::Cidr) => "the service CIDR",
        }
    }

    /// Returns how nodeadm complains where the setting is missing.
    fn complaint(self) -> &'static str {
        match self {
            Self::Name => "Name is missing in cluster configuration",
            Self::Endpoint => "Apiserver endpoint is missing in cluster configuration",
            Self::Certificate => "Certificate authority is missing in cluster configuration",
            Self::Cidr => "CIDR is missing in cluster configuration",
        }
    }
}

/// Returns a system's name, and what it reads.
fn words(system: System) -> (&'static str, &'static str) {
    match system {
        System::Al2023 => ("Amazon Linux 2023", "a NodeConfig for nodeadm"),
        System::Al2 => ("Amazon Linux 2", "a script that calls /etc/eks/bootstrap.sh"),
        System::Bottlerocket => ("Bottlerocket", "TOML with settings.kubernetes"),
        System::Windows => ("Windows", "a script that calls Start-EKSBootstrap.ps1"),
        System::Plain => ("this image", "nothing"),
    }
}

/// Returns a value that is short enough to be shown.
fn short(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(24).collect::<String>())
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlPlane(status) => write!(f, "the control plane does not answer: the cluster is {status}"),
            Self::NotRunning(state) => write!(f, "the instance is {state}"),
            Self::PlainImage { .. }
            | Self::Skew { .. }
            | Self::MetadataOff
            | Self::Malformed(_)
            | Self::NothingFor(_)
            | Self::OtherSystem { .. }
            | Self::Lacks(..)
            | Self::Differs { .. } => self.of_machine(f),
            Self::NoProfile
            | Self::ProfileWithoutRole { .. }
            | Self::Untrusted { .. }
            | Self::NotPermitted { .. }
            | Self::NoEntry { .. }
            | Self::EntryOfType { .. }
            | Self::EntryOfEarlierRole { .. }
            | Self::ConfigMapOnly { .. } => self.of_identity(f),
            Self::NoIpv4 { .. }
            | Self::NoDnsSupport { .. }
            | Self::NoDnsHostnames { .. }
            | Self::OtherVpc { .. }
            | Self::NotLetOut { .. }
            | Self::EndpointClosed { .. }
            | Self::NotLetIn { .. }
            | Self::NoWayOut { .. }
            | Self::NotInPublicCidrs { .. } => self.of_network(f),
            Self::NoTag { tag } => write!(f, "the instance has no tag `{tag}` = `owned`"),
            Self::NoNetworkPlugin => {
                write!(f, "the cluster has no network plugin: the add-on vpc-cni is not installed")
            }
            Self::NoProxy => write!(
                f,
                "vpc-cni does not find the API server, which its configuration makes it need: the add-on kube-proxy is \
                 not installed"
            ),
            Self::PluginNotPermitted { role, action } => {
                write!(
                    f,
                    "vpc-cni works with the role `{role}`, which may not {action}: AmazonEKS_CNI_Policy allows it"
                )
            }
            Self::PluginUntrusted { role, why } => write!(f, "vpc-cni cannot take the role `{role}`: {why}"),
            Self::NoAddresses { subnet } => write!(f, "the subnet {subnet} has no free address for pods"),
        }
    }
}

impl Cause {
    fn of_machine(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PlainImage { name } => write!(f, "the image `{name}` has no kubelet: it is not one for EKS"),
            Self::Skew { kubelet, control_plane, is_newer } => {
                let why = if *is_newer { "newer than" } else { "more than three minor versions older than" };
                write!(f, "the kubelet, {kubelet}, is {why} the control plane, {control_plane}")
            }
            Self::MetadataOff => {
                write!(f, "the metadata endpoint is disabled: the instance reads no user data and gets no credentials")
            }
            Self::Malformed(why) => write!(f, "the user data cannot be read: {why}"),
            Self::NothingFor(system) => {
                let (name, reads) = words(*system);
                write!(f, "the user data says nothing to a node: {name} reads {reads}")
            }
            Self::OtherSystem { written_for, system } => {
                let (name, reads) = words(*system);
                write!(
                    f,
                    "the user data is for {}, and the image is {name}, which reads {reads}",
                    words(*written_for).0
                )
            }
            Self::Lacks(System::Al2023, setting) => {
                write!(f, "the user data lacks a setting of the cluster; nodeadm stops: {}", setting.complaint())
            }
            Self::Lacks(system, setting) => write!(f, "the user data lacks {}", setting.named(*system)),
            Self::Differs { setting, told, right } => write!(
                f,
                "the user data has another value than the cluster for {}: `{}`, not `{}`",
                setting.named(System::Plain),
                short(told),
                short(right)
            ),
            _ => Ok(()),
        }
    }

    fn of_identity(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProfile => write!(f, "the instance has no instance profile, and so no credentials"),
            Self::ProfileWithoutRole { profile } => {
                write!(f, "the instance profile `{profile}` is gone or has no role")
            }
            Self::Untrusted { role } => write!(f, "the role `{role}` does not trust ec2.amazonaws.com"),
            Self::NotPermitted { role, action, policy } => {
                write!(f, "the role `{role}` may not {action}: {policy} allows it")
            }
            Self::NoEntry { role } => {
                write!(
                    f,
                    "Unauthorized: the cluster has no access entry for the role `{role}`; it needs one of type EC2_LINUX"
                )
            }
            Self::EntryOfType { role, kind, wanted } => {
                write!(f, "Unauthorized: the access entry of the role `{role}` has type {kind}, not {wanted}")
            }
            Self::EntryOfEarlierRole { role } => write!(
                f,
                "Unauthorized: the access entry is of an earlier role with the ARN `{role}`; entries keep the unique id"
            ),
            Self::ConfigMapOnly { role } => write!(
                f,
                "the authentication mode is CONFIG_MAP, and what aws-auth says of the role `{role}` is not known to the \
                 sandbox, which has it for managed groups alone"
            ),
            _ => Ok(()),
        }
    }

    fn of_network(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIpv4 { subnet } => {
                write!(f, "{subnet} has IPv6 addresses alone: nodes of EKS need an IPv4 address")
            }
            Self::NoDnsSupport { vpc } => {
                write!(f, "names are not resolved: enableDnsSupport is off in {vpc}")
            }
            Self::NoDnsHostnames { vpc } => {
                write!(f, "the node has no name to register with: enableDnsHostnames is off in {vpc}")
            }
            Self::OtherVpc { vpc, of_cluster } => {
                write!(f, "the endpoint is private to {of_cluster}, and the instance is in {vpc}")
            }
            Self::NotLetOut { groups, to } => {
                write!(f, "no rule lets TCP 443 out to {to}: security groups {}", groups.join(", "))
            }
            Self::EndpointClosed { endpoint, service, is_out } => {
                let way = if *is_out { "out to" } else { "in to" };
                write!(f, "no rule lets TCP 443 {way} {endpoint}, to which the names and routes of {service} lead")
            }
            Self::NotLetIn { groups, from } => write!(
                f,
                "no rule lets TCP 443 in to the control plane: security groups {}, from an instance in {}",
                groups.join(", "),
                from.join(", ")
            ),
            Self::NoWayOut { to, why } => write!(f, "there is no way to {to}: {why}"),
            Self::NotInPublicCidrs { address, cidrs } => write!(
                f,
                "the public endpoint does not answer {address}, from which the instance comes; it answers {}",
                cidrs.join(", ")
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoute { subnet, table } => {
                write!(f, "{table}, the route table of {subnet}, has no route to the internet")
            }
            Self::NoPublicAddress { subnet, gateway } => {
                write!(f, "{subnet} leads to {gateway}, and the instance has no public address")
            }
            Self::TargetGone { target } => write!(f, "the route leads to {target}, which is not there"),
            Self::NatWithoutWayOut { nat, subnet } => {
                write!(f, "the NAT gateway {nat} is in {subnet}, which has no way to the internet itself")
            }
            Self::Elsewhere { target } => {
                write!(f, "the route leads to {target}, behind which the sandbox does not look")
            }
        }
    }
}
