//! Diagnostics for people, in Terraform's layout, with a line of carets under the text that is wrong.

use landfall_diag::{Diagnostic, Diagnostics, Severity, SourceMap};
use unicode_segmentation::UnicodeSegmentation;

use super::snippet::{Snippet, place};
use crate::views::{Ink, Style};

/// Returns a diagnostic as text, in a box on a terminal.
pub(crate) fn diagnostic(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let ink = match diagnostic.severity {
        Severity::Error => Ink::Red,
        Severity::Warning => Ink::Yellow,
    };
    let mut body = String::new();
    write_title(&mut body, diagnostic, ink, style);
    write_place(&mut body, diagnostic, sources, ink, style);
    if !diagnostic.detail.is_empty() {
        let narrower = Style { width: style.width.saturating_sub(2).max(20), ..style };
        narrower.paragraph(&mut body, diagnostic.detail.trim_end());
    }
    boxed(body.trim_end_matches('\n'), ink, style)
}

fn write_title(out: &mut String, diagnostic: &Diagnostic, ink: Ink, style: Style) {
    let word = match diagnostic.severity {
        Severity::Error => "Error: ",
        Severity::Warning => "Warning: ",
    };
    style.paint(out, ink, word);
    style.paint(out, Ink::Bold, &diagnostic.summary);
    out.push_str("\n\n");
}

fn write_place(out: &mut String, diagnostic: &Diagnostic, sources: &SourceMap, ink: Ink, style: Style) {
    if let Some(address) = &diagnostic.address {
        out.push_str(&format!("  with {address},\n"));
    }
    let Some(snippet) = Snippet::of(diagnostic, sources) else {
        if diagnostic.address.is_some() {
            out.push('\n');
        }
        return;
    };
    let block = snippet.block.as_ref().map(|block| format!(", in {block}")).unwrap_or_default();
    out.push_str(&format!("  on {} line {}{block}:\n", snippet.file, snippet.start.line));
    for (number, line, part) in snippet.lines() {
        out.push_str(&format!("{number:>4}: {line}\n"));
        if let Some((from, to)) = part {
            let before: String =
                line[..from].graphemes(true).map(|part| if part == "\t" { "\t" } else { " " }).collect();
            let carets = "^".repeat(line[from..to].graphemes(true).count().max(1));
            out.push_str("      ");
            out.push_str(&before);
            style.paint(out, ink, &carets);
            out.push('\n');
        }
    }
    if !diagnostic.values.is_empty() {
        out.push_str("    ├────────────────\n");
        for value in &diagnostic.values {
            out.push_str("    │ ");
            style.paint(out, Ink::Bold, &value.traversal);
            out.push_str(&format!(" {}\n", value.statement));
        }
    }
    out.push('\n');
}

/// Puts a text between box characters where they help the eye: on a terminal.
fn boxed(text: &str, ink: Ink, style: Style) -> String {
    if !style.colour {
        return format!("\n{text}\n");
    }
    let mut out = String::new();
    style.paint(&mut out, ink, "╷");
    out.push('\n');
    for line in text.split('\n') {
        style.paint(&mut out, ink, "│ ");
        out.push_str(line);
        out.push('\n');
    }
    style.paint(&mut out, ink, "╵");
    out.push('\n');
    out
}

/// Returns warnings as a list of their summaries and places.
pub(crate) fn compact_warnings<'a>(
    warnings: impl Iterator<Item = &'a Diagnostic>,
    sources: &SourceMap,
    style: Style,
) -> String {
    let mut list = String::new();
    let mut last: Option<&str> = None;
    for warning in warnings {
        if last != Some(&warning.summary) {
            list.push_str(&format!("\n- {}", warning.summary));
            last = Some(&warning.summary);
            if let Some(span) = warning.subject {
                list.push_str(&format!("\n  {}", place(span, sources)));
            }
        }
    }
    if list.is_empty() {
        return list;
    }
    let mut out = String::from("\n");
    style.paint(&mut out, Ink::Yellow, "Warnings:");
    format!("{out}\n{list}\n\nTo see the full warning notes, run landfall without -compact-warnings.\n")
}

/// Returns findings as text, warnings first where they are not errors' company.
pub(crate) fn diagnostics(found: &Diagnostics, sources: &SourceMap, style: Style, compact: bool) -> String {
    let mut out = String::new();
    if compact && !found.has_errors() {
        return compact_warnings(found.iter(), sources, style);
    }
    for finding in found {
        out.push_str(&diagnostic(finding, sources, style));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_diag::{Span, TookPart};

    const TEXT: &str = "variable \"region\" {\n}\n\noutput \"x\" {\n  value = [\n    var.regoin,\n  ]\n}\n";

    #[track_caller]
    fn check(start: &str, end: &str, change: impl FnOnce(&mut Diagnostic), style: Style, expected: &str) {
        let mut sources = SourceMap::default();
        let source = sources.add("main.tf", TEXT);
        let from = TEXT.find(start).unwrap() as u32;
        let to = (TEXT.find(end).unwrap() + end.len()) as u32;
        let mut finding = Diagnostic::error("Bad thing", "It is bad.\n\nDo not:\n    do it").at(Span {
            source,
            start: from,
            end: to,
        });
        change(&mut finding);
        assert_eq!(diagnostic(&finding, &sources, style), expected);
    }

    #[test]
    fn one_line_gets_carets_under_the_subject() {
        let expected = "\nError: Bad thing\n\n  on main.tf line 6, in output \"x\":\n   6:     var.regoin,\n          ^^^^^^^^^^\n\n\
                        It is bad.\n\nDo not:\n    do it\n";
        check("var.r", "oin", |_| (), Style::default(), expected);
    }

    #[test]
    fn subjects_over_lines_are_shown_whole_with_the_values_that_took_part() {
        let expected = "\nError: Bad thing\n\n  with a.b,\n  on main.tf line 5, in output \"x\":\n   5:   value = [\n                ^\n   \
                        6:     var.regoin,\n      ^^^^^^^^^^^^^^^\n   7:   ]\n      ^^^\n    ├────────────────\n    │ var.x is \
                        \"a\"\n\nIt is bad.\n\nDo not:\n    do it\n";
        let change = |finding: &mut Diagnostic| {
            finding.address = Some("a.b".parse().unwrap());
            finding.values = vec![TookPart { traversal: "var.x".into(), statement: "is \"a\"".into() }];
        };
        check("[", "]", change, Style::default(), expected);
    }

    #[test]
    fn a_terminal_gets_a_box() {
        let mut sources = SourceMap::default();
        sources.add("main.tf", TEXT);
        let text = diagnostic(&Diagnostic::warning("Odd", ""), &sources, Style { colour: true, width: 40 });
        assert!(text.starts_with("\x1b[33m╷") && text.contains("│ ") && text.ends_with("╵\x1b[0m\n"), "{text:?}");
    }
}
