//! Networks in CIDR notation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use landfall_value::{Number, Type, Value};
use num_bigint::BigInt;

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Returns, number, text};
use super::{FunctionError, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::text("cidrhost", &[text("prefix"), number("hostnum")], host),
    Function::text("cidrnetmask", &[text("prefix")], netmask),
    Function::text("cidrsubnet", &[text("prefix"), number("newbits"), number("netnum")], subnet),
    Function::new("cidrsubnets", &[text("prefix")], Returns::Fixed(Constraint::ListOfString), subnets)
        .variadic(number("newbits")),
];

/// A network: its address with zeros after the prefix.
#[derive(Clone, Copy)]
struct Network {
    address: u128,
    prefix: i64,
    /// Bits of an address.
    bits: i64,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let bits = if address.contains(':') { 128 } else { 32 };
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let prefix = prefix.parse::<i64>().ok().filter(|prefix| *prefix <= bits)?;
        let address = if bits == 128 {
            u128::from(address.parse::<Ipv6Addr>().ok()?)
        } else {
            // Parts may have zeros in front, which do not make them octal.
            let parts: Option<Vec<u8>> = address.split('.').map(|part| decimal(part)?.parse().ok()).collect();
            let parts: [u8; 4] = parts?.try_into().ok()?;
            u128::from(u32::from_be_bytes(parts))
        };
        let network = Self { address, prefix, bits };
        Some(Self { address: address & !network.host_mask(), ..network })
    }

    fn host_mask(&self) -> u128 {
        1u128.checked_shl((self.bits - self.prefix) as u32).map_or(u128::MAX, |bit| bit - 1)
    }

    fn last(&self) -> u128 {
        self.address | self.host_mask()
    }

    fn address_text(&self, address: u128) -> String {
        match self.bits {
            32 => IpAddr::from(Ipv4Addr::from(address as u32)).to_string(),
            _ => IpAddr::from(Ipv6Addr::from(address)).to_string(),
        }
    }

    fn text(&self) -> String {
        format!("{}/{}", self.address_text(self.address), self.prefix)
    }
}

fn decimal(part: &str) -> Option<&str> {
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = part.trim_start_matches('0');
    Some(if digits.is_empty() { "0" } else { digits })
}

fn network(arguments: &Arguments<'_>) -> Result<Network, FunctionError> {
    let text = arguments.text(0);
    Network::parse(text).ok_or_else(|| {
        let shown = if arguments.secret[0] { "(sensitive value)" } else { text };
        FunctionError::new(format!("invalid CIDR expression: invalid CIDR address: {shown}"))
    })
}

fn whole(number: &Number) -> Result<BigInt, FunctionError> {
    let digits = number.to_radix(10).and_then(|digits| BigInt::parse_bytes(digits.as_bytes(), 10));
    digits.ok_or_else(|| FunctionError::new("value must be a whole number"))
}

/// Puts a number into an address, shifted; bits beyond the address are lost. The sign is lost too, after the bits were
/// joined: what a negative number gives is of no use, but it is what Terraform gives.
fn insert(address: u128, number: &BigInt, shift: i64, bits: i64) -> u128 {
    let joined = BigInt::from(address) | (number.clone() << u64::try_from(shift).unwrap_or(0));
    let low = joined.magnitude().iter_u64_digits().take(2).enumerate();
    let low = low.fold(0u128, |sum, (index, digit)| sum | u128::from(digit) << (64 * index));
    let mask = if bits == 32 { u128::from(u32::MAX) } else { u128::MAX };
    low & mask
}

/// Returns the lowest 64 bits of the magnitude, which is what the limits are compared with.
fn low_bits(number: &BigInt) -> u64 {
    number.magnitude().iter_u64_digits().next().unwrap_or(0)
}

