//! Data source `aws_iam_policy_document`: a policy as JSON, put together from blocks and from other documents.
//!
//! No service is asked. The text is the AWS provider's to the byte, so that policies made from it do not change.

mod document;
mod read;
mod set_order;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use landfall_provider::{Args, Attrs, CallError, CallResult, DataSource, Read, Set};

use crate::client::Aws;
use document::{Condition, Document, Principal, Statement, Texts};
use set_order::{hash, in_order, members};

/// Version whose documents have no variables.
const WITHOUT_VARIABLES: &str = "2008-10-17";

/// A policy as JSON.
pub struct PolicyDocument;

/// What a user may write.
#[derive(Args, Clone)]
pub struct PolicyDocumentArgs {
    /// Not used.
    #[arg(deprecated = "not used", one_of(""))]
    override_json: Option<String>,
    /// Documents merged over this one: statements take the place of those with the same sid.
    #[arg(each(format(json)))]
    override_policy_documents: Option<Vec<Option<String>>>,
    /// Id of the document.
    policy_id: Option<String>,
    /// Not used.
    #[arg(deprecated = "not used", one_of(""))]
    source_json: Option<String>,
    /// Documents that this one is merged over.
    #[arg(each(format(json)))]
    source_policy_documents: Option<Vec<Option<String>>>,
    /// Version of the policy language.
    #[arg(default = "2012-10-17", one_of("2008-10-17", "2012-10-17"))]
    version: String,
    /// What is allowed or denied.
    #[arg(block)]
    statement: Vec<StatementArgs>,
}

/// What is allowed or denied.
#[derive(Args, Clone)]
pub struct StatementArgs {
    /// Name of the statement, unique in the document.
    #[arg(pattern("^[a-zA-Z0-9]*$", "must be letters and digits"))]
    sid: Option<String>,
    /// Whether it is allowed or denied.
    #[arg(default = "Allow", one_of("Allow", "Deny"))]
    effect: String,
    /// Actions.
    #[arg(optional)]
    actions: Set<String>,
    /// All actions but these.
    #[arg(optional)]
    not_actions: Set<String>,
    /// ARNs of what the actions are done to.
    #[arg(optional)]
    resources: Set<String>,
    /// Everything but these.
    #[arg(optional)]
    not_resources: Set<String>,
    /// Who acts.
    #[arg(block)]
    principals: Set<PrincipalArgs>,
    /// Everyone but these.
    #[arg(block)]
    not_principals: Set<PrincipalArgs>,
    /// When the statement holds.
    #[arg(block)]
    condition: Set<ConditionArgs>,
}

/// Principals of one kind.
#[derive(Args, Clone, PartialEq)]
pub struct PrincipalArgs {
    /// Kind, such as `Service`.
    r#type: String,
    /// Who of that kind.
    identifiers: Set<String>,
}

/// One condition.
#[derive(Args, Clone, PartialEq)]
pub struct ConditionArgs {
    /// Operator, such as `StringEquals`.
    test: String,
    /// Key, such as `aws:SourceArn`.
    variable: String,
    /// What it is compared with.
    values: Vec<String>,
}

/// What is worked out.
#[derive(Attrs, Clone)]
pub struct PolicyDocumentAttrs {
    /// The document, indented.
    json: String,
    /// The document without white space.
    minified_json: String,
}

impl DataSource for PolicyDocument {
    type Args = PolicyDocumentArgs;
    type Attrs = PolicyDocumentAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_policy_document";

    async fn read(_: &Aws, args: &PolicyDocumentArgs) -> CallResult<Read<Self>> {
        let document = merged(args).map_err(|message| CallError::local("invalid", message))?;
        let attrs = PolicyDocumentAttrs { json: document.indented(), minified_json: document.minified() };
        Ok(Read { id: hash(&attrs.json).to_string(), args: args.clone(), attrs })
    }
}

/// Puts sources, own statements and overrides together.
fn merged(args: &PolicyDocumentArgs) -> Result<Document, String> {
    let mut document = Document::default();
    let mut sids = BTreeSet::new();
    for (index, text) in documents(&args.source_policy_documents) {
        let source = read::document(text).map_err(|error| format!("source_policy_documents[{index}]: {error}"))?;
        if let Some(sid) = repeated(&source.statements, &mut sids) {
            return Err(format!("source_policy_documents[{index}]: another source document has the sid `{sid}`"));
        }
        document.merge(source);
    }
    document.merge(own(args)?);
    for (index, text) in documents(&args.override_policy_documents) {
        let over = read::document(text).map_err(|error| format!("override_policy_documents[{index}]: {error}"))?;
        document.merge(over);
    }
    Ok(document)
}

