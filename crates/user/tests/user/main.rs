//! The library, with the real driver in the simulated kernel. Each test ends with the rules' verdict, so it is also a test of
//! the driver. A process has one simulated kernel, so each test needs a process of its own: cargo-nextest gives it one.

mod claims;
mod context;
mod control;
mod cost;
mod descriptors;
mod examples;
mod isochronous;
mod policies;
mod privileges;
mod queue;
mod reader;
mod settings;
mod simulation;
mod streams;
mod transfers;
mod vanishing;

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context as Task, Poll, Wake, Waker},
    thread::{self, Thread},
};

use usbclient_user::{
    Bulk, Context, Device, Endpoint, Error, ErrorKind, In, Interface, Out, Simulator, example,
};

const BULK_OUT: u8 = 0x01;
const BULK_IN: u8 = 0x81;
const INTERRUPT_IN: u8 = 0x82;

/// The loop's interface, which is claimed, and its two ends.
type Ends = (Interface, Endpoint<Bulk, Out>, Endpoint<Bulk, In>);

/// What a test begins with.
struct Bench {
    context: Context,
    device: Device,
}

impl Bench {
    /// A simulated kernel with one device, which is open.
    fn with(model: &str) -> Result<Self, Error> {
        let context = example::context(&[model])?;
        let device = context.list_devices()?.first().expect("a device is plugged in").open()?;
        Ok(Self { context, device })
    }

    fn simulator(&self) -> Simulator {
        self.context.simulator().expect("it is simulated")
    }

    /// A second file of the device, of another process.
    fn other(&self) -> Result<Device, Error> {
        self.device.info().open()
    }

    /// The loop of the loopback device.
    fn ends(&self) -> Result<Ends, Error> {
        let interface = self.device.claim_interface(0).wait()?;
        let out = interface.endpoint(BULK_OUT).wait()?;
        let back = interface.endpoint(BULK_IN).wait()?;
        Ok((interface, out, back))
    }

    /// Everything is given back, and no rule was violated.
    fn end(self) -> Result<(), Error> {
        let Self { context, device } = self;
        drop(device);
        context.finish()
    }
}

/// Bytes that are no others.
fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.expect_err("it must fail").kind()
}

/// A small executor.
fn run<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut task = Task::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut task) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
