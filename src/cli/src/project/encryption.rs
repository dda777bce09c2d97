//! The `encryption` block, and the environment variable `TF_ENCRYPTION` with the same in it: OpenTofu's, with the key
//! provider `argon2` beside its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_backend::{Access, KmsKey, KmsSettings, Settings};
use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_lang::{Attribute, Block, Body, Expr};
use landfall_state::Encryption;
use landfall_state::encryption::{Argon2, Derivation, KeySource, Method, Passphrase, Pbkdf2, Pbkdf2Hash};
use landfall_state::remote::Bridge;
use landfall_value::Value;
use serde_json::{Map, Value as Json};

use super::backend::Constants;
use super::host::OsHost;
use crate::session::Session;

/// The environment variable.
const VARIABLE: &str = "TF_ENCRYPTION";

/// How states and plans are encrypted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encryptions {
    /// States and their journals.
    pub state: Encryption,
    /// Saved plans.
    pub plan: Encryption,
}

impl Encryptions {
    /// Returns what a block and the environment say.
    ///
    /// # Errors
    /// What is not valid in it.
    pub fn of(session: &mut Session, block: Option<&Block>, access: &Access) -> Result<Self, Diagnostics> {
        let mut bodies: Vec<Body> = block.map(|block| block.body.clone()).into_iter().collect();
        // What the environment says comes last: of two with one name it is the one.
        bodies.extend(of_environment(session)?);
        if bodies.is_empty() {
            return Ok(Self::default());
        }
        let mut reader = Reader { session, access, keys: BTreeMap::new(), methods: BTreeMap::new() };
        for body in &bodies {
            reader.check_names(body)?;
        }
        for body in &bodies {
            for block in named(body, "key_provider") {
                reader.key_provider(block)?;
            }
        }
        for body in &bodies {
            for block in named(body, "method") {
                reader.method(block)?;
            }
        }
        let mut encryptions = Self::default();
        for body in &bodies {
            for block in named(body, "state") {
                encryptions.state = reader.target(block)?;
            }
            for block in named(body, "plan") {
                encryptions.plan = reader.target(block)?;
            }
        }
        Ok(encryptions)
    }
}

/// Returns the body in the environment. Messages about it do not show it: it may hold a passphrase.
fn of_environment(session: &mut Session) -> Result<Option<Body>, Diagnostics> {
    let Some(text) = session.environment.get(VARIABLE).map(str::to_owned) else { return Ok(None) };
    if text.trim_start().starts_with('{') {
        let detail = format!("The environment variable `{VARIABLE}` is read as HCL; JSON is not supported there.");
        return Err(Diagnostic::error("Invalid encryption configuration", detail).into());
    }
    let source = session.sources.add(VARIABLE, text);
    let mut found = Diagnostics::new();
    let body = landfall_lang::syntax::parse_body(&session.sources, source, &mut found);
    if found.has_errors() {
        let detail = format!(
            "The environment variable `{VARIABLE}` cannot be parsed. It holds what an `encryption` block does."
        );
        return Err(Diagnostic::error("Invalid encryption configuration", detail).into());
    }
    Ok(Some(body))
}

fn named<'a>(body: &'a Body, r#type: &'a str) -> impl Iterator<Item = &'a Block> {
    body.blocks.iter().filter(move |block| &*block.r#type == r#type)
}

struct Reader<'a> {
    session: &'a Session,
    access: &'a Access,
    keys: BTreeMap<String, Arc<dyn KeySource>>,
    methods: BTreeMap<String, Method>,
}

