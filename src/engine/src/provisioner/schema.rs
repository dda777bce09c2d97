//! Schemas of the provisioners that there are.

use std::sync::LazyLock;

use landfall_value::Type;
use landfall_value::schema::{Attribute, Block};

/// Returns the schema of a provisioner's arguments; `None` if there is no such provisioner.
pub(crate) fn schema(r#type: &str) -> Option<&'static Block> {
    static LOCAL_EXEC: LazyLock<Block> = LazyLock::new(local_exec);
    (r#type == "local-exec").then(|| &*LOCAL_EXEC)
}

/// Returns the schema of `connection` blocks: the arguments of all kinds of connections. landfall connects to nothing;
/// a configuration is checked all the same.
pub(crate) fn connection() -> &'static Block {
    static CONNECTION: LazyLock<Block> = LazyLock::new(|| {
        let texts = [
            "type",
            "user",
            "password",
            "timeout",
            "script_path",
            "target_platform",
            "private_key",
            "certificate",
            "host_key",
            "agent_identity",
            "proxy_scheme",
            "proxy_host",
            "proxy_user_name",
            "proxy_user_password",
            "bastion_host",
            "bastion_host_key",
            "bastion_user",
            "bastion_password",
            "bastion_private_key",
            "bastion_certificate",
            "cacert",
        ];
        let truths = ["agent", "https", "insecure", "use_ntlm"];
        let numbers = ["port", "proxy_port", "bastion_port"];
        let all = (texts.into_iter().map(|name| (name, Type::String)))
            .chain(truths.into_iter().map(|name| (name, Type::Bool)))
            .chain(numbers.into_iter().map(|name| (name, Type::Number)));
        let optional = all.map(|(name, r#type)| (name.into(), optional(r#type)));
        let host = ("host".into(), required(Type::String));
        Block { attributes: optional.chain([host]).collect(), ..Block::default() }
    });
    &CONNECTION
}

fn optional(r#type: Type) -> Attribute {
    Attribute { optional: true, ..Attribute::plain(r#type) }
}

fn required(r#type: Type) -> Attribute {
    Attribute { required: true, ..Attribute::plain(r#type) }
}

fn local_exec() -> Block {
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
