//! Conditions: comparisons and `attribute_exists`, with AND, OR, NOT and parentheses.

use std::cmp::Ordering;

use super::invalid;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// A condition.
#[derive(Debug)]
pub enum Condition {
    All(Box<Condition>, Box<Condition>),
    Any(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    /// An attribute is there.
    Exists(String),
    /// Two values compare so.
    Compares(Operand, String, Operand),
}

/// An attribute, or a value that came with the request.
#[derive(Debug)]
pub enum Operand {
    Attribute(String),
    Value(Tree),
}

impl Condition {
    /// Reads a condition; names and values come from the input.
    ///
    /// # Errors
    /// When it is malformed, or has what is not known here.
    pub fn parse(text: &str, input: &Tree) -> Result<Self, Fault> {
        let mut parser = Parser { words: words(text), at: 0, input };
        let condition = parser.any()?;
        if parser.at == parser.words.len() { Ok(condition) } else { Err(parser.malformed()) }
    }

    /// Returns whether it holds for an item, or for none.
    pub fn holds(&self, item: Option<&Tree>) -> bool {
        match self {
            Self::All(one, other) => one.holds(item) && other.holds(item),
            Self::Any(one, other) => one.holds(item) || other.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Exists(name) => item.is_some_and(|item| item.has(name)),
            Self::Compares(one, operator, other) => {
                let (Some(one), Some(other)) = (one.of(item), other.of(item)) else { return operator == "<>" };
                let order = order(one, other);
                match operator.as_str() {
                    "=" => one == other,
                    "<>" => one != other,
                    "<" => order == Some(Ordering::Less),
                    "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    ">" => order == Some(Ordering::Greater),
                    _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
        }
    }
}

impl Operand {
    fn of<'a>(&'a self, item: Option<&'a Tree>) -> Option<&'a Tree> {
        match self {
            Self::Attribute(name) => item?.at(name),
            Self::Value(value) => Some(value),
        }
    }
}

/// Numbers compare as numbers, texts as texts.
fn order(one: &Tree, other: &Tree) -> Option<Ordering> {
    let number = |value: &Tree| value.at("N").and_then(Tree::as_text)?.parse::<f64>().ok();
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        _ => Some(one.at("S")?.as_text()?.cmp(other.at("S")?.as_text()?)),
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for character in text.chars() {
        match character {
            ' ' | '\n' | '\t' => is_open = false,
            '(' | ')' | ',' => {
                words.push(character.to_string());
                is_open = false;
            }
            '<' | '>' | '=' => match words.last_mut().filter(|last| matches!(last.as_str(), "<" | ">")) {
                Some(last) => last.push(character),
                None => {
                    words.push(character.to_string());
                    is_open = false;
                }
            },
            other => match words.last_mut().filter(|_| is_open) {
                Some(last) => last.push(other),
                None => {
                    words.push(other.to_string());
                    is_open = true;
                }
            },
        }
    }
    words
}

struct Parser<'a> {
    words: Vec<String>,
    at: usize,
    input: &'a Tree,
}

impl Parser<'_> {
    fn malformed(&self) -> Fault {
        let near = self.words.get(self.at).map_or("<EOF>", String::as_str);
        invalid(format!("Invalid ConditionExpression: Syntax error; token: \"{near}\""))
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.words.get(self.at).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn needs(&mut self, word: &str) -> Result<(), Fault> {
        if self.takes(word) { Ok(()) } else { Err(self.malformed()) }
    }

    fn any(&mut self) -> Result<Condition, Fault> {
        let mut condition = self.all()?;
        while self.takes("OR") {
            condition = Condition::Any(Box::new(condition), Box::new(self.all()?));
        }
        Ok(condition)
    }

    fn all(&mut self) -> Result<Condition, Fault> {
        let mut condition = self.one()?;
        while self.takes("AND") {
            condition = Condition::All(Box::new(condition), Box::new(self.one()?));
        }
        Ok(condition)
    }

    fn one(&mut self) -> Result<Condition, Fault> {
        if self.takes("NOT") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let condition = self.any()?;
            self.needs(")")?;
            return Ok(condition);
        }
        let word = self.words.get(self.at).cloned().ok_or_else(|| self.malformed())?;
        match word.as_str() {
            "attribute_exists" | "attribute_not_exists" => {
                self.at += 1;
                self.needs("(")?;
                let Operand::Attribute(name) = self.operand()? else { return Err(self.malformed()) };
                self.needs(")")?;
                let exists = Condition::Exists(name);
                Ok(if word == "attribute_exists" { exists } else { Condition::Not(Box::new(exists)) })
            }
            "attribute_type" | "begins_with" | "contains" | "size" => {
                Err(Fault::not_modelled(format!("the function `{word}` of conditions")))
            }
            _ => {
                let one = self.operand()?;
                let operator = self.words.get(self.at).cloned().unwrap_or_default();
                if !["=", "<>", "<", "<=", ">", ">="].contains(&operator.as_str()) {
                    return Err(self.malformed());
                }
                self.at += 1;
                Ok(Condition::Compares(one, operator, self.operand()?))
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, Fault> {
        let word = self.words.get(self.at).cloned().ok_or_else(|| self.malformed())?;
        if !word.starts_with(|first: char| first.is_ascii_alphabetic() || "_:#".contains(first)) {
            return Err(self.malformed());
        }
        self.at += 1;
        let absent = |what: &str| {
            invalid(format!(
                "Invalid ConditionExpression: An expression attribute {what} used in expression is not defined; \
                 attribute {what}: {word}"
            ))
        };
        if word.starts_with(':') {
            let value = self.input.at(&format!("ExpressionAttributeValues.{word}")).cloned();
            return value.map(Operand::Value).ok_or_else(|| absent("value"));
        }
        if word.starts_with('#') {
            let name = self.input.text(&format!("ExpressionAttributeNames.{word}"))?;
            return name.map(|name| Operand::Attribute(name.to_owned())).ok_or_else(|| absent("name"));
        }
        Ok(Operand::Attribute(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn conditions_are_read_and_hold() {
        let input = tree! {
            "ExpressionAttributeNames": tree! { "#i": "Info" },
            "ExpressionAttributeValues": tree! { ":v": tree! { "S": "x" } },
        };
        let item = tree! { "LockID": tree! { "S": "a" }, "Info": tree! { "S": "x" } };
        let holds = |text: &str, item: Option<&Tree>| Condition::parse(text, &input).map(|it| it.holds(item));
        assert_eq!(holds("attribute_not_exists(LockID)", Some(&item)), Ok(false));
        assert_eq!(holds("attribute_not_exists (LockID) OR #i = :v", Some(&item)), Ok(true));
        assert_eq!(holds("attribute_exists(LockID) AND (NOT #i<>:v)", Some(&item)), Ok(true));
        assert_eq!(holds("#i = :v", None), Ok(false));
        assert!(holds("#j = :v", None).is_err() && holds("a ==", None).is_err());
    }
}
