//! What a program waits for: as a future, or blocking.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use crate::{
    error::{Doing, Error, SystemCode},
    transport::{Channel, Ended, Parcel, Slot},
};

/// Something that a device is asked for: nothing is sent before it is awaited, or waited for.
///
/// It is a future for any executor; or [`wait`](Self::wait) blocks. Dropping it cancels what was sent.
///
/// ```
/// use std::time::Duration;
/// use usbclient_user::{Bulk, ErrorKind, In, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["loopback-hs"])?;
/// # let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
/// let back = device.endpoint::<Bulk, In>(0x81).wait()?;
/// let error = back.read(512).wait_for(Duration::from_millis(50)).unwrap_err();
/// assert_eq!((error.kind(), error.moved()), (ErrorKind::TimedOut, 0));
///
/// let later = async { back.read(512).await };
/// # drop(later);
/// # drop((back, device));
/// # context.finish()
/// # }
/// ```
#[must_use = "nothing is sent before it is awaited, or waited for"]
pub struct Operation<T> {
    future: Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>,
    line: Line,
}

impl<T> Operation<T> {
    /// What `steps` does, which sends requests on the line that it gets, one after another.
    pub(crate) fn new<F, R>(channel: &Arc<dyn Channel>, steps: F) -> Self
    where
        F: FnOnce(Line) -> R,
        R: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let line = Line { channel: Arc::clone(channel), slot: Arc::default() };
        Self { future: Box::pin(steps(line.clone())), line }
    }

    /// With something else made of what comes out.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U + Send + 'static) -> Operation<U>
    where
        T: 'static,
    {
        let Self { future, line } = self;
        Operation { future: Box::pin(async move { future.await.map(make) }), line }
    }

    /// Blocks until it is done.
    ///
    /// # Errors
    /// As the function says that made it.
    pub fn wait(self) -> Result<T, Error> {
        self.wait_until(None)
    }

    /// Blocks until it is done, or until the time is over: then what is in flight is cancelled, and the end of that is
    /// waited for.
    ///
    /// # Errors
    /// [`TimedOut`](crate::ErrorKind::TimedOut), with how much had been moved; and as the function says that made it.
    pub fn wait_for(self, timeout: Duration) -> Result<T, Error> {
        // A time that no clock reaches is no limit.
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(mut self, mut deadline: Option<Instant>) -> Result<T, Error> {
        let mut is_late = false;
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(result) = self.future.as_mut().poll(&mut context) {
                return result.map_err(|error| if is_late { error.timed_out_if_cancelled() } else { error });
            }
            if !self.line.slot.wait(deadline) {
                (deadline, is_late) = (None, true);
                self.line.slot.close();
                self.line.channel.cancel(&self.line.slot);
            }
        }
    }
}

impl<T> Future for Operation<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.future.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Operation")
    }
}

/// Sends the requests of one operation.
#[derive(Clone, Debug)]
pub struct Line {
    channel: Arc<dyn Channel>,
    slot: Arc<Slot>,
}

impl Line {
    /// Sends a request and waits for its end. A warning is a success here: what it is about can be seen in the reply.
    pub async fn send(
        &self,
        doing: impl Into<Doing>,
        code: u32,
        input: &[u8],
        data: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        let doing = doing.into();
        if self.slot.is_over() {
            return Err(Error::new(crate::ErrorKind::TimedOut, doing));
        }
        let length = data.len();
        self.channel.start(&self.slot, Parcel { code, input: input.to_vec(), data, length });
        let ended = InFlight(self).await;
        checked(&ended, doing)?;
        let mut data = ended.parcel.data;
        data.truncate(ended.moved);
        Ok(data)
    }
}

/// The error of a request that failed.
pub fn checked(ended: &Ended, doing: impl Into<Doing>) -> Result<(), Error> {
    /// `STATUS_BUFFER_OVERFLOW`: a list that did not fit.
    const OVERFLOW: u32 = 0x8000_0005;
    if matches!(ended.code, SystemCode::NtStatus(status) if status < 0x8000_0000 || status == OVERFLOW) {
        return Ok(());
    }
    let error = Error::of_code(ended.code, doing).having_moved(ended.moved);
    Err(error.with_why(ended.why.clone()))
}

/// The end of a request in flight. Dropping it cancels the request; its buffers stay with the transport.
struct InFlight<'a>(&'a Line);

impl Future for InFlight<'_> {
    type Output = Ended;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended> {
        self.0.slot.poll(context)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.0.slot.is_in_flight() {
            self.0.channel.cancel(&self.0.slot);
        }
    }
}
