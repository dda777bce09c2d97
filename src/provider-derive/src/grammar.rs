//! What `#[arg(…)]` and `#[args(…)]` say.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitInt, LitStr, Result, Token};

/// Settings of a field.
#[derive(Default)]
pub struct FieldSettings {
    pub optional: bool,
    pub default: Option<Lit>,
    pub computed: bool,
    pub output: bool,
    pub replace: bool,
    pub sensitive: bool,
    pub write_only: bool,
    pub deprecated: Option<LitStr>,
    pub rename: Option<LitStr>,
    pub layout: Option<(Layout, Ident)>,
    pub single: bool,
    pub min_items: Option<LitInt>,
    pub max_items: Option<LitInt>,
    pub equivalence: Option<TokenStream>,
    pub checks: Vec<TokenStream>,
    pub rules: Vec<(RuleKind, Vec<LitStr>)>,
}

/// How nested structs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Block,
    Object,
    List,
    AsBlock,
}

/// A rule over several fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    Conflicts,
    ExactlyOne,
    AtLeastOne,
    Requires,
}

/// Settings of a struct.
#[derive(Default)]
pub struct StructSettings {
    pub framework: bool,
    pub deprecated: Option<LitStr>,
    pub rules: Vec<(RuleKind, Vec<LitStr>)>,
}

impl StructSettings {
    /// Reads the attributes of a struct.
    pub fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut settings = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("args") || a.path().is_ident("attrs")) {
            attribute.parse_nested_meta(|meta| {
                let key = key(&meta)?;
                match key.as_str() {
                    "framework" => settings.framework = true,
                    "deprecated" => settings.deprecated = Some(meta.value()?.parse()?),
                    _ => match rule(&key) {
                        Some(kind) => settings.rules.push((kind, texts(&meta)?)),
                        None => {
                            return Err(meta.error(
                                "expected framework, deprecated, conflicts, exactly_one, at_least_one or requires",
                            ));
                        }
                    },
                }
                Ok(())
            })?;
        }
        Ok(settings)
    }
}

impl FieldSettings {
    /// Reads the attributes of a field.
    pub fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut settings = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("arg") || a.path().is_ident("attr")) {
            attribute.parse_nested_meta(|meta| settings.set(&meta))?;
        }
        Ok(settings)
    }

    fn set(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let key = key(meta)?;
        match key.as_str() {
            "optional" => self.optional = true,
            "default" => self.default = Some(literal(meta)?),
            "computed" => self.computed = true,
            "output" => self.output = true,
            "replace" => self.replace = true,
            "sensitive" => self.sensitive = true,
            "write_only" => self.write_only = true,
            "deprecated" => self.deprecated = Some(meta.value()?.parse()?),
            "rename" => self.rename = Some(meta.value()?.parse()?),
            "single" => self.single = true,
            "block" => self.lay_out(Layout::Block, meta)?,
            "object" => self.lay_out(Layout::Object, meta)?,
            "list" => self.lay_out(Layout::List, meta)?,
            "as_block" => self.lay_out(Layout::AsBlock, meta)?,
            "min_items" => self.min_items = Some(meta.value()?.parse()?),
            "max_items" => self.max_items = Some(meta.value()?.parse()?),
            "equivalent" => self.equivalence = Some(equivalence(&word(meta)?)?),
            _ => match (rule(&key), check(&key, meta)?) {
                (Some(kind), _) => self.rules.push((kind, texts(meta)?)),
                (None, Some(check)) => self.checks.push(check),
                (None, None) => return Err(meta.error("no such setting of a field; see the docs of the derive")),
            },
        }
        Ok(())
    }

    fn lay_out(&mut self, layout: Layout, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if self.layout.is_some() {
            return Err(meta.error("only one of block, object, list and as_block can be said"));
        }
        let word = meta.path.require_ident()?.clone();
        self.layout = Some((layout, word));
        Ok(())
    }
}

fn key(meta: &ParseNestedMeta<'_>) -> Result<String> {
    Ok(meta.path.require_ident()?.to_string())
}

fn rule(key: &str) -> Option<RuleKind> {
    match key {
        "conflicts" => Some(RuleKind::Conflicts),
        "exactly_one" => Some(RuleKind::ExactlyOne),
        "at_least_one" => Some(RuleKind::AtLeastOne),
        "requires" => Some(RuleKind::Requires),
        _ => None,
    }
}