fn documents(texts: &Option<Vec<Option<String>>>) -> impl Iterator<Item = (usize, &str)> {
    let texts = texts.iter().flatten().enumerate();
    texts.filter_map(|(index, text)| Some((index, text.as_deref().filter(|text| !text.is_empty())?)))
}

/// Returns the document of the configuration's own blocks.
fn own(args: &PolicyDocumentArgs) -> Result<Document, String> {
    let statements = args.statement.iter().map(|statement| own_statement(statement, &args.version));
    let statements = statements.collect::<Result<Vec<_>, _>>()?;
    if let Some(sid) = repeated(&statements, &mut BTreeSet::new()) {
        return Err(format!("more than one statement has the sid `{sid}`"));
    }
    Ok(Document { version: args.version.clone(), id: args.policy_id.clone().unwrap_or_default(), statements })
}

/// Returns a sid that is in `sids` already, and adds the others.
fn repeated(statements: &[Statement], sids: &mut BTreeSet<String>) -> Option<String> {
    let named = statements.iter().map(|statement| &statement.sid).filter(|sid| !sid.is_empty());
    named.into_iter().find(|sid| !sids.insert((*sid).clone())).cloned()
}

fn own_statement(args: &StatementArgs, version: &str) -> Result<Statement, String> {
    let listed = |texts: &Set<String>| (!texts.is_empty()).then(|| Texts::of_set(texts).json());
    let with_variables = |texts: &Set<String>, what: &str| -> Result<_, String> {
        let texts = (!texts.is_empty()).then(|| Texts::of_set(texts));
        let texts = texts.map(|texts| texts.rewritten(|text| variables(text, version, what))).transpose()?;
        Ok(texts.map(Texts::json))
    };
    Ok(Statement {
        sid: args.sid.clone().unwrap_or_default(),
        effect: args.effect.clone(),
        actions: listed(&args.actions),
        not_actions: listed(&args.not_actions),
        resources: with_variables(&args.resources, "resources")?,
        not_resources: with_variables(&args.not_resources, "not_resources")?,
        principals: principals(&args.principals, version, "principals")?,
        not_principals: principals(&args.not_principals, version, "not_principals")?,
        conditions: conditions(&args.condition, version)?,
    })
}

fn principals(blocks: &Set<PrincipalArgs>, version: &str, what: &str) -> Result<Vec<Principal>, String> {
    let written =
        |block: &PrincipalArgs| format!("identifiers:{{{}}};type:{};", members(&block.identifiers), block.r#type);
    let principal = |block: &PrincipalArgs| {
        let identifiers = Texts::of_set(&block.identifiers).rewritten(|text| variables(text, version, what))?;
        Ok(Principal { kind: block.r#type.clone(), identifiers })
    };
    in_order(blocks, written).into_iter().map(principal).collect()
}

fn conditions(blocks: &Set<ConditionArgs>, version: &str) -> Result<Vec<Condition>, String> {
    let written = |block: &ConditionArgs| {
        let values: String = block.values.iter().map(|value| format!("{value};")).collect();
        format!("test:{};values:({values});variable:{};", block.test, block.variable)
    };
    let condition = |block: &ConditionArgs| {
        let values = block.values.iter().map(|text| variables(text, version, "condition"));
        let values = values.collect::<Result<_, _>>()?;
        Ok(Condition { test: block.test.clone(), variable: block.variable.clone(), values })
    };
    in_order(blocks, written).into_iter().map(condition).collect()
}

/// Writes variables as policies have them: `&{…}` stands for `${…}`, which the configuration language would take itself.
fn variables(text: &str, version: &str, what: &str) -> Result<String, String> {
    if version == WITHOUT_VARIABLES && text.contains("&{") {
        return Err(format!("{what}: `{text}` has a variable, which documents of version {version} cannot have"));
    }
    Ok(text.replace("&{", "${"))
}
