//! Bodies in signed or unsigned chunks, as SDKs send streams: `aws-chunked`, with checksums behind the last chunk.

use http::Request;

/// Returns whether a body is in chunks.
pub fn is_it(request: &Request<Vec<u8>>) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header("x-amz-content-sha256").starts_with("STREAMING-") || header("content-encoding").contains("aws-chunked")
}

/// Returns the body, and adds what comes behind it to the trailers. Signatures of chunks are not checked.
pub fn decode(mut rest: &[u8], trailers: &mut Vec<(String, String)>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = take_line(&mut rest)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    while let Some(line) = take_line(&mut rest).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(body)
}

fn take_line(rest: &mut &[u8]) -> Option<String> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let line = String::from_utf8(rest.get(..end)?.to_vec()).ok()?;
    *rest = rest.get(end + 2..)?;
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together_and_trailers_read() {
        let mut trailers = Vec::new();
        let sent = b"5;chunk-signature=ab\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        assert_eq!(decode(sent, &mut trailers).as_deref(), Some(b"hello!".as_slice()));
        assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())]);
        assert_eq!(decode(b"9\r\nshort\r\n", &mut trailers), None);
    }
}
