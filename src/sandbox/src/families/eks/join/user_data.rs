//! What the user data of an instance tells it about its cluster, in the words of each system.

mod mime;
mod script;
mod toml;

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// What a node is told about its cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Name of the cluster.
    pub name: Option<String>,
    /// URL of the control plane.
    pub endpoint: Option<String>,
    /// Certificate of its authority, in base64.
    pub certificate: Option<String>,
    /// Block of services.
    pub cidr: Option<String>,
}

/// What user data holds, by the programs that read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserData {
    /// Whether there is any.
    pub is_there: bool,
    /// Why it cannot be read, where it cannot.
    pub malformed: Option<String>,
    /// What nodeadm reads, on Amazon Linux 2023.
    pub node_config: Option<Told>,
    /// What is handed to `/etc/eks/bootstrap.sh`, on Amazon Linux 2.
    pub bootstrap: Option<Told>,
    /// What Bottlerocket reads.
    pub settings: Option<Told>,
    /// What is handed to `Start-EKSBootstrap.ps1`, on Windows.
    pub power_shell: Option<Told>,
}

impl Told {
    /// Takes what a later part tells.
    fn merge(&mut self, later: Self) {
        let Self { name, endpoint, certificate, cidr } = later;
        for (own, later) in [
            (&mut self.name, name),
            (&mut self.endpoint, endpoint),
            (&mut self.certificate, certificate),
            (&mut self.cidr, cidr),
        ] {
            if later.is_some() {
                *own = later;
            }
        }
    }
}

impl UserData {
    /// Reads user data as an instance has it.
    pub fn read(base64: Option<&str>) -> Self {
        let Some(base64) = base64.filter(|text| !text.trim().is_empty()) else { return Self::default() };
        let mut data = Self { is_there: true, ..Self::default() };
        match decoded(base64) {
            Ok(text) => data.add(&text),
            Err(why) => data.malformed = Some(why),
        }
        data
    }

    /// Returns everything that is told, whoever it is for.
    pub fn told(&self) -> impl Iterator<Item = &Told> {
        [&self.node_config, &self.bootstrap, &self.settings, &self.power_shell].into_iter().flatten()
    }

    fn add(&mut self, text: &str) {
        let start = text.trim_start();
        if mime::is_multipart(start) {
            match mime::parts(start) {
                Ok(parts) => parts.iter().for_each(|part| self.add_part(part)),
                Err(why) => self.malformed = Some(why),
            }
        } else if start.starts_with("#!") {
            self.add_script(start);
        } else if start.to_ascii_lowercase().contains("<powershell>") {
            self.power_shell = script::power_shell(start);
        } else if start.contains("node.eks.aws") || start.contains("NodeConfig") {
            self.add_node_config(start);
        } else if toml::is_likely(start) {
            match toml::told(start) {
                Ok(told) => self.settings = Some(told),
                Err(why) => self.malformed = Some(why),
            }
        }
    }

    fn add_part(&mut self, part: &mime::Part) {
        match part.kind.as_str() {
            "application/node.eks.aws" => self.add_node_config(&part.body),
            "text/x-shellscript" => self.add_script(part.body.trim_start()),
            _ => {}
        }
    }

    fn add_script(&mut self, text: &str) {
        if let Some(told) = script::bootstrap(text) {
            self.bootstrap.get_or_insert_default().merge(told);
        }
    }

    fn add_node_config(&mut self, text: &str) {
        match node_config(text) {
            Ok(told) => self.node_config.get_or_insert_default().merge(told),
            Err(why) => self.malformed = Some(why),
        }
    }
}

/// Returns type and body of each part of a text that has several; nothing where it has not.
pub fn parts(text: &str) -> Option<Vec<(String, String)>> {
    let start = text.trim_start();
    let parts = mime::is_multipart(start).then(|| mime::parts(start))?.ok()?;
    Some(parts.into_iter().map(|part| (part.kind, part.body)).collect())
}

fn decoded(base64: &str) -> Result<String, String> {
    let clean: String = base64.chars().filter(|character| !character.is_whitespace()).collect();
    let mut bytes = STANDARD.decode(clean).map_err(|_| "it is not base64".to_owned())?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let read = flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain);
        read.map_err(|_| "it begins as gzip and is none".to_owned())?;
        bytes = plain;
    }
    String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())
}

/// Reads the documents of nodeadm, which are merged.
fn node_config(text: &str) -> Result<Told, String> {
    let mut told = Told::default();
    for document in serde_norway::Deserializer::from_str(text) {
        let document = Value::deserialize(document).map_err(|error| format!("its NodeConfig is not YAML: {error}"))?;
        if document.is_null() {
            continue;
        }
        if document["apiVersion"] != "node.eks.aws/v1alpha1" || document["kind"] != "NodeConfig" {
            let (version, kind) = (&document["apiVersion"], &document["kind"]);
            return Err(format!(
                "nodeadm reads apiVersion node.eks.aws/v1alpha1 and kind NodeConfig, and here are {version} and {kind}"
            ));
        }
        let setting = |name: &str| {
            let text = document["spec"]["cluster"][name].as_str();
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        told.merge(Told {
            name: setting("name"),
            endpoint: setting("apiServerEndpoint"),
            certificate: setting("certificateAuthority"),
            cidr: setting("cidr"),
        });
    }
    Ok(told)
}

#[cfg(test)]
mod tests;
