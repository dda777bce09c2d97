//! Tables.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{invalid, not_found};
use crate::families::constraints::{Text, one_of};
use crate::families::page::{Paging, page};
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "dynamodb",
    operations: &[
        write(
            "CreateTable",
            &[
                "TableName",
                "AttributeDefinitions",
                "KeySchema",
                "BillingMode",
                "ProvisionedThroughput",
                "Tags",
                "SSESpecification",
                "TableClass",
                "DeletionProtectionEnabled",
            ],
            create,
        ),
        read("DescribeTable", &["TableName"], describe),
        read("ListTables", &["Limit", "ExclusiveStartTableName"], list),
        write("DeleteTable", &["TableName"], delete),
        read("ListTagsOfResource", &["ResourceArn", "NextToken"], tags),
    ],
    events: &[Event { name: "dynamodb.table-gone", happen: gone }],
};

/// How long a table is made, and deleted.
const TAKES: Duration = Duration::from_secs(6);
const NAME: Text = Text {
    least: 1,
    most: 1024,
    pattern: "[a-zA-Z0-9_.-]+",
    accepts: |text| text.chars().all(|next| next.is_ascii_alphanumeric() || "_.-".contains(next)),
};
const PAGING: Paging = Paging {
    size: "Limit",
    token: "ExclusiveStartTableName",
    least: 1,
    most: 100,
    usual: 100,
    bad_token: |_| invalid("Invalid ExclusiveStartTableName"),
};

/// A table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    id: String,
    created: Timestamp,
    is_deleting: bool,
    is_protected: bool,
    /// Its keys by name, the first being that of the partition.
    pub(super) keys: Vec<String>,
    /// What comes back as it was written.
    shown: Tree,
    tags: Tree,
    /// Items by their keys.
    pub(super) items: BTreeMap<String, Tree>,
}

impl Table {
    fn status(&self, now: Timestamp) -> &'static str {
        match (self.is_deleting, now.since(self.created) < TAKES) {
            (true, _) => "DELETING",
            (false, true) => "CREATING",
            (false, false) => "ACTIVE",
        }
    }

    fn shown(&self, scope: &Scope<'_>, name: &str) -> Tree {
        let size: usize = self.items.values().map(|item| item.to_json().to_string().len()).sum();
        let mut all = tree! {
            "TableName": name,
            "TableArn": scope.arn("dynamodb", &format!("table/{name}")),
            "TableId": self.id.as_str(),
            "TableStatus": self.status(scope.now),
            "CreationDateTime": self.created,
            "ItemCount": self.items.len(),
            "TableSizeBytes": size,
            "DeletionProtectionEnabled": self.is_protected,
        };
        self.shown.members().for_each(|(name, value)| all.set(name, value));
        all
    }
}

/// Returns a table whose items can be used.
pub(super) fn usable<'a>(scope: &'a Scope<'_>, input: &Tree) -> Result<(&'a str, &'a Table), Fault> {
    let name = of_arn(NAME.need(input, "TableName")?);
    let found = scope.dynamodb().tables.get_key_value(name);
    let found = found.filter(|(_, table)| table.status(scope.now) != "CREATING");
    found.map(|(name, table)| (name.as_str(), table)).ok_or_else(|| not_found("Requested resource not found"))
}

