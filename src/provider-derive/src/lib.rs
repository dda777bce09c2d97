//! Derives `Args` and `Attrs`: schema, reading and writing of the structs of a resource type or data source.
//!
//! `#[derive(Args)]` is for what users write, `#[derive(Attrs)]` for what only the service decides (every field is
//! computed). Nested structs derive the same one as the struct that holds them. Both implement `Fields` and `Field`;
//! structs also need `Clone`, and `PartialEq` where they are members of a `Set` or of an `optional` field.
//!
//! # Types of fields
//! | type | argument |
//! |---|---|
//! | `String`, `bool`, `i64`, `i32`, `f64`, `Vec<T>`, `Set<T>`, `BTreeMap<String, T>`, a nested struct | required |
//! | `Option<T>` | optional |
//! | `Filled<T>` | optional, and set by the service when unset: unset at create, the service's value afterwards |
//! | `Sensitive<T>` | as `T`, never shown; also `Option<Sensitive<T>>` |
//! | `Tags` | `tags`, and the computed `tags_all`; the field must be named `tags` |
//! | `Value` | any type (`Option<Value>`: optional) |
//!
//! A JSON text is a `String` with `equivalent(json)`. Doc comments become descriptions. `r#type` is `type`.
//! Null collections are read as empty ones. In a struct without `framework` an empty text is read as unset where the
//! field is an `Option<String>` or `Filled<String>`, as types of the older SDK have it.
//!
//! # Of the struct: `#[args(…)]` or `#[attrs(…)]`
//! - `framework`: the type tells unset from zero (newer plugin framework). Without it, null and zero of optional
//!   attributes mean the same (`zero_is_null`).
//! - `deprecated = "what to use instead"`
//! - rules over the struct's fields: `conflicts("a", "b")`, `exactly_one(…)`, `at_least_one(…)`, `requires("a", "b")`
//!   (if the first is set, so are the others)
//!
//! # Of a field: `#[arg(…)]` or `#[attr(…)]`
//! Presence and use:
//! - `optional`: may be unset although the type has no `Option`; null is the zero value (`Default`), and zero is written
//!   as null. Blocks need no `optional`.
//! - `default = LITERAL`: optional with a default.
//! - `computed`: computed as well as optional, for types other than `Filled`; unknown is read as unset.
//! - `output`: only the service writes the field of a nested argument struct: `Option<T>`, or a collection.
//! - `replace`: a change replaces the object.
//! - `sensitive`, `write_only`, `deprecated = "…"`, `rename = "name"`
//!
//! How nested structs are written:
//! - `block`: as blocks. `Vec<T>` in order; `Set<T>` without; `BTreeMap<String, T>` by label; `Option<T>` and `T` as a list
//!   of at most one, as the AWS provider has it, or a true single block with `single`. In `Filled<…>` the block keeps
//!   what the service returned when omitted.
//! - `object`: as a nested attribute, `x = { … }` (`Option<T>`, `T`), or a list, set or map of them.
//! - `list`: as an attribute that is a list of at most one object: `Option<T>`, `T`, `Filled<T>`.
//! - `as_block`: an attribute of objects (`Vec<T>`, `Set<T>`, also in `Option` or `Filled`) that may be written as blocks.
//! - none: as an attribute of object type.
//!
//! What values may be:
//! - `one_of("A", "B")`, `one_of_ignore_case("a")`, `min = 1`, `max = 9`, `min_len = 1`, `max_len = 64`,
//!   `pattern("^[a-z]+$", "must be lower-case letters")`
//! - `min_items = 1`, `max_items = 5`: of collections and blocks
//! - `format(F)`, with F one of `arn cidr ipv4_cidr ipv6_cidr ipv4 ipv6 json non_empty rfc3339 account_id base64
//!   duration nullable_int nullable_bool`
//! - `each(…)`: the same for each element of a list, set or map
//! - `equivalent(E)`: texts that differ and mean the same, with E one of `json policy case cidr base64 scalar trimmed`
//!
//! Rules with other fields, as paths from the struct: `conflicts("a", "b.c")`, `exactly_one("x")`, `at_least_one("x")` (this
//! field is one of them), `requires("x")` (if this field is set, so is `x`).

mod generate;
mod grammar;
mod shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use generate::Role;

/// Derives schema, reading and writing of arguments. The grammar is on the first page of this crate.
#[proc_macro_derive(Args, attributes(args, arg))]
pub fn derive_args(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), Role::Argument)
}

/// Derives schema, reading and writing of attributes. The grammar is on the first page of this crate.
#[proc_macro_derive(Attrs, attributes(attrs, attr))]
pub fn derive_attrs(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), Role::Computed)
}

fn expand(input: &DeriveInput, role: Role) -> TokenStream {
    generate::expand(input, role).unwrap_or_else(syn::Error::into_compile_error).into()
}
