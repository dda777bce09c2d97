//! Writes the tree of a difference.

use std::fmt::Write;

use crate::views::style::{Ink, Style};

use super::node::{Node, Part, Sign};
use super::quote::{attribute_name, write_quoted};
use super::render_block::write_block;
use super::render_text::write_scalar;

/// How a tree is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Colours.
    pub style: Style,
    /// Whether each line begins with what happens.
    pub signs: bool,
    /// Whether parts that stay are written too.
    pub unchanged: bool,
    /// Whether `-> null` follows what goes.
    pub null_suffix: bool,
}

impl Look {
    /// Shows what changes.
    pub(crate) fn of_change(style: Style) -> Self {
        Self { style, signs: true, unchanged: false, null_suffix: true }
    }

    /// Shows what is there.
    pub(crate) fn of_object(style: Style) -> Self {
        Self { style, signs: false, unchanged: true, null_suffix: true }
    }

    pub(super) fn with_unchanged(self) -> Self {
        Self { unchanged: true, ..self }
    }

    pub(super) fn with_null_suffix(self, null_suffix: bool) -> Self {
        Self { null_suffix, ..self }
    }
}

/// Where a node is written: text so far, depth, look.
pub(super) struct Pen<'o> {
    pub out: &'o mut String,
    pub depth: usize,
    pub look: Look,
}

/// Writes a tree at a depth: an attribute's value, or a block from its opening brace on.
pub(crate) fn render(out: &mut String, node: &Node<'_>, depth: usize, look: Look) {
    Pen { out, depth, look }.write(node);
}

