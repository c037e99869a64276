//! Policies of an endpoint.

use std::{sync::Arc, time::Duration};

use usbclient_protocol::policy;

use super::{Direction, Endpoint, In, Kind, Out, pipe::HasPipe};
use crate::{operation::Operation, policy as policies};

impl<K: Kind + HasPipe, D: Direction> Endpoint<K, D> {
    fn get(&self, policy: u32) -> Operation<u32> {
        policies::get(self.pipe.device(), self.target, policy)
    }

    fn set(&self, policy: u32, value: u32) -> Operation<()> {
        let pipe = Arc::clone(&self.pipe);
        policies::set(pipe.device(), self.target, policy, value)
    }

    fn is_on(&self, policy: u32) -> Operation<bool> {
        self.get(policy).map(|value| value != 0)
    }

    /// Whether a halt is cleared before the transfer that met it ends. It still ends with the error.
    pub fn auto_clear_stall(&self) -> Operation<bool> {
        self.is_on(policy::AUTO_CLEAR_STALL)
    }

    /// See [`auto_clear_stall`](Self::auto_clear_stall). Off at first.
    pub fn set_auto_clear_stall(&self, on: bool) -> Operation<()> {
        self.set(policy::AUTO_CLEAR_STALL, on.into())
    }

    /// How long transfers may take that have no timeout of their own. None: for ever, which is so at first.
    pub fn default_timeout(&self) -> Operation<Option<Duration>> {
        self.get(policy::PIPE_TRANSFER_TIMEOUT).map(policies::timeout)
    }

    /// See [`default_timeout`](Self::default_timeout). In whole milliseconds, at least one.
    pub fn set_default_timeout(&self, timeout: Option<Duration>) -> Operation<()> {
        self.set(policy::PIPE_TRANSFER_TIMEOUT, crate::device::milliseconds(timeout))
    }

    /// Whether the endpoint is reset when the device comes back to full power.
    pub fn reset_on_resume(&self) -> Operation<bool> {
        self.is_on(policy::RESET_PIPE_ON_RESUME)
    }

    /// See [`reset_on_resume`](Self::reset_on_resume). Off at first.
    pub fn set_reset_on_resume(&self, on: bool) -> Operation<()> {
        self.set(policy::RESET_PIPE_ON_RESUME, on.into())
    }

    /// Bytes that go to the bus as one transfer.
    pub fn maximum_transfer_size(&self) -> Operation<u32> {
        self.get(policy::MAXIMUM_TRANSFER_SIZE)
    }
}

impl<K: Kind + HasPipe> Endpoint<K, Out> {
    /// Whether a write of whole packets ends with a packet without bytes, which tells the device that it is over.
    pub fn short_packet_terminate(&self) -> Operation<bool> {
        self.is_on(policy::SHORT_PACKET_TERMINATE)
    }

    /// See [`short_packet_terminate`](Self::short_packet_terminate). Off at first.
    pub fn set_short_packet_terminate(&self, on: bool) -> Operation<()> {
        self.set(policy::SHORT_PACKET_TERMINATE, on.into())
    }
}

impl<K: Kind + HasPipe> Endpoint<K, In> {
    /// Whether a read goes on after a short packet.
    pub fn ignore_short_packets(&self) -> Operation<bool> {
        self.is_on(policy::IGNORE_SHORT_PACKETS)
    }

    /// See [`ignore_short_packets`](Self::ignore_short_packets). Off at first.
    pub fn set_ignore_short_packets(&self, on: bool) -> Operation<()> {
        self.set(policy::IGNORE_SHORT_PACKETS, on.into())
    }

    /// Whether reads need not be a multiple of the packet size. What does not fit is kept for the next read.
    pub fn partial_reads(&self) -> Operation<bool> {
        self.is_on(policy::ALLOW_PARTIAL_READS)
    }

    /// See [`partial_reads`](Self::partial_reads). Off at first.
    pub fn set_partial_reads(&self, on: bool) -> Operation<()> {
        self.set(policy::ALLOW_PARTIAL_READS, on.into())
    }

    /// Whether what does not fit into a [partial read](Self::partial_reads) is dropped instead.
    pub fn auto_flush(&self) -> Operation<bool> {
        self.is_on(policy::AUTO_FLUSH)
    }

    /// See [`auto_flush`](Self::auto_flush). Off at first.
    pub fn set_auto_flush(&self, on: bool) -> Operation<()> {
        self.set(policy::AUTO_FLUSH, on.into())
    }

    /// Whether reads are neither split nor copied: each must be whole packets, and no longer than
    /// [`maximum_transfer_size`](Self::maximum_transfer_size).
    pub fn raw_io(&self) -> Operation<bool> {
        self.is_on(policy::RAW_IO)
    }

    /// See [`raw_io`](Self::raw_io). Off at first.
    pub fn set_raw_io(&self, on: bool) -> Operation<()> {
        self.set(policy::RAW_IO, on.into())
    }
}
