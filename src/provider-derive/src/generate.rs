//! The implementation of `Fields` for a struct.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Fields, Lit, LitStr, Meta, Result, Type};

use crate::grammar::{FieldSettings, Layout, RuleKind, StructSettings};
use crate::shape::{Container, Shape};

/// Whose fields a struct holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Argument,
    Computed,
}

/// A field, read and checked.
struct Member {
    role: Role,
    framework: bool,
    ident: syn::Ident,
    name: LitStr,
    r#type: Type,
    description: String,
    shape: Shape,
    settings: FieldSettings,
}

/// Returns the implementations of `Fields` and `Field`.
pub fn expand(input: &DeriveInput, role: Role) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), "structs of arguments and attributes have no parameters"));
    }
    let settings = StructSettings::read(&input.attrs)?;
    let members = members(input, role, &settings)?;
    let struct_name = &input.ident;
    let framework = settings.framework;
    let names: Vec<&LitStr> = members.iter().filter(|m| !m.is_tags()).map(|m| &m.name).collect();
    let count = names.len();
    let mut index = 0;
    let mut schemas = Vec::new();
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    for member in &members {
        let key = quote!(NAMES[#index].clone());
        index += usize::from(!member.is_tags());
        schemas.push(member.schema(&key));
        reads.push(member.read());
        writes.push(member.write(&key));
    }
    let deprecated =
        settings.deprecated.map(|text| quote!(block.deprecated = ::std::option::Option::Some(#text.into());));
    let rules = settings.rules.iter().map(|(kind, names)| struct_rule(*kind, names)).collect::<Result<Vec<_>>>()?;
    let names = (count > 0).then(|| {
        quote! {
            static NAMES: ::std::sync::LazyLock<[::std::sync::Arc<str>; #count]> =
                ::std::sync::LazyLock::new(|| [#(#names.into()),*]);
        }
    });
    Ok(quote! {
        const _: () = {
            use ::landfall_provider::codec::{self, support};
            use ::std::collections::BTreeMap;
            use ::std::sync::{Arc, LazyLock};
            use ::landfall_provider::value::{Type, Value};

            #names

            #[automatically_derived]
            impl codec::Fields for #struct_name {
                const FRAMEWORK: bool = #framework;

                fn block() -> support::Block {
                    let mut block = support::Block::default();
                    #deprecated
                    #(#schemas)*
                    #(#rules)*
                    block
                }

                fn read(object: &Value) -> ::std::result::Result<Self, codec::DecodeError> {
                    support::expect_object(object)?;
                    ::std::result::Result::Ok(Self { #(#reads),* })
                }

                fn write(&self, into: &mut BTreeMap<Arc<str>, Value>) {
                    let _ = &into;
                    #(#writes)*
                }
            }

            #[automatically_derived]
            impl codec::Field for #struct_name {
                fn r#type() -> Type {
                    static TYPE: LazyLock<Type> =
                        LazyLock::new(|| <#struct_name as codec::Fields>::block().value_type());
                    TYPE.clone()
                }

                fn decode(value: &Value) -> ::std::result::Result<Self, codec::DecodeError> {
                    <Self as codec::Fields>::read(value)
                }

                fn encode(&self) -> Value {
                    support::object(self)
                }

                fn absent() -> ::std::option::Option<Self> {
                    support::absent()
                }
            }
        };
    })
}

fn members(input: &DeriveInput, role: Role, settings: &StructSettings) -> Result<Vec<Member>> {
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields.named.iter().collect(),
            Fields::Unit => Vec::new(),
            Fields::Unnamed(fields) => return Err(Error::new(fields.span(), "fields need names")),
        },
        Data::Enum(_) | Data::Union(_) => {
            return Err(Error::new(input.ident.span(), "arguments and attributes are structs"));
        }
    };
    fields.into_iter().map(|field| Member::new(field, role, settings.framework)).collect()
}

impl Member {
    fn new(field: &Field, role: Role, framework: bool) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new(field.span(), "fields need names"))?;
        let settings = FieldSettings::read(&field.attrs)?;
        let text = ident.to_string();
        let text = text.strip_prefix("r#").unwrap_or(&text);
        let name = settings.rename.clone().unwrap_or_else(|| LitStr::new(text, ident.span()));
        let shape = Shape::of(&field.ty);
        let description = description(&field.attrs);
        let member = Self { role, framework, ident, name, r#type: field.ty.clone(), description, shape, settings };
        member.check()?;
        Ok(member)
    }

    fn is_tags(&self) -> bool {
        self.shape.container == Container::Tags
    }

    fn layout(&self) -> Option<Layout> {
        self.settings.layout.as_ref().map(|(layout, _)| *layout)
    }

    fn check(&self) -> Result<()> {
        let fail = |message: &str| Err(Error::new(self.ident.span(), message));
        let settings = &self.settings;
        if self.is_tags() && (self.role == Role::Computed || self.name.value() != "tags") {
            return fail("`Tags` is an argument named `tags`; elsewhere use BTreeMap<String, String>");
        }
        if settings.default.is_some() && (self.shape.is_option() || self.shape.filled || settings.optional) {
            return fail("an argument with a default is always there: use the plain type, without `optional`");
        }
        if settings.optional && (self.shape.is_option() || self.shape.filled) {
            return fail("this type is optional as it is");
        }
        if settings.output && !self.shape.is_option() && !self.shape.is_collection() {
            return fail("an `output` is unset until the service has written it: use Option<T> or a collection");
        }
        if settings.output && (settings.optional || settings.default.is_some() || settings.replace) {
            return fail("an `output` is not an argument: it cannot be optional, have a default or replace");
        }
        if self.role == Role::Computed && (settings.optional || settings.default.is_some() || settings.write_only) {
            return fail("the service decides this attribute: it is not optional, write-only or defaulted");
        }
        if settings.single && self.layout() != Some(Layout::Block) {
            return fail("`single` goes with `block`");
        }
        if (settings.min_items.is_some() || settings.max_items.is_some()) && !self.has_items() {
            return fail("`min_items` and `max_items` are for collections; of texts use `min_len` and `max_len`");
        }
        self.check_layout()
    }

    fn has_items(&self) -> bool {
        self.shape.is_collection() || self.layout() == Some(Layout::Block)
    }

    fn check_layout(&self) -> Result<()> {
        let Some((layout, word)) = &self.settings.layout else { return Ok(()) };
        let fail = |message: &str| Err(Error::new(word.span(), message));
        if scalar(&self.shape.element) {
            return fail("only nested structs can be written so");
        }
        match layout {
            Layout::Block if self.role == Role::Computed => {
                fail("attributes are not written: use a Vec<T>, or `list` for a list of at most one")
            }
            Layout::Block if self.settings.output || self.settings.default.is_some() => {
                fail("a block is written by users: neither `output` nor with a default")
            }
            Layout::Block if !self.settings.checks.is_empty() => fail("a block can only be checked by its size"),
            Layout::List if self.shape.is_collection() => fail("`list` is for Option<T>, T or Filled<T>"),
            Layout::AsBlock if !self.shape.is_collection() => fail("`as_block` is for Vec<T> or Set<T>"),
            Layout::Block | Layout::Object | Layout::List | Layout::AsBlock => Ok(()),
        }
    }

    fn schema(&self, key: &TokenStream) -> TokenStream {
        let description = &self.description;
        if self.is_tags() {
            let framework = self.framework;
            return quote!(::landfall_provider::Tags::add_to(&mut block, #framework, #description););
        }
        let own = match self.layout() {
            Some(Layout::Block) => self.block_schema(key),
            _ => self.attribute_schema(key),
        };
        let rules = self.settings.rules.iter().map(|(kind, others)| field_rule(*kind, &self.name, others));
        quote!(#own #(#rules)*)
    }

    fn block_schema(&self, key: &TokenStream) -> TokenStream {
        let element = &self.shape.element;
        let (nesting, min, max): (_, u64, u64) = match (self.shape.container, self.settings.single) {
            (Container::Vec, _) => ("List", 0, 0),
            (Container::Set, _) => ("Set", 0, 0),
            (Container::Map, _) => ("Map", 0, 0),
            (Container::Option, true) => ("Single", 0, 1),
            (Container::Option, false) => ("List", 0, 1),
            (_, true) => ("Single", u64::from(!self.shape.filled), 1),
            (_, false) => ("List", u64::from(!self.shape.filled), 1),
        };
        let nesting = format_ident!("{nesting}");
        let min = self.settings.min_items.as_ref().map_or_else(|| quote!(#min), |min| quote!(#min));
        let max = self.settings.max_items.as_ref().map_or_else(|| quote!(#max), |max| quote!(#max));
        let computed = self.shape.filled || self.settings.computed;
        let replace = self.settings.replace;
        quote! {
            let mut nested = support::block::<#element>(support::Nesting::#nesting, #min, #max);
            nested.computed = #computed;
            nested.replace = #replace;
            block.blocks.insert(#key, nested);
        }
    }

    fn attribute_schema(&self, key: &TokenStream) -> TokenStream {
        let (r#type, element, description) = (&self.r#type, &self.shape.element, &self.description);
        let role = match self.role {
            Role::Argument if !self.settings.output => quote!(support::Role::Argument),
            Role::Argument | Role::Computed => quote!(support::Role::Computed),
        };
        let attribute = match self.layout() {
            Some(Layout::Object) => {
                let nesting = match self.shape.container {
                    Container::Vec => "List",
                    Container::Set => "Set",
                    Container::Map => "Map",
                    Container::Plain | Container::Option | Container::Tags => "Single",
                };
                let nesting = format_ident!("{nesting}");
                quote!(support::object_attribute::<#r#type, #element>(support::Nesting::#nesting, #role, #description))
            }
            Some(Layout::List) => quote!(support::list_attribute::<#r#type, #element>(#role, #description)),
            Some(Layout::AsBlock | Layout::Block) | None => quote!(support::attribute::<#r#type>(#role, #description)),
        };
        let flags = self.flags();
        quote! {
            let mut attribute = #attribute;
            #(#flags)*
            block.attributes.insert(#key, attribute);
        }
    }

    fn flags(&self) -> Vec<TokenStream> {
        let settings = &self.settings;
        let mut flags = Vec::new();
        if settings.optional || settings.default.is_some() {
            flags.push(quote!(attribute.required = false; attribute.optional = true;));
        }
        if settings.computed {
            flags.push(quote!(attribute.computed = true;));
            if !self.shape.is_option() && !self.shape.filled && self.role == Role::Argument {
                flags.push(quote!(attribute.required = false; attribute.optional = true;));
            }
        }
        if let Some(default) = &settings.default {
            let value = default_value(default);
            flags.push(quote!(attribute.default = ::std::option::Option::Some(#value);));
        }
        for (set, flag) in [
            (settings.replace, "replace"),
            (settings.sensitive, "sensitive"),
            (settings.write_only, "write_only"),
            (self.layout() == Some(Layout::AsBlock), "as_block"),
        ] {
            let flag = format_ident!("{flag}");
            flags.extend(set.then(|| quote!(attribute.#flag = true;)));
        }
        if let Some(text) = &settings.deprecated {
            flags.push(quote!(attribute.deprecated = ::std::option::Option::Some(#text.into());));
        }
        if let Some(equivalence) = &settings.equivalence {
            flags.push(quote!(attribute.equivalence = ::std::option::Option::Some(#equivalence);));
        }
        let sizes = [("MinItems", &settings.min_items), ("MaxItems", &settings.max_items)];
        for (variant, size) in sizes.into_iter().filter_map(|(variant, size)| Some((variant, size.as_ref()?))) {
            let variant = format_ident!("{variant}");
            flags.push(quote!(attribute.checks.push(support::Check::#variant(#size));));
        }
        flags.extend(settings.checks.iter().map(|check| quote!(attribute.checks.push(#check);)));
        if self.role == Role::Argument && (settings.optional || !self.framework) {
            flags.push(quote!(support::mark_zero_as_null(&mut attribute);));
        }
        flags
    }

    fn read(&self) -> TokenStream {
        let (ident, name, settings) = (&self.ident, &self.name, &self.settings);
        if self.is_tags() {
            return quote!(#ident: ::landfall_provider::Tags::read_from(object)?);
        }
        if self.in_list_of_one() {
            let first = quote!(support::get_first(object, #name)?);
            return match (self.shape.filled, self.shape.container) {
                (true, _) => quote!(#ident: ::landfall_provider::Filled::from(#first)),
                (false, Container::Option) => quote!(#ident: #first),
                (false, _) => quote!(#ident: support::required(#first, #name)?),
            };
        }
        if let Some(default) = &settings.default {
            let value = rust_default(default);
            return quote!(#ident: support::get_or(object, #name, || #value)?);
        }
        if settings.optional {
            return quote!(#ident: support::get_or(object, #name, ::std::default::Default::default)?);
        }
        if settings.output || settings.computed || self.role == Role::Computed {
            return quote!(#ident: support::get_output(object, #name)?);
        }
        if self.shape.unset_text && !self.framework {
            return quote!(#ident: support::get_text(object, #name)?);
        }
        quote!(#ident: support::get(object, #name)?)
    }

    fn write(&self, key: &TokenStream) -> TokenStream {
        let ident = &self.ident;
        if self.is_tags() {
            return quote!(self.#ident.write_into(into););
        }
        let value = if self.in_list_of_one() {
            match (self.shape.filled, self.shape.container) {
                (true, _) => quote!(support::list_of_one(self.#ident.get())),
                (false, Container::Option) => quote!(support::list_of_one(self.#ident.as_ref())),
                (false, _) => quote!(support::list_of_one(::std::option::Option::Some(&self.#ident))),
            }
        } else if self.layout() == Some(Layout::Block) && self.shape.filled {
            quote!(support::or_empty(&self.#ident))
        } else if self.settings.optional {
            quote!(support::unless_zero(&self.#ident))
        } else {
            quote!(codec::Field::encode(&self.#ident))
        };
        quote!(into.insert(#key, #value);)
    }

    /// Returns whether one struct is held by a list: blocks without `single`, and `list`.
    fn in_list_of_one(&self) -> bool {
        let one = matches!(self.shape.container, Container::Plain | Container::Option);
        one && match self.layout() {
            Some(Layout::Block) => !self.settings.single,
            Some(Layout::List) => true,
            Some(Layout::Object | Layout::AsBlock) | None => false,
        }
    }
}

fn scalar(r#type: &Type) -> bool {
    let Type::Path(path) = r#type else { return false };
    let scalars = ["String", "bool", "i64", "i32", "f64", "Value", "Sensitive", "Number"];
    path.path.segments.last().is_some_and(|segment| scalars.iter().any(|scalar| segment.ident == scalar))
}

fn default_value(default: &Lit) -> TokenStream {
    match default {
        Lit::Int(number) => quote!(Value::from(#number as i64)),
        Lit::Float(number) => quote!(support::float(#number)),
        other => quote!(Value::from(#other)),
    }
}

fn rust_default(default: &Lit) -> TokenStream {
    match default {
        Lit::Str(text) => quote!(::std::string::String::from(#text)),
        other => quote!(#other),
    }
}

fn rule_name(kind: RuleKind) -> syn::Ident {
    format_ident!(
        "{}",
        match kind {
            RuleKind::Conflicts => "Conflicts",
            RuleKind::ExactlyOne => "ExactlyOne",
            RuleKind::AtLeastOne => "AtLeastOne",
            RuleKind::Requires => "Requires",
        }
    )
}

fn field_rule(kind: RuleKind, name: &LitStr, others: &[LitStr]) -> TokenStream {
    let variant = rule_name(kind);
    match kind {
        RuleKind::Requires => {
            quote!(support::rule(&mut block, support::Rule::Requires(#name.into(), ::std::vec![#(#others.into()),*]));)
        }
        RuleKind::Conflicts => quote! {
            #(support::rule(&mut block, support::Rule::Conflicts(::std::vec![#name.into(), #others.into()]));)*
        },
        RuleKind::ExactlyOne | RuleKind::AtLeastOne => quote! {
            support::rule(&mut block, support::Rule::#variant(::std::vec![#name.into(), #(#others.into()),*]));
        },
    }
}

fn struct_rule(kind: RuleKind, names: &[LitStr]) -> Result<TokenStream> {
    match (names, kind) {
        ([first, others @ ..], _) if !others.is_empty() => match kind {
            RuleKind::Conflicts => {
                let names = names.iter();
                Ok(quote!(support::rule(&mut block, support::Rule::Conflicts(::std::vec![#(#names.into()),*]));))
            }
            RuleKind::ExactlyOne | RuleKind::AtLeastOne | RuleKind::Requires => Ok(field_rule(kind, first, others)),
        },
        _ => Err(Error::new(proc_macro2::Span::call_site(), "a rule is over two fields or more")),
    }
}

fn description(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute
            .meta
        {
            Meta::NameValue(doc) => match &doc.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            Meta::Path(_) | Meta::List(_) => None,
        });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the error that a struct with this one field gives.
    fn misuse(role: Role, field: &str) -> String {
        let input = syn::parse_str(&format!("struct Example {{ {field} }}")).expect("a struct");
        expand(&input, role).expect_err("a misuse").to_string()
    }

    fn misused_argument(field: &str) -> String {
        misuse(Role::Argument, field)
    }

    #[test]
    fn unknown_settings_are_refused() {
        let message = "no such setting of a field; see the docs of the derive";
        assert_eq!(misused_argument("#[arg(force_new)] name: String"), message);
        assert!(misused_argument("#[arg(format(url))] name: String").starts_with("expected arn, cidr,"));
    }

    #[test]
    fn settings_that_contradict_the_type_are_refused() {
        let message = "an argument with a default is always there: use the plain type, without `optional`";
        assert_eq!(misused_argument("#[arg(default = 1)] size: Option<i64>"), message);
        assert_eq!(misused_argument("#[arg(optional)] size: Filled<i64>"), "this type is optional as it is");
        let message = "`min_items` and `max_items` are for collections; of texts use `min_len` and `max_len`";
        assert_eq!(misused_argument("#[arg(min_items = 1)] name: String"), message);
        let message = "an `output` is unset until the service has written it: use Option<T> or a collection";
        assert_eq!(misused_argument("#[arg(output)] id: String"), message);
        assert_eq!(misused_argument("#[arg(block)] name: Vec<String>"), "only nested structs can be written so");
        assert_eq!(misused_argument("#[arg(single)] rule: Rule"), "`single` goes with `block`");
    }

    #[test]
    fn attributes_take_no_settings_of_arguments() {
        let message = "the service decides this attribute: it is not optional, write-only or defaulted";
        assert_eq!(misuse(Role::Computed, "#[attr(default = 1)] size: i64"), message);
        let message = "attributes are not written: use a Vec<T>, or `list` for a list of at most one";
        assert_eq!(misuse(Role::Computed, "#[attr(block)] rule: Vec<Rule>"), message);
    }

    #[test]
    fn tags_have_one_name() {
        let message = "`Tags` is an argument named `tags`; elsewhere use BTreeMap<String, String>";
        assert_eq!(misused_argument("labels: Tags"), message);
    }

    #[test]
    fn enums_and_parameters_are_refused() {
        let expand = |text| expand(&syn::parse_str(text).expect("an item"), Role::Argument).map(|_| ());
        assert!(expand("enum Example { A }").is_err());
        assert!(expand("struct Example<T> { a: T }").is_err());
        assert!(expand("struct Example(String);").is_err());
        assert!(expand("struct Example {}").is_ok());
    }
}
