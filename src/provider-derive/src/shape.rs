//! What the type of a field says, as far as its text tells.

use syn::{GenericArgument, PathArguments, Type};

/// The outermost container of a field's type, seen through `Filled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// None.
    Plain,
    /// `Option<T>`
    Option,
    /// `Vec<T>`
    Vec,
    /// `Set<T>`
    Set,
    /// `BTreeMap<String, T>`
    Map,
    /// `Tags`
    Tags,
}

/// Shape of a field's type.
#[derive(Clone)]
pub struct Shape {
    /// It is `Filled<…>`.
    pub filled: bool,
    /// Container, inside `Filled` if that is there.
    pub container: Container,
    /// Element of the container, or the type itself.
    pub element: Type,
    /// `Option<String>` or `Filled<String>`, where empty text may mean unset.
    pub unset_text: bool,
}

impl Shape {
    /// Returns the shape of a type.
    pub fn of(r#type: &Type) -> Self {
        let (filled, inner) = match argument(r#type, "Filled") {
            Some(inner) => (true, inner),
            None => (false, r#type.clone()),
        };
        let (container, element) = container(&inner);
        let is_option = filled || container == Container::Option;
        let unset_text = is_option && name(&element).as_deref() == Some("String");
        let unset_text = unset_text && matches!(container, Container::Option | Container::Plain);
        Self { filled, container, element, unset_text }
    }

    /// Returns whether the field is a list, set or map, perhaps in `Option` or `Filled`.
    pub fn is_collection(&self) -> bool {
        match self.container {
            Container::Vec | Container::Set | Container::Map | Container::Tags => true,
            Container::Option => {
                matches!(container(&self.element).0, Container::Vec | Container::Set | Container::Map)
            }
            Container::Plain => false,
        }
    }

    /// Returns whether the field is an `Option`.
    pub fn is_option(&self) -> bool {
        self.container == Container::Option && !self.filled
    }
}

fn container(r#type: &Type) -> (Container, Type) {
    let found = match name(r#type).as_deref() {
        Some("Option") => Container::Option,
        Some("Vec") => Container::Vec,
        Some("Set") => Container::Set,
        Some("BTreeMap") => Container::Map,
        Some("Tags") => return (Container::Tags, r#type.clone()),
        _ => return (Container::Plain, r#type.clone()),
    };
    match last_argument(r#type) {
        Some(element) => (found, element),
        None => (Container::Plain, r#type.clone()),
    }
}

fn argument(r#type: &Type, wrapper: &str) -> Option<Type> {
    if name(r#type)? == wrapper { last_argument(r#type) } else { None }
}

fn name(r#type: &Type) -> Option<String> {
    match r#type {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

fn last_argument(r#type: &Type) -> Option<Type> {
    let Type::Path(path) = r#type else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match arguments.args.last()? {
        GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}
