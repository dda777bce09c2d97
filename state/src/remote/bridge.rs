//! A thread that waits for answers of buckets, for callers that cannot await.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A thread with a runtime of its own. Beside the engine's runtime, so that a lease is renewed whatever that one does.
pub struct Bridge {
    handle: Handle,
    /// The thread ends when this is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bridge {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn start() -> io::Result<Arc<Self>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("backend".to_owned()).spawn(move || {
            // It ends with an error: nobody ever sends.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Arc::new(Self { handle, stop: Some(stop), thread: Some(thread) }))
    }

    /// Waits for a result.
    ///
    /// # Panics
    /// When the future panics.
    pub fn wait<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // The receiver waits until it has got it.
            let _ = sender.send(future.await);
        });
        receiver.recv().expect("the future does not panic, and the thread runs as long as the bridge")
    }

    /// Starts a task that goes on in the background.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.handle.spawn(future)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // A panic of the thread was told to whoever waited for it.
            let _ = thread.join();
        }
    }
}
