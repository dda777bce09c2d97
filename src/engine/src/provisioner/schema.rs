//! Schemas of the provisioners that there are.

use std::sync::LazyLock;

use landfall_value::Type;
use landfall_value::schema::{Attribute, Block};

/// Returns the schema of a provisioner's arguments; `None` if there is no such provisioner.
pub(crate) fn schema(r#type: &str) -> Option<&'static Block> {
    static LOCAL_EXEC: LazyLock<Block> = LazyLock::new(local_exec);
    (r#type == "local-exec").then(|| &*LOCAL_EXEC)
}

fn local_exec() -> Block {
    let optional = |r#type| Attribute { optional: true, ..Attribute::plain(r#type) };
    let required = |r#type| Attribute { required: true, ..Attribute::plain(r#type) };
    Block {
        attributes: [
            ("command", required(Type::String)),
            ("interpreter", optional(Type::list(Type::String))),
            ("working_dir", optional(Type::String)),
            ("environment", optional(Type::map(Type::String))),
            ("quiet", optional(Type::Bool)),
        ]
        .into_iter()
        .map(|(name, attribute)| (name.into(), attribute))
        .collect(),
        ..Block::default()
    }
}