impl Pen<'_> {
    pub(super) fn with(&mut self, depth: usize, look: Look) -> Pen<'_> {
        Pen { out: self.out, depth, look }
    }

    /// Returns the pen for what is in brackets.
    pub(super) fn inside(&mut self, look: Look) -> Pen<'_> {
        let depth = self.depth + 1;
        self.with(depth, look)
    }

    pub(super) fn write(&mut self, node: &Node<'_>) {
        match &node.part {
            Part::Scalar { before, after } => write_scalar(self, node, *before, *after),
            Part::Unknown(None) => self.words("(known after apply)", node),
            Part::Unknown(Some(before)) => {
                let look = self.look.with_null_suffix(false);
                self.with(self.depth, look).write(before);
                self.words(" -> (known after apply)", node);
            }
            Part::Sensitive { .. } => self.leaf("(sensitive value)", node),
            Part::WriteOnly => self.leaf("(write-only attribute)", node),
            Part::OtherType(before, after) => {
                let look = self.look.with_null_suffix(false);
                self.with(self.depth, look).write(before);
                self.arrow();
                self.with(self.depth, look).write(after);
            }
            Part::Elements { elements, neighbours } => self.elements(node, elements, *neighbours),
            Part::Map { entries, nested } => self.map(node, entries, *nested),
            Part::Object { attributes, nested } => self.object(node, attributes, *nested),
            Part::Block { attributes, groups } => write_block(self, node, attributes, groups, false),
        }
    }

    fn words(&mut self, text: &str, node: &Node<'_>) {
        self.out.push_str(text);
        self.replacement(node.replaces);
    }

    fn leaf(&mut self, text: &str, node: &Node<'_>) {
        self.out.push_str(text);
        self.null_suffix(node.sign);
        self.replacement(node.replaces);
    }

    fn elements(&mut self, node: &Node<'_>, elements: &[Node<'_>], neighbours: bool) {
        if elements.is_empty() {
            return self.leaf("[]", node);
        }
        self.out.push('[');
        self.replacement(node.replaces);
        self.out.push('\n');
        let look = self.look.with_null_suffix(false);
        let changes = |at: usize| elements[at].sign != Sign::Keep;
        let is_shown = |at: usize| {
            let beside = neighbours && ((at > 0 && changes(at - 1)) || (at + 1 < elements.len() && changes(at + 1)));
            look.unchanged || changes(at) || beside
        };
        let mut inside = self.inside(look);
        let mut hidden = 0;
        for (at, element) in elements.iter().enumerate() {
            if !is_shown(at) {
                hidden += 1;
                continue;
            }
            if neighbours {
                inside.hidden("element", std::mem::take(&mut hidden));
            }
            let look = if changes(at) { look } else { look.with_unchanged() };
            let mut pen = inside.with(inside.depth, look);
            pen.warnings(element, "attribute value");
            pen.begin(element.sign);
            pen.write(element);
            pen.out.push_str(",\n");
        }
        inside.hidden("element", hidden);
        self.end("]", node.sign);
    }

    fn map(&mut self, node: &Node<'_>, entries: &[(&str, Node<'_>)], nested: bool) {
        if entries.is_empty() {
            return self.leaf("{}", node);
        }
        let look = self.look.with_null_suffix(!nested && node.sign != Sign::Remove && self.look.null_suffix);
        let mut keys = Vec::with_capacity(entries.len());
        for (key, _) in entries {
            let mut text = String::new();
            write_quoted(&mut text, key);
            keys.push(text);
        }
        let width = if nested { 0 } else { keys.iter().map(String::len).max().unwrap_or_default() };
        self.open(node);
        let mut inside = self.inside(look);
        let mut hidden = 0;
        for (key, (_, entry)) in keys.iter().zip(entries) {
            if entry.sign == Sign::Keep && !look.unchanged {
                hidden += 1;
                continue;
            }
            inside.entry(key, width, entry);
            if matches!(entry.part, Part::Object { .. }) {
                inside.out.push(',');
            }
            inside.out.push('\n');
        }
        inside.hidden("element", hidden);
        self.end("}", node.sign);
    }

    fn object(&mut self, node: &Node<'_>, attributes: &[(&str, Node<'_>)], nested: bool) {
        if attributes.is_empty() {
            return self.leaf("{}", node);
        }
        self.open(node);
        let look = self.look.with_null_suffix(nested);
        self.inside(look).attributes(attributes);
        self.end("}", node.sign);
    }

    /// Writes attributes, those that identify an object always, and how many are left out.
    pub(super) fn attributes(&mut self, attributes: &[(&str, Node<'_>)]) {
        let names: Vec<_> = attributes.iter().map(|(name, _)| attribute_name(name)).collect();
        let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
        let mut hidden = 0;
        for (text, (name, node)) in names.iter().zip(attributes) {
            let identifies = matches!(*name, "id" | "name" | "tags");
            if node.sign == Sign::Keep && !self.look.unchanged && !identifies {
                hidden += 1;
                continue;
            }
            let look = if identifies { self.look.with_unchanged() } else { self.look };
            self.with(self.depth, look).entry(text, width, node);
            self.out.push('\n');
        }
        self.hidden("attribute", hidden);
    }

    fn entry(&mut self, name: &str, width: usize, node: &Node<'_>) {
        self.warnings(node, "attribute value");
        self.begin(node.sign);
        self.out.push_str(name);
        self.out.extend(std::iter::repeat_n(' ', width.saturating_sub(name.chars().count())));
        self.out.push_str(" = ");
        self.write(node);
    }

    fn open(&mut self, node: &Node<'_>) {
        self.out.push('{');
        self.replacement(node.replaces);
        self.out.push('\n');
    }

    fn end(&mut self, bracket: &str, sign: Sign) {
        self.begin(Sign::Keep);
        self.out.push_str(bracket);
        self.null_suffix(sign);
    }

    /// Begins a line.
    pub(super) fn begin(&mut self, sign: Sign) {
        self.indent(0);
        if !self.look.signs {
            return;
        }
        let (ink, symbol) = match sign {
            Sign::Keep => return self.out.push_str("    "),
            Sign::Add => (Ink::Green, "+"),
            Sign::Remove => (Ink::Red, "-"),
            Sign::Change => (Ink::Yellow, "~"),
        };
        self.out.push_str("  ");
        self.look.style.paint(self.out, ink, symbol);
        self.out.push(' ');
    }

    pub(super) fn indent(&mut self, further: usize) {
        self.out.extend(std::iter::repeat_n(' ', 4 * self.depth + further));
    }

    /// Writes that parts are left out, if any are.
    pub(super) fn hidden(&mut self, what: &str, count: usize) {
        if count == 0 {
            return;
        }
        self.begin(Sign::Keep);
        let plural = if count == 1 { "" } else { "s" };
        self.grey(&format!("# ({count} unchanged {what}{plural} hidden)"));
        self.out.push('\n');
    }

    /// Writes what people should know before a line.
    pub(super) fn warnings(&mut self, node: &Node<'_>, what: &str) {
        let Part::Sensitive { hidden, before, after } = node.part else { return };
        if before == after || matches!(node.sign, Sign::Add | Sign::Remove) {
            return;
        }
        let (first, second) = if before {
            (" will no longer be marked as sensitive", "after applying this change.")
        } else {
            (" will be marked as sensitive and will not", "display in UI output after applying this change.")
        };
        let unchanged = if hidden == Sign::Keep { " The value is unchanged." } else { "" };
        self.indent(2);
        self.out.push_str("# ");
        self.look.style.paint(self.out, Ink::Yellow, "Warning");
        write!(self.out, ": this {what}{first}").expect("a string takes everything");
        self.out.push('\n');
        self.indent(2);
        writeln!(self.out, "# {second}{unchanged}").expect("a string takes everything");
    }

    pub(super) fn arrow(&mut self) {
        self.out.push(' ');
        self.look.style.paint(self.out, Ink::Yellow, "->");
        self.out.push(' ');
    }

    pub(super) fn grey(&mut self, text: &str) {
        self.look.style.paint(self.out, Ink::Grey, text);
    }

    pub(super) fn null_suffix(&mut self, sign: Sign) {
        if sign == Sign::Remove && self.look.null_suffix {
            self.out.push(' ');
            self.grey("-> null");
        }
    }

    pub(super) fn replacement(&mut self, replaces: bool) {
        if replaces {
            self.out.push(' ');
            self.look.style.paint(self.out, Ink::Red, "# forces replacement");
        }
    }
}
