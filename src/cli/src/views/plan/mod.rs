//! A plan, for people.

mod drift;
mod heading;
mod order;
mod outputs;

use std::fmt::Write;

use landfall_addr::Mode;
use landfall_engine::PlanMode;
use landfall_engine::{Action, Plan, ResourceChange};

use super::diff::{Focus, Look, Node, compare_object, quoted, render as render_tree};
use super::schemas::Schemas;
use super::style::{Ink, Style};
use heading::{Cause, write_heading};

pub(crate) use order::in_order;

/// Returns a plan as people read it: drift that matters, changes, summary, outputs. Begins with an empty line.
pub fn render(plan: &Plan, schemas: &dyn Schemas, style: Style) -> String {
    let mut out = String::new();
    let changes: Vec<&ResourceChange> = in_order(&plan.changes).filter(|change| is_shown(change)).collect();
    let outputs = outputs::changed(plan);
    let has_drift = drift::write_drift(&mut out, plan, changes.is_empty() && outputs.is_empty(), schemas, style);
    if changes.is_empty() && outputs.is_empty() {
        write_no_changes(&mut out, plan, has_drift, style);
        return out;
    }
    if has_drift {
        style.rule(&mut out);
    }
    let acts = changes.iter().any(|change| change.action != Action::NoOp);
    if acts {
        write_legend(&mut out, &changes, style);
    }
    if !changes.is_empty() {
        out.push_str(match plan.errored {
            false => "\nlandfall will perform the following actions:\n",
            true => "\nlandfall planned the following actions, but then encountered a problem:\n",
        });
        for change in changes {
            write_change(&mut out, change, schemas, style);
        }
        write_summary(&mut out, plan, style);
    }
    if !outputs.is_empty() {
        outputs::write_outputs(&mut out, plan, &outputs, style);
        if !acts && !plan.errored {
            out.push('\n');
            let text = "You can apply this plan to save these new output values to the state, without changing any \
                        real infrastructure.";
            style.paragraph(&mut out, text);
        }
    }
    out
}

fn is_shown(change: &ResourceChange) -> bool {
    match change.address.resource.mode {
        Mode::Managed => change.action != Action::NoOp || change.moves_or_imports(),
        // A data source that is gone leaves nothing behind.
        Mode::Data => !matches!(change.action, Action::NoOp | Action::Delete | Action::Forget),
        Mode::Ephemeral => false,
    }
}

fn write_legend(out: &mut String, changes: &[&ResourceChange], style: Style) {
    out.push('\n');
    style.paragraph(
        out,
        "landfall used the selected providers to generate the following execution plan. Resource actions are indicated \
         with the following symbols:",
    );
    let legend = [
        (Action::Create, "create"),
        (Action::Update, "update in-place"),
        (Action::Delete, "destroy"),
        (Action::Replace { create_before_destroy: false }, "destroy and then create replacement"),
        (Action::Replace { create_before_destroy: true }, "create replacement and then destroy"),
        (Action::Read, "read (data resources)"),
        (Action::Forget, "take out of the state, without destroying"),
    ];
    for (action, text) in legend {
        if changes.iter().any(|change| change.action == action) {
            write_symbol(out, action, style);
            out.push_str(text);
            out.push('\n');
        }
    }
}

/// Writes the symbol of an action, four columns wide.
fn write_symbol(out: &mut String, action: Action, style: Style) {
    match action {
        Action::NoOp => out.push_str("    "),
        Action::Create => write_signs(out, "  ", &[(Ink::Green, "+")], style),
        Action::Update => write_signs(out, "  ", &[(Ink::Yellow, "~")], style),
        Action::Delete => write_signs(out, "  ", &[(Ink::Red, "-")], style),
        Action::Read => write_signs(out, " ", &[(Ink::Cyan, "<=")], style),
        Action::Forget => write_signs(out, "  ", &[(Ink::Red, ".")], style),
        Action::Replace { create_before_destroy: false } => {
            write_signs(out, "", &[(Ink::Red, "-"), (Ink::Grey, "/"), (Ink::Green, "+")], style);
        }
        Action::Replace { create_before_destroy: true } => {
            write_signs(out, "", &[(Ink::Green, "+"), (Ink::Grey, "/"), (Ink::Red, "-")], style);
        }
    }
}

