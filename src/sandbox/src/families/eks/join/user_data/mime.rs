//! User data in several parts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its content type, without parameters.
    pub kind: String,
    /// What it holds.
    pub body: String,
}

/// Returns whether a text says that it has several parts.
pub fn is_multipart(text: &str) -> bool {
    headers(text).0.iter().any(|(name, value)| name == "content-type" && value.starts_with("multipart/"))
}

/// Returns the parts.
///
/// # Errors
/// When there is no boundary, or no part.
pub fn parts(text: &str) -> Result<Vec<Part>, String> {
    let (headers, body) = headers(text);
    let kind = headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value);
    let boundary = kind.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="));
    let boundary = boundary.ok_or("its MIME header names no boundary")?.trim_matches('"');
    let (opening, closing) = (format!("--{boundary}"), format!("--{boundary}--"));
    let mut texts: Vec<Vec<&str>> = Vec::new();
    for line in body.lines() {
        match line.trim_end() {
            end if end == closing => break,
            start if start == opening => texts.push(Vec::new()),
            _ => texts.last_mut().into_iter().for_each(|part| part.push(line)),
        }
    }
    if texts.is_empty() {
        return Err(format!("none of its MIME parts begins with the boundary `{boundary}`"));
    }
    texts.into_iter().map(|lines| part(&lines.join("\n"))).collect()
}

fn part(text: &str) -> Result<Part, String> {
    let (headers, body) = headers(text);
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
    let kind = header("content-type").split(';').next().unwrap_or_default().trim().to_lowercase();
    let body = match header("content-transfer-encoding").to_lowercase().as_str() {
        "base64" => {
            let clean: String = body.split_whitespace().collect();
            let bytes = STANDARD.decode(clean).map_err(|_| "a MIME part that says so is not base64".to_owned())?;
            String::from_utf8(bytes).map_err(|_| "a MIME part is not text".to_owned())?
        }
        _ => body.to_owned(),
    };
    Ok(Part { kind, body })
}

/// Returns headers, with names in lower case, and what follows the first blank line.
fn headers(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        if line.trim().is_empty() {
            return (found, after);
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            found.push((name.trim().to_lowercase(), value.trim().to_owned()));
        } else {
            return (found, rest);
        }
        rest = after;
    }
    (found, rest)
}
