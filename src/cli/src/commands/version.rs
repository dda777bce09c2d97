//! `version`: ours, and the level of Terraform that we speak.

use landfall_state::State;
use serde::Serialize;

use super::Outcome;
use crate::args::VersionArgs;
use crate::exit::Exit;
use crate::session::Session;

#[derive(Serialize)]
struct Version {
    terraform_version: &'static str,
    landfall_version: &'static str,
    platform: String,
    provider_selections: std::collections::BTreeMap<String, String>,
    terraform_outdated: bool,
}

pub(super) fn run(session: &Session, args: VersionArgs) -> Outcome {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let platform = format!("{}_{architecture}", std::env::consts::OS);
    let ours = env!("CARGO_PKG_VERSION");
    if args.json {
        let version = Version {
            terraform_version: State::TERRAFORM_VERSION,
            landfall_version: ours,
            platform,
            provider_selections: std::collections::BTreeMap::new(),
            terraform_outdated: false,
        };
        let text = serde_json::to_string_pretty(&version).expect("a struct of texts has a JSON form");
        session.print(&format!("{text}\n"));
    } else {
        let spoken = State::TERRAFORM_VERSION;
        session.print(&format!(
            "landfall v{ours}\non {platform}\nspeaks the language and formats of Terraform v{spoken}\n"
        ));
    }
    Ok(Exit::Done)
}
