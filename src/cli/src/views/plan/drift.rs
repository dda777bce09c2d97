//! What changed outside.

use landfall_engine::PlanMode;
use landfall_engine::{Action, Plan, ResourceChange};
use landfall_value::AttributePath;

use super::heading::{Cause, write_heading};
use super::{in_order, tree_of, write_resource};
use crate::views::diff::{Focus, Node, Sign};
use crate::views::schemas::Schemas;
use crate::views::style::{Ink, Style};

/// Writes what changed outside; returns whether anything did. A plan without changes (`is_empty`) mentions it only if it
/// is about nothing else: nothing could have been caused by it.
pub(super) fn write_drift(out: &mut String, plan: &Plan, is_empty: bool, schemas: &dyn Schemas, style: Style) -> bool {
    let refresh_only = plan.mode == PlanMode::RefreshOnly;
    if plan.drift.is_empty() || (is_empty && !refresh_only) {
        return false;
    }
    let shown: Vec<(&ResourceChange, Node<'_>)> = in_order(&plan.drift)
        .filter_map(|change| tree(plan, change, schemas).map(|tree| (change, tree)))
        .filter(|(change, tree)| tree.sign != Sign::Keep || (refresh_only && change.previous_address.is_some()))
        .collect();
    if shown.is_empty() {
        return false;
    }
    out.push('\n');
    style.paint(out, Ink::BoldCyan, "Note:");
    out.push(' ');
    style.paint(out, Ink::Bold, "Objects have changed outside of landfall");
    out.push_str("\n\n");
    let text = "landfall detected the following changes made outside of landfall since the last \"landfall apply\" \
                which may have affected this plan:";
    style.paragraph(out, text);
    for (change, tree) in shown {
        out.push('\n');
        write_heading(out, change, Cause::Drift, style);
        write_resource(out, change, change.action, &tree, style);
    }
    out.push_str("\n\n");
    style.paragraph(out, consequence(plan.mode));
    true
}

fn tree<'a>(plan: &'a Plan, change: &'a ResourceChange, schemas: &'a dyn Schemas) -> Option<Node<'a>> {
    let focus = if plan.mode == PlanMode::RefreshOnly {
        Focus::default()
    } else {
        let of_object = plan.relevant_attributes.iter().filter(|(address, _)| *address == change.address);
        let paths: Vec<&AttributePath> = of_object.map(|(_, path)| path).collect();
        if paths.is_empty() {
            return None;
        }
        Focus::relevant(paths.into_iter())
    };
    debug_assert!(change.action != Action::Forget, "drift only observes");
    Some(tree_of(change, &change.after, schemas, &focus))
}

fn consequence(mode: PlanMode) -> &'static str {
    match mode {
        PlanMode::RefreshOnly => {
            "This is a refresh-only plan, so landfall will not take any actions to undo these. If you were expecting \
             these changes then you can apply this plan to record the updated values in the state without changing \
             any remote objects."
        }
        PlanMode::Normal | PlanMode::Destroy => {
            "Unless you have made equivalent changes to your configuration, or ignored the relevant attributes using \
             ignore_changes, the following plan may include actions to undo or respond to these changes."
        }
    }
}
