//! Binary floating point with a mantissa of up to 512 bits.

use std::cmp::Ordering;

use num_bigint::BigUint;

/// Bits of the mantissa of numbers that users write.
pub(super) const PRECISION: u32 = 512;
/// Bits of the mantissa of numbers that come from machine floats.
pub(super) const MACHINE_PRECISION: u32 = 53;

/// `±mantissa × 2^exponent`; the mantissa is odd, or 0 with exponent 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Binary {
    pub(super) negative: bool,
    pub(super) mantissa: BigUint,
    pub(super) exponent: i64,
}

impl Binary {
    pub(super) fn from_integer(number: i64) -> Self {
        Self::exact(number < 0, BigUint::from(number.unsigned_abs()), 0)
    }

    /// Returns the number in its one form, without rounding.
    pub(super) fn exact(negative: bool, mantissa: BigUint, exponent: i64) -> Self {
        match mantissa.trailing_zeros() {
            None => Self { negative: false, mantissa, exponent: 0 },
            Some(0) => Self { negative, mantissa, exponent },
            Some(zeros) => Self { negative, mantissa: mantissa >> zeros, exponent: exponent + zeros as i64 },
        }
    }

    /// Rounds half to even.
    pub(super) fn rounded(self, precision: u32) -> Self {
        let bits = self.mantissa.bits();
        if bits <= u64::from(precision) {
            return self;
        }
        // The mantissa is odd, so a half is exactly one bit below the kept ones.
        let dropped = bits - u64::from(precision);
        let half = self.mantissa.bit(dropped - 1);
        let mut kept = &self.mantissa >> dropped;
        if half && (dropped > 1 || kept.bit(0)) {
            kept += 1u32;
        }
        Self::exact(self.negative, kept, self.exponent + dropped as i64)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.mantissa.bits() == 0
    }

    /// Returns the exponent of the highest bit plus one.
    fn magnitude(&self) -> i64 {
        self.exponent + self.mantissa.bits() as i64
    }

    fn at_exponent(&self, exponent: i64) -> BigUint {
        &self.mantissa << (self.exponent - exponent) as u64
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let (left, right) = (self.at_exponent(exponent), other.at_exponent(exponent));
        if self.negative == other.negative {
            Self::exact(self.negative, left + right, exponent)
        } else if left >= right {
            Self::exact(self.negative, left - right, exponent)
        } else {
            Self::exact(other.negative, right - left, exponent)
        }
    }

    pub(super) fn multiply(&self, other: &Self) -> Self {
        let exponent = self.exponent + other.exponent;
        Self::exact(self.negative != other.negative, &self.mantissa * &other.mantissa, exponent)
    }

    /// Divides by a number that is not zero.
    pub(super) fn divide(&self, other: &Self, precision: u32) -> Self {
        let wanted = u64::from(precision) + 2 + other.mantissa.bits();
        let shift = wanted.saturating_sub(self.mantissa.bits());
        let dividend = &self.mantissa << shift;
        let quotient = &dividend / &other.mantissa;
        let inexact = &quotient * &other.mantissa != dividend;
        // One more bit, set if anything was cut off, makes rounding exact.
        let sticky = (quotient << 1u32) + u32::from(inexact);
        let exponent = self.exponent - other.exponent - shift as i64 - 1;
        Self::exact(self.negative != other.negative, sticky, exponent).rounded(precision)
    }

    /// Drops the fraction.
    pub(super) fn truncate(&self) -> Self {
        if self.exponent >= 0 {
            return self.clone();
        }
        Self::exact(self.negative, &self.mantissa >> self.exponent.unsigned_abs(), 0)
    }

    /// Returns the magnitude of a whole number.
    pub(super) fn whole(&self) -> Option<BigUint> {
        (self.exponent >= 0).then(|| self.at_exponent(0))
    }

    pub(super) fn to_i64(&self) -> Option<i64> {
        if self.exponent < 0 || self.magnitude() > 64 {
            return None;
        }
        let magnitude = i128::from(u64::try_from(&self.at_exponent(0)).ok()?);
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    pub(super) fn from_f64(number: f64) -> Self {
        let bits = number.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = match (bits >> 52) & 0x7ff {
            0 => (fraction, -1074),
            biased => (fraction | (1 << 52), biased as i64 - 1075),
        };
        Self::exact(number.is_sign_negative(), BigUint::from(mantissa), exponent)
    }

    pub(super) fn to_f64(&self) -> f64 {
        // Subnormal numbers have fewer bits.
        let precision = (self.magnitude() + 1074).clamp(0, i64::from(MACHINE_PRECISION)) as u32;
        let near = if precision == 0 { return 0.0 } else { self.clone().rounded(precision) };
        let sign = if self.negative { -1.0 } else { 1.0 };
        if near.magnitude() > 1024 {
            return sign * f64::INFINITY;
        }
        let mantissa = u64::try_from(&near.mantissa).expect("a mantissa rounded to 53 bits fits 64") as f64;
        // Two steps, since 2^-1074 times a power of two may leave the range of either alone.
        let half = near.exponent / 2;
        sign * mantissa * 2f64.powi(half as i32) * 2f64.powi((near.exponent - half) as i32)
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if other.negative { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if self.negative { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
        }
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        self.magnitude().cmp(&other.magnitude()).then_with(|| {
            let exponent = self.exponent.min(other.exponent);
            self.at_exponent(exponent).cmp(&other.at_exponent(exponent))
        })
    }
}
