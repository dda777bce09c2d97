//! Rows of comma-separated values (RFC 4180).

/// Splits a text into rows of the same number of fields. Empty lines do not count.
pub(super) fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')) {
            rest = after;
            line += 1;
            continue;
        }
        let start = line;
        let mut row = Vec::new();
        loop {
            let (field, after) = field(rest, &mut line)?;
            row.push(field);
            rest = after;
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None => break,
            }
        }
        rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
        line += 1;
        if rows.first().is_some_and(|first| first.len() != row.len()) {
            return Err(format!("record on line {start}: wrong number of fields"));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Reads one field; what is left starts with a comma, a line end, or is empty.
fn field<'a>(text: &'a str, line: &mut usize) -> Result<(String, &'a str), String> {
    let start = *line;
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let end = if text[end..].starts_with('\n') && text[..end].ends_with('\r') { end - 1 } else { end };
        let plain = &text[..end];
        if plain.contains('"') {
            return Err(format!("parse error on line {start}: bare \" in non-quoted field"));
        }
        return Ok((plain.to_owned(), &text[end..]));
    };
    let mut field = String::new();
    loop {
        let end = rest.find('"').ok_or_else(|| format!("parse error on line {start}: unterminated quoted field"))?;
        field.push_str(&rest[..end]);
        *line += rest[..end].matches('\n').count();
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => break,
        }
    }
    if !(rest.is_empty() || rest.starts_with([',', '\n']) || rest.starts_with("\r\n")) {
        return Err(format!("parse error on line {start}: extraneous or missing \" in quoted field"));
    }
    Ok((field.replace("\r\n", "\n"), rest))
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn reads_quoted_fields() {
        let found = rows("a,b\r\n\n\"x,\"\"y\"\"\nz\",2\n").expect("rows");
        assert_eq!(found, [vec!["a", "b"], vec!["x,\"y\"\nz", "2"]]);
    }

    #[test]
    fn refuses_rows_of_other_width_and_stray_quotes() {
        assert_eq!(rows("a,b\n1\n"), Err("record on line 2: wrong number of fields".into()));
        assert!(rows("a\n\"x").is_err() && rows("a\"b").is_err() && rows("\"a\"b").is_err());
    }
}