fn host(arguments: &Arguments<'_>) -> Outcome {
    let network = network(arguments)?;
    let mut number = whole(arguments.number(1))?;
    let hosts = BigInt::from(network.host_mask());
    let accommodated = if number < BigInt::ZERO {
        let from_end = -&number - 1;
        let fits = from_end <= hosts;
        number = &hosts - from_end;
        fits
    } else {
        BigInt::from(low_bits(&number) as i64) <= hosts
    };
    if !accommodated {
        let message =
            format!("prefix of {} does not accommodate a host numbered {}", network.prefix, arguments.number(1));
        return Err(FunctionError::new(message));
    }
    Ok(network.address_text(insert(network.address, &number, 0, network.bits)).into())
}

fn netmask(arguments: &Arguments<'_>) -> Outcome {
    let network = network(arguments)?;
    if network.bits != 32 {
        return Err(FunctionError::new("IPv6 addresses cannot have a netmask"));
    }
    Ok(Ipv4Addr::from(!(network.host_mask() as u32)).to_string().into())
}

fn subnet(arguments: &Arguments<'_>) -> Outcome {
    let network = network(arguments)?;
    let new_bits = arguments.whole(1)?;
    let number = whole(arguments.number(2))?;
    let prefix = network.prefix.saturating_add(new_bits);
    if prefix > network.bits {
        let message = format!("insufficient address space to extend prefix of {} by {new_bits}", network.prefix);
        return Err(FunctionError::new(message));
    }
    if prefix < 0 {
        return Err(FunctionError::new(format!("cannot shorten prefix of {} by {}", network.prefix, -new_bits)));
    }
    let most = match u32::try_from(new_bits) {
        Ok(bits @ 0..64) => (1u64 << bits) - 1,
        _ => u64::MAX,
    };
    if low_bits(&number) > most {
        let message = format!("prefix extension of {new_bits} does not accommodate a subnet numbered {number}");
        return Err(FunctionError::new(message));
    }
    let address = insert(network.address, &number, network.bits - prefix, network.bits);
    Ok(Network { address, prefix, ..network }.text().into())
}

fn subnets(arguments: &Arguments<'_>) -> Outcome {
    let base = network(arguments).map_err(|error| FunctionError::at(0, error.message))?;
    let mut made = Vec::with_capacity(arguments.values.len() - 1);
    let mut next = base.address;
    let mut full = false;
    // Terraform looks for the range before the first one, and a network that starts at zero has none.
    let begins_at_zero = base.address == 0;
    for index in 1..arguments.values.len() {
        let new_bits = arguments.whole(index).map_err(|error| FunctionError::at(index, error.message))?;
        let wrong = |message: String| Err(FunctionError::at(index, message));
        if new_bits < 1 {
            return wrong("must extend prefix by at least one bit".into());
        }
        if new_bits > 32 {
            return wrong("may not extend prefix by more than 32 bits".into());
        }
        let prefix = base.prefix.saturating_add(new_bits);
        if prefix > base.bits {
            let family = if base.bits == 32 { "IPv4" } else { "IPv6" };
            return wrong(format!("would extend prefix to {prefix} bits, which is too long for an {family} address"));
        }
        let size = Network { address: 0, prefix, bits: base.bits };
        // The next address that is a multiple of the size.
        let address = next.checked_add(size.host_mask()).map(|end| end & !size.host_mask());
        let address =
            address.filter(|address| !full && !begins_at_zero && *address >= base.address && *address <= base.last());
        let Some(address) = address else {
            let whole = Network { address: 0, prefix: 0, bits: base.bits };
            let before = Network { address: whole.host_mask() & !size.host_mask(), prefix, bits: base.bits }.text();
            let last = made.last().and_then(Value::as_str).unwrap_or(&before);
            return wrong(format!(
                "not enough remaining address space for a subnet with a prefix of {prefix} bits after {last}"
            ));
        };
        let subnet = Network { address, prefix, bits: base.bits };
        made.push(Value::from(subnet.text()));
        match subnet.last().checked_add(1) {
            Some(after) => next = after,
            None => full = true,
        }
    }
    Ok(Value::list(Type::String, made))
}
