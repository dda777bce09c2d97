//! Reading inputs, with AWS's answers to what is missing or malformed.

use crate::protocol::fault::Fault;
use crate::timestamp::Timestamp;
use crate::tree::Tree;

impl Tree {
    /// Returns a member by a dotted path, such as `EnableDnsSupport.Value`; nothing where any part is absent or null.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |tree, name| match tree {
            Self::Object(members) => members.get(name).filter(|member| !matches!(member, Self::Null)),
            _ => None,
        })
    }

    /// Returns whether a member is there.
    pub fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// Returns the text, where this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the members, where this is an object.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members = match self {
            Self::Object(members) => Some(members.iter()),
            _ => None,
        };
        members.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the items, where this is a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Returns a required text.
    ///
    /// # Errors
    /// When it is missing or empty.
    pub fn need(&self, path: &str) -> Result<&str, Fault> {
        self.text(path)?.filter(|text| !text.is_empty()).ok_or_else(|| Fault::missing(path))
    }

    /// Returns an optional text.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&self, path: &str) -> Result<Option<&str>, Fault> {
        match self.at(path) {
            None => Ok(None),
            Some(Self::Text(text)) => Ok(Some(text)),
            Some(other) => Err(Fault::invalid(path, other, "Expected a string.")),
        }
    }

    /// Returns an optional truth.
    ///
    /// # Errors
    /// When it is something else.
    pub fn bool(&self, path: &str) -> Result<Option<bool>, Fault> {
        match self.at(path) {
            None => Ok(None),
            Some(Self::Bool(value)) => Ok(Some(*value)),
            Some(Self::Text(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Self::Text(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(other) => Err(Fault::invalid(path, other, "Invalid boolean value.")),
        }
    }

    /// Returns an optional whole number.
    ///
    /// # Errors
    /// When it is something else.
    pub fn int(&self, path: &str) -> Result<Option<i64>, Fault> {
        let Some(value) = self.at(path) else { return Ok(None) };
        let number = match value {
            Self::Int(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        };
        number.map(Some).ok_or_else(|| Fault::invalid(path, value, "Invalid integer value."))
    }

    /// Returns an optional number.
    ///
    /// # Errors
    /// When it is something else.
    #[expect(clippy::cast_precision_loss, reason = "numbers of the APIs that may have a fraction are small")]
    pub fn number(&self, path: &str) -> Result<Option<f64>, Fault> {
        let Some(value) = self.at(path) else { return Ok(None) };
        let number = match value {
            Self::Int(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        };
        number.map(Some).ok_or_else(|| Fault::invalid(path, value, "Invalid number."))
    }

    /// Returns an optional moment, from text or from seconds since 1970.
    ///
    /// # Errors
    /// When it is something else.
    #[expect(clippy::cast_possible_truncation, reason = "dates fit")]
    pub fn time(&self, path: &str) -> Result<Option<Timestamp>, Fault> {
        let Some(value) = self.at(path) else { return Ok(None) };
        let moment = match value {
            Self::Time(moment) => Some(*moment),
            Self::Int(seconds) => Some(Timestamp::from_millis(seconds * 1000)),
            Self::Number(seconds) => Some(Timestamp::from_millis((seconds * 1000.0) as i64)),
            Self::Text(text) => Timestamp::parse(text),
            _ => None,
        };
        moment.map(Some).ok_or_else(|| Fault::invalid(path, value, "Invalid date."))
    }

    /// Returns the items of a list; a single value counts as a list of one, nothing and an empty text as none.
    pub fn list_at(&self, path: &str) -> &[Self] {
        match self.at(path) {
            None => &[],
            Some(Self::List(items)) => items,
            Some(Self::Text(text)) if text.is_empty() => &[],
            Some(single) => std::slice::from_ref(single),
        }
    }

    /// Returns the texts of a list.
    pub fn texts(&self, path: &str) -> Vec<&str> {
        self.list_at(path).iter().filter_map(Self::as_text).collect()
    }

    /// Returns a map of texts, such as tags written as an object.
    pub fn text_map(&self, path: &str) -> Vec<(String, String)> {
        let members = self.at(path).into_iter().flat_map(Self::members);
        members.filter_map(|(name, value)| Some((name.to_owned(), value.as_text()?.to_owned()))).collect()
    }

    /// Returns the value as a message quotes it.
    pub fn quoted(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Time(moment) => moment.to_string(),
            other => other.to_json().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn inputs_of_query_protocols_are_read_by_type() {
        let input =
            tree! { "A": tree! { "Value": "true" }, "N": "12", "Ids": Tree::list(["a", "b"]), "One": "x", "No": "" };
        assert_eq!(input.bool("A.Value"), Ok(Some(true)));
        assert_eq!(input.int("N"), Ok(Some(12)));
        assert_eq!(input.texts("Ids"), ["a", "b"]);
        assert_eq!((input.texts("One"), input.texts("No")), (vec!["x"], vec![]));
        assert_eq!(input.need("No"), Err(Fault::missing("No")));
        assert!(input.int("One").is_err());
        assert_eq!(input.text("Absent"), Ok(None));
    }
}
