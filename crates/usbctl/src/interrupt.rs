//! Ctrl-C: whatever is waited for is given up, and the command says what was done.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use usbclient_user::Operation;

use crate::failure::{Exit, Failure};

static IS_PRESSED: AtomicBool = AtomicBool::new(false);
static WAITING: Mutex<Option<Thread>> = Mutex::new(None);

/// Ctrl-C ends the command from now on. A second one ends the program.
///
/// # Errors
/// The system refuses.
pub fn install() -> Result<(), Failure> {
    let pressed = || {
        if IS_PRESSED.swap(true, Ordering::SeqCst) {
            std::process::exit(Exit::Interrupted as i32);
        }
        if let Some(thread) = WAITING.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            thread.unpark();
        }
    };
    *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
    ctrlc::set_handler(pressed)
        .map_err(|error| Failure::new(Exit::Failed, format!("Ctrl-C cannot be handled: {error}")))
}

/// Whether Ctrl-C was pressed.
pub fn is_pressed() -> bool {
    IS_PRESSED.load(Ordering::SeqCst)
}

/// The main thread, for whoever has something for it.
pub fn wake_main() {
    if let Some(thread) = WAITING.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        thread.unpark();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// How waiting ended.
#[derive(Debug)]
pub enum Waited<T> {
    /// It is done.
    Done(T),
    /// Ctrl-C was pressed.
    Interrupted,
    /// The time is over.
    Late,
}

/// Waits on the main thread until `poll` is ready, Ctrl-C is pressed, or `deadline` is reached.
pub fn wait_until<T>(
    deadline: Option<Instant>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> Waited<T> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if is_pressed() {
            return Waited::Interrupted;
        }
        if let Poll::Ready(value) = poll(&mut context) {
            return Waited::Done(value);
        }
        match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            None => thread::park(),
            Some(Duration::ZERO) => return Waited::Late,
            Some(left) => thread::park_timeout(left),
        }
    }
}

/// Waits for an operation. Ctrl-C cancels it.
///
/// # Errors
/// As the operation says, or that Ctrl-C was pressed.
pub fn wait<T>(operation: Operation<T>) -> Result<T, Failure> {
    let mut operation = pin!(operation);
    match wait_until(None, |context| operation.as_mut().poll(context)) {
        Waited::Done(result) => result.map_err(Failure::from),
        Waited::Interrupted | Waited::Late => Err(Failure::interrupted()),
    }
}
