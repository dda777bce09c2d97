//! A type as the console shows it.

use landfall_value::Type;

/// Returns a type as text, without a line end.
pub(crate) fn type_text(r#type: &Type) -> String {
    let mut out = String::new();
    write_type(&mut out, r#type, 0);
    out
}

fn write_type(out: &mut String, r#type: &Type, indent: usize) {
    match r#type {
        Type::Dynamic | Type::Bool | Type::Number | Type::String => out.push_str(&r#type.friendly_name()),
        Type::List(element) => collection(out, "list", element, indent),
        Type::Set(element) => collection(out, "set", element, indent),
        Type::Map(element) => collection(out, "map", element, indent),
        Type::Tuple(elements) if elements.is_empty() => out.push_str("tuple([])"),
        Type::Tuple(elements) => {
            out.push_str("tuple([\n");
            for element in elements.iter() {
                line(out, "", element, indent + 1);
            }
            close(out, "])", indent);
        }
        Type::Object(object) if object.attributes.is_empty() => out.push_str("object({})"),
        Type::Object(object) => {
            out.push_str("object({\n");
            for (name, attribute) in &object.attributes {
                line(out, &format!("{name}: "), attribute, indent + 1);
            }
            close(out, "})", indent);
        }
    }
}

fn collection(out: &mut String, name: &str, element: &Type, indent: usize) {
    out.push_str(&format!("{name}("));
    if matches!(element, Type::Bool | Type::Number | Type::String) {
        write_type(out, element, indent);
        out.push(')');
    } else {
        out.push('\n');
        line(out, "", element, indent + 1);
        close(out, ")", indent);
    }
}

fn line(out: &mut String, prefix: &str, r#type: &Type, indent: usize) {
    out.push_str(&format!("{}{prefix}", "    ".repeat(indent)));
    write_type(out, r#type, indent);
    out.push_str(",\n");
}

fn close(out: &mut String, bracket: &str, indent: usize) {
    out.push_str(&format!("{}{bracket}", "    ".repeat(indent)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_primitive_elements_stay_on_the_line() {
        assert_eq!(type_text(&Type::set(Type::Number)), "set(number)");
        let objects = Type::list(Type::object([("a", Type::Number)]));
        assert_eq!(type_text(&objects), "list(\n    object({\n        a: number,\n    }),\n)");
        assert_eq!(type_text(&Type::tuple([])), "tuple([])");
    }
}
