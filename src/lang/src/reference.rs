//! What an expression refers to.

use std::sync::Arc;

use landfall_addr::{InstanceKey, Mode, Resource};
use landfall_diag::Span;

/// The object that a reference names, within its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Referent {
    /// `var.NAME`
    Variable(Arc<str>),
    /// `local.NAME`
    Local(Arc<str>),
    /// `TYPE.NAME`, `data.TYPE.NAME`, `ephemeral.TYPE.NAME`
    Resource(Resource),
    /// `module.NAME`
    Module(Arc<str>),
    /// `output.NAME`: only in tests of a later issue, kept for diagnostics.
    Output(Arc<str>),
    /// `count.index`
    CountIndex,
    /// `each.key`
    EachKey,
    /// `each.value`
    EachValue,
    /// `self`
    SelfObject,
    /// `path.module`
    PathModule,
    /// `path.root`
    PathRoot,
    /// `path.cwd`
    PathCwd,
    /// `terraform.workspace`
    Workspace,
    /// `terraform.applying`
    Applying,
}

impl Referent {
    /// Returns the word that references to this begin with.
    pub fn root(&self) -> &str {
        match self {
            Self::Variable(_) => "var",
            Self::Local(_) => "local",
            Self::Resource(resource) => match resource.mode {
                Mode::Managed => &resource.r#type,
                Mode::Data => "data",
                Mode::Ephemeral => "ephemeral",
            },
            Self::Module(_) => "module",
            Self::Output(_) => "output",
            Self::CountIndex => "count",
            Self::EachKey | Self::EachValue => "each",
            Self::SelfObject => "self",
            Self::PathModule | Self::PathRoot | Self::PathCwd => "path",
            Self::Workspace | Self::Applying => "terraform",
        }
    }
}

/// One reference in an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What it names.
    pub referent: Referent,
    /// The key right after a resource or module name, if it is written as a constant: `aws_subnet.a[0]`.
    pub key: Option<InstanceKey>,
    /// Names of the attributes after that as far as they are constant: `["output", "name"]`.
    pub attributes: Vec<Arc<str>>,
    /// The text of the name with its key, and of a module's output; without further attributes.
    pub span: Span,
    /// The text of the first attribute after that, if there is one.
    pub attribute_span: Option<Span>,
}

impl Reference {
    /// Returns the place of the first attribute after the name, or the name's.
    pub fn attribute_span(&self) -> Span {
        self.attribute_span.unwrap_or(self.span)
    }
}
