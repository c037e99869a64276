//! What the simulator looks for in the driver's code: its atomic instructions and its basic blocks.

use std::{collections::BTreeSet, io};

use super::Machine;
use crate::{
    cpu::Breakpoints,
    image::{Atomics, Image, flow::Flow},
    kernel::Kernel,
    mem::Protection,
    stop::Stop,
};

/// The image's code, understood, and the breakpoints in it.
#[derive(Debug)]
pub(super) struct Code {
    flow: Flow,
    breakpoints: Breakpoints,
    /// Where the breakpoints' offsets begin, as an offset into the image.
    start: u32,
    watched: bool,
    switching: bool,
    hit: BTreeSet<u32>,
}

impl Code {
    /// Follows the image's code. Nothing of it is changed yet.
    fn of(image: &Image, kernel: &mut Kernel) -> Result<Self, Stop> {
        let flow = Flow::of(image);
        let atomics = Atomics::of(&flow)?;
        kernel.mem.place_stubs(&atomics.stubs)?;
        let executable = || image.sections.iter().filter(|it| it.protection == Protection::ReadExecute);
        let start = executable().map(|it| it.rva).min().unwrap_or(0);
        let end = executable().map(|it| it.rva + it.size).max().unwrap_or(0);
        let offset = u32::try_from(start).map_err(io::Error::other)?;
        let points = atomics.places.iter().map(|place| place - offset).collect();
        let breakpoints = Breakpoints::new(&mut kernel.mem, image.base.add(start), end - start, points)?;
        let (watched, switching, hit) = (false, false, BTreeSet::new());
        Ok(Self { flow, breakpoints, start: offset, watched, switching, hit })
    }
}

impl Machine {
    /// Lets threads switch at the driver's own atomic instructions from the next life on, or no longer. Without it the
    /// driver's code is what the file has.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn switch_at_atomics(&mut self, on: bool) -> Result<(), Stop> {
        if self.code.as_ref().is_some_and(|code| code.switching) == on {
            return Ok(());
        }
        let code = self.understood()?;
        code.switching = on;
        code.breakpoints.switch_points(on);
        Ok(())
    }

    /// Notes from now on which basic blocks of the driver are reached, as long as the process lives: each costs one
    /// trap, once.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn watch_blocks(&mut self) -> Result<(), Stop> {
        let code = self.understood()?;
        if !code.watched {
            code.watched = true;
            let start = code.start;
            let leaders: Vec<u32> = code.flow.leaders.iter().map(|leader| leader - start).collect();
            code.breakpoints.watch_blocks(&leaders);
        }
        Ok(())
    }

    /// The basic blocks that were reached since [`Self::watch_blocks`], as offsets into the image, in order.
    pub fn blocks_hit(&mut self) -> Vec<u32> {
        self.new_blocks_hit();
        self.code.as_ref().map(|code| code.hit.iter().copied().collect()).unwrap_or_default()
    }

    /// Those of them that were reached since this or [`Self::blocks_hit`] was asked last.
    pub fn new_blocks_hit(&mut self) -> Vec<u32> {
        let Some(code) = &mut self.code else { return Vec::new() };
        let start = code.start;
        let new: Vec<u32> = code.breakpoints.take_reached().into_iter().map(|place| place + start).collect();
        code.hit.extend(&new);
        new
    }

    /// The driver's code as it was understood.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn flow(&mut self) -> Result<&Flow, Stop> {
        Ok(&self.understood()?.flow)
    }

    fn understood(&mut self) -> Result<&mut Code, Stop> {
        if self.code.is_none() {
            self.code = Some(Code::of(&self.image, &mut self.kernel.borrow_mut())?);
        }
        self.code.as_mut().ok_or_else(|| Stop::Host("the driver's code is not known".into()))
    }
}
