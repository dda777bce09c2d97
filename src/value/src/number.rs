//! Numbers: binary floats of 512 bits, rounded half to even, printed as the shortest decimal that reads back.

mod binary;
mod decimal;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Neg;
use std::sync::Arc;

use num_bigint::BigUint;

use binary::{Binary, MACHINE_PRECISION, PRECISION};
use decimal::Decimal;

/// A number; infinities included.
#[derive(Clone)]
pub struct Number(Form);

#[derive(Clone)]
enum Form {
    Small(i64),
    Big(Arc<Big>),
    Infinity { negative: bool },
}

/// Decimal digits: `±0.digits × 10^point`, without zeros at the end; zero has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// The number is below zero.
    pub negative: bool,
    /// ASCII digits.
    pub digits: String,
    /// How many of them stand before the decimal point; may be negative, or more than there are.
    pub point: i64,
}

/// How many digits of a number are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// As few as tell the number from every other.
    Shortest,
    /// This many.
    Significant(usize),
    /// This many after the decimal point.
    Fraction(usize),
}

struct Big {
    binary: Binary,
    /// Bits of the mantissa that results of arithmetic with this number have.
    precision: u32,
}

/// Whole numbers below this are exact as machine floats, so that precision does not show.
const EXACT_IN_F64: i64 = 1 << 53;

impl Number {
    /// The number 0.
    pub const ZERO: Self = Self(Form::Small(0));
    /// The number 1.
    pub const ONE: Self = Self(Form::Small(1));
    /// More than any number.
    pub const INFINITY: Self = Self(Form::Infinity { negative: false });
    /// Less than any number.
    pub const NEG_INFINITY: Self = Self(Form::Infinity { negative: true });

