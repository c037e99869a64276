//! Allocation that reports failure.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};

use crate::{
    Completion, DeviceModel, HostMemory, Poke, Refused, Speed, SubmitError, Time, Transfer, TransferId,
};

/// Memory ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// Appends bytes.
pub(crate) fn extend(to: &mut Vec<u8>, bytes: &[u8]) -> Result<(), OutOfMemory> {
    to.try_reserve(bytes.len()).map_err(|_| OutOfMemory)?;
    to.extend_from_slice(bytes);
    Ok(())
}

/// Appends one element.
pub(crate) fn push<T>(to: &mut Vec<T>, element: T) -> Result<(), OutOfMemory> {
    to.try_reserve(1).map_err(|_| OutOfMemory)?;
    to.push(element);
    Ok(())
}

/// Appends one element to a queue.
pub(crate) fn push_back<T>(to: &mut VecDeque<T>, element: T) -> Result<(), OutOfMemory> {
    to.try_reserve(1).map_err(|_| OutOfMemory)?;
    to.push_back(element);
    Ok(())
}

/// Copies bytes into memory of their own.
pub(crate) fn copy(bytes: &[u8]) -> Result<Vec<u8>, OutOfMemory> {
    let mut to = Vec::new();
    extend(&mut to, bytes)?;
    Ok(to)
}

/// Puts a model into a box.
///
/// `Box::new` aborts when memory runs out and its fallible sibling is not stable. A vector of one element can fail
/// and becomes a boxed array without another allocation; an array of one model is a model.
pub(crate) fn boxed<M: DeviceModel + 'static>(model: M) -> Result<Box<dyn DeviceModel>, OutOfMemory> {
    let mut one = Vec::new();
    one.try_reserve_exact(1).map_err(|_| OutOfMemory)?;
    one.push(model);
    let array: Box<[M; 1]> = one.into_boxed_slice().try_into().map_err(|_| OutOfMemory)?;
    Ok(array)
}

impl<M: DeviceModel> DeviceModel for [M; 1] {
    fn speed(&self) -> Speed {
        let [model] = self;
        model.speed()
    }

    fn device_descriptor(&self) -> &[u8] {
        let [model] = self;
        model.device_descriptor()
    }

    fn configuration_descriptor(&self, index: u8) -> Option<&[u8]> {
        let [model] = self;
        model.configuration_descriptor(index)
    }

    fn submit(&mut self, now: Time, transfer: Transfer) -> Result<(), SubmitError> {
        let [model] = self;
        model.submit(now, transfer)
    }

    fn poll(&mut self, now: Time, memory: &mut dyn HostMemory) -> Option<Completion> {
        let [model] = self;
        model.poll(now, memory)
    }

    fn next_event(&self) -> Option<Time> {
        let [model] = self;
        model.next_event()
    }

    fn abort(&mut self, now: Time, id: TransferId) -> Option<u32> {
        let [model] = self;
        model.abort(now, id)
    }

    fn reset_endpoint(&mut self, now: Time, endpoint: u8) -> Result<(), Refused> {
        let [model] = self;
        model.reset_endpoint(now, endpoint)
    }

    fn set_configuration(&mut self, now: Time, value: u8) -> Result<(), Refused> {
        let [model] = self;
        model.set_configuration(now, value)
    }

    fn set_interface(&mut self, now: Time, interface: u8, alternate: u8) -> Result<(), Refused> {
        let [model] = self;
        model.set_interface(now, interface, alternate)
    }

    fn reset(&mut self, now: Time) {
        let [model] = self;
        model.reset(now);
    }

    fn poke(&mut self, now: Time, poke: Poke<'_>) -> Result<(), Refused> {
        let [model] = self;
        model.poke(now, poke)
    }

    fn is_gone(&self) -> bool {
        let [model] = self;
        model.is_gone()
    }

    fn unplug(&mut self, now: Time) {
        let [model] = self;
        model.unplug(now);
    }
}
