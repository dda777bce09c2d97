//! Numbers.

mod float;

use landfall_value::{Kind, Number, Type, Value, convert};

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Parameter, Returns, any, number};
use super::{FunctionError, Outcome};

const fn numeric(name: &'static str, parameters: &'static [Parameter], run: fn(&Arguments<'_>) -> Outcome) -> Function {
    Function::new(name, parameters, Returns::Fixed(Constraint::Number), run)
}

pub(super) const FUNCTIONS: &[Function] = &[
    numeric("abs", &[number("num").dynamic()], |a| Ok(a.number(0).abs().into())),
    numeric("ceil", &[number("num")], |a| Ok(a.number(0).ceil().into())),
    numeric("floor", &[number("num")], |a| Ok(a.number(0).floor().into())),
    numeric("log", &[number("num"), number("base")], |a| {
        real(float::ln(a.number(0).to_f64()) / float::ln(a.number(1).to_f64()))
    }),
    numeric("max", &[], |a| extreme(a, |best, next| next > best)).variadic(number("numbers").dynamic()),
    numeric("min", &[], |a| extreme(a, |best, next| next < best)).variadic(number("numbers").dynamic()),
    Function::new("parseint", &[any("number"), number("base")], Returns::By(parsed_type), parse_integer),
    numeric("pow", &[number("num"), number("power")], |a| real(float::pow(a.number(0).to_f64(), a.number(1).to_f64()))),
    numeric("signum", &[number("num")], |a| Ok(a.whole(0)?.signum().into())),
    numeric("sum", &[any("list")], sum),
    Function::new("range", &[], Returns::By(|_| Ok(Type::list(Type::Number))), range).variadic(number("params")),
];

fn real(result: f64) -> Outcome {
    Number::from_f64(result).map(Value::from).ok_or_else(|| FunctionError::new("the result is not a number"))
}

fn extreme(arguments: &Arguments<'_>, better: impl Fn(&Number, &Number) -> bool) -> Outcome {
    let mut numbers = arguments.values.iter().filter_map(Value::as_number);
    let first = numbers.next().ok_or_else(|| FunctionError::new("must pass at least one number"))?;
    Ok(numbers.fold(first, |best, next| if better(best, next) { next } else { best }).clone().into())
}

fn parsed_type(types: &super::signature::Types<'_>) -> Result<Type, FunctionError> {
    match types.of(0) {
        Type::String => Ok(Type::Number),
        other => Err(FunctionError::at(0, format!("first argument must be a string, not {}", other.friendly_name()))),
    }
}

fn parse_integer(arguments: &Arguments<'_>) -> Outcome {
    let base = match arguments.number(1).to_i64() {
        Some(base @ 2..=62) => base as u32,
        _ => return Err(FunctionError::at(1, "base must be a whole number between 2 and 62 inclusive")),
    };
    let text = arguments.text(0);
    let number = if base <= 36 { Number::parse_integer(text, base) } else { parse_mixed_case(text, base) };
    number.map(Value::from).ok_or_else(|| {
        let shown = arguments.shown(0, text);
        FunctionError::at(0, format!("cannot parse {shown} as a base {base} integer"))
    })
}

/// Reads a number whose digits after 9 are `a` to `z`, then `A` to `Z`.
fn parse_mixed_case(text: &str, base: u32) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() {
        return None;
    }
    let digit = |c: char| match c {
        'A'..='Z' => Some(c as u32 - 'A' as u32 + 36),
        _ => c.to_digit(36),
    };
    let magnitude = digits.chars().try_fold(num_bigint::BigUint::default(), |sum, c| {
        let digit = digit(c).filter(|digit| *digit < base)?;
        Some(sum * base + digit)
    })?;
    let number = Number::parse_integer(&magnitude.to_str_radix(10), 10)?;
    Some(if negative { -&number } else { number })
}

fn sum(arguments: &Arguments<'_>) -> Outcome {
    let list = arguments.value(0);
    let elements = match list.kind() {
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => elements,
        Kind::Map(..) | Kind::Object(_) => {
            let received = list.r#type().friendly_name();
            let message = format!("argument must be list, set, or tuple. Received {received}");
            return Err(FunctionError::at(0, message));
        }
        _ => return Err(FunctionError::at(0, "cannot sum noniterable")),
    };
    if elements.is_empty() {
        return Err(FunctionError::at(0, "cannot sum an empty list"));
    }
    if !list.is_wholly_known() {
        return Ok(arguments.unknown());
    }
    let invalid = || FunctionError::at(0, "argument must be list, set, or tuple of number values");
    let mut total = Number::ZERO;
    for element in elements {
        let number = convert(element, &Type::Number).map_err(|_| invalid())?;
        match number.kind() {
            Kind::Number(number) => {
                total = total
                    .checked_add(number)
                    .ok_or_else(|| FunctionError::new("can't compute sum of opposing infinities"))?;
            }
            _ => return Err(invalid()),
        }
    }
    Ok(total.into())
}

fn range(arguments: &Arguments<'_>) -> Outcome {
    let numbers: Vec<&Number> = arguments.values.iter().filter_map(Value::as_number).collect();
    let sign_of = |start: &Number, end: &Number| if end < start { Number::from(-1) } else { Number::ONE };
    let (start, end, step) = match numbers.as_slice() {
        [end] => (Number::ZERO, (*end).clone(), sign_of(&Number::ZERO, end)),
        [start, end] => ((*start).clone(), (*end).clone(), sign_of(start, end)),
        [start, end, step] => ((*start).clone(), (*end).clone(), (*step).clone()),
        _ => return Err(FunctionError::new("must have one, two, or three arguments")),
    };
    if step.is_zero() {
        return Err(FunctionError::new("step must not be zero"));
    }
    let down = step.is_negative();
    if down && end > start {
        return Err(FunctionError::at(1, "end must be less than start when step is negative"));
    }
    if !down && end < start {
        return Err(FunctionError::at(1, "end must be greater than start when step is positive"));
    }
    let mut elements = Vec::new();
    let mut next = start;
    while if down { next > end } else { next < end } {
        if elements.len() >= 1024 {
            let message = "more than 1024 values were generated; either decrease the difference between start and end or use a \
                 smaller step";
            return Err(FunctionError::new(message));
        }
        elements.push(Value::from(next.clone()));
        next = next.checked_add(&step).ok_or_else(|| FunctionError::new("the range is infinite"))?;
    }
    Ok(Value::list(Type::Number, elements))
}
