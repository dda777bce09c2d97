//! Filters of lists of parameters, the old ones too.

use super::Parameter;
use super::parameter::Version;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// Filters; all must accept.
pub struct Filters(Vec<Filter>);

struct Filter {
    key: String,
    option: String,
    values: Vec<String>,
}

const KEYS: &[&str] = &["Name", "Type", "KeyId", "Path", "Tier", "DataType"];
const KEYS_BY_PATH: &[&str] = &["Type", "KeyId"];

impl Filters {
    /// Reads the filters of DescribeParameters.
    ///
    /// # Errors
    /// When they are refused.
    pub fn read(input: &Tree) -> Result<Self, Fault> {
        let (old, new) = (input.list_at("Filters"), input.list_at("ParameterFilters"));
        if !old.is_empty() && !new.is_empty() {
            let message = "You can use either Filters or ParameterFilters in a single request.";
            return Err(Fault::new("ValidationException", message));
        }
        let mut filters = of_list(new, KEYS)?;
        for filter in old {
            let option = if filter.need("Key")? == "Name" { "BeginsWith" } else { "Equals" };
            filters.push(one(filter, &KEYS[..3], option)?);
        }
        Ok(Self(filters))
    }

    /// Reads the filters of GetParametersByPath.
    ///
    /// # Errors
    /// When they are refused.
    pub fn by_path(input: &Tree) -> Result<Self, Fault> {
        of_list(input.list_at("ParameterFilters"), KEYS_BY_PATH).map(Self)
    }

    /// Returns whether all accept a parameter.
    pub fn accept(&self, name: &str, parameter: &Parameter) -> bool {
        self.0.iter().all(|filter| match filter.key.as_str() {
            "Name" => filter.matches(name),
            "Path" => filter.is_below(name),
            "Tier" => filter.matches(&parameter.tier),
            "DataType" => filter.matches(&parameter.data_type),
            key => match key.strip_prefix("tag:") {
                Some(tag) => parameter
                    .tags
                    .get(tag)
                    .is_some_and(|value| filter.values.is_empty() || filter.values.contains(value)),
                None => filter.accepts_version(parameter.newest()),
            },
        })
    }

    /// Returns whether all accept a version.
    pub fn accept_version(&self, version: &Version) -> bool {
        self.0.iter().all(|filter| filter.accepts_version(version))
    }
}

fn of_list(list: &[Tree], keys: &[&str]) -> Result<Vec<Filter>, Fault> {
    list.iter().map(|filter| one(filter, keys, filter.text("Option")?.unwrap_or("Equals"))).collect()
}

fn one(filter: &Tree, keys: &[&str], option: &str) -> Result<Filter, Fault> {
    let key = filter.need("Key")?;
    let is_tag = key.starts_with("tag:") && keys == KEYS;
    if !is_tag && !keys.contains(&key) {
        let message =
            format!("The following filter key is not valid: {key}. Valid filter keys include: [{}]", keys.join(", "));
        return Err(Fault::new("InvalidFilterKey", message));
    }
    let options: &[&str] = match key {
        "Name" => &["Equals", "BeginsWith", "Contains"],
        "Path" => &["Recursive", "OneLevel"],
        _ => &["Equals", "BeginsWith"],
    };
    let option = if key == "Path" && option == "Equals" { "OneLevel" } else { option };
    if !options.contains(&option) {
        let message = format!(
            "The following filter option is not valid: {option}. Valid options include: [{}]",
            options.join(", ")
        );
        return Err(Fault::new("InvalidFilterOption", message));
    }
    let values: Vec<String> = filter.texts("Values").into_iter().map(str::to_owned).collect();
    if values.is_empty() && !is_tag {
        let message = format!("The following filter values are missing : null for filter key {key}");
        return Err(Fault::new("InvalidFilterValue", message));
    }
    Ok(Filter { key: key.to_owned(), option: option.to_owned(), values })
}

impl Filter {
    fn matches(&self, text: &str) -> bool {
        self.values.iter().any(|value| match self.option.as_str() {
            "BeginsWith" => text.starts_with(value.as_str()),
            "Contains" => text.contains(value.as_str()),
            _ => text == value || text.strip_prefix('/') == Some(value),
        })
    }

    fn is_below(&self, name: &str) -> bool {
        self.values.iter().any(|path| {
            let rest = name.strip_prefix(path.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|rest| self.option == "Recursive" || !rest.contains('/'))
        })
    }

    fn accepts_version(&self, version: &Version) -> bool {
        match self.key.as_str() {
            "Type" => self.matches(&version.kind),
            "KeyId" => version.key_id.as_ref().is_some_and(|key| self.matches(key)),
            _ => true,
        }
    }
}
