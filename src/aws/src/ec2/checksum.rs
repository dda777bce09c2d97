//! The checksum in ids that the AWS provider makes up.

/// Returns the checksum of IEEE 802.3.
pub fn crc32(text: &str) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !text.bytes().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn the_checksum_is_that_of_the_standard() {
    assert_eq!(crc32("123456789"), 0xCBF4_3926);
}