fn check(key: &str, meta: &ParseNestedMeta<'_>) -> Result<Option<TokenStream>> {
    let check = match key {
        "one_of" => {
            let texts = texts(meta)?;
            quote!(OneOf(::std::vec![#(#texts.into()),*]))
        }
        "one_of_ignore_case" => {
            let texts = texts(meta)?;
            quote!(OneOfIgnoreCase(::std::vec![#(#texts.into()),*]))
        }
        "min" => number(meta, "Min")?,
        "max" => number(meta, "Max")?,
        "min_len" => number(meta, "MinLength")?,
        "max_len" => number(meta, "MaxLength")?,
        "pattern" => match texts(meta)?.as_slice() {
            [pattern, message] => quote!(Pattern(#pattern.into(), #message.into())),
            _ => return Err(meta.error("expected pattern(\"regular expression\", \"must …\")")),
        },
        "format" => {
            let format = format(&word(meta)?)?;
            quote!(Format(support::Format::#format))
        }
        "each" => {
            let mut checks = Vec::new();
            meta.parse_nested_meta(|inner| {
                let key = inner.path.require_ident()?.to_string();
                let size = match key.as_str() {
                    "min_items" => Some(number(&inner, "MinItems")?),
                    "max_items" => Some(number(&inner, "MaxItems")?),
                    _ => None,
                };
                let found = match size {
                    Some(size) => Some(quote!(support::Check::#size)),
                    None => check(&key, &inner)?,
                };
                checks.push(found.ok_or_else(|| inner.error("no such check of an element"))?);
                Ok(())
            })?;
            quote!(Each(::std::vec![#(#checks),*]))
        }
        _ => return Ok(None),
    };
    Ok(Some(quote!(support::Check::#check)))
}

fn number(meta: &ParseNestedMeta<'_>, variant: &str) -> Result<TokenStream> {
    let variant = Ident::new(variant, proc_macro2::Span::call_site());
    let number: Expr = meta.value()?.parse()?;
    Ok(quote!(#variant(#number)))
}

fn literal(meta: &ParseNestedMeta<'_>) -> Result<Lit> {
    match meta.value()?.parse()? {
        Expr::Lit(ExprLit { lit, .. }) => Ok(lit),
        Expr::Unary(unary) => match (&unary.op, unary.expr.as_ref()) {
            (syn::UnOp::Neg(_), Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => {
                let text = format!("-{}", number.base10_digits());
                Ok(Lit::Int(LitInt::new(&text, number.span())))
            }
            _ => Err(meta.error("a default is a literal")),
        },
        _ => Err(meta.error("a default is a literal")),
    }
}

fn texts(meta: &ParseNestedMeta<'_>) -> Result<Vec<LitStr>> {
    let content;
    syn::parenthesized!(content in meta.input);
    let texts: Punctuated<LitStr, Token![,]> = content.parse_terminated(|input| input.parse(), Token![,])?;
    Ok(texts.into_iter().collect())
}

fn word(meta: &ParseNestedMeta<'_>) -> Result<Ident> {
    let content;
    syn::parenthesized!(content in meta.input);
    content.parse()
}

fn equivalence(word: &Ident) -> Result<TokenStream> {
    let variant = match word.to_string().as_str() {
        "json" => quote!(Json),
        "policy" => quote!(Policy),
        "case" => quote!(CaseInsensitive),
        "cidr" => quote!(Cidr),
        "base64" => quote!(Base64),
        "scalar" => quote!(Scalar),
        "trimmed" => quote!(Trimmed),
        _ => return Err(syn::Error::new(word.span(), "expected json, policy, case, cidr, base64, scalar or trimmed")),
    };
    Ok(quote!(support::Equivalence::#variant))
}

fn format(word: &Ident) -> Result<TokenStream> {
    Ok(match word.to_string().as_str() {
        "arn" => quote!(Arn),
        "cidr" => quote!(Cidr),
        "ipv4_cidr" => quote!(Ipv4Cidr),
        "ipv6_cidr" => quote!(Ipv6Cidr),
        "ipv4" => quote!(Ipv4),
        "ipv6" => quote!(Ipv6),
        "json" => quote!(Json),
        "non_empty" => quote!(NonEmpty),
        "rfc3339" => quote!(Rfc3339),
        "account_id" => quote!(AccountId),
        "base64" => quote!(Base64),
        "duration" => quote!(Duration),
        "nullable_int" => quote!(NullableInt),
        "nullable_bool" => quote!(NullableBool),
        _ => {
            let expected = "expected arn, cidr, ipv4_cidr, ipv6_cidr, ipv4, ipv6, json, non_empty, rfc3339, account_id, \
                            base64, duration, nullable_int or nullable_bool";
            return Err(syn::Error::new(word.span(), expected));
        }
    })
}
