//! Layout of the file as Terraform writes it: two blanks of indent, `<`, `>` and `&` escaped, raw texts laid out anew.

use std::io::{self, Write};

use serde_json::ser::{Formatter, PrettyFormatter};

#[derive(Default)]
pub(super) struct TerraformFormatter {
    pretty: PrettyFormatter<'static>,
    depth: usize,
}

impl Formatter for TerraformFormatter {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped(writer, fragment.as_bytes())
    }

    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        lay_out(writer, fragment.as_bytes(), self.depth)
    }
}

/// Writes text of a string, with the characters escaped that Terraform escapes.
fn write_escaped<W: ?Sized + Write>(writer: &mut W, text: &[u8]) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'<' | b'>' | b'&')) {
        writer.write_all(&rest[..at])?;
        write!(writer, "\\u{:04x}", rest[at])?;
        rest = &rest[at + 1..];
    }
    writer.write_all(rest)
}

/// Writes valid JSON with indentation, `depth` levels in.
fn lay_out<W: ?Sized + Write>(writer: &mut W, text: &[u8], mut depth: usize) -> io::Result<()> {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'"' => {
                let end = end_of_string(text, at);
                write_escaped(writer, &text[at..end])?;
                at = end;
            }
            open @ (b'{' | b'[') => {
                writer.write_all(&[open])?;
                at = skip_blanks(text, at + 1);
                if matches!(text.get(at), Some(b'}' | b']')) {
                    writer.write_all(&[text[at]])?;
                    at += 1;
                } else {
                    depth += 1;
                    new_line(writer, depth)?;
                }
            }
            close @ (b'}' | b']') => {
                depth -= 1;
                new_line(writer, depth)?;
                writer.write_all(&[close])?;
                at += 1;
            }
            b',' => {
                writer.write_all(b",")?;
                new_line(writer, depth)?;
                at += 1;
            }
            b':' => {
                writer.write_all(b": ")?;
                at += 1;
            }
            _ => {
                let end = text[at..]
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'))
                    .map_or(text.len(), |length| at + length);
                writer.write_all(&text[at..end])?;
                at = end;
            }
        }
    }
    Ok(())
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    text[from..].iter().position(|byte| !byte.is_ascii_whitespace()).map_or(text.len(), |length| from + length)
}

/// Returns the offset after the closing quote of the string that starts at `start`.
fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

const INDENT: &[u8; 64] = &[b' '; 64];

fn new_line<W: ?Sized + Write>(writer: &mut W, depth: usize) -> io::Result<()> {
    writer.write_all(b"\n")?;
    let mut blanks = depth * 2;
    while blanks > 0 {
        let part = blanks.min(INDENT.len());
        writer.write_all(&INDENT[..part])?;
        blanks -= part;
    }
    Ok(())
}
