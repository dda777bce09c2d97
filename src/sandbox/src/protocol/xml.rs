//! XML, as far as the services use it: elements and text.

use std::fmt::Write;

use crate::tree::Tree;

/// Name of list elements in EC2's answers.
pub const ITEM: &str = "item";
/// Name of list elements in the answers of the older query protocol.
pub const MEMBER: &str = "member";

/// Stands for lists without an element of their own: S3 repeats the member.
pub const REPEATED: &str = "";

/// How names of members begin that are attributes of the element.
const ATTRIBUTE: char = '@';

/// Writes a document.
pub fn document(root: &str, namespace: &str, tree: &Tree, element: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let attribute = if namespace.is_empty() { String::new() } else { format!(" xmlns=\"{namespace}\"") };
    let _ = write!(text, "<{root}{attribute}>");
    inner(&mut text, tree, element);
    let _ = write!(text, "</{root}>");
    text
}

fn inner(text: &mut String, tree: &Tree, element: &str) {
    match tree {
        Tree::Null => {}
        Tree::Object(_) => {
            let elements = tree.members().filter(|(name, _)| !name.starts_with(ATTRIBUTE));
            elements.for_each(|(name, value)| named(text, name, value, element));
        }
        // The older query protocol writes maps as lists of entries.
        Tree::List(items) if element == MEMBER && items.iter().all(is_entry) => {
            items.iter().for_each(|item| named(text, "entry", item, element));
        }
        Tree::List(items) => items.iter().for_each(|item| named(text, element, item, element)),
        Tree::Text(value) => escape(text, value),
        scalar => text.push_str(&scalar.quoted()),
    }
}

fn is_entry(item: &Tree) -> bool {
    item.has("key") && item.has("value") && item.members().count() == 2
}

fn named(text: &mut String, name: &str, value: &Tree, element: &str) {
    match value {
        Tree::Null => return,
        Tree::List(items) if element == REPEATED => {
            return items.iter().for_each(|item| named(text, name, item, element));
        }
        _ => {}
    }
    let _ = write!(text, "<{name}");
    for (attribute, own) in value.members().filter_map(|(name, own)| Some((name.strip_prefix(ATTRIBUTE)?, own))) {
        let _ = write!(text, " {attribute}=\"");
        escape(text, &own.quoted());
        text.push('"');
    }
    text.push('>');
    inner(text, value, element);
    let _ = write!(text, "</{name}>");
}

fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\r' => text.push_str("&#xD;"),
            other => text.push(other),
        }
    }
}

/// Reads a document into a tree: elements are members, elements that repeat or are called `item` or `member` are lists.
/// Returns the root's name and content, or nothing where the text is not well-formed.
pub fn read(text: &str) -> Option<(String, Tree)> {
    let mut reader = Reader { rest: text };
    reader.skip_prolog();
    reader.element()
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip_prolog(&mut self) {
        self.rest = self.rest.trim_start();
        while let Some(rest) = self.rest.strip_prefix("<?").or_else(|| self.rest.strip_prefix("<!")) {
            self.rest = rest.split_once('>').map_or("", |(_, rest)| rest).trim_start();
        }
    }

    fn element(&mut self) -> Option<(String, Tree)> {
        let (tag, rest) = self.rest.strip_prefix('<')?.split_once('>')?;
        self.rest = rest;
        let name = tag.split([' ', '/', '\n']).next()?.to_owned();
        if tag.ends_with('/') {
            return Some((name, Tree::Text(String::new())));
        }
        let mut children: Vec<(String, Tree)> = Vec::new();
        let mut content = String::new();
        loop {
            let (before, _) = self.rest.split_once('<')?;
            content.push_str(&unescaped(before));
            self.rest = &self.rest[before.len()..];
            if let Some(rest) = self.rest.strip_prefix("</") {
                self.rest = rest.split_once('>')?.1;
                return Some((name, assembled(children, content)));
            }
            children.push(self.element()?);
        }
    }
}

fn assembled(children: Vec<(String, Tree)>, content: String) -> Tree {
    if children.is_empty() {
        return Tree::Text(content);
    }
    if children.iter().all(|(name, _)| name == ITEM || name == MEMBER) {
        return Tree::List(children.into_iter().map(|(_, value)| value).collect());
    }
    let mut tree = Tree::object();
    for (name, value) in children {
        let value = match tree.at(&name) {
            None => value,
            Some(Tree::List(items)) => Tree::List(items.iter().cloned().chain([value]).collect()),
            Some(first) => Tree::List(vec![first.clone(), value]),
        };
        tree.set(&name, value);
    }
    tree
}

fn unescaped(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    plain.replace("&#xD;", "\r").replace("&#xA;", "\n").replace("&#10;", "\n").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn documents_read_back() {
        let tree = tree! { "vpcSet": vec![tree! { "vpcId": "vpc-1", "isDefault": true }], "note": "a < b & \"c\"" };
        let text = document("R", "urn:x", &tree, ITEM);
        let (root, read) = read(&text).unwrap();
        assert_eq!(root, "R");
        assert_eq!(read.at("note").unwrap().as_text(), Some("a < b & \"c\""));
        assert_eq!(read.at("vpcSet").unwrap().items()[0].at("vpcId").unwrap().as_text(), Some("vpc-1"));
    }

    #[test]
    fn members_may_be_attributes() {
        let tree = tree! { "Grantee": tree! { "@xsi:type": "Group", "URI": "u" } };
        let text = document("R", "", &tree, REPEATED);
        assert!(text.ends_with("<R><Grantee xsi:type=\"Group\"><URI>u</URI></Grantee></R>"), "{text}");
    }
}
