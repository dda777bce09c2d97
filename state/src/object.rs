//! One remote object, as it was last seen.

use std::fmt;
use std::sync::{Arc, OnceLock};

use landfall_addr::ConfigResource;
use landfall_value::{AttributePath, Value};
use serde_json::value::RawValue;

/// A JSON text, kept as it was read. It may hold secrets: `Debug` does not show it.
#[derive(Clone)]
pub struct JsonText(pub(crate) Arc<RawValue>);

impl JsonText {
    /// Returns a text after checking that it is one JSON value.
    ///
    /// # Errors
    /// Where it is not.
    pub fn parse(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(|raw| Self(raw.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_str() == other.as_str() || self.means_the_same_as(other)
    }
}

impl JsonText {
    fn means_the_same_as(&self, other: &Self) -> bool {
        let parse = |text: &Self| serde_json::from_str::<serde_json::Value>(text.as_str()).ok();
        match (parse(self), parse(other)) {
            (Some(a), Some(b)) => a == b,
            // A text with half a surrogate pair is JSON, and no value of ours.
            (None, None) => without_layout(self.as_str()).eq(without_layout(other.as_str())),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// Returns a JSON text without the white space between its parts.
fn without_layout(text: &str) -> impl Iterator<Item = char> + '_ {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.chars().filter(move |letter| {
        let was_quoted = is_quoted;
        if *letter == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = is_quoted && *letter == '\\' && !is_escaped;
        was_quoted || !letter.is_ascii_whitespace()
    })
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonText({} bytes)", self.as_str().len())
    }
}

/// Whether an object can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// It can.
    #[default]
    Ready,
    /// It cannot: its creation failed half-way, or a user said so. The next plan replaces it.
    Tainted,
}

/// What identifies an object to its provider (Terraform 1.12 and later).
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Version of the identity's schema.
    pub schema_version: u64,
    /// The identity.
    pub attributes: JsonText,
}

/// One remote object. Immutable once it is shared: a change makes a new one.
#[derive(Clone)]
pub struct ObjectState {
    /// Ready or tainted.
    pub status: Status,
    /// Version of the schema that the attributes conform to.
    pub schema_version: u64,
    /// The attributes: a JSON object. The engine decodes it against the schema; an unchanged object is written back
    /// without that.
    pub attributes: JsonText,
    /// Which attributes are sensitive by the values that they were set from.
    pub sensitive_paths: Vec<AttributePath>,
    /// What only the provider understands.
    pub private: Option<Arc<[u8]>>,
    /// What identifies the object to its provider.
    pub identity: Option<Identity>,
    /// Resources that must be destroyed after this one.
    pub dependencies: Arc<[ConfigResource]>,
    /// Whether a replacement is created before this one is destroyed.
    pub create_before_destroy: bool,
    decoded: OnceLock<Value>,
}

impl ObjectState {
    /// Returns a ready object with attributes of a schema version and nothing else.
    pub fn new(schema_version: u64, attributes: JsonText) -> Self {
        Self {
            status: Status::Ready,
            schema_version,
            attributes,
            sensitive_paths: Vec::new(),
            private: None,
            identity: None,
            dependencies: Arc::new([]),
            create_before_destroy: false,
            decoded: OnceLock::new(),
        }
    }

    /// Returns the decoded attributes; decodes them at the first call and keeps them.
    ///
    /// # Errors
    /// What `decode` returns.
    pub fn value<E>(&self, decode: impl FnOnce(&JsonText) -> Result<Value, E>) -> Result<&Value, E> {
        if let Some(value) = self.decoded.get() {
            return Ok(value);
        }
        let value = decode(&self.attributes)?;
        Ok(self.decoded.get_or_init(|| value))
    }

    /// Returns the object with its decoded attributes already at hand.
    #[must_use]
    pub fn with_value(mut self, value: Value) -> Self {
        self.decoded = OnceLock::from(value);
        self
    }
}

impl PartialEq for ObjectState {
    fn eq(&self, other: &Self) -> bool {
        self.status == other.status
            && self.schema_version == other.schema_version
            && self.create_before_destroy == other.create_before_destroy
            && self.dependencies == other.dependencies
            && self.sensitive_paths == other.sensitive_paths
            && self.private == other.private
            && self.identity == other.identity
            && self.attributes == other.attributes
    }
}

impl fmt::Debug for ObjectState {
    /// Leaves out attributes and private data, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectState")
            .field("status", &self.status)
            .field("schema_version", &self.schema_version)
            .field("attributes", &self.attributes)
            .field("sensitive_paths", &self.sensitive_paths)
            .field("dependencies", &self.dependencies)
            .field("create_before_destroy", &self.create_before_destroy)
            .finish_non_exhaustive()
    }
}
