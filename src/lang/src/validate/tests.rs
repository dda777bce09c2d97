use std::sync::Arc;

use landfall_diag::Diagnostic;
use landfall_value::{Type, Value};

use crate::{Host, Reference, Referent, Scope};

/// A scope in which every name is unknown, of any type.
pub(crate) struct Names;

impl Scope for Names {
    fn lookup(&self, _referent: &Referent, _reference: &Reference) -> Result<Value, Diagnostic> {
        Ok(Value::unknown(Type::Dynamic))
    }

    fn host(&self) -> &dyn Host {
        self
    }
}

impl Host for Names {
    fn read_file(&self, _path: &str) -> Result<Arc<[u8]>, String> {
        Err("no files here".to_owned())
    }

    fn is_file(&self, _path: &str) -> Result<bool, String> {
        Ok(false)
    }

    fn list_files(&self, _directory: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }

    fn expand_home(&self, path: &str) -> String {
        path.to_owned()
    }

    fn now(&self) -> Option<i128> {
        None
    }

    fn plan_time(&self) -> i128 {
        0
    }

    fn random(&self, _buffer: &mut [u8]) -> bool {
        false
    }
}
