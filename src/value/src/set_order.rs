//! Order of the elements of a set (temporary).
use crate::Value;
pub(crate) fn sort_and_dedup(members: &mut Vec<Value>) {
    members.dedup();
}
