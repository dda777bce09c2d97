//! The layout of texts as `terraform fmt` 1.11.4 has it.

#[path = "../fuzz/mod.rs"]
mod fuzz;
mod properties;
mod table;
mod terraform;
mod texts;

use landfall_diag::{Diagnostics, SourceMap};
use landfall_lang::{format, syntax};

/// Returns the layout of a text; `None` if it does not parse.
fn formatted(text: &str) -> Option<String> {
    let mut sources = SourceMap::default();
    let source = sources.add("main.tf", text);
    let mut diagnostics = Diagnostics::new();
    syntax::parse_body(&sources, source, &mut diagnostics);
    (!diagnostics.has_errors()).then(|| format(text))
}
