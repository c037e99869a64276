//! [`std::io::Write`] for an OUT endpoint.

use std::io::{self, Write};

use super::{Buffer, Endpoint, Out, Packets};

/// Writes to an OUT endpoint as a stream of bytes: gathers them to transfers of one length, several of which are in flight.
///
/// [`flush`](Write::flush) sends what is left and waits for all of it. Dropping it without that cancels what is in flight and
/// loses what was not sent.
#[derive(Debug)]
pub struct EndpointWriter<K: Packets> {
    endpoint: Endpoint<K, Out>,
    transfers: usize,
    length: usize,
    current: Buffer,
    moved: u64,
}

impl<K: Packets> Endpoint<K, Out> {
    /// Writes as a stream of bytes, with two transfers of so many bytes in flight.
    #[must_use]
    pub fn writer(self, transfer_length: usize) -> EndpointWriter<K> {
        let length = transfer_length.max(1);
        EndpointWriter { endpoint: self, transfers: 2, length, current: Buffer::default(), moved: 0 }
    }
}

impl<K: Packets> EndpointWriter<K> {
    /// With so many transfers in flight, at least one.
    #[must_use]
    pub fn with_transfers(self, transfers: usize) -> Self {
        Self { transfers: transfers.max(1), ..self }
    }

    /// Bytes that the device has taken so far, as far as it is known.
    #[must_use]
    pub const fn moved(&self) -> u64 {
        self.moved
    }

    /// The endpoint again. Bytes that were not flushed are lost.
    #[must_use]
    pub fn into_inner(self) -> Endpoint<K, Out> {
        self.endpoint
    }

    fn send(&mut self) {
        let full = std::mem::take(&mut self.current);
        self.endpoint.submit(full);
    }

    /// Takes the end of the oldest transfer, and its buffer for the next.
    fn take_one(&mut self) -> io::Result<()> {
        if let Some(completion) = self.endpoint.wait_next() {
            self.moved += completion.moved as u64;
            if self.current.room() == 0 {
                self.current = completion.buffer;
                self.current.clear();
            }
            completion.result?;
        }
        Ok(())
    }
}

impl<K: Packets> Write for EndpointWriter<K> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.current.room() == 0 {
            if self.endpoint.pending() >= self.transfers {
                self.take_one()?;
            } else {
                self.current = Buffer::with_room(self.length);
            }
        }
        let count = self.current.append(bytes);
        if self.current.len() == self.current.room() {
            self.send();
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.current.is_empty() {
            self.send();
        }
        while self.endpoint.pending() > 0 {
            self.take_one()?;
        }
        Ok(())
    }
}