fn of_arn(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn named<'a>(scope: &'a Scope<'_>, input: &Tree) -> Result<(&'a str, &'a Table), Fault> {
    let name = of_arn(NAME.need(input, "TableName")?);
    let found = scope.dynamodb().tables.get_key_value(name).map(|(name, table)| (name.as_str(), table));
    found.ok_or_else(|| not_found(format!("Requested resource not found: Table: {name} not found")))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = NAME.need(input, "TableName")?;
    if !(3..=255).contains(&name.len()) {
        return Err(invalid("TableName must be at least 3 characters long and at most 255 characters long"));
    }
    let (schema, attributes) = (input.list_at("KeySchema"), input.list_at("AttributeDefinitions"));
    let keys: Vec<String> =
        schema.iter().map(|key| key.need("AttributeName").map(str::to_owned)).collect::<Result<_, _>>()?;
    if !(1..=2).contains(&keys.len()) || schema.first().and_then(|key| key.at("KeyType")?.as_text()) != Some("HASH") {
        return Err(invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"));
    }
    let is_defined = |key: &String| attributes.iter().any(|attribute| attribute.need("AttributeName") == Ok(key));
    if !keys.iter().all(is_defined) {
        let message = "One or more parameter values were invalid: Some index key attributes are not defined in \
                       AttributeDefinitions. Keys: ";
        let defined = attributes.iter().filter_map(|attribute| attribute.need("AttributeName").ok());
        let defined: Vec<&str> = defined.collect();
        return Err(invalid(format!("{message}[{}], AttributeDefinitions: [{}]", keys.join(", "), defined.join(", "))));
    }
    if attributes.len() != keys.len() {
        let message = "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly \
                       match number of attributes defined in AttributeDefinitions";
        return Err(invalid(message));
    }
    let mode = one_of(input, "BillingMode", &["PROVISIONED", "PAY_PER_REQUEST"])?.unwrap_or("PROVISIONED");
    let (mode_shown, throughput) = match (mode, input.at("ProvisionedThroughput")) {
        ("PROVISIONED", Some(throughput)) => (None, throughput.clone()),
        ("PROVISIONED", None) => {
            let message = "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must \
                           both be specified when BillingMode is PROVISIONED";
            return Err(invalid(message));
        }
        (_, Some(_)) => {
            let message = "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits \
                           can be specified when BillingMode is PAY_PER_REQUEST";
            return Err(invalid(message));
        }
        (_, None) => (
            Some(tree! { "BillingMode": mode, "LastUpdateToPayPerRequestDateTime": scope.now }),
            tree! { "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 },
        ),
    };
    if scope.dynamodb().tables.contains_key(name) {
        return Err(Fault::new("ResourceInUseException", format!("Table already exists: {name}")));
    }
    let shown = tree! {
        "AttributeDefinitions": Tree::list(attributes.iter().cloned()),
        "KeySchema": Tree::list(schema.iter().cloned()),
        "BillingModeSummary": mode_shown,
        "ProvisionedThroughput": throughput.with("NumberOfDecreasesToday", 0),
        "SSEDescription": input.bool("SSESpecification.Enabled")?.filter(|on| *on).map(|_| {
            tree! { "Status": "ENABLED", "SSEType": "KMS" }
        }),
        "TableClassSummary": input.text("TableClass")?.map(|class| tree! { "TableClass": class }),
    };
    let table = Table {
        id: scope.ids().uuid(),
        created: scope.now,
        is_deleting: false,
        is_protected: input.bool("DeletionProtectionEnabled")? == Some(true),
        keys,
        shown,
        tags: Tree::list(input.list_at("Tags").iter().cloned()),
        items: BTreeMap::new(),
    };
    let answer = table.shown(scope, name);
    scope.dynamodb_mut().tables.insert(name.to_owned(), table);
    Ok(tree! { "TableDescription": answer })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, table) = named(scope, input)?;
    Ok(tree! { "Table": table.shown(scope, name) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let after = input.text("ExclusiveStartTableName")?.unwrap_or_default();
    let names = scope.dynamodb().tables.keys().filter(|name| name.as_str() > after);
    let plain = tree! { "Limit": input.int("Limit")? };
    let page = page(&PAGING, &plain, names.map(String::as_str))?;
    let last = page.items.last().copied().filter(|_| page.next.is_some());
    Ok(tree! { "TableNames": page.items.clone(), "LastEvaluatedTableName": last })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, table) = named(scope, input)?;
    if table.status(scope.now) != "ACTIVE" {
        let message = format!("Attempt to change a resource which is still in use: Table is being used: {name}");
        return Err(Fault::new("ResourceInUseException", message));
    }
    if table.is_protected {
        let message = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion \
                       protection first.";
        return Err(invalid(message));
    }
    let name = name.to_owned();
    if let Some(table) = scope.dynamodb_mut().tables.get_mut(&name) {
        table.is_deleting = true;
    }
    scope.later(TAKES, "dynamodb.table-gone", &name);
    let (name, table) = named(scope, input)?;
    Ok(tree! { "TableDescription": table.shown(scope, name) })
}

fn gone(scope: &mut Scope<'_>, name: &str) {
    scope.dynamodb_mut().tables.remove(name);
}

fn tags(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let named_by = tree! { "TableName": of_arn(input.need("ResourceArn")?) };
    Ok(tree! { "Tags": &named(scope, &named_by)?.1.tags })
}