    /// Reads a decimal number: `12`, `-1.5`, `1e9`. Surrounding blanks are refused.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() < 19 && text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            return text.parse().ok().map(|number| Self(Form::Small(number)));
        }
        match text {
            "Inf" | "+Inf" | "inf" | "+inf" => Some(Self::INFINITY),
            "-Inf" | "-inf" => Some(Self::NEG_INFINITY),
            _ => decimal::parse(text).map(|binary| Self::of(binary, PRECISION)),
        }
    }

    /// Reads a whole number in a base from 2 to 36, with an optional sign. All its digits are kept.
    pub fn parse_integer(text: &str, base: u32) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
        let magnitude = plain.then(|| BigUint::parse_bytes(digits.as_bytes(), base)).flatten()?;
        let precision = PRECISION.max(magnitude.bits().try_into().ok()?);
        Some(Self::of(Binary::exact(negative, magnitude, 0), precision))
    }

    /// Returns the number that a machine float holds; `None` if it is not a number. Prints as the machine float does.
    pub fn from_f64(number: f64) -> Option<Self> {
        if number.is_nan() {
            return None;
        }
        if number.is_infinite() {
            return Some(if number > 0.0 { Self::INFINITY } else { Self::NEG_INFINITY });
        }
        Some(Self::of(Binary::from_f64(number), MACHINE_PRECISION))
    }

    fn of(binary: Binary, precision: u32) -> Self {
        match binary.to_i64() {
            Some(small) if precision > MACHINE_PRECISION || small.unsigned_abs() < EXACT_IN_F64 as u64 => {
                Self(Form::Small(small))
            }
            _ => Self(Form::Big(Arc::new(Big { binary, precision }))),
        }
    }

    /// Returns the finite number and its precision.
    fn finite(&self) -> Option<(Binary, u32)> {
        match &self.0 {
            Form::Small(number) => Some((Binary::from_integer(*number), PRECISION)),
            Form::Big(big) => Some((big.binary.clone(), big.precision)),
            Form::Infinity { .. } => None,
        }
    }

    /// Returns whether the number is neither infinity.
    pub fn is_finite(&self) -> bool {
        !matches!(self.0, Form::Infinity { .. })
    }

    /// Returns whether the number is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Form::Small(number) => *number < 0,
            Form::Big(big) => big.binary.negative,
            Form::Infinity { negative } => *negative,
        }
    }

    /// Returns whether the number is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Form::Small(0))
    }

    /// Returns whether the number is finite and has no fraction.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Form::Small(_) => true,
            Form::Big(big) => big.binary.exponent >= 0,
            Form::Infinity { .. } => false,
        }
    }

    /// Returns the sum; `None` for infinities of different sign.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        if let (Form::Small(a), Form::Small(b)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(Self(Form::Small(sum)));
        }
        match (self.finite(), other.finite()) {
            (Some((a, p)), Some((b, q))) => Some(Self::of(a.add(&b).rounded(p.max(q)), p.max(q))),
            (None, None) => (self.is_negative() == other.is_negative()).then(|| self.clone()),
            (None, Some(_)) => Some(self.clone()),
            (Some(_), None) => Some(other.clone()),
        }
    }

    /// Returns the difference; `None` for infinity minus itself.
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        self.checked_add(&-other)
    }

    /// Returns the product; `None` for zero times infinity.
    pub fn checked_mul(&self, other: &Self) -> Option<Self> {
        if let (Form::Small(a), Form::Small(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Some(Self(Form::Small(product)));
        }
        match (self.finite(), other.finite()) {
            (Some((a, p)), Some((b, q))) => Some(Self::of(a.multiply(&b).rounded(p.max(q)), p.max(q))),
            _ if self.is_zero() || other.is_zero() => None,
            _ => Some(Self(Form::Infinity { negative: self.is_negative() != other.is_negative() })),
        }
    }

    /// Returns the quotient, infinite for a divisor of zero; `None` for zero by zero and infinity by infinity.
    pub fn checked_div(&self, other: &Self) -> Option<Self> {
        let infinity = Self(Form::Infinity { negative: self.is_negative() != other.is_negative() });
        match (self.finite(), other.finite()) {
            (Some(_), Some(_)) if other.is_zero() => (!self.is_zero()).then_some(infinity),
            (Some((a, p)), Some((b, q))) => Some(Self::of(a.divide(&b, p.max(q)), p.max(q))),
            (Some(_), None) => Some(Self::ZERO),
            (None, Some(_)) => Some(infinity),
            (None, None) => None,
        }
    }

    /// Returns the remainder with the sign of `self`; `self` for a divisor of zero. Infinities multiply, as in
    /// Terraform.
    pub fn checked_rem(&self, other: &Self) -> Option<Self> {
        match (&self.0, &other.0) {
            (Form::Infinity { .. }, _) | (_, Form::Infinity { .. }) => self.checked_mul(other),
            (_, Form::Small(0)) => Some(self.clone()),
            (Form::Small(a), Form::Small(b)) => Some(Self(Form::Small(a.wrapping_rem(*b)))),
            _ => self.checked_sub(&self.checked_div(other)?.truncate().checked_mul(other)?),
        }
    }

    /// Returns the number without its fraction.
    #[must_use]
    pub fn truncate(&self) -> Self {
        match &self.0 {
            Form::Big(big) => Self::of(big.binary.truncate(), big.precision),
            Form::Small(_) | Form::Infinity { .. } => self.clone(),
        }
    }

    /// Returns the greatest whole number that is not above.
    #[must_use]
    pub fn floor(&self) -> Self {
        let near = self.truncate();
        if near > *self { near.checked_add(&Self::from(-1)).unwrap_or(near) } else { near }
    }

    /// Returns the least whole number that is not below.
    #[must_use]
    pub fn ceil(&self) -> Self {
        let near = self.truncate();
        if near < *self { near.checked_add(&Self::ONE).unwrap_or(near) } else { near }
    }

    /// Returns the number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// Returns the whole number, if it is one that fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Form::Small(number) => Some(*number),
            Form::Big(big) => big.binary.to_i64(),
            Form::Infinity { .. } => None,
        }
    }

    /// Returns the number as an index, if it is a whole number that fits.
    pub fn to_usize(&self) -> Option<usize> {
        usize::try_from(self.to_i64()?).ok()
    }

    /// Returns the nearest machine float.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Form::Small(number) => *number as f64,
            Form::Big(big) => big.binary.to_f64(),
            Form::Infinity { negative: false } => f64::INFINITY,
            Form::Infinity { negative: true } => f64::NEG_INFINITY,
        }
    }

    /// Returns a whole number in another base, without prefix; `None` if there is a fraction.
    pub fn to_radix(&self, base: u32) -> Option<String> {
        let (binary, _) = self.finite()?;
        let digits = binary.whole()?.to_str_radix(base);
        Some(if binary.negative { format!("-{digits}") } else { digits })
    }

    /// Returns the decimal digits of a finite number, rounded half to even.
    pub fn digits(&self, rounding: Rounding) -> Option<Digits> {
        let (binary, precision) = self.finite()?;
        let decimal = match rounding {
            Rounding::Shortest => Decimal::shortest(&binary, precision),
            Rounding::Significant(count) => Decimal::of(&binary).rounded(count as i64),
            Rounding::Fraction(count) => Decimal::of(&binary).rounded_after_point(count as i64),
        };
        let (digits, point) = decimal.into_parts();
        Some(Digits { negative: binary.negative, digits, point })
    }

    /// Returns the text by which Terraform orders numbers within elements of sets.
    pub(crate) fn hash_text(&self) -> String {
        match &self.0 {
            Form::Small(number) if number.unsigned_abs() < 1_000_000_000 => number.to_string(),
            Form::Infinity { .. } => self.to_string(),
            Form::Small(_) | Form::Big(_) => match self.finite() {
                Some((binary, _)) => {
                    let sign = if binary.negative { "-" } else { "" };
                    format!("{sign}{}", Decimal::general(Decimal::of(&binary)))
                }
                None => self.to_string(),
            },
        }
    }
}

impl Neg for &Number {
    type Output = Number;

