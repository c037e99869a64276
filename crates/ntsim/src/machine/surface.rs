//! The machine for a caller that is no script: plug, open, submit, and pump in between.
//!
//! Nothing here waits for a device: [`Machine::submit`] starts a request, [`Machine::pump`] lets time pass, and
//! [`Machine::outcome`] asks whether a request has ended. Every call gives `None` once the machine has stopped;
//! [`Machine::stopped`] says why.

use std::future::Future;

use nt_trace::NtStatus;
use usb_models::DeviceModel;

use super::Machine;
use crate::{
    kernel::io::user::{self, Handle, Outcome, Process, RequestId, UserIo},
    pnp::{self, NewDevice},
    sched::{Cpu, Time},
    stop::Stop,
    usb,
};

impl Machine {
    /// Plugs a device in, and gives how its START ended. `name` is how later calls name it.
    ///
    /// The PnP manager calls AddDevice and sends START before this returns.
    pub fn plug(
        &mut self,
        name: &str,
        model: Box<dyn DeviceModel>,
        options: usb::Options,
    ) -> Option<NtStatus> {
        let driver = self.driver();
        let name = name.to_owned();
        self.ask("plug", async move |cpu| {
            let pdo = {
                let mut kernel = cpu.k();
                if kernel.pnp.driver.is_null() {
                    kernel.pnp.driver = driver;
                    pnp::serve(&mut kernel.sched);
                }
                usb::plug(&mut kernel, model, options)?
            };
            let (instance, model) = (name.clone(), name.clone());
            let new = NewDevice { name, instance, model, pdo, filter: false };
            pnp::plug(&cpu, &new, true).await
        })
    }

    /// Pulls a device. Every driver has had `IRP_MN_SURPRISE_REMOVAL` when this returns, and REMOVE too if no
    /// file is open.
    pub fn unplug(&mut self, name: &str) -> Option<()> {
        let name = name.to_owned();
        self.ask("unplug", async move |cpu| {
            {
                let mut kernel = cpu.k();
                let pdo = kernel.node(&name)?.pdo;
                usb::unplug(&mut kernel, pdo)?;
            }
            pnp::surprise_removal(&cpu, &name, true).await.map(drop)
        })
    }

    /// Opens a device for reading and writing ([`user::READ`], [`user::WRITE`]).
    pub fn open(&mut self, name: &str, process: Process, access: u32) -> Option<Result<Handle, NtStatus>> {
        let name = name.to_owned();
        self.ask("open", async move |cpu| {
            let pdo = cpu.look().node(&name)?.pdo;
            user::open(&cpu, process, pdo, access, "").await
        })
    }

    /// Starts a request. It may have ended when this returns.
    pub fn submit(&mut self, file: Handle, io: UserIo) -> Option<RequestId> {
        self.ask("submit", async move |cpu| user::start(&cpu, file, io).await)
    }

    /// Asks for a request to be cancelled. False: it had ended.
    pub fn cancel(&mut self, request: RequestId) -> Option<bool> {
        self.ask("cancel", async move |cpu| user::cancel(&cpu, request).await)
    }

    /// Closes a handle.
    pub fn close(&mut self, file: Handle) -> Option<NtStatus> {
        self.ask("close", async move |cpu| user::close(&cpu, file).await)
    }

    /// How a request ended, once. `None`: it has not.
    pub fn outcome(&mut self, request: RequestId) -> Option<Outcome> {
        self.kernel_mut().take_outcome(request)
    }

    /// Runs until nobody can run, or until `ticks` of simulated time (units of 100 ns) have passed.
    pub fn pump(&mut self, ticks: Time) {
        let until = self.kernel().sched.now.saturating_add(ticks);
        // A timer of its own, so that time does not leap further to somebody else's.
        self.kernel_mut().sched.at(until, |_| {});
        self.run_until(|kernel| kernel.sched.now >= until);
    }

    /// Runs a task to its end, and others only meanwhile.
    fn ask<T, F, R>(&mut self, role: &'static str, task: F) -> Option<T>
    where
        T: 'static,
        F: FnOnce(Cpu) -> R + 'static,
        R: Future<Output = Result<T, Stop>> + 'static,
    {
        let result = self.begin(role, task);
        self.run_until(|_| result.borrow().is_some());
        let value = result.take();
        if value.is_none() {
            self.nobody_answered();
        }
        value
    }
}
