//! Telling operations to stop waiting.

use std::sync::Arc;

use tokio::sync::watch;

/// A request for an orderly stop, made once; clones share it. Operations finish the call they are in, stop waiting, and
/// return what is there.
#[derive(Clone, Debug)]
pub struct Cancellation(Arc<watch::Sender<bool>>);

impl Cancellation {
    /// Returns a request that was not made yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Makes the request.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Returns whether the request was made.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the request is made.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so the channel stays open and waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|made| *made).await;
    }
}

impl Default for Cancellation {
    fn default() -> Self {
        Self::new()
    }
}
