//! Order in which the AWS provider goes through a set: by the decimal text of a checksum of each member.

use landfall_provider::Set;

/// Returns the checksum of a text, which is also the id of a document.
pub fn hash(text: &str) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !text.bytes().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), step))
}

/// Returns the members in order; `written` is the text whose checksum counts.
pub fn in_order<T>(set: &Set<T>, written: impl Fn(&T) -> String) -> Vec<&T> {
    let mut members: Vec<&T> = set.iter().collect();
    members.sort_by_cached_key(|member| hash(&written(member)).to_string());
    members
}

/// Returns the members of a set of texts, as they count for the checksum of what holds them.
pub fn members(set: &Set<String>) -> String {
    let written = |text: &String| format!("{text};");
    in_order(set, written).into_iter().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc_32() {
        assert_eq!(hash("123456789"), 0xcbf4_3926);
        assert_eq!(hash(""), 0);
    }
}
