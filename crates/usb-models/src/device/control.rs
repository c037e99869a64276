//! Control transfers: the standard requests, and the rest to the function.

use crate::{
    DeviceModel, Direction, HostMemory, Kind, Refused, Setup, Status, Time, Transfer, TransferId, chapter9,
    descriptor::Answers,
    device::{Chosen, Device},
    fallible,
    function::{Function, Reply},
};

impl<F: Function> Device<F> {
    /// Carries out a control transfer; its status and how many bytes its data stage moved.
    pub(super) fn control(
        &mut self,
        now: Time,
        transfer: Transfer,
        memory: &mut dyn HostMemory,
    ) -> (Status, u32) {
        let Kind::Control { setup } = transfer.kind else { return (Status::Stall, 0) };
        let moved = match setup.direction() {
            Direction::In => return self.control_in(transfer, setup, memory).unwrap_or((Status::Stall, 0)),
            Direction::Out => self.control_out(now, transfer, setup, memory),
        };
        moved.map_or((Status::Stall, 0), |moved| (Status::Ok, moved))
    }

    fn control_in(
        &mut self,
        transfer: Transfer,
        setup: Setup,
        memory: &mut dyn HostMemory,
    ) -> Result<(Status, u32), Refused> {
        let mut reply = core::mem::take(&mut self.reply);
        reply.clear();
        let answered = if chapter9::is_standard(setup) {
            self.standard_in(setup, &mut reply)
        } else {
            self.function.control_in(setup, &mut reply)
        };
        let length = transfer.length.min(u32::from(setup.length));
        let whole = u32::try_from(reply.bytes().len()).unwrap_or(u32::MAX);
        let (status, length) = match self.answers {
            Answers::Overlong if whole > length => (Status::Overrun, length),
            Answers::Short => (Status::Ok, length.min(whole).saturating_sub(1)),
            Answers::Right | Answers::Overlong => (Status::Ok, length),
        };
        let moved = answered.map(|()| (status, send(memory, transfer.id, reply.bytes(), length)));
        self.reply = reply;
        moved
    }

    fn standard_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        match setup.request {
            chapter9::GET_DESCRIPTOR => {
                chapter9::descriptor(&self.descriptors, setup, &mut self.reads, reply)
            }
            chapter9::GET_CONFIGURATION => reply.extend(&[self.configuration]),
            chapter9::GET_INTERFACE => {
                let [interface, _] = setup.index.to_le_bytes();
                reply.extend(&[self.alternate(interface).ok_or(Refused)?])
            }
            chapter9::GET_STATUS => {
                let [address, _] = setup.index.to_le_bytes();
                let halted = match setup.request_type & 0x1F {
                    2 => self.queue(address).ok_or(Refused)?.halted,
                    _ => false,
                };
                reply.extend(&[u8::from(halted), 0])
            }
            _ => Err(Refused),
        }
    }

    /// The alternate setting in use.
    fn alternate(&self, interface: u8) -> Option<u8> {
        let this =
            |chosen: &&Chosen| chosen.configuration == self.configuration && chosen.interface == interface;
        self.chosen.iter().find(this).map(|chosen| chosen.alternate)
    }

    fn control_out(
        &mut self,
        now: Time,
        transfer: Transfer,
        setup: Setup,
        memory: &dyn HostMemory,
    ) -> Result<u32, Refused> {
        let mut data = core::mem::take(&mut self.scratch);
        data.clear();
        let length = transfer.length.min(u32::from(setup.length));
        let done = gather(memory, transfer.id, length, &mut data).and_then(|()| {
            if chapter9::is_standard(setup) {
                self.standard_out(now, setup)
            } else {
                self.function.control_out(setup, &data)
            }
        });
        self.scratch = data;
        done.map(|()| length)
    }

    fn standard_out(&mut self, now: Time, setup: Setup) -> Result<(), Refused> {
        let ([value, _], [index, _]) = (setup.value.to_le_bytes(), setup.index.to_le_bytes());
        match setup.request {
            chapter9::SET_CONFIGURATION => self.set_configuration(now, value),
            chapter9::SET_INTERFACE => self.set_interface(now, index, value),
            chapter9::CLEAR_FEATURE if setup.request_type & 0x1F == 2 => self.reset_endpoint(now, index),
            chapter9::SET_FEATURE if setup.request_type & 0x1F == 2 => {
                self.each_stream(index, |queue| queue.halted = true)
            }
            // The bus's own bookkeeping; remote wake-up and function suspend: accepted, without effect.
            chapter9::SET_ADDRESS
            | chapter9::SET_SEL
            | chapter9::SET_ISOCH_DELAY
            | chapter9::CLEAR_FEATURE
            | chapter9::SET_FEATURE => Ok(()),
            _ => Err(Refused),
        }
    }
}

/// Copies a reply into the host's buffer, as much as fits.
fn send(memory: &mut dyn HostMemory, id: TransferId, reply: &[u8], length: u32) -> u32 {
    let mut rest = reply.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(reply);
    let mut done = 0;
    while !rest.is_empty() {
        let wanted = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let room = memory.room_in(id, done, wanted);
        let count = room.len().min(rest.len());
        if count == 0 {
            break;
        }
        let (now, later) = rest.split_at(count);
        room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
        rest = later;
        done = done.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }
    done
}

/// Copies the data stage of a control write out of the host's buffer.
fn gather(
    memory: &dyn HostMemory,
    id: TransferId,
    length: u32,
    data: &mut alloc::vec::Vec<u8>,
) -> Result<(), Refused> {
    let mut done = 0;
    while done < length {
        let run = memory.bytes_out(id, done, length - done);
        let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
        if count == 0 || count > length - done {
            return Err(Refused);
        }
        fallible::extend(data, run).map_err(|_| Refused)?;
        done += count;
    }
    Ok(())
}
