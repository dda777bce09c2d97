//! Numbers (temporary small form).
use std::fmt;
/// A number.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Number(f64);
impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self(n as f64)
    }
}
impl Number {
    /// Returns the number as an index, if it is a whole number that fits.
    pub fn to_usize(&self) -> Option<usize> {
        (self.0 >= 0.0 && self.0.fract() == 0.0).then_some(self.0 as usize)
    }
}
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
