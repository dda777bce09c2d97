//! Documents as the AWS provider writes them.

use super::*;
use crate::test_support::read_args;

fn read(config: &str) -> Result<(String, String), String> {
    let document = merged(&read_args(config))?;
    Ok((document.indented(), document.minified()))
}

fn minified(config: &str) -> String {
    read(config).unwrap().1
}

fn with_documents(attribute: &str, documents: &[&str], more: &str) -> String {
    format!(r#"{{"{attribute}": {}{more}}}"#, serde_json::json!(documents))
}

#[test]
fn a_trust_policy_is_indented_with_single_elements_as_texts() {
    let (json, _) = read(
        r#"{"statement": [{"sid": "EKS", "actions": ["sts:AssumeRole"],
            "principals": [{"type": "Service", "identifiers": ["eks.amazonaws.com"]}]}]}"#,
    )
    .unwrap();
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "EKS",
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": {
        "Service": "eks.amazonaws.com"
      }
    }
  ]
}"#;
    assert_eq!(json, expected);
}

#[test]
fn lists_are_in_reverse_order_and_values_of_conditions_in_their_own() {
    let json = minified(
        r#"{"policy_id": "p", "statement": [{"effect": "Deny", "not_actions": ["a:A", "a:C", "a:B"],
            "not_resources": ["x", "y"], "not_principals": [{"type": "AWS", "identifiers": ["1", "2"]}],
            "condition": [{"test": "StringEquals", "variable": "k", "values": ["b", "c", "a"]},
                          {"test": "Bool", "variable": "k", "values": ["true"]}]}]}"#,
    );
    let expected = r#"{"Version":"2012-10-17","Id":"p","Statement":[{"Effect":"Deny","NotAction":["a:C","a:B","a:A"],"NotResource":["y","x"],"NotPrincipal":{"AWS":["2","1"]},"Condition":{"Bool":{"k":"true"},"StringEquals":{"k":["b","c","a"]}}}]}"#;
    assert_eq!(json, expected);
}

#[test]
fn only_everyone_of_every_kind_is_an_asterisk() {
    let json = |kind: &str| {
        minified(&format!(r#"{{"statement": [{{"principals": [{{"type": "{kind}", "identifiers": ["*"]}}]}}]}}"#))
    };
    assert!(json("*").contains(r#""Principal":"*""#));
    assert!(json("AWS").contains(r#""Principal":{"AWS":"*"}"#));
}

#[test]
fn principals_and_conditions_of_the_same_kind_are_joined() {
    let json = minified(
        r#"{"statement": [{"principals": [{"type": "AWS", "identifiers": ["1"]}, {"type": "AWS", "identifiers": ["2", "3"]}],
            "condition": [{"test": "StringLike", "variable": "k", "values": ["a"]},
                          {"test": "StringLike", "variable": "k", "values": ["b"]}]}]}"#,
    );
    let statement: serde_json::Value = serde_json::from_str(&json).unwrap();
    let list = |pointer: &str| {
        let list = statement.pointer(pointer).unwrap().as_array().unwrap();
        let mut texts: Vec<_> = list.iter().map(|text| text.as_str().unwrap().to_owned()).collect();
        texts.sort();
        texts
    };
    assert_eq!(list("/Statement/0/Principal/AWS"), ["1", "2", "3"]);
    assert_eq!(list("/Statement/0/Condition/StringLike/k"), ["a", "b"]);
}

#[test]
fn variables_and_marked_characters_are_rewritten() {
    let json = minified(r#"{"statement": [{"resources": ["arn:&{aws:username}/<a>&b"]}]}"#);
    assert!(json.contains(r#""Resource":"arn:${aws:username}/\u003ca\u003e\u0026b""#), "{json}");
    let old = r#"{"version": "2008-10-17", "statement": [{"resources": ["&{aws:username}"]}]}"#;
    assert!(read(old).unwrap_err().contains("version 2008-10-17"));
}

#[test]
fn sources_come_first_and_overrides_take_the_place_of_a_sid() {
    let own = r#", "statement": [{"sid": "One", "actions": ["own:A"]}], "override_policy_documents": ["{\"Statement\":[{\"Sid\":\"One\",\"Effect\":\"Deny\",\"Action\":[\"o:A\"]},{\"Effect\":\"Allow\",\"Action\":\"o:B\"}]}"]"#;
    let source = r#"{"Version":"2008-10-17","Id":"s","Statement":[{"Sid":"Two","Effect":"Allow","Action":["s:B","s:C"],"Principal":"*","Condition":{"Bool":{"k":true},"StringEquals":{"k":["x"]}},"Extra":1}]}"#;
    let json = minified(&with_documents("source_policy_documents", &[source], own));
    let expected = r#"{"Version":"2012-10-17","Id":"s","Statement":[{"Sid":"Two","Effect":"Allow","Action":["s:B","s:C"],"Principal":"*","Condition":{"Bool":{"k":"true"},"StringEquals":{"k":"x"}}},{"Sid":"One","Effect":"Deny","Action":["o:A"]},{"Effect":"Allow","Action":"o:B"}]}"#;
    assert_eq!(json, expected);
}

#[test]
fn sids_of_sources_and_of_own_statements_are_unique() {
    let source = r#"{"Statement":[{"Sid":"A","Effect":"Allow"}]}"#;
    let error = read(&with_documents("source_policy_documents", &[source, source], "")).unwrap_err();
    assert_eq!(error, "source_policy_documents[1]: another source document has the sid `A`");
    let error = read(r#"{"statement": [{"sid": "A"}, {"sid": "A"}]}"#).unwrap_err();
    assert_eq!(error, "more than one statement has the sid `A`");
}

#[test]
fn a_document_without_statements_has_a_version() {
    assert_eq!(
        read("{}").unwrap(),
        ("{\n  \"Version\": \"2012-10-17\"\n}".to_owned(), r#"{"Version":"2012-10-17"}"#.to_owned())
    );
    assert!(read(&with_documents("override_policy_documents", &["[]"], "")).is_err());
}
