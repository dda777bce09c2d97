//! Expressions as Terraform 1.11.4 evaluates them, from the tables beside the workspace: `../shared/conformance`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_addr::InstanceKey;
use landfall_diag::{Diagnostic, Diagnostics, SourceMap};
use landfall_lang::{Expr, Host, Reference, Referent, Scope, syntax};
use landfall_value::{Kind, Number, Refinement, Type, Value, convert, json};
use serde_json::Value as Json;

/// Lines that must be met, in percent.
const WANTED: usize = 99;

#[test]
fn expressions_evaluate_as_in_terraform() {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let Ok(lines) = fs::read_to_string(tables.join("expressions.jsonl")) else {
        eprintln!("SKIPPED: {} is not there", tables.display());
        return;
    };
    let module = TestModule::new(&tables.join("module"));
    let mut unmet = Vec::new();
    let mut count = 0;
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).expect("a case");
        count += 1;
        if let Err(why) = module.check(&case) {
            let expr = case["expr"].as_str().unwrap_or_default();
            unmet.push(format!("{} {expr}\n    {why}", case["id"].as_str().unwrap_or_default()));
        }
    }
    let met = count - unmet.len();
    eprintln!("{}\n{met} of {count} lines are met", unmet.join("\n"));
    assert!(met * 100 >= count * WANTED, "only {met} of {count} lines are met");
}

struct TestModule {
    directory: PathBuf,
    locals: BTreeMap<Arc<str>, Expr>,
    variables: BTreeMap<&'static str, Value>,
    resources: BTreeMap<&'static str, Value>,
}

