//! The machine itself: its image, and what its user data tells it.

use super::Candidate;
use super::cause::{Cause, Setting};
use super::user_data::Told;
use crate::facts::System;
use crate::families::eks::versions::Minor;

/// How many minor versions a kubelet may be behind.
const MOST_BEHIND: u32 = 3;

/// Checks image and user data; returns whether the node asks EKS for what user data leaves out.
///
/// # Errors
/// When the machine does not become a node.
pub fn check(node: &Candidate<'_>) -> Result<bool, Cause> {
    let image = node.image;
    let Some(kubelet) = image.kubernetes else { return Err(Cause::PlainImage { name: image.name.clone() }) };
    if node.instance.options.text("metadataOptions.httpEndpoint") == Ok(Some("disabled")) {
        return Err(Cause::MetadataOff);
    }
    let asks = user_data(node)?;
    skew(kubelet, &node.cluster.version)?;
    Ok(asks)
}

fn skew(kubelet: &str, control_plane: &str) -> Result<(), Cause> {
    let (Ok(own), Ok(wanted)) = (kubelet.parse::<Minor>(), control_plane.parse::<Minor>()) else { return Ok(()) };
    if own <= wanted && wanted.0 - own.0 <= MOST_BEHIND {
        return Ok(());
    }
    let (kubelet, control_plane) = (kubelet.to_owned(), control_plane.to_owned());
    Err(Cause::Skew { kubelet, control_plane, is_newer: own > wanted })
}

fn user_data(node: &Candidate<'_>) -> Result<bool, Cause> {
    let (data, system) = (&node.user_data, node.image.system);
    let own = match system {
        System::Al2023 => &data.node_config,
        System::Al2 => &data.bootstrap,
        System::Bottlerocket => &data.settings,
        System::Windows => &data.power_shell,
        System::Plain => &None,
    };
    if let (Some(why), None) = (&data.malformed, own) {
        return Err(Cause::Malformed(why.clone()));
    }
    let Some(told) = own else {
        let others = [
            (&data.node_config, System::Al2023),
            (&data.bootstrap, System::Al2),
            (&data.settings, System::Bottlerocket),
            (&data.power_shell, System::Windows),
        ];
        let other = others.into_iter().find(|(told, _)| told.is_some()).map(|(_, system)| system);
        return Err(match other {
            Some(written_for) => Cause::OtherSystem { written_for, system },
            None => Cause::NothingFor(system),
        });
    };
    settings(node, system, told)
}

/// Each setting has to be there, where nothing else can tell it, and right.
fn settings(node: &Candidate<'_>, system: System, told: &Told) -> Result<bool, Cause> {
    let cluster = node.cluster;
    let is_asked_for = matches!(system, System::Al2 | System::Windows);
    let right = [
        (Setting::Name, &told.name, cluster.name.clone()),
        (Setting::Endpoint, &told.endpoint, cluster.endpoint_url(node.scope.region)),
        (Setting::Certificate, &told.certificate, cluster.certificate.clone()),
        (Setting::Cidr, &told.cidr, cluster.network.service_cidr.clone()),
    ];
    let mut asks = false;
    for (setting, told, right) in right {
        match told {
            Some(told) if *told == right => {}
            Some(told) => return Err(Cause::Differs { setting, told: told.clone(), right }),
            None if setting == Setting::Cidr && system != System::Al2023 => {}
            None if is_asked_for && setting != Setting::Name => asks = true,
            None => return Err(Cause::Lacks(system, setting)),
        }
    }
    Ok(asks)
}
