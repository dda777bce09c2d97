//! Base64, gzip, CSV and text encodings.

mod csv;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, Compression, Crc, FlushCompress};
use landfall_value::{Type, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Returns, text};
use super::{FunctionError, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::text("base64decode", &[text("str")], base64_decode),
    Function::text("base64encode", &[text("str")], |a| Ok(STANDARD.encode(a.text(0)).into())),
    Function::text("base64gzip", &[text("str")], base64_gzip),
    Function::new("csvdecode", &[text("str")], Returns::Fixed(Constraint::Any), csv_decode),
    Function::text("textdecodebase64", &[text("source"), text("encoding")], text_decode),
    Function::text("textencodebase64", &[text("string"), text("encoding")], text_encode),
    Function::text("urlencode", &[text("str")], |a| {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');
        Ok(utf8_percent_encode(a.text(0), KEPT).to_string().replace(' ', "+").into())
    }),
];

/// Decodes base64; line ends do not matter.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\r', '\n']) {
        return STANDARD.decode(text.replace(['\r', '\n'], "")).ok();
    }
    STANDARD.decode(text).ok()
}

fn base64_decode(arguments: &Arguments<'_>) -> Outcome {
    let text = arguments.text(0);
    let shown = arguments.shown(0, text);
    let bytes = from_base64(text).ok_or_else(|| FunctionError::new(format!("failed to decode base64 data {shown}")))?;
    String::from_utf8(bytes)
        .map(Value::from)
        .map_err(|_| FunctionError::new("the result of decoding the provided string is not valid UTF-8"))
}

/// Compresses as Go does: the data, a flush, an empty last block.
fn base64_gzip(arguments: &Arguments<'_>) -> Outcome {
    let input = arguments.text(0).as_bytes();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    if input.is_empty() {
        packed.extend([0, 0, 0, 0xff, 0xff]);
    } else {
        let mut compress = Compress::new(Compression::default(), false);
        let mut data = Vec::with_capacity(input.len() + input.len() / 1000 + 256);
        compress
            .compress_vec(input, &mut data, FlushCompress::Sync)
            .map_err(|error| FunctionError::new(format!("failed to compress: {error}")))?;
        packed.append(&mut data);
    }
    packed.extend([1, 0, 0, 0xff, 0xff]);
    let mut sum = Crc::new();
    sum.update(input);
    packed.extend(sum.sum().to_le_bytes());
    packed.extend((input.len() as u32).to_le_bytes());
    Ok(STANDARD.encode(packed).into())
}

fn csv_decode(arguments: &Arguments<'_>) -> Outcome {
    let mut rows = csv::rows(arguments.text(0)).map_err(FunctionError::new)?.into_iter();
    let header = rows.next().ok_or_else(|| FunctionError::new("missing header line"))?;
    for (index, name) in header.iter().enumerate() {
        if header[..index].contains(name) {
            return Err(FunctionError::new(format!("duplicate column name {name:?}")));
        }
    }
    let row_type = Type::object(header.iter().map(|name| (name.as_str(), Type::String)));
    let objects =
        rows.map(|row| Value::object_of(header.iter().map(String::as_str).zip(row.into_iter().map(Value::from))));
    Ok(Value::list(row_type, objects.collect()))
}

#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Utf16 {
        little: bool,
    },
    /// Big-endian, after a byte order mark.
    Utf16Marked,
    Ascii,
    Latin1,
    Windows1252,
}

/// What windows-1252 has from 0x80 to 0x9f.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Charset {
    /// Returns the charset that the second argument names.
    fn of(arguments: &Arguments<'_>) -> Result<Self, FunctionError> {
        let name = arguments.text(1);
        match name.to_lowercase().as_str() {
            "utf-8" | "csutf8" => Ok(Self::Utf8),
            "utf-16le" | "csutf16le" => Ok(Self::Utf16 { little: true }),
            "utf-16" | "csutf16" => Ok(Self::Utf16Marked),
            "utf-16be" | "csutf16be" => Ok(Self::Utf16 { little: false }),
            "us-ascii" | "us" | "cp367" | "ibm367" | "csascii" | "iso-ir-6" | "iso646-us" | "iso_646.irv:1991"
            | "ansi_x3.4-1968" => Ok(Self::Ascii),
            "iso-8859-1" | "latin1" | "iso_8859-1" | "iso_8859-1:1987" | "iso-ir-100" | "l1" | "cp819" | "ibm819"
            | "csisolatin1" => Ok(Self::Latin1),
            "windows-1252" | "cswindows1252" => Ok(Self::Windows1252),
            _ => {
                let name = arguments.shown(1, name);
                Err(FunctionError::at(1, format!("{name} is not a supported IANA encoding name or alias")))
            }
        }
    }

    fn encode(self, text: &str) -> Option<Vec<u8>> {
        let single = |c: char| match (self, u32::from(c)) {
            (_, code @ 0..0x80) | (Self::Latin1 | Self::Windows1252, code @ 0xa0..=0xff) => u8::try_from(code).ok(),
            (Self::Latin1, code @ 0x80..0xa0) => u8::try_from(code).ok(),
            (Self::Windows1252, _) => WINDOWS_1252.iter().position(|other| *other == c).map(|i| 0x80 + i as u8),
            _ => None,
        };
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Utf16 { little: true } => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Utf16 { little: false } => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Self::Utf16Marked => Some(format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Self::Ascii | Self::Latin1 | Self::Windows1252 => text.chars().map(single).collect(),
        }
    }

    fn decode(self, bytes: &[u8]) -> Option<String> {
        let single = |&byte: &u8| match (self, byte) {
            (_, 0..0x80) | (Self::Latin1, _) | (Self::Windows1252, 0xa0..) => Some(char::from(byte)),
            (Self::Windows1252, _) => Some(WINDOWS_1252[usize::from(byte - 0x80)]),
            _ => None,
        };
        match self {
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            Self::Utf16Marked => {
                let (little, bytes) = match bytes {
                    [0xff, 0xfe, rest @ ..] => (true, rest),
                    [0xfe, 0xff, rest @ ..] => (false, rest),
                    _ => (false, bytes),
                };
                Self::Utf16 { little }.decode(bytes)
            }
            Self::Utf16 { little } => {
                let unit = |pair: &[u8]| match pair {
                    [a, b] if little => Some(u16::from_le_bytes([*a, *b])),
                    [a, b] => Some(u16::from_be_bytes([*a, *b])),
                    _ => None,
                };
                let units: Option<Vec<u16>> = bytes.chunks(2).map(unit).collect();
                String::from_utf16(&units?).ok()
            }
            Self::Ascii | Self::Latin1 | Self::Windows1252 => bytes.iter().map(single).collect(),
        }
    }
}

fn text_encode(arguments: &Arguments<'_>) -> Outcome {
    let encoded = Charset::of(arguments)?.encode(arguments.text(0)).ok_or_else(|| {
        let name = arguments.shown(1, arguments.text(1));
        let message = format!("the given string contains characters that cannot be represented in {name}");
        FunctionError::at(0, message)
    })?;
    Ok(STANDARD.encode(encoded).into())
}

fn text_decode(arguments: &Arguments<'_>) -> Outcome {
    let charset = Charset::of(arguments)?;
    let bytes =
        from_base64(arguments.text(0)).ok_or_else(|| FunctionError::at(0, "the given value is not valid base64"))?;
    let text = charset.decode(&bytes).ok_or_else(|| {
        let name = arguments.shown(1, arguments.text(1));
        FunctionError::at(0, format!("the given string contains symbols that are not defined for {name}"))
    })?;
    Ok(text.into())
}
