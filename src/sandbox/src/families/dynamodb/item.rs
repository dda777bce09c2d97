//! Items: written under conditions, read, deleted.

use super::condition::Condition;
use super::invalid;
use super::table::{Table, usable};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "dynamodb",
    operations: &[
        write(
            "PutItem",
            &[
                "TableName",
                "Item",
                "ConditionExpression",
                "ExpressionAttributeNames",
                "ExpressionAttributeValues",
                "ReturnValues",
                "ReturnValuesOnConditionCheckFailure",
                "ReturnConsumedCapacity",
            ],
            put,
        ),
        read(
            "GetItem",
            &[
                "TableName",
                "Key",
                "ConsistentRead",
                "ProjectionExpression",
                "ExpressionAttributeNames",
                "ReturnConsumedCapacity",
            ],
            get,
        ),
        write(
            "DeleteItem",
            &[
                "TableName",
                "Key",
                "ConditionExpression",
                "ExpressionAttributeNames",
                "ExpressionAttributeValues",
                "ReturnValues",
                "ReturnValuesOnConditionCheckFailure",
                "ReturnConsumedCapacity",
            ],
            delete,
        ),
        read("Scan", &["TableName", "ConsistentRead", "Select", "ReturnConsumedCapacity"], scan),
    ],
    events: &[],
};

/// Returns the text that stands for the key of an item.
fn key_of(table: &Table, item: &Tree, is_key: bool) -> Result<String, Fault> {
    if is_key && item.members().count() != table.keys.len() {
        return Err(invalid("The provided key element does not match the schema"));
    }
    let part = |key: &String| {
        let missing = || match is_key {
            true => invalid("The provided key element does not match the schema"),
            false => invalid(format!("One or more parameter values were invalid: Missing the key {key} in the item")),
        };
        item.at(key).map(|value| value.to_json().to_string()).ok_or_else(missing)
    };
    Ok(table.keys.iter().map(part).collect::<Result<Vec<_>, _>>()?.join(" "))
}

/// Checks the condition of a write against the item that is there.
fn check(input: &Tree, item: Option<&Tree>) -> Result<(), Fault> {
    let Some(text) = input.text("ConditionExpression")? else { return Ok(()) };
    if Condition::parse(text, input)?.holds(item) {
        return Ok(());
    }
    let failed = Fault::new("ConditionalCheckFailedException", "The conditional request failed");
    let shows = input.text("ReturnValuesOnConditionCheckFailure")? == Some("ALL_OLD");
    Err(match item.filter(|_| shows) {
        Some(item) => failed.member("Item", item),
        None => failed,
    })
}

fn old(input: &Tree, item: Option<Tree>) -> Result<Tree, Fault> {
    match input.text("ReturnValues")? {
        None | Some("NONE") => Ok(tree! {}),
        Some("ALL_OLD") => Ok(tree! { "Attributes": item }),
        Some(_) => Err(invalid("Return values set to invalid value")),
    }
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, table) = usable(scope, input)?;
    let item = input.at("Item").ok_or_else(|| Fault::missing("Item"))?;
    let key = key_of(table, item, false)?;
    check(input, table.items.get(&key))?;
    let answer = old(input, table.items.get(&key).cloned())?;
    let name = name.to_owned();
    if let Some(table) = scope.dynamodb_mut().tables.get_mut(&name) {
        table.items.insert(key, item.clone());
    }
    Ok(answer)
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let table = usable(scope, input)?.1;
    let key = key_of(table, input.at("Key").ok_or_else(|| Fault::missing("Key"))?, true)?;
    let Some(item) = table.items.get(&key) else { return Ok(tree! {}) };
    let Some(projection) = input.text("ProjectionExpression")? else { return Ok(tree! { "Item": item }) };
    let mut shown = Tree::object();
    for name in projection.split(',').map(str::trim) {
        let name = match name.starts_with('#') {
            true => input.text(&format!("ExpressionAttributeNames.{name}"))?.ok_or_else(|| {
                invalid(format!(
                    "Invalid ProjectionExpression: An expression attribute name used in the document path is not \
                     defined; attribute name: {name}"
                ))
            })?,
            false => name,
        };
        if let Some(value) = item.at(name) {
            shown.set(name, value);
        }
    }
    Ok(tree! { "Item": shown })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, table) = usable(scope, input)?;
    let key = key_of(table, input.at("Key").ok_or_else(|| Fault::missing("Key"))?, true)?;
    check(input, table.items.get(&key))?;
    let answer = old(input, table.items.get(&key).cloned())?;
    let name = name.to_owned();
    if let Some(table) = scope.dynamodb_mut().tables.get_mut(&name) {
        table.items.remove(&key);
    }
    Ok(answer)
}

fn scan(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let table = usable(scope, input)?.1;
    let count = table.items.len();
    Ok(tree! { "Items": Tree::list(table.items.values().cloned()), "Count": count, "ScannedCount": count })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn a_lock_is_taken_once() {
        let cloud = Cloud::new();
        let table = tree! {
            "TableName": "locks",
            "AttributeDefinitions": vec![tree! { "AttributeName": "LockID", "AttributeType": "S" }],
            "KeySchema": vec![tree! { "AttributeName": "LockID", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        };
        let call = |operation: &str, input: Tree| cloud.call("dynamodb", operation, input);
        call("CreateTable", table.clone()).unwrap();
        assert_eq!(code(call("CreateTable", table)), "ResourceInUseException");
        let id = tree! { "LockID": tree! { "S": "bucket/state" } };
        let put = || {
            let item = id.clone().with("Info", tree! { "S": "{}" });
            let condition = "attribute_not_exists(LockID)";
            call("PutItem", tree! { "TableName": "locks", "Item": item, "ConditionExpression": condition })
        };
        assert_eq!(code(put()), "ResourceNotFoundException", "the table is still being made");
        cloud.wait(Duration::from_secs(10));
        put().unwrap();
        assert_eq!(code(put()), "ConditionalCheckFailedException");
        let get = tree! { "TableName": "locks", "Key": id.clone(), "ProjectionExpression": "LockID, Info" };
        assert_eq!(call("GetItem", get).unwrap().need("Item.Info.S"), Ok("{}"));
        call("DeleteItem", tree! { "TableName": "locks", "Key": id.clone() }).unwrap();
        put().unwrap();
    }
}
