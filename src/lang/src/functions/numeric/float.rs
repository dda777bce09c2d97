//! Logarithm and power of machine floats as Go computes them: to the last digit, which a C library may round otherwise.

use std::f64::consts::FRAC_1_SQRT_2;

/// Splits a finite number other than zero into a fraction of at least 0.5 and less than 1, and a power of two.
fn split(number: f64) -> (f64, i64) {
    let bits = number.to_bits();
    match (bits >> 52) & 0x7ff {
        0 => {
            let (fraction, exponent) = split(number * 2f64.powi(52));
            (fraction, exponent - 52)
        }
        biased => {
            let fraction = f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52));
            (fraction, biased as i64 - 1022)
        }
    }
}

/// Returns `fraction` times a power of two.
fn join(mut fraction: f64, mut exponent: i64) -> f64 {
    // In steps, so that the power itself neither overflows nor vanishes.
    while exponent > 1000 && fraction.is_finite() {
        fraction *= 2f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 && fraction != 0.0 {
        fraction *= 2f64.powi(-1000);
        exponent += 1000;
    }
    fraction * 2f64.powi(exponent.clamp(-1000, 1000) as i32)
}

/// Returns the natural logarithm.
#[expect(clippy::excessive_precision, reason = "the digits of the original, which others compare by")]
pub(super) fn ln(number: f64) -> f64 {
    const LN_2_HIGH: f64 = 6.93147180369123816490e-01;
    const LN_2_LOW: f64 = 1.90821492927058770002e-10;
    const L: [f64; 7] = [
        6.666666666666735130e-01,
        3.999999999940941908e-01,
        2.857142874366239149e-01,
        2.222219843214978396e-01,
        1.818357216161805012e-01,
        1.531383769920937332e-01,
        1.479819860511658591e-01,
    ];
    if !(number.is_finite() && number > 0.0) {
        return number.ln();
    }
    let (mut fraction, mut exponent) = split(number);
    if fraction < FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let (f, k) = (fraction - 1.0, exponent as f64);
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let odd = s2 * (L[0] + s4 * (L[2] + s4 * (L[4] + s4 * L[6])));
    let even = s4 * (L[1] + s4 * (L[3] + s4 * L[5]));
    let half_square = 0.5 * f * f;
    k * LN_2_HIGH - ((half_square - (s * (half_square + (odd + even)) + k * LN_2_LOW)) - f)
}

/// Returns a power.
pub(super) fn pow(base: f64, power: f64) -> f64 {
    let special = base == 0.0 || !base.is_finite() || !power.is_finite() || (base < 0.0 && power.fract() != 0.0);
    if special || power == 0.0 || base == 1.0 || power.abs() >= 2f64.powi(63) {
        return base.powf(power);
    }
    if power == 0.5 {
        return base.sqrt();
    }
    if power == -0.5 {
        return 1.0 / base.sqrt();
    }
    let (mut whole, mut rest) = (power.abs().trunc(), power.abs().fract());
    let mut result = 1.0;
    if rest != 0.0 {
        if rest > 0.5 {
            rest -= 1.0;
            whole += 1.0;
        }
        result = (rest * ln(base)).exp();
    }
    let mut exponent = 0_i64;
    let (mut square, mut square_exponent) = split(base);
    let mut left = whole as i64;
    while left != 0 {
        if square_exponent.abs() > 1 << 12 {
            exponent += square_exponent;
            break;
        }
        if left & 1 == 1 {
            result *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent <<= 1;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        left >>= 1;
    }
    if power < 0.0 { join(1.0 / result, -exponent) } else { join(result, exponent) }
}

#[cfg(test)]
mod tests {
    use super::{ln, pow};

    #[test]
    fn last_digits_are_those_of_go() {
        assert_eq!(pow(1.1, 10.0), 2.593742460100002);
        assert_eq!(ln(2.0) / ln(3.0), 0.6309297535714575);
        assert_eq!(pow(2.0, 10.0), 1024.0);
        assert_eq!(pow(2.0, -1.0), 0.5);
        assert_eq!(pow(-2.0, 3.0), -8.0);
        assert!(pow(10.0, 400.0).is_infinite() && pow(-8.0, 1.0 / 3.0).is_nan());
    }
}
