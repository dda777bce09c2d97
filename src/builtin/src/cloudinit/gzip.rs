//! Compression as the original provider frames it: the data, then an empty last block.
//!
//! The bytes within differ from the original's: another compressor finds other repetitions. What they unpack to is the
//! same, and landfall gives the same bytes each time; but a `rendered` text that a state got from the original differs
//! from ours once, and so what holds it (`user_data`) changes once.

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

/// No name, no time, default level, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Returns data as a gzip file.
pub fn pack(data: &[u8]) -> Vec<u8> {
    let mut packed = HEADER.to_vec();
    packed.extend(deflated(data));
    let mut sum = Crc::new();
    sum.update(data);
    packed.extend(sum.sum().to_le_bytes());
    packed.extend(sum.amount().to_le_bytes());
    packed
}

/// A synchronising flush ends with an empty stored block: marked as the last one, it ends the stream. Its mark is the
/// third bit or more before the end of the byte that its lengths follow.
fn deflated(data: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(data.len() + data.len() / 1000 + 256);
    let flushed = Compress::new(Compression::default(), false).compress_vec(data, &mut packed, FlushCompress::Sync);
    debug_assert!(flushed.is_ok(), "a buffer that is large enough takes the data");
    let bits = packed.len().saturating_sub(4) * 8;
    for mark in (0..=bits.saturating_sub(3)).rev().take(8) {
        packed[mark / 8] |= 1 << (mark % 8);
        if ends_with(&packed, data) {
            return packed;
        }
        packed[mark / 8] &= !(1 << (mark % 8));
    }
    packed.extend([1, 0, 0, 0xff, 0xff]);
    packed
}

fn ends_with(packed: &[u8], data: &[u8]) -> bool {
    let mut out = Vec::with_capacity(data.len() + 1);
    let status = Decompress::new(false).decompress_vec(packed, &mut out, FlushDecompress::Finish);
    matches!(status, Ok(Status::StreamEnd)) && out == data
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_was_packed_is_unpacked_again() {
        for data in ["", "x", "hello, hello, hello", &"a line of text\n".repeat(5000)] {
            let mut text = String::new();
            flate2::read::GzDecoder::new(pack(data.as_bytes()).as_slice()).read_to_string(&mut text).unwrap();
            assert_eq!(text, data);
        }
    }
}
