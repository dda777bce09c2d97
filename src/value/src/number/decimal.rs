//! Decimal text of numbers: exact reading, shortest writing.

use num_bigint::BigUint;

use super::binary::{Binary, PRECISION};

/// Larger exponents are refused: their text would not fit a document.
const GREATEST_EXPONENT: i64 = 100_000;

/// `0.digits × 10^point`, digits without trailing zeros.
pub(super) struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// Returns the exact decimal form of `mantissa × 2^exponent`.
    fn exact(mantissa: &BigUint, exponent: i64) -> Self {
        if mantissa.bits() == 0 {
            return Self { digits: Vec::new(), point: 0 };
        }
        let (text, shift) = if exponent >= 0 {
            ((mantissa << exponent as u64).to_str_radix(10), 0)
        } else {
            let fives = BigUint::from(5u32).pow(exponent.unsigned_abs() as u32);
            ((mantissa * fives).to_str_radix(10), exponent)
        };
        let point = text.len() as i64 + shift;
        let mut decimal = Self { digits: text.into_bytes(), point };
        decimal.trim();
        decimal
    }

    /// Returns the shortest decimal that lies nearer to the number than to any other of the precision.
    pub(super) fn shortest(number: &Binary, precision: u32) -> Self {
        let mut decimal = Self::exact(&number.mantissa, number.exponent);
        if decimal.digits.is_empty() {
            return decimal;
        }
        // Scale so that the lowest bit is half a unit in the last place.
        let shift = u64::from(precision) + 1 - number.mantissa.bits().min(u64::from(precision));
        let scaled = &number.mantissa << shift;
        let exponent = number.exponent - shift as i64;
        let lower = Self::exact(&(&scaled - 1u32), exponent);
        let upper = Self::exact(&(&scaled + 1u32), exponent);
        let inclusive = !scaled.bit(1);
        for i in 0..decimal.digits.len() {
            let (low, digit, high) = (lower.digit(i), decimal.digits[i], upper.digit(i));
            let down = low != digit || inclusive && i + 1 == lower.digits.len();
            let up = digit != high && (inclusive || digit + 1 < high || i + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => decimal.round(i + 1),
                (true, false) => decimal.round_down(i + 1),
                (false, true) => decimal.round_up(i + 1),
                (false, false) => continue,
            }
            break;
        }
        decimal
    }

    fn digit(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(b'0')
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    /// Rounds half to even to a number of digits.
    pub(super) fn rounded(mut self, count: i64) -> Self {
        match usize::try_from(count) {
            Ok(count) => self.round(count),
            Err(_) => self.round_down(0),
        }
        self
    }

    /// Rounds half to even to a number of digits after the decimal point.
    pub(super) fn rounded_after_point(self, count: i64) -> Self {
        let kept = self.point + count;
        self.rounded(kept)
    }

    pub(super) fn into_parts(self) -> (String, i64) {
        (self.digits.into_iter().map(char::from).collect(), self.point)
    }

    fn round(&mut self, count: usize) {
        if count >= self.digits.len() {
            return;
        }
        let half = self.digits[count] == b'5' && count + 1 == self.digits.len();
        let up = if half { count > 0 && (self.digits[count - 1] - b'0') % 2 == 1 } else { self.digits[count] >= b'5' };
        if up { self.round_up(count) } else { self.round_down(count) }
    }

    fn round_up(&mut self, mut count: usize) {
        if count >= self.digits.len() {
            return;
        }
        while count > 0 && self.digits[count - 1] == b'9' {
            count -= 1;
        }
        self.digits.truncate(count.max(1));
        if count == 0 {
            self.digits[0] = b'1';
            self.point += 1;
        } else {
            self.digits[count - 1] += 1;
        }
    }

    fn round_down(&mut self, count: usize) {
        self.digits.truncate(count);
        self.trim();
    }

    /// Returns the plain form, without an exponent.
    pub(super) fn plain(&self) -> String {
        let mut text = String::new();
        if self.point > 0 {
            text.extend((0..self.point as usize).map(|i| self.digit(i) as char));
        } else {
            text.push('0');
        }
        let fraction = self.digits.len() as i64 - self.point;
        if fraction > 0 {
            text.push('.');
            text.extend((self.point..self.digits.len() as i64).map(|i| match usize::try_from(i) {
                Ok(i) => self.digit(i) as char,
                Err(_) => '0',
            }));
        }
        text
    }

    /// Returns the form of `%.10g`, which orders numbers inside the elements of sets.
    pub(super) fn general(mut number: Self) -> String {
        number.round(10);
        let exponent = number.point - 1;
        let few = if number.digits.len() < 10 && number.digits.len() as i64 >= number.point {
            number.digits.len() as i64
        } else {
            10
        };
        if number.digits.is_empty() || (-4..few).contains(&exponent) {
            return number.plain();
        }
        let mut text = String::from(number.digits[0] as char);
        if number.digits.len() > 1 {
            text.push('.');
            text.extend(number.digits[1..].iter().map(|&digit| digit as char));
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        text + &format!("e{sign}{:02}", exponent.abs())
    }

    /// Returns the exact digits of a number.
    pub(super) fn of(number: &Binary) -> Self {
        Self::exact(&number.mantissa, number.exponent)
    }
}

/// Reads a decimal number with optional sign, fraction and exponent.
pub(super) fn parse(text: &str) -> Option<Binary> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let all = [whole, fraction].concat();
    let mantissa = BigUint::parse_bytes(all.as_bytes(), 10)?;
    let exponent = exponent.checked_sub(fraction.len() as i64)?;
    if mantissa.bits() == 0 {
        return Some(Binary::exact(false, mantissa, 0));
    }
    if exponent.abs() > GREATEST_EXPONENT {
        return None;
    }
    let power = BigUint::from(10u32).pow(exponent.unsigned_abs() as u32);
    if exponent >= 0 {
        return Some(Binary::exact(negative, mantissa * power, 0).rounded(PRECISION));
    }
    Some(Binary::exact(negative, mantissa, 0).divide(&Binary::exact(false, power, 0), PRECISION))
}
