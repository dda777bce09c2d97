//! YAML text to values.

mod scalar;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::{Kind, Type, Value, convert};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};

/// Reads one document.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    read(text).or_else(|error| match with_tabs_as_blanks(text) {
        Some(text) => read(&text),
        None => Err(error),
    })
}

/// Returns a text with blanks for tabs behind the `:` of a key. The scanner refuses such tabs, YAML allows them.
fn with_tabs_as_blanks(text: &str) -> Option<String> {
    let mut mended: Option<String> = None;
    loop {
        let current = mended.as_deref().unwrap_or(text);
        let failure = Parser::new_from_str(current).find_map(Result::err);
        let Some(failure) = failure.filter(|failure| failure.info().starts_with("':' must be followed")) else {
            return mended;
        };
        let end = current.char_indices().nth(failure.marker().index()).map_or(current.len(), |(at, _)| at);
        let head = current[..end].trim_end_matches('\t');
        if head.len() == end {
            return mended;
        }
        mended = Some(format!("{head}{}{}", " ".repeat(end - head.len()), &current[end..]));
    }
}

fn read(text: &str) -> Result<Value, String> {
    let open_end = (!text.ends_with('\n')).then(|| text.chars().count());
    let events = Parser::new_from_str(text);
    let mut reader = Reader { events, anchors: BTreeMap::new(), place: None, end: 0, open_end };
    while matches!(reader.peek()?, Some(Event::StreamStart | Event::DocumentStart(_) | Event::Nothing)) {
        reader.next()?;
    }
    if matches!(reader.peek()?, Some(Event::StreamEnd) | None) {
        return Err("unexpected end of document: there is no value".into());
    }
    let value = reader.value()?;
    while let Some(event) = reader.next()? {
        match event {
            Event::DocumentEnd | Event::StreamEnd | Event::Nothing => {}
            _ => return Err(reader.at("unexpected extra content after value")),
        }
    }
    Ok(value)
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// Values of anchors; none while the anchored value is being read.
    anchors: BTreeMap<usize, Option<Value>>,
    place: Option<Marker>,
    /// Where the last event ends, in characters.
    end: usize,
    /// Where the text ends, if not with a line end.
    open_end: Option<usize>,
}

type ReadTag<'a> = Option<Cow<'a, Tag>>;

impl<'a> Reader<'a> {
    fn at(&self, message: &str) -> String {
        match &self.place {
            Some(place) => format!("on line {}, column {}: {message}", place.line(), place.col() + 1),
            None => message.to_owned(),
        }
    }

