//! Constraints of the API models, worded as AWS words them: lengths, patterns, ranges, sets of values.

use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// What a text may be.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Least length, in characters.
    pub least: usize,
    /// Greatest length, in characters.
    pub most: usize,
    /// The pattern, as messages quote it.
    pub pattern: &'static str,
    /// Whether a text fits the pattern.
    pub accepts: fn(&str) -> bool,
}

/// Returns a text that is only bound in length.
pub const fn length(least: usize, most: usize) -> Text {
    Text { least, most, pattern: "", accepts: |_| true }
}

impl Text {
    /// Checks a value.
    ///
    /// # Errors
    /// When it breaks a constraint.
    pub fn check(&self, member: &str, value: &str) -> Result<(), Fault> {
        let count = value.chars().count();
        if count < self.least {
            let why = format!("Member must have length greater than or equal to {}", self.least);
            return Err(Fault::invalid(member, value, &why));
        }
        if count > self.most {
            let why = format!("Member must have length less than or equal to {}", self.most);
            return Err(Fault::invalid(member, value, &why));
        }
        if !(self.accepts)(value) {
            let why = format!("Member must satisfy regular expression pattern: {}", self.pattern);
            return Err(Fault::invalid(member, value, &why));
        }
        Ok(())
    }

    /// Returns a required member.
    ///
    /// # Errors
    /// When it is missing or breaks a constraint.
    pub fn need<'a>(&self, input: &'a Tree, member: &str) -> Result<&'a str, Fault> {
        self.optional(input, member)?.ok_or_else(|| Fault::missing(member))
    }

    /// Returns an optional member.
    ///
    /// # Errors
    /// When it breaks a constraint.
    pub fn optional<'a>(&self, input: &'a Tree, member: &str) -> Result<Option<&'a str>, Fault> {
        let value = input.text(member)?;
        value.map_or(Ok(()), |value| self.check(member, value))?;
        Ok(value)
    }
}

/// Returns an optional member that is one of a set.
///
/// # Errors
/// When it is something else.
pub fn one_of<'a>(input: &'a Tree, member: &str, allowed: &[&str]) -> Result<Option<&'a str>, Fault> {
    match input.text(member)? {
        Some(other) if !allowed.contains(&other) => {
            let why = format!("Member must satisfy enum value set: [{}]", allowed.join(", "));
            Err(Fault::invalid(member, other, &why))
        }
        value => Ok(value),
    }
}

/// Returns an optional whole number within bounds.
///
/// # Errors
/// When it is something else.
pub fn range(input: &Tree, member: &str, least: i64, most: i64) -> Result<Option<i64>, Fault> {
    match input.int(member)? {
        Some(value) if value < least => {
            let why = format!("Member must have value greater than or equal to {least}");
            Err(Fault::invalid(member, value, &why))
        }
        Some(value) if value > most => {
            let why = format!("Member must have value less than or equal to {most}");
            Err(Fault::invalid(member, value, &why))
        }
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    fn message<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
        match result.unwrap_err().worded("iam") {
            Fault::Coded { code, message, .. } => format!("{code}: {message}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn broken_constraints_are_worded_as_aws_does() {
        let digits = Text {
            least: 1,
            most: 2,
            pattern: "[0-9]+",
            accepts: |text| text.chars().all(|character| character.is_ascii_digit()),
        };
        let input = tree! { "RoleName": "a", "Long": "123", "Size": 7, "Fine": "12" };
        assert_eq!(
            message(digits.need(&input, "RoleName")),
            "ValidationError: 1 validation error detected: Value 'a' at 'roleName' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: [0-9]+"
        );
        assert!(message(digits.need(&input, "Long")).ends_with("Member must have length less than or equal to 2"));
        assert!(message(digits.need(&input, "No")).ends_with("Member must not be null"));
        assert!(message(range(&input, "Size", 1, 6)).ends_with("Member must have value less than or equal to 6"));
        assert!(message(one_of(&input, "Fine", &["a", "b"])).ends_with("Member must satisfy enum value set: [a, b]"));
        assert_eq!(digits.need(&input, "Fine"), Ok("12"));
    }
}
