//! Telling operations to stop waiting.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that is thrown once. Clones share it. Operations finish the call they are in, stop waiting, and return what
/// is there.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Cancel {
    /// Returns a switch that is not thrown.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Throws the switch.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Returns whether the switch is thrown.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once the switch is thrown.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so the channel stays open and waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|thrown| *thrown).await;
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}