    fn peek(&mut self) -> Result<Option<&Event<'a>>, String> {
        match self.events.peek() {
            None => Ok(None),
            Some(Ok((event, _))) => Ok(Some(event)),
            Some(Err(error)) => Err(error.to_string()),
        }
    }

    fn next(&mut self) -> Result<Option<Event<'a>>, String> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                self.place = Some(span.start);
                self.end = span.end.index();
                Ok(Some(event))
            }
            Some(Err(error)) => Err(error.to_string()),
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        let Some(event) = self.next()? else { return Err("unexpected end of document".into()) };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // The scanner adds a line end to a block of lines that the text ends with.
                let is_cut = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
                    && self.open_end.is_some_and(|end| self.end >= end);
                let text = text.strip_suffix('\n').filter(|_| is_cut).unwrap_or(&text);
                let value = self.scalar(text, style, tag)?;
                Ok(self.anchored(anchor, value))
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag, "seq", "sequence")?;
                self.anchors.insert(anchor, None);
                let mut elements = Vec::new();
                while !matches!(self.peek()?, Some(Event::SequenceEnd) | None) {
                    elements.push(self.value()?);
                }
                self.next()?;
                Ok(self.anchored(anchor, Value::tuple(elements)))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag, "map", "mapping")?;
                self.anchors.insert(anchor, None);
                let value = self.mapping()?;
                Ok(self.anchored(anchor, value))
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(Some(value)) => Ok(value.clone()),
                Some(None) => Err(self.at("cannot refer to an anchor from inside its own definition")),
                None => Err(self.at("reference to undefined anchor")),
            },
            _ => Err(self.at("unexpected content")),
        }
    }

    fn anchored(&mut self, anchor: usize, value: Value) -> Value {
        if anchor > 0 {
            self.anchors.insert(anchor, Some(value.clone()));
        }
        value
    }

    fn mapping(&mut self) -> Result<Value, String> {
        let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        let mut merged: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        while !matches!(self.peek()?, Some(Event::MappingEnd) | None) {
            let merge = matches!(self.peek()?, Some(Event::Scalar(text, ScalarStyle::Plain, _, None)) if text == "<<");
            let key = self.value()?;
            let value = self.value()?;
            if merge {
                let Kind::Object(more) = value.kind() else {
                    let kind = value.r#type().friendly_name();
                    return Err(self.at(&format!("cannot merge {kind} into mapping")));
                };
                for (name, value) in more {
                    merged.entry(name.clone()).or_insert_with(|| value.clone());
                }
                continue;
            }
            if key.is_null() {
                return Err(self.at("mapping key cannot be null"));
            }
            let key = convert(&key, &Type::String).map_err(|_| self.at("only strings are allowed as mapping keys"))?;
            entries.insert(key.as_str().unwrap_or_default().into(), value);
        }
        self.next()?;
        merged.append(&mut entries);
        Ok(Value::object(merged))
    }

    /// Returns the name of a standard tag.
    fn tag_name(&self, tag: ReadTag<'_>) -> Result<Option<String>, String> {
        const STANDARD: &str = "tag:yaml.org,2002:";
        let Some(tag) = tag else { return Ok(None) };
        let full = format!("{}{}", tag.handle, tag.suffix);
        match full.strip_prefix(STANDARD).or_else(|| full.strip_prefix("!!")) {
            Some(name) => Ok(Some(name.to_owned())),
            None if full == "!" => Ok(Some("str".into())),
            None => Err(self.at(&format!("unsupported tag {full:?}"))),
        }
    }

    fn check_tag(&self, tag: ReadTag<'_>, wanted: &str, kind: &str) -> Result<(), String> {
        match self.tag_name(tag)? {
            Some(name) if name != wanted => {
                Err(self.at(&format!("can't interpret {kind} as tag:yaml.org,2002:{name}")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: ReadTag<'_>) -> Result<Value, String> {
        let tag = self.tag_name(tag)?;
        if style != ScalarStyle::Plain || matches!(tag.as_deref(), Some("str" | "binary")) {
            return Ok(text.into());
        }
        if tag.as_deref() == Some("null") {
            return Ok(Value::NULL);
        }
        let value = scalar::resolve(text).map_err(|message| self.at(message))?;
        let fits = match tag.as_deref() {
            None => true,
            Some("bool") => value.as_bool().is_some(),
            Some("int") => value.as_number().is_some_and(landfall_value::Number::is_integer),
            Some("float") => value.as_number().is_some(),
            Some("timestamp") => value.as_str().is_some_and(|time| time.contains('T')),
            Some(_) => false,
        };
        if fits {
            return Ok(value);
        }
        let name = tag.unwrap_or_default();
        Err(self.at(&format!("can't interpret {text:?} as tag:yaml.org,2002:{name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn reads(text: &str, expected: &str) {
        assert_eq!(format!("{:?}", decode(text).expect("a value")), expected, "{text}");
    }

    #[test]
    fn reads_collections_aliases_and_merges() {
        reads("a:\n  - b\n  - c: 1\n", r#"{"a": ["b", {"c": 1}]}"#);
        reads("base: &b {k: 1, j: 2}\nc:\n  <<: *b\n  k: 3\n", r#"{"base": {"j": 2, "k": 1}, "c": {"j": 2, "k": 3}}"#);
        reads("1: a\ntrue: b\n", r#"{"1": "a", "true": "b"}"#);
        reads("a: |\n  x\n  y\nb: >\n  p\n  q\n", r#"{"a": "x\ny\n", "b": "p q\n"}"#);
        reads("a: !!str 123\n", r#"{"a": "123"}"#);
        reads("a:\tb\nc:\t\td\n", r#"{"a": "b", "c": "d"}"#);
    }

    #[test]
    fn refuses_what_has_no_value() {
        for text in ["", "# only", "a: !custom 1", "- a\nb: 1", "--- a\n--- b", "? [a]\n: b", "a: *x", "a: &x [*x]"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
