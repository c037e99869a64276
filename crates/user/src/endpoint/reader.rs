//! [`std::io::Read`] for an IN endpoint.

use std::io::{self, BufRead, Read};

use super::{Buffer, Endpoint, In, Packets};

/// Reads an IN endpoint as a stream of bytes: where packets and transfers end is lost, except that a transfer without bytes
/// ends the stream. Several transfers are kept in flight.
///
/// ```
/// use std::io::{Read, Write};
/// use usbclient_user::{Bulk, In, Out, example};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let context = example::context(&["loopback-hs"])?;
/// # let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
/// let mut writer = device.endpoint::<Bulk, Out>(0x01).wait()?.writer(16 << 10);
/// let mut reader = device.endpoint::<Bulk, In>(0x81).wait()?.reader(16 << 10);
/// writer.write_all(b"a line\n")?;
/// writer.flush()?;
/// let mut line = [0; 7];
/// reader.read_exact(&mut line)?;
/// assert_eq!(&line, b"a line\n");
/// # drop((writer, reader, device));
/// # Ok(context.finish()?)
/// # }
/// ```
#[derive(Debug)]
pub struct EndpointReader<K: Packets> {
    endpoint: Endpoint<K, In>,
    transfers: usize,
    length: usize,
    current: Buffer,
    taken: usize,
}

impl<K: Packets> Endpoint<K, In> {
    /// Reads as a stream of bytes, with two transfers of so many bytes in flight.
    #[must_use]
    pub fn reader(self, transfer_length: usize) -> EndpointReader<K> {
        let length = transfer_length.max(1);
        EndpointReader { endpoint: self, transfers: 2, length, current: Buffer::default(), taken: 0 }
    }
}

impl<K: Packets> EndpointReader<K> {
    /// With so many transfers in flight, at least one.
    #[must_use]
    pub fn with_transfers(self, transfers: usize) -> Self {
        Self { transfers: transfers.max(1), ..self }
    }

    /// The endpoint again. Bytes that were read in advance are lost.
    #[must_use]
    pub fn into_inner(self) -> Endpoint<K, In> {
        self.endpoint
    }

    fn fill(&mut self) -> io::Result<()> {
        let used = std::mem::take(&mut self.current);
        self.taken = 0;
        if used.room() > 0 {
            self.endpoint.submit(used);
        }
        while self.endpoint.pending() < self.transfers {
            let buffer = self.endpoint.allocate(self.length);
            self.endpoint.submit(buffer);
        }
        if let Some(completion) = self.endpoint.wait_next() {
            self.current = completion.buffer;
            completion.result?;
        }
        Ok(())
    }
}

impl<K: Packets> BufRead for EndpointReader<K> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken >= self.current.len() {
            self.fill()?;
        }
        Ok(self.current.get(self.taken..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount;
    }
}

impl<K: Packets> Read for EndpointReader<K> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        let waiting = self.fill_buf()?;
        let count = waiting.len().min(room.len());
        room.iter_mut().zip(waiting).for_each(|(to, from)| *to = *from);
        self.consume(count);
        Ok(count)
    }
}
