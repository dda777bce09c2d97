//! Changes of the outputs of the root module.

use std::sync::Arc;

use landfall_engine::{OutputChange, Plan};
use landfall_value::{Marks, Value};

use crate::views::diff::{Focus, Look, Shape, Sign, attribute_name, compare, render};
use crate::views::style::{Ink, Style};

/// An output that changes, with values ready to be compared.
pub(super) struct ChangedOutput<'a> {
    name: &'a Arc<str>,
    before: Option<Value>,
    after: Option<Value>,
}

/// Returns the outputs whose value changes.
pub(super) fn changed(plan: &Plan) -> Vec<ChangedOutput<'_>> {
    let outputs = plan.outputs.iter().map(|(name, output)| ChangedOutput {
        name,
        before: side(output, &output.before),
        after: side(output, &output.after),
    });
    outputs.filter(|output| output.tree().sign != Sign::Keep).collect()
}

fn side(output: &OutputChange, value: &Value) -> Option<Value> {
    let marks = if output.sensitive { Marks::SENSITIVE } else { Marks::NONE };
    (!value.is_null()).then(|| value.clone().with_marks(marks))
}

impl ChangedOutput<'_> {
    fn tree(&self) -> crate::views::diff::Node<'_> {
        compare(Shape::Any, self.before.as_ref(), self.after.as_ref(), &Focus::default())
    }
}

pub(super) fn write_outputs(out: &mut String, plan: &Plan, outputs: &[ChangedOutput<'_>], style: Style) {
    out.push_str("\nChanges to Outputs:\n");
    let width = plan.outputs.keys().map(|name| attribute_name(name).len()).max().unwrap_or_default();
    for output in outputs {
        let tree = output.tree();
        let (ink, symbol) = match tree.sign {
            Sign::Keep => (Ink::Grey, " "),
            Sign::Add => (Ink::Green, "+"),
            Sign::Remove => (Ink::Red, "-"),
            Sign::Change => (Ink::Yellow, "~"),
        };
        out.push_str("  ");
        style.paint(out, ink, symbol);
        let name = attribute_name(output.name);
        out.push(' ');
        out.push_str(&name);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(name.chars().count())));
        out.push_str(" = ");
        render(out, &tree, 0, Look::of_change(style));
        out.push('\n');
    }
}