impl Reader<'_> {
    /// Returns an error at a place, which is named and not quoted: beside what is wrong there may be a passphrase.
    fn invalid(&self, detail: impl AsRef<str>, span: Span) -> Diagnostics {
        let sources = &self.session.sources;
        let line = sources.position(span.source, span.start).line;
        let detail = format!("{} ({} line {line})", detail.as_ref(), sources.name(span.source));
        Diagnostic::error("Invalid encryption configuration", detail).into()
    }

    fn check_names(&self, body: &Body) -> Result<(), Diagnostics> {
        let known = ["key_provider", "method", "state", "plan"];
        if let (true, Some(span)) = (body.json, body.span) {
            return Err(self.invalid("An `encryption` block is written in HCL; JSON is not supported for it.", span));
        }
        if let Some(attribute) = body.attributes.values().next() {
            let detail = format!("An argument named \"{}\" is not expected here.", attribute.name);
            return Err(self.invalid(detail, attribute.name_span));
        }
        match body.blocks.iter().find(|block| !known.contains(&&*block.r#type)) {
            None => Ok(()),
            Some(block) if &*block.r#type == "remote_state_data_sources" => {
                let detail = "landfall does not decrypt what `terraform_remote_state` reads: `remote_state_data_sources` is \
                              not supported.";
                Err(self.invalid(detail, block.header_span))
            }
            Some(block) => {
                let detail = format!("Blocks of type \"{}\" are not expected here.", block.r#type);
                Err(self.invalid(detail, block.header_span))
            }
        }
    }

    fn labels<'b>(&self, block: &'b Block) -> Result<(&'b str, String), Diagnostics> {
        match &*block.labels {
            [kind, name] => Ok((&**kind, format!("{}.{kind}.{name}", block.r#type))),
            _ => Err(self.invalid(
                format!("A `{}` block has two labels: its type and its name.", block.r#type),
                block.header_span,
            )),
        }
    }

    /// Returns the arguments of a block. What is wrong is told at its header: an argument may be a secret.
    fn arguments(&self, block: &Block, known: &[&str]) -> Result<Map<String, Json>, Diagnostics> {
        let mut arguments = Map::new();
        for attribute in block.body.attributes.values() {
            if !known.contains(&&*attribute.name) {
                let detail = format!(
                    "An argument named \"{}\" is not expected in a block `{} \"{}\"`.",
                    attribute.name,
                    block.r#type,
                    block.labels.first().map_or("", |label| &**label)
                );
                return Err(self.invalid(detail, block.header_span));
            }
            let value = self.constant(attribute, block)?;
            let value = landfall_value::json::to_json(&value);
            arguments.insert(attribute.name.to_string(), value.map_err(|_| self.not_constant(attribute, block))?);
        }
        Ok(arguments)
    }

    fn constant(&self, attribute: &Attribute, block: &Block) -> Result<Value, Diagnostics> {
        let mut found = Diagnostics::new();
        let value = attribute.expr.evaluate(&Constants(OsHost::planning()), &mut found);
        if found.has_errors() { Err(self.not_constant(attribute, block)) } else { Ok(value) }
    }

    fn not_constant(&self, attribute: &Attribute, block: &Block) -> Diagnostics {
        let detail = format!(
            "The argument \"{}\" is not a constant. To keep a secret out of the files, put the block into the environment \
             variable `{VARIABLE}`.",
            attribute.name
        );
        self.invalid(detail, block.header_span)
    }

    /// Returns the address that an expression such as `method.aes_gcm.mine` is.
    fn address(&self, expr: &Expr) -> String {
        self.session
            .sources
            .slice(expr.span())
            .trim()
            .trim_matches('"')
            .trim_start_matches("${")
            .trim_end_matches('}')
            .to_owned()
    }

    fn key_provider(&mut self, block: &Block) -> Result<(), Diagnostics> {
        let (kind, name) = self.labels(block)?;
        let problem = |detail: String| self.invalid(detail, block.header_span);
        let source: Arc<dyn KeySource> = match kind {
            "argon2" => {
                let known = ["passphrase", "memory_kib", "iterations", "parallelism"];
                let arguments = self.arguments(block, &known)?;
                let usual = Argon2::default();
                let cost = Argon2 {
                    memory_kib: number(&arguments, "memory_kib", &problem)?.unwrap_or(usual.memory_kib),
                    iterations: number(&arguments, "iterations", &problem)?.unwrap_or(usual.iterations),
                    parallelism: number(&arguments, "parallelism", &problem)?.unwrap_or(usual.parallelism),
                };
                Arc::new(passphrase(&name, &arguments, Derivation::Argon2(cost), &problem)?)
            }
            "pbkdf2" => {
                let known = ["passphrase", "key_length", "iterations", "hash_function", "salt_length"];
                let arguments = self.arguments(block, &known)?;
                if number(&arguments, "key_length", &problem)?.is_some_and(|length| length != 32) {
                    return Err(self.invalid("landfall supports `key_length = 32` only.", block.header_span));
                }
                let usual = Pbkdf2::default();
                let hash = match arguments.get("hash_function").and_then(Json::as_str) {
                    None | Some("sha512") => Pbkdf2Hash::Sha512,
                    Some("sha256") => Pbkdf2Hash::Sha256,
                    Some(_) => return Err(self.invalid("`hash_function` is `sha256` or `sha512`.", block.header_span)),
                };
                let iterations = number(&arguments, "iterations", &problem)?.unwrap_or(usual.iterations);
                let cost = Pbkdf2 { iterations, hash };
                Arc::new(passphrase(&name, &arguments, Derivation::Pbkdf2(cost), &problem)?)
            }
            "aws_kms" => Arc::new(self.kms(&name, block)?),
            other => {
                let detail = format!("landfall has the key providers `argon2`, `pbkdf2` and `aws_kms`, not `{other}`.");
                return Err(self.invalid(detail, block.header_span));
            }
        };
        self.keys.insert(name, source);
        Ok(())
    }

    fn kms(&self, name: &str, block: &Block) -> Result<KmsKey, Diagnostics> {
        let shared = [
            "region",
            "profile",
            "access_key",
            "secret_key",
            "token",
            "shared_config_files",
            "shared_credentials_files",
            "assume_role",
            "assume_role_with_web_identity",
            "skip_credentials_validation",
            "skip_region_validation",
            "skip_requesting_account_id",
            "skip_metadata_api_check",
            "max_retries",
            "custom_ca_bundle",
            "http_proxy",
            "https_proxy",
            "no_proxy",
            "sts_region",
            "allowed_account_ids",
            "forbidden_account_ids",
        ];
        let known: Vec<&str> =
            shared.into_iter().chain(["kms_key_id", "key_spec", "endpoints", "encryption_context"]).collect();
        let mut arguments = self.arguments(block, &known)?;
        let Some(key_id) = text(&arguments, "kms_key_id") else {
            return Err(self.invalid("A key provider `aws_kms` needs `kms_key_id`.", block.header_span));
        };
        if text(&arguments, "key_spec").is_some_and(|spec| spec != "AES_256") {
            return Err(self.invalid("landfall supports `key_spec = \"AES_256\"` only.", block.header_span));
        }
        let endpoints = arguments.remove("endpoints").unwrap_or_default();
        let endpoint = |service: &str| endpoints.get(service).and_then(Json::as_str).map(str::to_owned);
        let context = arguments.get("encryption_context").and_then(Json::as_object).cloned().unwrap_or_default();
        let context = context.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect();
        let mut given: BTreeMap<String, Json> =
            arguments.into_iter().filter(|(name, _)| shared.contains(&name.as_str())).collect();
        if let Some(sts) = endpoint("sts") {
            given.insert("endpoints".to_owned(), serde_json::json!({ "sts": sts }));
        }
        let settings = Settings::of(&given).map_err(|problems| {
            let located = problems.into_iter();
            located
                .map(|problem| Diagnostic::error(problem.summary, problem.detail).at(block.header_span))
                .collect::<Diagnostics>()
        })?;
        let settings = KmsSettings { key_id, context, endpoint: endpoint("kms"), settings };
        let bridge =
            Bridge::start().map_err(|error| Diagnostic::error("Failed to start", format!("No thread: {error}.")))?;
        Ok(KmsKey::new(name, settings, self.access.clone(), bridge))
    }

    fn method(&mut self, block: &Block) -> Result<(), Diagnostics> {
        let (kind, name) = self.labels(block)?;
        let method = match kind {
            "unencrypted" => Method::Unencrypted,
            "aes_gcm" => {
                let Some(keys) = block.body.attributes.get("keys") else {
                    return Err(self.invalid("A method `aes_gcm` needs `keys`, a key provider.", block.header_span));
                };
                let others = block.body.attributes.keys().find(|name| !matches!(&***name, "keys" | "aad"));
                if let Some(other) = others {
                    let detail = format!("An argument named \"{other}\" is not expected here.");
                    return Err(self.invalid(detail, block.header_span));
                }
                let address = self.address(&keys.expr);
                let Some(key) = self.keys.get(&address) else {
                    let detail = format!("`keys` names the key provider `{address}`, which is not declared.");
                    return Err(self.invalid(detail, block.header_span));
                };
                Method::AesGcm { key: key.clone(), associated: self.associated(block)? }
            }
            other => {
                let detail = format!("landfall has the methods `aes_gcm` and `unencrypted`, not `{other}`.");
                return Err(self.invalid(detail, block.header_span));
            }
        };
        self.methods.insert(name, method);
        Ok(())
    }

    /// Returns what is authenticated beside the data: a list of bytes.
    fn associated(&self, block: &Block) -> Result<Vec<u8>, Diagnostics> {
        let Some(attribute) = block.body.attributes.get("aad") else { return Ok(Vec::new()) };
        let value = self.constant(attribute, block)?;
        let bytes = landfall_value::json::to_json(&value).ok().and_then(|json| {
            let byte = |number: &Json| u8::try_from(number.as_u64()?).ok();
            json.as_array()?.iter().map(byte).collect::<Option<Vec<u8>>>()
        });
        bytes.ok_or_else(|| self.invalid("`aad` is a list of numbers from 0 to 255.", block.header_span))
    }

    fn target(&self, block: &Block) -> Result<Encryption, Diagnostics> {
        let method = self.method_of(block)?;
        let mut fallbacks = Vec::new();
        for fallback in named(&block.body, "fallback") {
            self.fallbacks(fallback, &mut fallbacks)?;
        }
        let enforced = match block.body.attributes.get("enforced") {
            Some(attribute) => self.constant(attribute, block)?.as_bool() == Some(true),
            None => false,
        };
        let is_open = |method: &Method| matches!(method, Method::Unencrypted);
        if enforced && (is_open(&method) || fallbacks.iter().any(is_open)) {
            let detail = "With `enforced` nothing may be unencrypted: neither the method nor a fallback.";
            return Err(self.invalid(detail, block.header_span));
        }
        Ok(Encryption::new(method, fallbacks))
    }

    fn fallbacks(&self, block: &Block, found: &mut Vec<Method>) -> Result<(), Diagnostics> {
        found.push(self.method_of(block)?);
        named(&block.body, "fallback").try_for_each(|fallback| self.fallbacks(fallback, found))
    }

    fn method_of(&self, block: &Block) -> Result<Method, Diagnostics> {
        let Some(attribute) = block.body.attributes.get("method") else {
            return Err(self.invalid(format!("A block `{}` needs `method`.", block.r#type), block.header_span));
        };
        let address = self.address(&attribute.expr);
        self.methods.get(&address).cloned().ok_or_else(|| {
            self.invalid(format!("`method` names `{address}`, which is not declared."), attribute.name_span)
        })
    }
}

fn text(arguments: &Map<String, Json>, name: &str) -> Option<String> {
    Some(arguments.get(name)?.as_str()?.to_owned())
}

fn number(
    arguments: &Map<String, Json>,
    name: &str,
    problem: &dyn Fn(String) -> Diagnostics,
) -> Result<Option<u32>, Diagnostics> {
    match arguments.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(problem(format!("`{name}` is not a whole number."))),
        },
    }
}

fn passphrase(
    name: &str,
    arguments: &Map<String, Json>,
    derivation: Derivation,
    problem: &dyn Fn(String) -> Diagnostics,
) -> Result<Passphrase, Diagnostics> {
    let Some(passphrase) = text(arguments, "passphrase") else {
        return Err(problem(format!("`{name}` needs `passphrase`, a string.")));
    };
    Passphrase::new(name, passphrase, derivation).map_err(|error| problem(format!("The key provider {error}.")))
}
