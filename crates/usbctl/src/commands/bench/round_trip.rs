//! There and back again: what is written comes back, and is compared.

use std::{collections::VecDeque, future::Future as _, pin::pin, task::Poll, time::Instant};

use usbclient_user::{Bulk, Completion, Endpoint, In, Out};

use super::Meter;
use crate::{
    failure::{Exit, Failure},
    interrupt::{self, Waited},
};

/// Two endpoints of a device that sends back what it gets.
#[derive(Debug)]
pub struct RoundTrip {
    out: Endpoint<Bulk, Out>,
    back: Endpoint<Bulk, In>,
    pattern: Vec<u8>,
    started: VecDeque<Instant>,
}

/// What ended first.
enum Ended {
    Out(Completion),
    Back(Completion),
    /// Nothing, and the time is over.
    Late,
}

impl RoundTrip {
    /// With the bytes that go round.
    pub const fn new(out: Endpoint<Bulk, Out>, back: Endpoint<Bulk, In>, pattern: Vec<u8>) -> Self {
        Self { out, back, pattern, started: VecDeque::new() }
    }

    /// Sends round until it is enough.
    pub fn run(mut self, meter: &mut Meter) -> Result<(), Failure> {
        meter.began = Instant::now();
        for _ in 0..meter.in_flight {
            self.start(meter);
        }
        let result = self.go_on(meter);
        self.out.cancel_all();
        self.back.cancel_all();
        while self.out.wait_next().is_some() || self.back.wait_next().is_some() {}
        result
    }

    fn start(&mut self, meter: &mut Meter) {
        if meter.starts_another() {
            self.started.push_back(Instant::now());
            let room = self.back.allocate(self.pattern.len());
            self.back.submit(room);
            self.out.submit(self.pattern.clone().into());
        }
    }

    fn go_on(&mut self, meter: &mut Meter) -> Result<(), Failure> {
        while self.out.pending() + self.back.pending() > 0 {
            match self.next(meter.deadline())? {
                Ended::Late => return Ok(()),
                Ended::Out(completion) => completion.result?,
                Ended::Back(completion) => {
                    completion.result?;
                    self.compare(&completion.buffer)?;
                    let began = self.started.pop_front().unwrap_or(meter.began);
                    meter.ended(completion.moved, began);
                    self.start(meter);
                }
            }
        }
        Ok(())
    }

    fn next(&mut self, deadline: Option<Instant>) -> Result<Ended, Failure> {
        let (is_out, is_back) = (self.out.pending() > 0, self.back.pending() > 0);
        let mut out = pin!(self.out.next_complete());
        let mut back = pin!(self.back.next_complete());
        let waited = interrupt::wait_until(deadline, |context| {
            if is_out && let Poll::Ready(Some(completion)) = out.as_mut().poll(context) {
                return Poll::Ready(Ended::Out(completion));
            }
            if is_back && let Poll::Ready(Some(completion)) = back.as_mut().poll(context) {
                return Poll::Ready(Ended::Back(completion));
            }
            Poll::Pending
        });
        match waited {
            Waited::Done(ended) => Ok(ended),
            Waited::Late => Ok(Ended::Late),
            Waited::Interrupted => Err(Failure::interrupted()),
        }
    }

    fn compare(&self, came: &[u8]) -> Result<(), Failure> {
        if came == self.pattern {
            return Ok(());
        }
        let equal = came.iter().zip(&self.pattern).take_while(|(came, sent)| came == sent).count();
        let (came, sent) = (came.len(), self.pattern.len());
        let what =
            format!("what came back is not what was sent: {came} bytes for {sent}, alike up to byte {equal}");
        Err(Failure::new(Exit::Failed, what)
            .next("Is it a loop-back device, and did its loop hold data from before?"))
    }
}
