//! EC2's query protocol and the older one of IAM, STS and Auto Scaling: form fields in, XML out.

use http::Request;
use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::{Form, Protocol, xml};
use crate::tree::Tree;

/// Returns operation and input.
pub fn decode(request: &Request<Vec<u8>>) -> Result<(String, Tree), Fault> {
    let body = String::from_utf8_lossy(request.body());
    let fields = if body.is_empty() { request.uri().query().unwrap_or_default() } else { &*body };
    let mut operation = None;
    let mut input = Tree::object();
    for (name, value) in pairs(fields) {
        match name.as_str() {
            "Action" => operation = Some(value),
            "Version" => {}
            name if name.starts_with("X-Amz-") => {}
            _ => put(&mut input, &name, value),
        }
    }
    let missing = || Fault::new("MissingAction", "The request is missing an action or a required parameter.");
    Ok((operation.ok_or_else(missing)?, with_lists(input)))
}

/// Returns the fields of a form, decoded.
pub fn pairs(form: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let fields = form.split('&').filter(|field| !field.is_empty());
    fields.map(|field| field.split_once('=').unwrap_or((field, ""))).map(|(a, b)| (decoded(a), decoded(b))).collect()
}

fn put(tree: &mut Tree, path: &str, value: String) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if !matches!(tree, Tree::Object(_)) {
        *tree = Tree::object();
    }
    let Tree::Object(members) = tree else { return };
    let member = members.entry(name.to_owned()).or_default();
    match rest {
        Some(rest) => put(member, rest, value),
        None => *member = Tree::Text(value),
    }
}

/// Turns objects that are numbered from 1 into lists, takes the word `member` out, and makes maps of `entry` lists.
fn with_lists(tree: Tree) -> Tree {
    let Tree::Object(members) = tree else { return tree };
    let mut numbered: Vec<(u32, &Tree)> = Vec::new();
    for (name, value) in &members {
        match name.parse() {
            Ok(number) => numbered.push((number, value)),
            Err(_) => {
                numbered.clear();
                break;
            }
        }
    }
    if !numbered.is_empty() {
        numbered.sort_by_key(|(number, _)| *number);
        return Tree::List(numbered.into_iter().map(|(_, value)| with_lists(value.clone())).collect());
    }
    if members.len() == 1
        && let Some(list @ Tree::Object(_)) = members.get("member")
    {
        return with_lists(list.clone());
    }
    Tree::Object(members.into_iter().map(|(name, value)| (name, with_lists(value))).collect())
}

/// Returns the answer of a call that worked.
pub fn result(form: &Form, request_id: &str, output: &Tree) -> String {
    let operation = &form.operation;
    let root = format!("{operation}Response");
    if form.protocol == Protocol::Ec2 {
        let mut all = Tree::object().with("requestId", request_id);
        output.members().for_each(|(name, value)| all.set(name, value));
        return xml::document(&root, form.namespace, &all, xml::ITEM);
    }
    let metadata = Tree::object().with("RequestId", request_id);
    let all = Tree::object().with(&format!("{operation}Result"), output).with("ResponseMetadata", metadata);
    xml::document(&root, form.namespace, &all, xml::MEMBER)
}

/// Returns EC2's form of an error.
pub fn ec2_error(request_id: &str, code: &str, message: &str) -> String {
    let error = Tree::object().with("Code", code).with("Message", message);
    let errors = Tree::object().with("Error", error);
    xml::document("Response", "", &Tree::object().with("Errors", errors).with("RequestID", request_id), xml::ITEM)
}

/// Returns the older protocol's form of an error.
pub fn error(namespace: &str, request_id: &str, status: u16, code: &str, message: &str) -> String {
    let side = if status < 500 { "Sender" } else { "Receiver" };
    let error = Tree::object().with("Type", side).with("Code", code).with("Message", message);
    let all = Tree::object().with("Error", error).with("RequestId", request_id);
    xml::document("ErrorResponse", namespace, &all, xml::MEMBER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        let (operation, input) = decode(&Request::new(body.as_bytes().to_vec())).unwrap();
        assert_eq!(format!("{operation} {}", input.to_json()), expected);
    }

    #[test]
    fn numbered_fields_are_lists_in_both_query_protocols() {
        check(
            "Action=DescribeVpcs&Version=1&Filter.1.Name=vpc-id&Filter.1.Value.2=b&Filter.1.Value.1=a%2Bc",
            r#"DescribeVpcs {"Filter":[{"Name":"vpc-id","Value":["a+c","b"]}]}"#,
        );
        check("Action=TagRole&Tags.member.1.Key=k&RoleName=a+b", r#"TagRole {"Tags":[{"Key":"k"}],"RoleName":"a b"}"#);
    }
}
