//! Whatever the text: nothing panics, hangs or overflows the stack, and what is secret stays secret.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, SourceMap};
use landfall_lang::config::load::{ModuleRequest, SourceReader, load};
use landfall_lang::functions;
use landfall_lang::{Expr, Host, Reference, Referent, Scope, syntax};
use landfall_value::json::{Json, from_text_implied};
use landfall_value::{Kind, Marks, Number, Type, Value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

mod fuzz;

use fuzz::fuzz;

/// What no one may see.
const CANARY: &str = "canary-4711";

/// A scope whose variables are values of every kind, `var.secret` among them.
struct World;

impl Scope for World {
    fn lookup(&self, referent: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        let secret = || Value::from(CANARY).with_marks(Marks::SENSITIVE);
        match referent {
            Referent::Variable(name) => Ok(match &**name {
                "secret" => secret(),
                "part" => Value::object_of([("a", secret()), ("b", Value::from(1))]),
                "list" => Value::list(Type::String, vec![secret(), Value::from("x")]),
                "unknown" => Value::unknown(Type::Dynamic),
                "null" => Value::NULL,
                "number" => Value::from(2),
                _ => Value::tuple(vec![Value::TRUE, Value::from("t")]),
            }),
            Referent::PathModule => Ok(Value::from(".")),
            _ => Err(Diagnostic::error("Nothing of that name", "").at(reference.span)),
        }
    }

    fn host(&self) -> &dyn Host {
        self
    }
}

impl Host for World {
    fn read_file(&self, _path: &str) -> Result<Arc<[u8]>, String> {
        Ok(Arc::from(b"a ${x} %{ if true }b%{ endif }".as_slice()))
    }
    fn is_file(&self, _path: &str) -> Result<bool, String> {
        Ok(true)
    }
    fn list_files(&self, _directory: &str) -> Result<Vec<String>, String> {
        Ok(vec!["a".to_owned(), "b/c".to_owned()])
    }
    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }
    fn expand_home(&self, path: &str) -> String {
        path.to_owned()
    }
    fn now(&self) -> Option<i128> {
        None
    }
    fn plan_time(&self) -> i128 {
        0
    }
    fn random(&self, _buffer: &mut [u8]) -> bool {
        false
    }
}

/// Texts with most of the syntax, to be cut up and put together again.
const SEEDS: &[&str] = &[
    "resource \"a\" \"b\" {\n  count = 2\n  x = [for k, v in var.part : \"${k}-${v}\" if v != null]\n  dynamic \"c\" {\n    for_each = var.list\n    content { d = c.value }\n  }\n}\n",
    "locals {\n  a = { for x in var.list : x => x... }\n  b = <<-EOT\n    %{ for x in [1, 2] ~}\n    ${x}\n    %{ endfor ~}\n    EOT\n  c = var.part.a == \"x\" ? try(var.null.a, 1) : -2.5e3\n}\n",
    "output \"o\" {\n  value = flatten([[1, \"2\"], var.list[*].x, var.list.*.y[0]])...\n  # comment\n  sensitive = !true || false && 1 <= 2 /* c */\n}\n",
    "a = \"\\u00e9 $${x} %%{y} \\\"q\\\" ${upper(\"a\")}\"\nb = provider::x::y(1, 2)\nc = [1,\n 2,\n]\nd = {\n (1) = 2\n \"a b\" : 3, c = {}\n}\n",
];

/// Tokens to put anywhere.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "${",
    "%{",
    "~}",
    "<<EOT\n",
    "<<-E\n",
    "\nEOT\n",
    "\n",
    "=",
    "=>",
    ":",
    "::",
    ",",
    ".",
    "...",
    ".*",
    "[*]",
    "?",
    "!",
    "-",
    "*",
    "/",
    "%",
    "&&",
    "||",
    "==",
    "<",
    "for ",
    " in ",
    " if ",
    "else",
    "endif",
    "endfor",
    "null",
    "true",
    "1e9",
    "0.1",
    "var.secret",
    "x",
    "é",
    "\u{feff}",
    "\\",
    "\\u12",
    "'",
    "`",
    ";",
    "#",
    "//",
    "/*",
    "*/",
    "\r\n",
    "\t",
    "\0",
    "$",
    "👩‍👩‍👧",
];

fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<Index>(), any::<Index>(), select(TOKENS), 0..4_u8);
    (select(SEEDS), vec(edit, 0..12)).prop_map(|(seed, edits)| {
        let mut text: Vec<char> = seed.chars().collect();
        for (from, to, token, kind) in edits {
            if text.is_empty() {
                text.extend(token.chars());
                continue;
            }
            let (from, to) = (from.index(text.len()), to.index(text.len()));
            let (low, high) = (from.min(to), from.max(to).min(from.min(to) + 20));
            match kind {
                0 => drop(text.drain(low..high)),
                1 => drop(text.splice(from..from, token.chars())),
                2 => {
                    let piece: Vec<char> = text[low..high].to_vec();
                    text.splice(to..to, piece);
                }
                _ => drop(text.splice(low..high, token.chars())),
            }
        }
        text.into_iter().collect()
    })
}

fn expressions(body: &landfall_lang::Body) -> Vec<&Expr> {
    let own = body.attributes.values().map(|attribute| &attribute.expr);
    own.chain(body.blocks.iter().flat_map(|block| expressions(&block.body))).collect()
}

/// Parses a text in every way and evaluates what comes of it.
fn exercise(text: &str) {
    let mut sources = SourceMap::default();
    let source = sources.add("main.tf", text);
    let mut found = Diagnostics::new();
    let body = syntax::parse_body(&sources, source, &mut found);
    for expr in expressions(&body) {
        let value = expr.evaluate(&World, &mut found);
        check_secrets(&value, false);
        assert!(!format!("{value:?}").contains(CANARY), "debug output shows the canary");
    }
    syntax::parse_expression(&sources, source, &mut found).evaluate(&World, &mut found);
    syntax::parse_template(text, source, &mut found).evaluate_with(&World, &[], &mut found);
    for finding in &found {
        assert!(!format!("{finding:?}").contains(CANARY), "{finding:?}");
        if let Some(span) = finding.subject.filter(|span| span.source == source) {
            assert!(span.start <= span.end && span.end as usize <= text.len(), "{finding:?} in {} bytes", text.len());
            sources.position(source, span.start);
        }
    }
}

/// Fails where the canary is in a text that is not marked.
fn check_secrets(value: &Value, hidden: bool) {
    let hidden = hidden || value.is_sensitive();
    match value.kind() {
        Kind::String(text) => assert!(hidden || !text.contains(CANARY), "the canary is in the open"),
        Kind::List(_, parts) | Kind::Set(_, parts) | Kind::Tuple(parts) => {
            parts.iter().for_each(|part| check_secrets(part, hidden));
        }
        Kind::Map(_, parts) | Kind::Object(parts) => {
            for (name, part) in parts {
                assert!(hidden || !name.contains(CANARY), "the canary is a key");
                check_secrets(part, hidden);
            }
        }
        Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

fn argument() -> impl Strategy<Value = String> {
    let simple = select(
        &[
            "var.secret",
            "var.part",
            "var.list",
            "var.unknown",
            "null",
            "var.number",
            "\"\"",
            "\"a,b\"",
            "-1",
            "0",
            "1.5",
            "1e400",
            "[]",
            "{}",
            "true",
            "[1, \"x\", null]",
            "{ a = 1, b = [var.secret] }",
            "toset([\"x\", var.secret])",
            "\"10.0.0.0/8\"",
            "\"2020-01-01T00:00:00Z\"",
            "\"%s %d %v\"",
            "\"/(.)/\"",
            "\"é\\n\"",
            "[[1], [2]]",
            "tomap({ x = var.secret })",
            "\"UTF-8\"",
        ][..],
    );
    simple.prop_map(str::to_owned)
}

fn call() -> impl Strategy<Value = String> {
    // These take marks away: that is what they are for.
    let names: Vec<&str> = functions::names().filter(|name| *name != "nonsensitive").collect();
    let inner =
        (select(names.clone()), vec(argument(), 0..4)).prop_map(|(name, all)| format!("{name}({})", all.join(", ")));
    let nested = prop_oneof![argument(), inner];
    (select(names), vec(nested, 0..4), any::<bool>()).prop_map(|(name, arguments, expand)| {
        let expand = if expand && !arguments.is_empty() { "..." } else { "" };
        format!("{name}({}{expand})", arguments.join(", "))
    })
}

fn plain_value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        "-?[0-9]{1,40}(\\.[0-9]{1,30})?(e-?[0-9]{1,2})?"
            .prop_filter_map("a number", |text| Number::parse(&text))
            .prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        Just(Value::NULL),
        any::<bool>().prop_map(Value::from),
        number,
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::tuple),
            btree_map("[a-z é\"$%{]{0,6}", inner, 0..5).prop_map(|parts| Value::object(
                parts.into_iter().map(|(name, part)| (name.as_str().into(), part)).collect()
            )),
        ]
    })
}

