//! Which backend a configuration chooses, and whether it is the one that was initialised.

use landfall_backend::{Kind, Settings, hash_of};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::Backend as Block;
use serde_json::{Map, Value as Json};

use super::given::{Given, Places};
use super::{Kept, LocalBackend, Overrides};

/// A backend with its settings.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// Local files.
    Local(LocalBackend),
    /// A bucket.
    S3(Settings, Places),
}

/// Backends of Terraform that landfall does not have.
const OTHERS: &[&str] = &["azurerm", "consul", "cos", "gcs", "http", "kubernetes", "oci", "oss", "pg", "remote"];

const LOCAL: &[(&str, Kind)] = &[("path", Kind::Text), ("workspace_dir", Kind::Text)];

impl Choice {
    /// Returns what a block says, with other settings over it.
    ///
    /// # Errors
    /// When the type is not supported, or a setting is not valid.
    pub fn of(block: Option<&Block>, overrides: &Overrides) -> Result<Self, Diagnostics> {
        let Some(block) = block else { return Ok(Self::Local(LocalBackend::default())) };
        let given = || Ok::<_, Diagnostics>(Given::of_block(block)?.with(overrides));
        match &*block.r#type {
            "local" => Ok(Self::Local(LocalBackend::of(&given()?)?)),
            "s3" => {
                let given = given()?;
                let places = given.places();
                let settings = Settings::of(&given.values()).map_err(|problems| places.locate(problems))?;
                Ok(Self::S3(settings, places))
            }
            other => Err(unsupported(other).at(block.span).into()),
        }
    }

    /// Returns what was kept.
    ///
    /// # Errors
    /// When the type is not supported.
    pub fn of_kept(kept: &Kept) -> Result<Self, Diagnostics> {
        match kept.r#type.as_str() {
            "local" => Ok(Self::Local(LocalBackend::of_kept(&kept.config))),
            "s3" => Ok(Self::S3(Settings::of_kept(&kept.config), Places::default())),
            other => Err(unsupported(other).into()),
        }
    }

    /// Returns what is to be kept of it; `block` is what the block says without anything over it.
    pub fn to_kept(&self, block: &Self) -> Kept {
        Kept { r#type: self.kind().to_owned(), config: self.config(), hash: block.hash() }
    }

    fn config(&self) -> Map<String, Json> {
        match self {
            Self::Local(local) => {
                let usual = LocalBackend::default();
                let path = |path: &std::path::Path, usual: &std::path::Path| match path == usual {
                    true => Json::Null,
                    false => path.to_string_lossy().into_owned().into(),
                };
                Map::from_iter([
                    ("path".to_owned(), path(&local.path, &usual.path)),
                    ("workspace_dir".to_owned(), path(&local.workspaces, &usual.workspaces)),
                ])
            }
            Self::S3(settings, _) => settings.as_map().clone(),
        }
    }

    fn hash(&self) -> u64 {
        match self {
            Self::Local(_) => hash_of("local", &self.config(), LOCAL),
            Self::S3(settings, _) => landfall_backend::hash(settings),
        }
    }

    /// Returns the type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::S3(..) => "s3",
        }
    }

    /// Returns whether it is the backend that was kept.
    pub fn is(&self, kept: &Kept) -> bool {
        self.kind() == kept.r#type
            && match Self::of_kept(kept) {
                Ok(kept) => self.config() == kept.config(),
                Err(_) => false,
            }
    }

    /// Returns the backend to use: the one that was kept, if the configuration still means it.
    ///
    /// # Errors
    /// When it has to be initialised first, or is not valid.
    pub fn current(block: Option<&Block>, kept: Option<&Kept>) -> Result<Self, Diagnostics> {
        let chosen = Self::of(block, &Overrides::none())?;
        let reason = match (block, kept) {
            (None, None) => return Ok(chosen),
            (None, Some(kept)) => format!("Unsetting the previously set backend \"{}\"", kept.r#type),
            // Files need no preparation.
            (Some(_), None) if chosen.kind() == "local" => return Ok(chosen),
            (Some(block), None) => format!("Initial configuration of the requested backend \"{}\"", block.r#type),
            (Some(block), Some(kept)) if *block.r#type != *kept.r#type => {
                format!("Backend type changed from \"{}\" to \"{}\"", kept.r#type, block.r#type)
            }
            (Some(_), Some(kept)) if chosen.hash() == kept.hash => return Self::of_kept(kept),
            (Some(_), Some(kept)) if chosen.is(kept) => return Ok(chosen),
            (Some(_), Some(_)) => "Backend configuration block has changed".to_owned(),
        };
        Err(required(&reason).into())
    }
}

fn unsupported(kind: &str) -> Diagnostic {
    let detail = if OTHERS.contains(&kind) {
        format!(
            "landfall keeps states in local files or in S3 buckets. The backend \"{kind}\" is not supported; use `backend \
             \"s3\"`, or remove the block."
        )
    } else {
        format!("There is no backend type named \"{kind}\".")
    };
    Diagnostic::error("Unsupported backend type", detail)
}

/// Returns the error for a backend that was not initialised.
fn required(reason: &str) -> Diagnostic {
    let detail = format!(
        "Reason: {reason}\n\nThe \"backend\" is the interface that landfall uses to store state, perform operations, etc. \
         If this message is showing up, it means that the configuration you're using is using a custom configuration for \
         the backend.\n\nChanges to backend configurations require reinitialization. This allows landfall to set up the \
         new configuration, copy existing state, etc. Please run \"landfall init\" with either the \"-reconfigure\" or \
         \"-migrate-state\" flags to use the current configuration.\n\nIf the change reason above is incorrect, please \
         verify your configuration hasn't changed and try again. At this point, no changes to your existing configuration \
         or state have been made."
    );
    Diagnostic::error("Backend initialization required, please run \"landfall init\"", detail)
}