fn write_signs(out: &mut String, indent: &str, signs: &[(Ink, &str)], style: Style) {
    out.push_str(indent);
    for (ink, sign) in signs {
        style.paint(out, *ink, sign);
    }
    out.push(' ');
}

fn write_change(out: &mut String, change: &ResourceChange, schemas: &dyn Schemas, style: Style) {
    out.push('\n');
    write_heading(out, change, Cause::Plan, style);
    let focus = Focus::replacing(&change.replace_paths);
    // A forgotten object stays as it is.
    let after = if change.action == Action::Forget { &change.before } else { &change.after };
    let tree = tree_of(change, after, schemas, &focus);
    write_resource(out, change, change.action, &tree, style);
}

fn tree_of<'a>(
    change: &'a ResourceChange,
    after: &'a landfall_value::Value,
    schemas: &'a dyn Schemas,
    focus: &Focus<'a>,
) -> Node<'a> {
    let resource = &change.address.resource;
    let schema = schemas.of_resource(&change.provider.source, resource.mode, &resource.r#type);
    compare_object(schema.map(|schema| &schema.block), Some(&change.before), Some(after), focus)
}

fn write_resource(out: &mut String, change: &ResourceChange, action: Action, tree: &Node<'_>, style: Style) {
    let resource = &change.address.resource;
    write_symbol(out, action, style);
    let keyword = if resource.mode == Mode::Data { "data" } else { "resource" };
    write!(out, "{keyword} {} {} ", quoted(&resource.r#type), quoted(&resource.name))
        .expect("a string takes everything");
    render_tree(out, tree, 0, Look::of_change(style));
    out.push('\n');
}

fn write_summary(out: &mut String, plan: &Plan, style: Style) {
    let counts = plan.counts();
    out.push('\n');
    style.paint(out, Ink::Bold, "Plan:");
    if counts.import > 0 {
        write!(out, " {} to import,", counts.import).expect("a string takes everything");
    }
    writeln!(out, " {} to add, {} to change, {} to destroy.", counts.add, counts.change, counts.destroy)
        .expect("a string takes everything");
}

fn write_no_changes(out: &mut String, plan: &Plan, has_drift: bool, style: Style) {
    if plan.errored {
        out.push('\n');
        style.paint(out, Ink::BoldRed, "Planning failed.");
        style.paint(out, Ink::Bold, " landfall encountered an error while generating this plan.");
        out.push_str("\n\n");
        return;
    }
    let (headline, text) = match plan.mode {
        // What was said of the drift is enough.
        PlanMode::RefreshOnly if has_drift => return,
        PlanMode::RefreshOnly => (
            "Your infrastructure still matches the configuration.",
            "landfall has checked that the real remote objects still match the result of your most recent changes, \
             and found no differences.",
        ),
        PlanMode::Destroy => (
            "No objects need to be destroyed.",
            "Either you have not created any objects yet or the existing objects were already deleted outside of \
             landfall.",
        ),
        PlanMode::Normal if has_drift && plan.is_applicable() => (
            "Your infrastructure matches the configuration.",
            "Your configuration already applies the changes detected above, so applying this plan will only update \
             the state to include the changes detected above and won't change any real infrastructure.",
        ),
        PlanMode::Normal if has_drift => (
            "Your infrastructure matches the configuration.",
            "Your configuration already applies the changes detected above, so if you'd like to update the state to \
             match, create and apply a refresh-only plan:\n  landfall apply -refresh-only",
        ),
        PlanMode::Normal => (
            "Your infrastructure matches the configuration.",
            "landfall has compared your real infrastructure against your configuration and found no differences, so \
             no changes are needed.",
        ),
    };
    if has_drift {
        style.rule(out);
    }
    out.push('\n');
    style.paint(out, Ink::BoldGreen, "No changes.");
    out.push(' ');
    style.paint(out, Ink::Bold, headline);
    out.push_str("\n\n");
    style.paragraph(out, text);
}

#[cfg(test)]
mod tests;