impl TestModule {
    fn new(directory: &Path) -> Self {
        let mut sources = SourceMap::default();
        let text = fs::read_to_string(directory.join("prelude.tf")).expect("the prelude");
        let source = sources.add("prelude.tf", text);
        let mut diagnostics = Diagnostics::new();
        let body = syntax::parse_body(&sources, source, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let locals = body.blocks.into_iter().filter(|block| &*block.r#type == "locals");
        let locals = locals.flat_map(|block| block.body.attributes).map(|(name, local)| (name, local.expr)).collect();
        Self { directory: directory.to_owned(), locals, variables: variables(), resources: resources() }
    }

    fn check(&self, case: &Json) -> Result<(), String> {
        let text = case["expr"].as_str().unwrap_or_default();
        let mut sources = SourceMap::default();
        let source = sources.add("main.tf", format!("output \"x\" {{\n  value = {text}\n}}\n"));
        let mut diagnostics = Diagnostics::new();
        let body = syntax::parse_body(&sources, source, &mut diagnostics);
        let expr = body.blocks.first().and_then(|block| block.body.attributes.get("value")).map(|value| &value.expr);
        let value = match expr {
            Some(expr) if !diagnostics.has_errors() => expr.evaluate(self, &mut diagnostics),
            _ => Value::NULL,
        };
        if case["ok"] == true {
            if let Some(diagnostic) = diagnostics.iter().next() {
                return Err(format!("failed: {}: {}", diagnostic.summary, diagnostic.detail));
            }
            return check_value(&value, case);
        }
        let Some(first) = diagnostics.iter().next() else { return Err(format!("should fail, is {value:?}")) };
        match case["error_summary"].as_str() {
            Some(summary) if !diagnostics.iter().any(|diagnostic| diagnostic.summary == summary) => {
                Err(format!("should fail with {summary:?}, not {:?} ({})", first.summary, first.detail))
            }
            _ => Ok(()),
        }
    }
}

fn check_value(value: &Value, case: &Json) -> Result<(), String> {
    if let Some(special) = case["special"].as_str() {
        let wanted = if special == "Infinity" { Number::INFINITY } else { Number::NEG_INFINITY };
        return if value.as_number() == Some(&wanted) { Ok(()) } else { Err(format!("should be {special}")) };
    }
    let r#type = case.get("type");
    let own = if value.is_null() { Json::from("dynamic") } else { json::type_to_json(&value.r#type()) };
    if let Some(wanted) = r#type
        && *wanted != own
    {
        return Err(format!("should be of type {wanted}, is of type {own}"));
    }
    let sensitive = case.get("sensitive").unwrap_or(&Json::Null);
    let unknown = case.get("unknown").unwrap_or(&Json::Null);
    same(value, case.get("value").unwrap_or(&Json::Null), unknown, sensitive, false).map_err(|path| {
        format!(
            "differs at `value{path}`: {value:?} instead of {} unknown {unknown} sensitive {sensitive}",
            case["value"]
        )
    })
}

/// Compares a value with its JSON and masks. On a difference, returns where.
fn same(value: &Value, wanted: &Json, unknown: &Json, sensitive: &Json, hidden: bool) -> Result<(), String> {
    let secret = *sensitive == true;
    if !hidden && value.is_sensitive() != secret {
        return Err(" (mark)".to_owned());
    }
    let hidden = hidden || secret;
    if (*unknown == true) == value.is_known() {
        return Err(" (unknown)".to_owned());
    }
    let matches = match value.kind() {
        Kind::Unknown(..) => true,
        Kind::Null(_) => wanted.is_null(),
        Kind::Bool(value) => *wanted == value,
        Kind::Number(number) => wanted.as_number().is_some_and(|wanted| {
            let wanted = wanted.to_string();
            // Results of machine floats are recorded as these print, which is shorter than their value.
            wanted == number.to_string() || Number::parse(&wanted).as_ref() == Some(number)
        }),
        Kind::String(text) => wanted.as_str() == Some(text),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let at = |json: &Json| json.get(index).cloned().unwrap_or(Json::Null);
                same(element, &at(wanted), &at(unknown), &at(sensitive), hidden)
                    .map_err(|path| format!("[{index}]{path}"))?;
            }
            wanted.as_array().is_some_and(|wanted| wanted.len() == elements.len())
        }
        Kind::Map(_, elements) | Kind::Object(elements) => {
            for (key, element) in elements {
                let at = |json: &Json| json.get(&**key).cloned().unwrap_or(Json::Null);
                same(element, &at(wanted), &at(unknown), &at(sensitive), hidden)
                    .map_err(|path| format!(".{key}{path}"))?;
            }
            wanted.as_object().is_some_and(|wanted| wanted.keys().all(|key| elements.contains_key(key.as_str())))
        }
    };
    if matches { Ok(()) } else { Err(String::new()) }
}

fn variables() -> BTreeMap<&'static str, Value> {
    let strings = |texts: &[&str]| Value::list(Type::String, texts.iter().map(|text| Value::from(*text)).collect());
    let number = |number: i64| Value::from(number);
    let taint = Type::object([("effect", Type::String), ("key", Type::String)]);
    let node = Type::object([("size", Type::Number), ("taint", Type::list(taint.clone()))]);
    let k = Value::object_of([("effect", Value::from("NO_SCHEDULE")), ("key", Value::from("k"))]);
    let with = |size, taints| Value::object_of([("size", number(size)), ("taint", Value::list(taint.clone(), taints))]);
    let nodes = [("a".into(), with(3, vec![k])), ("b".into(), with(1, vec![]))];
    let c = Value::object_of([("d", strings(&["x"])), ("e", Value::null(Type::String))]);
    let any = [Value::from("a"), number(1), Value::object_of([("b", Value::TRUE)])];
    let set = convert(&strings(&["c", "a", "b", "a"]), &Type::set(Type::String)).expect("a set");
    BTreeMap::from([
        ("str", Value::from("12")),
        ("num", Value::from(Number::parse("3.5").expect("a number"))),
        ("bool", Value::TRUE),
        ("any", Value::tuple(any.to_vec())),
        ("list_str", strings(&["a", "1", "true"])),
        ("list_num", Value::list(Type::Number, vec![number(1), number(2)])),
        ("set_str", set),
        ("map_num", Value::map(Type::Number, [("a".into(), number(1)), ("b".into(), number(2))].into())),
        ("obj", Value::object_of([("name", Value::from("web")), ("port", number(80))])),
        ("opt", Value::object_of([("a", Value::from("z")), ("b", number(7)), ("c", c)])),
        ("tuple", Value::tuple(vec![Value::from("1"), number(2)])),
        ("nullable", Value::null(Type::String)),
        ("not_null", Value::from("dflt")),
        ("nested_opt", Value::map(node, nodes.into())),
        ("any_list", strings(&["a", "1", "true"])),
        ("any_map", Value::map(Type::String, [("x".into(), Value::from("1")), ("y".into(), Value::from("2"))].into())),
        ("secret", Value::from("hunter2").with_marks(landfall_value::Marks::SENSITIVE)),
    ])
}

fn resources() -> BTreeMap<&'static str, Value> {
    let data = |input: Value| {
        Value::object_of([
            ("id", Value::refined(Type::String, Refinement::NOT_NULL)),
            ("output", Value::unknown(input.r#type())),
            ("input", input),
            ("triggers_replace", Value::NULL),
        ])
    };
    let known = Value::object_of([("a", Value::tuple(vec![Value::from(1), Value::from("two")]))]);
    BTreeMap::from([
        ("u", data(Value::from("in"))),
        ("known", data(known)),
        ("many", Value::tuple(vec![data(Value::from("n0")), data(Value::from("n1"))])),
        ("each", Value::object_of([("a", data(Value::from(1))), ("b", data(Value::from(2)))])),
    ])
}

impl Scope for TestModule {
    fn lookup(&self, referent: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        let fail = |summary: &str| Err(Diagnostic::error(summary, "").at(reference.span));
        match referent {
            Referent::Variable(name) => match self.variables.get(&**name) {
                Some(value) => Ok(value.clone()),
                None => fail("Reference to undeclared input variable"),
            },
            Referent::Local(name) => match self.locals.get(name) {
                Some(expr) => {
                    let mut diagnostics = Diagnostics::new();
                    let value = expr.evaluate(self, &mut diagnostics);
                    diagnostics.into_iter().next().map_or(Ok(value), Err)
                }
                None => fail("Reference to undeclared local value"),
            },
            Referent::Resource(resource) => match self.resources.get(&*resource.name) {
                Some(_) if &*resource.r#type != "terraform_data" => fail("Reference to undeclared resource"),
                Some(value) => match (value.kind(), &reference.key) {
                    (Kind::Tuple(_), None) if !reference.attributes.is_empty() => fail("Missing resource instance key"),
                    (Kind::Object(_), Some(InstanceKey::Index(_))) => fail("Unexpected resource instance key"),
                    _ => Ok(value.clone()),
                },
                None => fail("Reference to undeclared resource"),
            },
            Referent::Module(_) => fail("Reference to undeclared module"),
            Referent::CountIndex => fail("Reference to \"count\" in non-counted context"),
            Referent::EachKey => fail("Reference to \"each\" in context without for_each"),
            Referent::EachValue => fail("each.value cannot be used in this context"),
            Referent::SelfObject => fail("Invalid \"self\" reference"),
            Referent::PathModule | Referent::PathRoot => Ok(Value::from(".")),
            Referent::PathCwd => Ok(Value::from(self.directory.to_string_lossy().as_ref())),
            Referent::Workspace => Ok(Value::from("default")),
            Referent::Output(_) | Referent::Applying => fail("Invalid reference"),
        }
    }

    fn host(&self) -> &dyn Host {
        self
    }
}

impl Host for TestModule {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        fs::read(self.directory.join(path)).map(Arc::from).map_err(|failure| failure.to_string())
    }

    fn is_file(&self, path: &str) -> Result<bool, String> {
        let path = self.directory.join(path);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(true),
            Ok(_) => Err("is a directory, not a file".to_owned()),
            Err(_) => Ok(false),
        }
    }

    fn list_files(&self, directory: &str) -> Result<Vec<String>, String> {
        let mut files = Vec::new();
        let root = self.directory.join(directory);
        let mut open = vec![root.clone()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(relative) = path.strip_prefix(&root) {
                    files.push(relative.to_string_lossy().into_owned());
                }
            }
        }
        files.sort();
        Ok(files)
    }

    fn absolute(&self, path: &str) -> String {
        self.directory.join(path).to_string_lossy().into_owned()
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
