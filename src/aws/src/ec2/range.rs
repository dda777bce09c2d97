//! Ranges of addresses, however they are written.

use std::net::IpAddr;

/// Returns a range in its shortest form; what is no range is returned as it is.
pub fn canonical(range: &str) -> String {
    let parts = range.split_once('/').and_then(|(address, length)| Some((address.parse::<IpAddr>().ok()?, length)));
    match parts {
        Some((address, length)) => format!("{address}/{length}"),
        None => range.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn ipv6_ranges_can_be_written_in_many_ways() {
        assert_eq!(canonical("2001:0DB8:0::/32"), "2001:db8::/32");
        assert_eq!(canonical("10.0.0.0/8"), "10.0.0.0/8");
        assert_eq!(canonical("pl-1"), "pl-1");
    }
}
