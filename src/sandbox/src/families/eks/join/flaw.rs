//! What does not work on a node that is ready all the same.

use std::fmt;

/// Something that does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The control plane does not reach its kubelet.
    NotReached,
    /// Its pods do not reach services.
    NoServices,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReached => "the control plane does not reach its kubelet on TCP 10250: no logs, no exec",
            Self::NoServices => "its pods do not reach services: the add-on kube-proxy is not installed",
        })
    }
}
