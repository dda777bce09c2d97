//! The text of several parts that cloud-init reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Crc;
use landfall_provider::{CallError, CallResult};

use super::gzip;

/// Boundary between parts where none is given.
pub const BOUNDARY: &str = "MIMEBOUNDARY";
/// Content type of a part where none is given.
pub const CONTENT_TYPE: &str = "text/plain";

/// A configuration of which everything is known.
pub struct Document<'a> {
    pub gzip: bool,
    pub base64: bool,
    pub boundary: &'a str,
    pub parts: Vec<Part<'a>>,
}

/// A part of it. Empty texts are as none.
pub struct Part<'a> {
    pub content_type: &'a str,
    pub content: &'a str,
    pub filename: &'a str,
    pub merge_type: &'a str,
}

/// What becomes of a configuration.
pub struct Rendered {
    /// CRC-32 of the text.
    pub id: String,
    /// The text.
    pub text: String,
}

/// Returns why a configuration cannot be, if it cannot.
pub fn contradiction(gzip: bool, base64: bool) -> Option<&'static str> {
    (gzip && !base64).then_some("Expected base64_encode to be set to true when gzip is true.")
}

impl Document<'_> {
    /// Renders the configuration.
    pub fn render(&self) -> CallResult<Rendered> {
        let invalid = |message: &str| CallError::local("config", message);
        if let Some(problem) = contradiction(self.gzip, self.base64) {
            return Err(invalid(problem));
        }
        if !is_boundary(self.boundary) {
            return Err(invalid("the boundary must be 1 to 70 characters that MIME takes in a boundary"));
        }
        let text = self.parts();
        let bytes = if self.gzip { gzip::pack(text.as_bytes()) } else { text.into_bytes() };
        let text = match self.base64 {
            true => STANDARD.encode(bytes),
            false => String::from_utf8(bytes).map_err(|_| invalid("the text is not UTF-8"))?,
        };
        let mut sum = Crc::new();
        sum.update(text.as_bytes());
        Ok(Rendered { id: sum.sum().to_string(), text })
    }

    /// Headers come in the order of their names.
    fn parts(&self) -> String {
        let boundary = self.boundary;
        let mut text = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\nMIME-Version: 1.0\r\n\r\n");
        for (index, part) in self.parts.iter().enumerate() {
            text.push_str(&format!("{}--{boundary}\r\n", if index == 0 { "" } else { "\r\n" }));
            if !part.filename.is_empty() {
                text.push_str(&format!("Content-Disposition: attachment; filename=\"{}\"\r\n", part.filename));
            }
            text.push_str(&format!(
                "Content-Transfer-Encoding: 7bit\r\nContent-Type: {}\r\nMime-Version: 1.0\r\n",
                part.content_type
            ));
            if !part.merge_type.is_empty() {
                text.push_str(&format!("X-Merge-Type: {}\r\n", part.merge_type));
            }
            text.push_str(&format!("\r\n{}", part.content));
        }
        text.push_str(&format!("\r\n--{boundary}--\r\n"));
        text
    }
}

/// Characters of RFC 2046 that a boundary may have.
fn is_boundary(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "'()+_,-./:=? ".contains(c);
    (1..=70).contains(&text.len()) && text.chars().all(is_inner) && !text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document<'a>(gzip: bool, base64: bool, parts: &[&'a str]) -> Document<'a> {
        let part = |content: &&'a str| Part { content_type: CONTENT_TYPE, content, filename: "", merge_type: "" };
        Document { gzip, base64, boundary: BOUNDARY, parts: parts.iter().map(part).collect() }
    }

    #[test]
    fn parts_are_written_in_order_with_headers_by_name() {
        let mut document = document(false, false, &["one", "two"]);
        document.parts[1] =
            Part { content_type: "text/x-sh", content: "two", filename: "b.sh", merge_type: "list()+str()" };
        let expected = "Content-Type: multipart/mixed; boundary=\"MIMEBOUNDARY\"\nMIME-Version: 1.0\r\n\r\n\
                        --MIMEBOUNDARY\r\nContent-Transfer-Encoding: 7bit\r\nContent-Type: text/plain\r\n\
                        Mime-Version: 1.0\r\n\r\none\r\n\
                        --MIMEBOUNDARY\r\nContent-Disposition: attachment; filename=\"b.sh\"\r\n\
                        Content-Transfer-Encoding: 7bit\r\nContent-Type: text/x-sh\r\nMime-Version: 1.0\r\n\
                        X-Merge-Type: list()+str()\r\n\r\ntwo\r\n--MIMEBOUNDARY--\r\n";
        assert_eq!(document.render().unwrap().text, expected);
    }

    #[test]
    fn what_is_compressed_must_be_base64() {
        assert!(document(true, false, &["x"]).render().is_err());
        assert!(document(true, true, &["x"]).render().unwrap().text.starts_with("H4sIAAAAAAAA/"));
    }

    #[test]
    fn the_boundary_is_checked() {
        let with = |boundary| Document { boundary, ..document(false, false, &[]) }.render().is_ok();
        assert!(with("//"));
        assert!(!with(""));
        assert!(!with("a\"b"));
    }
}
