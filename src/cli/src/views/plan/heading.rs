//! What is said above an object: what happens to it, and why.

use std::fmt::Write;

use landfall_addr::InstanceKey;
use landfall_engine::{Action, Reason, ResourceChange};

use crate::views::style::{Ink, Style};

/// Where a change comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is planned.
    Plan,
    /// It happened outside.
    Drift,
}

pub(super) fn write_heading(out: &mut String, change: &ResourceChange, cause: Cause, style: Style) {
    let mut heading = Heading { out, style };
    heading.write(change, cause).expect("a string takes everything");
}

struct Heading<'o> {
    out: &'o mut String,
    style: Style,
}

impl Heading<'_> {
    fn write(&mut self, change: &ResourceChange, cause: Cause) -> std::fmt::Result {
        let moved_from = change.previous_address.as_ref().filter(|previous| **previous != change.address);
        let subject = match (moved_from, change.action) {
            (Some(previous), Action::NoOp) => previous.to_string(),
            _ => change.object().to_string(),
        };
        self.style.paint(self.out, Ink::Bold, &format!("  # {subject}"));
        match (change.action, cause) {
            (Action::NoOp, _) if moved_from.is_some() => {
                self.out.push_str(" has moved to ");
                self.style.paint(self.out, Ink::Bold, &change.object().to_string());
            }
            (Action::NoOp, _) => self.out.push_str(" will be imported"),
            (Action::Create, _) => self.out.push_str(" will be created"),
            (Action::Read, _) => self.out.push_str(" will be read during apply"),
            (Action::Update, Cause::Plan) => self.out.push_str(" will be updated in-place"),
            (Action::Update, Cause::Drift) => self.out.push_str(" has changed"),
            (Action::Delete, Cause::Drift) => self.out.push_str(" has been deleted"),
            (Action::Delete, Cause::Plan) => {
                self.out.push_str(" will be ");
                self.style.paint(self.out, Ink::BoldRed, "destroyed");
            }
            (Action::Replace { .. }, _) => self.replacement(change.reason),
            (Action::Forget, _) => {
                self.out.push_str(" will no longer be managed by landfall, but will not be destroyed");
                self.out.push_str("\n  # (destroy = false is set in the configuration)");
            }
        }
        self.out.push('\n');
        self.reason(change)?;
        if change.deposed.is_some() && change.action == Action::Delete {
            self.out.push_str("  # (left over from a partially-failed replacement of this instance)\n");
        }
        if let (Some(previous), false) = (moved_from, change.action == Action::NoOp) {
            writeln!(self.out, "  # (moved from {previous})")?;
        }
        self.importing(change)
    }

    fn replacement(&mut self, reason: Option<Reason>) {
        let (verb, rest) = match reason {
            Some(Reason::ReplaceBecauseTainted) => (" is tainted, so must be ", ""),
            Some(Reason::ReplaceByRequest) => (" will be ", ", as requested"),
            Some(Reason::ReplaceByTriggers) => (" will be ", " due to changes in replace_triggered_by"),
            _ => (" must be ", ""),
        };
        self.out.push_str(verb);
        self.style.paint(self.out, Ink::BoldRed, "replaced");
        self.out.push_str(rest);
    }

    fn reason(&mut self, change: &ResourceChange) -> std::fmt::Result {
        let Some(reason) = change.reason.filter(|_| change.action != Action::Forget) else { return Ok(()) };
        let address = &change.address;
        match reason {
            Reason::ReplaceBecauseTainted
            | Reason::ReplaceByRequest
            | Reason::ReplaceByTriggers
            | Reason::ReplaceBecauseCannotUpdate => Ok(()),
            Reason::DeleteBecauseNoResourceConfig => {
                writeln!(self.out, "  # (because {} is not in configuration)", address.resource)
            }
            Reason::DeleteBecauseNoModule => {
                writeln!(self.out, "  # (because {} is not in configuration)", address.module)
            }
            Reason::DeleteBecauseNoMoveTarget => {
                let previous = change.previous_address.as_ref().unwrap_or(address);
                writeln!(self.out, "  # (because {previous} was moved to {address}, which is not in configuration)")
            }
            Reason::DeleteBecauseWrongRepetition => {
                let text = match &address.key {
                    InstanceKey::None => "resource uses count or for_each",
                    InstanceKey::Index(_) => "resource does not use count",
                    InstanceKey::Name(_) => "resource does not use for_each",
                };
                writeln!(self.out, "  # (because {text})")
            }
            Reason::DeleteBecauseCountIndex => {
                writeln!(self.out, "  # (because index {} is out of range for count)", address.key)
            }
            Reason::DeleteBecauseEachKey => {
                writeln!(self.out, "  # (because key {} is not in for_each map)", address.key)
            }
            Reason::ReadBecauseConfigUnknown => {
                writeln!(self.out, "  # (config refers to values not yet known)")
            }
            Reason::ReadBecauseDependencyPending => {
                writeln!(self.out, "  # (depends on a resource or a module with changes pending)")
            }
            Reason::ReadBecauseCheckNested => {
                writeln!(self.out, "  # (config will be reloaded to verify a check block)")
            }
        }
    }

    fn importing(&mut self, change: &ResourceChange) -> std::fmt::Result {
        let Some(importing) = change.importing.as_ref().filter(|_| change.action != Action::NoOp) else {
            return Ok(());
        };
        writeln!(self.out, "  # (imported from \"{}\")", importing.id)?;
        if matches!(change.action, Action::Replace { .. }) {
            self.out.push_str("  # ");
            self.style.paint(self.out, Ink::Yellow, "Warning: this will destroy the imported resource");
            self.out.push('\n');
        }
        Ok(())
    }
}
