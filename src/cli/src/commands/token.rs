//! `token`: a token for a cluster, as kubectl's exec plugins give it.

use jiff::{SignedDuration, Timestamp};
use landfall_diag::Diagnostic;
use serde_json::json;

use super::Outcome;
use super::cloud::{Account, read_cluster_data, text};
use crate::args::TokenArgs;
use crate::exit::Exit;
use crate::operation::Engine;
use crate::session::Session;

/// EKS takes a token for 15 minutes; kubectl asks again a little sooner.
const LIFETIME: SignedDuration = SignedDuration::from_mins(14);

pub(super) fn run(session: &mut Session, args: &TokenArgs) -> Outcome {
    let engine = Engine::new(session)?;
    let account =
        Account { region: args.region.as_deref(), profile: args.profile.as_deref(), role: args.role.as_deref() };
    let data = read_cluster_data(&engine, &account, "aws_eks_cluster_auth", &args.cluster)?;
    let Some(token) = text(&data, "token") else {
        return Err(Diagnostic::error("No token", "AWS credentials gave no token. This is a bug in landfall.").into());
    };
    let expires = Timestamp::now().checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
    let credential = json!({
        "kind": "ExecCredential",
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "spec": {},
        "status": {
            "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "token": token,
        },
    });
    session.print(&format!("{credential}\n"));
    Ok(Exit::Done)
}