#[test]
fn mutated_texts_do_no_harm() {
    fuzz(CASES, mutated(), |text| {
        exercise(&text);
        Ok(())
    });
}

#[test]
fn arbitrary_texts_do_no_harm() {
    fuzz(CASES, "\\PC{0,60}|[\\x00-\\x7f]{0,60}", |text| {
        exercise(&text);
        Ok(())
    });
}

#[test]
fn functions_keep_secrets_and_never_panic() {
    fuzz(CASES, call(), |call| {
        exercise(&format!("a = {call}\n"));
        Ok(())
    });
}

#[test]
fn values_survive_printing_as_an_expression() {
    fuzz(CASES, plain_value(), |value| {
        let encode = functions::find("provider::terraform::encode_tfvars").expect("a function");
        let context =
            functions::CallContext { host: &World, base_directory: ".", templates: &NoTemplates, in_template: false };
        let whole = Value::object_of([("x", value)]);
        let text = functions::call(encode, std::slice::from_ref(&whole), &context).expect("a text");
        let mut sources = SourceMap::default();
        let source = sources.add("x.tfvars", text.as_str().expect("a text"));
        let mut found = Diagnostics::new();
        let read = landfall_lang::parse_tfvars(&sources, source, &mut found);
        prop_assert!(found.is_empty(), "{found:?}\n{text:?}");
        let read = Value::object(read.into_iter().map(|(name, given)| (name, given.value)).collect());
        prop_assert_eq!(read, whole);
        Ok(())
    });
}

#[test]
fn values_survive_json() {
    fuzz(CASES, plain_value(), |value| {
        let text = serde_json::to_string(&Json::omitting_unknown(&value)).expect("JSON");
        prop_assert_eq!(from_text_implied(&text).expect("a value"), value);
        Ok(())
    });
}

#[test]
fn mutated_configurations_load_or_say_why_not() {
    fuzz(CASES, mutated(), |text| {
        let mut sources = SourceMap::default();
        let (_, found) = load(&OneFile(&text), &mut sources, ".");
        let lost = found.iter().filter_map(|finding| finding.subject).find(|span| span.end as usize > text.len());
        prop_assert_eq!(lost, None, "a finding has a place that is not there");
        Ok(())
    });
}

/// Texts that were found to matter.
#[test]
fn texts_of_old_trouble_do_no_harm() {
    for text in include_str!("trouble.txt").split("\n----\n") {
        exercise(text);
    }
}

const CASES: u32 = 2_000;

/// A module of one file.
struct OneFile<'t>(&'t str);

impl SourceReader for OneFile<'_> {
    fn config_files(&self, _directory: &str) -> Result<Vec<(String, String)>, String> {
        Ok(vec![("main.tf".to_owned(), self.0.to_owned())])
    }

    fn module_directory(&self, _request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        Err(Diagnostic::error("Module not installed", ""))
    }
}

struct NoTemplates;

impl functions::Templates for NoTemplates {
    fn render(
        &self,
        _name: &str,
        _text: &str,
        _variables: &std::collections::BTreeMap<Arc<str>, Value>,
    ) -> Result<Value, functions::TemplateError> {
        Ok(Value::NULL)
    }
}

#[test]
fn deep_json_is_refused_and_not_the_end() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        assert!(from_text_implied(&format!("{}1{}", open.repeat(100_000), close.repeat(100_000))).is_err());
    }
}

#[test]
fn deep_texts_are_refused_and_not_the_end() {
    for (open, close) in
        [("[", "]"), ("{a=", "}"), ("(", ")"), ("\"${", "}\""), ("f(", ")"), ("-", ""), ("!", ""), ("1 ? ", "")]
    {
        exercise(&format!("a = {}1{}\n", open.repeat(10_000), close.repeat(10_000)));
    }
    exercise(&"a {\n".repeat(10_000));
    exercise(&format!("a = x{}\n", "[0]".repeat(10_000)));
    exercise(&format!("a = x{}\n", "[*]".repeat(10_000)));
    exercise(&format!("a = \"{}\"\n", "%{ if true }".repeat(10_000)));
    exercise(&format!("a = 1{}\n", " + 1".repeat(50_000)));
    exercise(&format!("a = 1{}\n", " ? 1 : 1".repeat(10_000)));
}