    fn neg(self) -> Number {
        match &self.0 {
            Form::Small(number) if *number != i64::MIN => Number(Form::Small(-number)),
            Form::Infinity { negative } => Number(Form::Infinity { negative: !negative }),
            Form::Small(_) | Form::Big(_) => match self.finite() {
                Some((binary, precision)) => Number::of(Binary { negative: !binary.negative, ..binary }, precision),
                None => self.clone(),
            },
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Form::Small(a), Form::Small(b)) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        match (self.finite(), other.finite()) {
            (Some((a, _)), Some((b, _))) => a.compare(&b),
            (None, Some(_)) => Ordering::Greater.reverse_if(self.is_negative()),
            (Some(_), None) => Ordering::Less.reverse_if(other.is_negative()),
            (None, None) => other.is_negative().cmp(&self.is_negative()),
        }
    }
}

trait ReverseIf {
    fn reverse_if(self, condition: bool) -> Self;
}

impl ReverseIf for Ordering {
    fn reverse_if(self, condition: bool) -> Self {
        if condition { self.reverse() } else { self }
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match (self.to_i64(), &self.0) {
            (Some(number), _) => number.hash(state),
            (None, Form::Big(big)) => big.binary.hash(state),
            (None, Form::Small(_) | Form::Infinity { .. }) => self.is_negative().hash(state),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Small(number) => write!(f, "{number}"),
            Form::Infinity { negative: false } => f.write_str("+Inf"),
            Form::Infinity { negative: true } => f.write_str("-Inf"),
            Form::Big(big) => {
                let sign = if big.binary.negative { "-" } else { "" };
                write!(f, "{sign}{}", Decimal::shortest(&big.binary, big.precision).plain())
            }
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

macro_rules! from_small {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(number: $integer) -> Self {
                Self(Form::Small(i64::from(number)))
            }
        }
    )*};
}

from_small!(i8, u8, i16, u16, i32, u32, i64);

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self::of(Binary::exact(false, BigUint::from(number), 0), PRECISION)
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).expect("a number")
    }

    fn reads_as(text: &str, expected: &str) {
        assert_eq!(number(text).to_string(), expected);
    }

    #[test]
    fn prints_the_shortest_decimal_that_reads_back() {
        reads_as("0.1", "0.1");
        reads_as("-1.50", "-1.5");
        reads_as("1e3", "1000");
        reads_as("1E-3", "0.001");
        reads_as("0.00", "0");
        reads_as("123456789012345678901234567890.5", "123456789012345678901234567890.5");
        reads_as("9223372036854775808", "9223372036854775808");
        reads_as("-9223372036854775808", "-9223372036854775808");
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "a", "1a", "0x1", "1_000", " 1", "1 ", ".", "1e", "--1", "1e999999999"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn divides_to_512_bits() {
        let third = Number::ONE.checked_div(&3.into()).expect("a number");
        assert!(third.to_string().starts_with("0.33333333333333333333333333333333333333"));
        assert_eq!(third.checked_mul(&3.into()), Some(Number::ONE));
        assert_eq!(number("0.1").checked_add(&number("0.2")), Some(number("0.3")));
    }

    #[test]
    fn machine_floats_print_with_their_own_precision() {
        let power = Number::from_f64(2f64.powi(64)).expect("a number");
        assert_eq!(power.to_string(), "18446744073709550000");
        assert_eq!(power, number("18446744073709551616"));
        assert_eq!(Number::from_f64(0.1).map(|n| n.to_string()), Some("0.1".into()));
        assert_eq!(Number::from_f64(5e-324).map(|n| n.to_f64()), Some(5e-324));
    }

    #[test]
    fn divides_by_zero_to_infinity() {
        assert_eq!(Number::ONE.checked_div(&Number::ZERO), Some(Number::INFINITY));
        assert_eq!(Number::ZERO.checked_div(&Number::ZERO), None);
        assert_eq!(Number::INFINITY.checked_sub(&Number::INFINITY), None);
        assert_eq!(Number::ONE.checked_rem(&Number::ZERO), Some(Number::ONE));
        assert!(Number::NEG_INFINITY < number("-1e1000") && number("1e1000") < Number::INFINITY);
    }

    #[test]
    fn remainder_has_the_sign_of_the_dividend() {
        assert_eq!(Number::from(-7).checked_rem(&3.into()), Some(Number::from(-1)));
        assert_eq!(number("7.5").checked_rem(&2.into()), Some(number("1.5")));
    }

    #[test]
    fn rounds_towards_both_sides() {
        assert_eq!(number("-1.5").floor(), Number::from(-2));
        assert_eq!(number("-1.5").ceil(), Number::from(-1));
    }

    #[test]
    fn rounds_digits_half_to_even() {
        let digits = |text, rounding| number(text).digits(rounding).map(|d| (d.digits, d.point));
        assert_eq!(digits("2.5", Rounding::Fraction(0)), Some(("2".into(), 1)));
        assert_eq!(digits("0.125", Rounding::Fraction(2)), Some(("12".into(), 0)));
        assert_eq!(digits("999.9", Rounding::Significant(3)), Some(("1".into(), 4)));
        assert_eq!(digits("0.004", Rounding::Fraction(1)), Some((String::new(), 0)));
    }

    #[test]
    fn writes_the_form_that_orders_sets() {
        assert_eq!(number("12345678901").hash_text(), "1.23456789e+10");
        assert_eq!(number("0.00001").hash_text(), "1e-05");
        assert_eq!(number("2.5").hash_text(), "2.5");
    }
}
