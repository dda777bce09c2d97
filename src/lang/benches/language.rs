//! How fast texts are parsed and expressions evaluated. Wanted: 20 MB/s, and 1,000,000 simple expressions a second on one
//! core.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use landfall_diag::{Diagnostic, Diagnostics, SourceMap};
use landfall_lang::{Expr, Host, NoHost, Reference, Referent, Scope, syntax};
use landfall_value::{Type, Value};

/// Returns the texts of the modules and examples in the tree, and their size.
fn texts() -> (Vec<String>, u64) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut open = vec![root.join("modules"), root.join("examples")];
    let mut texts = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "tf") {
                texts.extend(fs::read_to_string(path));
            }
        }
    }
    let size = texts.iter().map(|text| text.len() as u64).sum();
    (texts, size)
}

fn parse(criterion: &mut Criterion) {
    let (texts, size) = texts();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(size));
    group.bench_function("modules and examples", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                let mut sources = SourceMap::default();
                let source = sources.add("main.tf", text.as_str());
                black_box(syntax::parse_body(&sources, source, &mut Diagnostics::new()));
            }
        });
    });
    group.finish();
}

fn evaluate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluate");
    group.throughput(Throughput::Elements(1));
    let cases = [
        ("reference", "var.object.name"),
        ("arithmetic", "var.number + 1 > 2"),
        ("template", "\"${var.object.name}-${var.number}\""),
        ("condition", "var.number == 3 ? var.object.name : \"none\""),
        ("index", "var.list[1]"),
        ("call", "upper(var.object.name)"),
    ];
    for (name, text) in cases {
        let expr = compiled(text);
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(expr.evaluate(&World, &mut Diagnostics::new())));
        });
    }
    group.finish();
}

fn compiled(text: &str) -> Expr {
    let mut sources = SourceMap::default();
    let source = sources.add("main.tf", text);
    syntax::parse_expression(&sources, source, &mut Diagnostics::new())
}

struct World;

impl Scope for World {
    fn lookup(&self, referent: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        match referent {
            Referent::Variable(name) if &**name == "number" => Ok(Value::from(3)),
            Referent::Variable(name) if &**name == "list" => {
                static LIST: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
                Ok(LIST.get_or_init(|| Value::list(Type::String, vec!["a".into(), "b".into()])).clone())
            }
            Referent::Variable(_) => {
                static OBJECT: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
                Ok(OBJECT.get_or_init(|| Value::object_of([("name", Value::from("web"))])).clone())
            }
            _ => Err(Diagnostic::error("Nothing of that name", "").at(reference.span)),
        }
    }

    fn host(&self) -> &dyn Host {
        &NoHost
    }
}

criterion_group!(benches, parse, evaluate);
criterion_main!(benches);
