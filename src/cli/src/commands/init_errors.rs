//! The errors of `init -json`, in number and order as Terraform's stream has them, for programs that read both.
//!
//! Terraform reads the root module for itself, for its backend and with all modules. What does not parse is told by the
//! first reading alone, what means nothing by each. People see each error once.

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::expr::Node;
use landfall_lang::syntax;

use crate::session::{Session, Voice};

const PREAMBLE: &str = "Terraform encountered problems during initialisation, including problems\nwith the configuration, \
                        described below.\n\nThe Terraform configuration must be valid before initialization so \
                        that\nTerraform can determine which modules and providers need to be installed.";

/// Returns the errors of the root module as they are told.
pub(super) fn of_root(session: &Session, found: Diagnostics) -> Diagnostics {
    if session.voice == Voice::Human {
        return found;
    }
    // A configuration for another version may mean anything: nothing else is told.
    let (of_version, found): (Diagnostics, Diagnostics) =
        found.into_iter().partition(|finding| finding.summary == "Unsupported Terraform Core version");
    if !of_version.is_empty() {
        return of_version;
    }
    let root = Root::read(session);
    let (of_syntax, of_meaning): (Vec<_>, Vec<_>) =
        found.iter().cloned().partition(|finding| root.problems.iter().any(|problem| problem == finding));
    if root.calls_modules && !of_meaning.is_empty() {
        return found;
    }
    let by_backend = if root.has_backend { Vec::new() } else { of_meaning.clone() };
    let end = Diagnostic::error(PREAMBLE, "");
    of_syntax.into_iter().chain(of_meaning).chain(by_backend).chain([end]).collect()
}

/// Returns the errors of called modules as they are told: that one is not there twice, and of no place.
pub(super) fn of_modules(session: &Session, found: Diagnostics) -> Diagnostics {
    if session.voice == Voice::Human {
        return found;
    }
    let told = |finding: Diagnostic| {
        if finding.summary != "Unreadable module directory" {
            return vec![finding];
        }
        let unlocated = Diagnostic { subject: None, context: None, ..finding };
        vec![unlocated.clone(), unlocated]
    };
    found.into_iter().flat_map(told).collect()
}

/// What the errors of the root module depend on.
#[derive(Default)]
struct Root {
    /// What does not parse.
    problems: Diagnostics,
    calls_modules: bool,
    has_backend: bool,
}

impl Root {
    fn read(session: &Session) -> Self {
        let mut root = Self::default();
        for (source, name, _) in session.sources.iter() {
            if name.ends_with(".json") {
                let tree = syntax::parse_json(&session.sources, source, &mut root.problems);
                root.calls_modules |= tree.as_ref().is_some_and(|tree| !properties(tree, "module").is_empty());
                let settings = tree.iter().flat_map(|tree| properties(tree, "terraform"));
                root.has_backend |= settings.into_iter().any(|settings| !properties(settings, "backend").is_empty());
            } else {
                let body = syntax::parse_body(&session.sources, source, &mut root.problems);
                let mut settings = body.blocks.iter().filter(|block| &*block.r#type == "terraform");
                root.calls_modules |= body.blocks.iter().any(|block| &*block.r#type == "module");
                root.has_backend |=
                    settings.any(|block| block.body.blocks.iter().any(|inner| &*inner.r#type == "backend"));
            }
        }
        root
    }
}

/// Returns the values of a property: of an object, or of all objects of a list.
fn properties<'t>(tree: &'t Node, name: &str) -> Vec<&'t Node> {
    let objects = tree.as_tuple().unwrap_or(std::slice::from_ref(tree));
    let items = objects.iter().filter_map(Node::as_object).flatten();
    let named = items.filter(|item| item.key.as_constant_string().is_some_and(|key| &**key == name));
    named.map(|item| &item.value).collect()
}
