//! Playing a script in the simulated kernel.

use std::{cell::RefCell, collections::BTreeMap, pin::Pin, rc::Rc};

use nt_trace::{
    NtStatus,
    event::{Call, Callback, CallbackEnter, EventKind, IrpOrigin},
};

use super::{
    Branch, Code, Expectation, Expected, Ioctl, Knob, Open, Plug, PnpOperation, Poke, PowerOperation, Race,
    Stage, Step, Tolerance, loopback, play, tolerance,
};
use crate::{
    abi::irp_major::{IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL},
    kernel::{
        Session, exports,
        fault::RoutineFault,
        io::{
            self,
            user::{self, Handle, Process, READ, RequestId, UserIo, WRITE},
        },
        ke::Latch,
        listen,
    },
    mem::Addr,
    pnp::{self, NewDevice},
    power,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
    usb, usbip,
};

/// Steps a script of one machine, on the thread of its [`Cpu`].
#[derive(Clone, Debug)]
pub struct SimStage {
    pub(super) cpu: Cpu,
    names: Rc<RefCell<Names>>,
    tolerance: Tolerance,
}

/// What the names in a script stand for.
#[derive(Debug, Default)]
struct Names {
    files: BTreeMap<String, Handle>,
    requests: BTreeMap<String, RequestId>,
    processes: BTreeMap<String, Process>,
}

impl SimStage {
    /// A stage for a script that runs on this thread, about the driver with this driver object. Starts the PnP
    /// manager for it.
    #[must_use]
    pub fn new(cpu: Cpu, driver: Addr) -> Self {
        {
            let mut kernel = cpu.k();
            kernel.pnp.driver = driver;
            pnp::serve(&mut kernel.sched);
        }
        Self { cpu, names: Rc::default(), tolerance: Tolerance::default() }
    }

    /// The same stage with another way to take what goes otherwise.
    #[must_use]
    pub fn tolerant(self, tolerance: Tolerance) -> Self {
        Self { tolerance, ..self }
    }

    /// The handle that a script calls `name`.
    pub(super) fn file(&self, name: &str) -> Result<Handle, Stop> {
        let names = self.names.borrow();
        names.files.get(name).copied().ok_or_else(|| Stop::Script(format!("no file {name} is open")))
    }

    fn process(&self, name: &str) -> Process {
        let mut names = self.names.borrow_mut();
        let next = u32::try_from(names.processes.len()).unwrap_or(u32::MAX).saturating_add(1);
        *names.processes.entry(name.into()).or_insert(Process(next))
    }

    async fn plug(&self, plug: &Plug) -> Result<(), Stop> {
        let options = usb::Options {
            face: plug.face.into(),
            completion: plug.completion.into(),
            function: plug.function,
        };
        let pdo = {
            let mut kernel = self.cpu.k();
            let model = usbip::model(&mut kernel, &plug.model)?;
            usb::plug(&mut kernel, model, options)?
        };
        for (name, value) in &plug.values {
            self.cpu.k().io.registry.set_device_number(pdo, name, *value);
        }
        let new = NewDevice {
            name: plug.device.clone(),
            instance: plug.instance.clone().unwrap_or_else(|| plug.device.clone()),
            model: plug.model.clone(),
            pdo,
            filter: plug.filter,
        };
        let status = pnp::plug(&self.cpu, &new, plug.start).await?;
        check(&plug.expect, status, 0, &[], "the start")
    }

    async fn unplug(&self, device: &str) -> Result<(), Stop> {
        {
            let mut kernel = self.cpu.k();
            let pdo = kernel.node(device)?.pdo;
            usb::unplug(&mut kernel, pdo)?;
        }
        pnp::surprise_removal(&self.cpu, device, true).await.map(drop)
    }

    async fn open(&self, open: &Open) -> Result<(), Stop> {
        let process = self.process(&open.process);
        let access = if open.read { READ } else { 0 } | if open.write { WRITE } else { 0 };
        let pdo = self.cpu.look().node(&open.device)?.pdo;
        let opened = user::open(&self.cpu, process, pdo, access, &open.path).await?;
        if let Ok(handle) = opened {
            self.names.borrow_mut().files.insert(open.file.clone(), handle);
        }
        let status = opened.err().unwrap_or(NtStatus::SUCCESS);
        check(&open.expect, status, 0, &[], "the open")
    }

    async fn close(&self, file: &str) -> Result<(), Stop> {
        let handle = self.file(file)?;
        self.names.borrow_mut().files.remove(file);
        user::close(&self.cpu, handle).await.map(drop)
    }

    async fn start(&self, ioctl: &Ioctl) -> Result<RequestId, Stop> {
        let handle = self.file(&ioctl.file)?;
        let control =
            UserIo::Control { code: ioctl.code.0, input: ioctl.input.make(), output: ioctl.output.make() };
        user::start(&self.cpu, handle, control).await
    }

    async fn end(&self, id: RequestId, expect: &Expected, what: &str) -> Result<(), Stop> {
        let outcome = user::wait(&self.cpu, id).await;
        check(expect, outcome.status, outcome.information, &outcome.output, what)
    }

    fn request(&self, name: &str) -> Result<RequestId, Stop> {
        let names = self.names.borrow();
        names.requests.get(name).copied().ok_or_else(|| Stop::Script(format!("there is no request {name}")))
    }

    async fn pnp(&self, device: &str, operation: PnpOperation) -> Result<NtStatus, Stop> {
        let cpu = &self.cpu;
        match operation {
            PnpOperation::OrderlyRemove | PnpOperation::Disable => pnp::orderly_removal(cpu, device).await,
            PnpOperation::Enable => pnp::enable(cpu, device).await,
            PnpOperation::Rebalance => pnp::rebalance(cpu, device, false).await,
            PnpOperation::RebalanceFailRestart => pnp::rebalance(cpu, device, true).await,
            PnpOperation::CancelStop => pnp::cancel_stop(cpu, device).await,
            PnpOperation::CancelRemove => pnp::cancel_remove(cpu, device).await,
            PnpOperation::QueryStop => pnp::query_stop(cpu, device).await,
            PnpOperation::Stop => pnp::stop(cpu, device).await,
            PnpOperation::Start => pnp::start(cpu, device).await,
            PnpOperation::QueryRemove => pnp::query_remove(cpu, device).await,
            PnpOperation::SpuriousCancelRemove => pnp::spurious_cancel_remove(cpu, device).await,
            PnpOperation::SpuriousCancelStop => pnp::spurious_cancel_stop(cpu, device).await,
            PnpOperation::Remove => pnp::remove(cpu, device).await,
            PnpOperation::SurpriseRemoval => pnp::surprise_removal(cpu, device, false).await,
            _ => self.query(device, operation).await,
        }
    }

    async fn power(&self, operation: &PowerOperation) -> Result<NtStatus, Stop> {
        let cpu = &self.cpu;
        match operation {
            PowerOperation::Sleep { state, critical } => power::sleep(cpu, *state, *critical).await,
            PowerOperation::Wake => power::wake(cpu).await,
            PowerOperation::DeviceWakes { device } => power::wake_by_device(cpu, device).await,
            PowerOperation::ShutDown { restart } => power::shut_down(cpu, *restart).await,
        }
    }

    async fn query(&self, device: &str, operation: PnpOperation) -> Result<NtStatus, Stop> {
        let cpu = &self.cpu;
        match operation {
            PnpOperation::QueryCapabilities
            | PnpOperation::QueryPnpDeviceState
            | PnpOperation::QueryBusRelations => self.question(device, operation).await,
            PnpOperation::UsageNotification { in_path } => {
                pnp::usage_notification(cpu, device, in_path).await
            }
            PnpOperation::Minor { minor } => pnp::minor(cpu, device, minor).await,
            PnpOperation::SystemControl { minor } => pnp::system_control(cpu, device, minor).await,
            PnpOperation::CheckBox { of, asked } => io::wmi::check_box(cpu, device, of, asked).await,
            PnpOperation::DevicePower { state, query } => {
                power::device_power(cpu, device, state, query).await
            }
            _ => Err(Stop::Script(format!("{operation:?} is no request"))),
        }
    }

    /// Sends a request of a driver above to the top of the stack, and waits for its end.
    async fn send(&self, device: &str, major: u8, code: Code) -> Result<io::IoStatus, Stop> {
        let pdo = self.cpu.look().node(device)?.pdo;
        let mut spec = io::IrpSpec::new(IrpOrigin::IoManager, major, 0);
        if matches!(major, IRP_MJ_DEVICE_CONTROL | IRP_MJ_INTERNAL_DEVICE_CONTROL) {
            spec.parameters.DeviceIoControl_mut().IoControlCode = code.0;
        }
        io::send_irp(&self.cpu, pdo, &spec).await
    }

    async fn question(&self, device: &str, operation: PnpOperation) -> Result<NtStatus, Stop> {
        let cpu = &self.cpu;
        let (pdo, _) = pnp::begin(cpu, device).await?;
        let answer = match operation {
            PnpOperation::QueryCapabilities => pnp::capabilities(cpu, pdo).await.map(|(status, _)| status),
            PnpOperation::QueryPnpDeviceState => pnp::device_state(cpu, pdo).await.map(|(status, _)| status),
            _ => pnp::bus_relations(cpu, pdo).await,
        };
        pnp::end(cpu, device, answer)
    }

    fn fail_call(&self, routine: &str, nth: u32, status: Option<NtStatus>) -> Result<(), Stop> {
        let export = exports::find_by_name(routine);
        let export = export.ok_or_else(|| Stop::Script(format!("the kernel has no routine {routine}")))?;
        let documented = export.failures.first().copied().map(NtStatus);
        let status = status.or(documented);
        let status = status.ok_or_else(|| Stop::Script(format!("{routine} cannot fail")))?;
        let fault = RoutineFault { routine: routine.into(), countdown: nth, status };
        self.cpu.k().faults.by_routine.push(fault);
        Ok(())
    }

    fn knob(&self, knob: Knob, on: bool) {
        let value = u32::from(on);
        let mut kernel = self.cpu.k();
        let kernel = &mut *kernel;
        let knobs = &mut kernel.usb.knobs;
        match knob {
            Knob::UsbVerifierFailRegistration => knobs.UsbVerifierFailRegistration = value,
            Knob::UsbVerifierFailChainedMdlSupport => knobs.UsbVerifierFailChainedMdlSupport = value,
            Knob::UsbVerifierFailStaticStreamsSupport => knobs.UsbVerifierFailStaticStreamsSupport = value,
            Knob::UsbVerifierEnabled => knobs.UsbVerifierEnabled = on,
            Knob::UsbVerifierStaticStreamCountOverride => knobs.UsbVerifierStaticStreamCountOverride = value,
            Knob::UsbVerifierFailEnableStaticStreams => knobs.UsbVerifierFailEnableStaticStreams = value,
            Knob::EnhancedIoVerification => kernel.pnp.enhanced = on,
        }
    }

    fn write_registry(&self, value: &str, data: u32) -> Result<(), Stop> {
        if self.cpu.k().usb.knobs.write(value, data) {
            return Ok(());
        }
        Err(Stop::Script(format!("nobody reads a registry value {value}")))
    }

    fn poke(&self, device: &str, poke: Poke) -> Result<(), Stop> {
        let mut kernel = self.cpu.k();
        let pdo = kernel.node(device)?.pdo;
        let poke = match poke {
            Poke::Halt { endpoint } => usb_models::Poke::Halt { endpoint },
            Poke::Nak { endpoint, on } => usb_models::Poke::Nak { endpoint, on },
            Poke::Mute => usb_models::Poke::Mute,
            Poke::Pull => return usb::pull(&mut kernel, pdo),
            Poke::CyclePort => {
                usb::cycle_port(&mut kernel, pdo);
                return Ok(());
            }
        };
        usb::poke(&mut kernel, pdo, poke)
    }

    async fn expect(&self, expectation: &Expectation) -> Result<(), Stop> {
        match expectation {
            Expectation::State { device, state } => pnp::reached(&self.cpu, device, *state).await,
            Expectation::Interface { device, arrived } => {
                let kernel = self.cpu.look();
                let found = !kernel.arrived_interfaces(device)?.is_empty();
                same(&format!("whether {device} has an interface"), &found, arrived)
            }
            Expectation::PowerState { device, state } => power::reached(&self.cpu, device, *state).await,
            Expectation::PowerQuiet => {
                power::quiet(&self.cpu).await;
                Ok(())
            }
            Expectation::Calls { routine, count } => {
                let calls = self.count(
                    |kind| matches!(kind, EventKind::Call(Call { routine: name, .. }) if name == routine),
                );
                same(&format!("the number of calls of {routine}"), &calls, count)
            }
            Expectation::AddDevices { count } => {
                let enters = self.count(|kind| {
                    matches!(
                        kind,
                        EventKind::CallbackEnter(CallbackEnter { callback: Callback::AddDevice { .. } })
                    )
                });
                same("the number of calls of AddDevice", &enters, count)
            }
        }
    }

    fn count(&self, matches: impl Fn(&EventKind) -> bool) -> u64 {
        self.cpu.look().trace.events().iter().filter(|event| matches(&event.kind)).count() as u64
    }

    async fn race(&self, race: &Race) -> Result<(), Stop> {
        self.cpu.k().sched.race(true);
        let latches: Vec<Latch> = race.branches.iter().map(|branch| self.spawn(branch)).collect();
        for latch in &latches {
            latch.wait(&self.cpu, "the end of a race").await;
        }
        self.cpu.k().sched.race(false);
        Ok(())
    }

    fn spawn(&self, branch: &Branch) -> Latch {
        let done = Latch::default();
        let (latch, steps, names) = (done.clone(), branch.steps.clone(), Rc::clone(&self.names));
        let tolerance = self.tolerance.clone();
        let mut kernel = self.cpu.k();
        let thread = kernel.sched.spawn("script", PASSIVE_LEVEL, move |cpu| {
            let task: Pin<Box<dyn Future<Output = Result<(), Stop>>>> = Box::pin(async move {
                let stage = Self { cpu, names, tolerance };
                stage.tolerance.of(play(&stage, &steps).await)?;
                latch.open(&mut stage.cpu.k());
                Ok(())
            });
            task
        });
        if branch.begins_last {
            kernel.sched.hold_back(thread);
        } else if let Some(hold) = &branch.hold {
            kernel.sched.hold(thread, &hold.routine, hold.nth);
        }
        done
    }

    async fn unload(&self) -> Result<(), Stop> {
        {
            let kernel = self.cpu.look();
            if let Some((name, _)) = kernel.pnp.nodes.iter().find(|(_, node)| node.state.has_stack()) {
                return Err(Stop::Script(format!("the driver cannot be unloaded: {name} has a stack")));
            }
        }
        tolerance::unload(&self.cpu).await
    }
}

impl Stage for SimStage {
    async fn perform(&self, step: &Step) -> Result<(), Stop> {
        self.tolerance.goes_on()?;
        self.cpu.k().emit_at(None, nt_trace::event::Step { text: step.text().into() });
        match step {
            Step::Say { .. } => Ok(()),
            Step::Plug(plug) => self.plug(plug).await,
            Step::Unplug { device } => self.unplug(device).await,
            Step::Open(open) => self.open(open).await,
            Step::Duplicate { file, handle } => {
                let new = user::duplicate(&mut self.cpu.k(), self.file(file)?);
                let new = new.ok_or_else(|| Stop::Script(format!("{file} is closed")))?;
                self.names.borrow_mut().files.insert(handle.clone(), new);
                Ok(())
            }
            Step::Close { file } => self.close(file).await,
            Step::ExitProcess { process } => user::exit_process(&self.cpu, self.process(process)).await,
            Step::Ioctl { ioctl, expect } => {
                let id = self.start(ioctl).await?;
                self.end(id, expect, &step.text()).await
            }
            Step::Submit { request, ioctl } => {
                // A request that cannot be made leaves no other of the same name.
                self.names.borrow_mut().requests.remove(request);
                let id = self.start(ioctl).await?;
                self.names.borrow_mut().requests.insert(request.clone(), id);
                Ok(())
            }
            Step::ReadFile { file, length, expect } => {
                let io = UserIo::Read { length: *length, offset: 0 };
                let id = user::start(&self.cpu, self.file(file)?, io).await?;
                self.end(id, expect, &step.text()).await
            }
            Step::WriteFile { file, data, expect } => {
                let io = UserIo::Write { data: data.make(), offset: 0 };
                let id = user::start(&self.cpu, self.file(file)?, io).await?;
                self.end(id, expect, &step.text()).await
            }
            Step::Wait { request, expect } => self.end(self.request(request)?, expect, request).await,
            Step::Cancel { request } => user::cancel(&self.cpu, self.request(request)?).await.map(drop),
            Step::CancelFile { file } => user::cancel_file(&self.cpu, self.file(file)?).await.map(drop),
            Step::Loopback(run) => loopback::run(self, run).await,
            Step::Pnp { device, operation, expect } => {
                let status = self.pnp(device, *operation).await?;
                check(expect, status, 0, &[], &step.text())
            }
            Step::Send { device, major, code, expect } => {
                let outcome = self.send(device, *major, *code).await?;
                check(expect, outcome.status, outcome.information, &[], &step.text())
            }
            Step::Shutdown => io::tell_of_shutdown(&self.cpu).await,
            Step::Power { operation, expect } => {
                let status = self.power(operation).await?;
                check(expect, status, 0, &[], &step.text())
            }
            Step::FilterFails { device, failure } => {
                self.cpu.k().filter_fails(device, *failure);
                Ok(())
            }
            Step::Knob { knob, on } => {
                self.knob(*knob, *on);
                Ok(())
            }
            Step::Registry { value, data } => self.write_registry(value, *data),
            Step::File { name, contents } => {
                self.cpu.k().ndis.put_on_disk(name, contents.make());
                Ok(())
            }
            Step::Trace { level, keywords } => {
                let session = Session { level: *level, any: *keywords, all: 0 };
                listen(&self.cpu, Some(session)).await
            }
            Step::EndTrace => listen(&self.cpu, None).await,
            Step::Try { step } => match Box::pin(self.perform(step)).await {
                Err(Stop::Script(why)) => {
                    self.cpu
                        .k()
                        .emit_at(None, nt_trace::event::Step { text: format!("not done: {why}").into() });
                    Ok(())
                }
                result => result,
            },
            Step::FailCall { routine, nth, status } => self.fail_call(routine, *nth, *status),
            Step::Poke { device, poke } => self.poke(device, *poke),
            Step::Sleep { microseconds } => {
                self.cpu.sleep(microseconds.saturating_mul(10)).await;
                Ok(())
            }
            Step::Expect(expectation) => self.expect(expectation).await,
            Step::Race(race) => self.race(race).await,
            Step::Unload => self.unload().await,
        }
    }
}

fn check(
    expect: &Expected,
    status: NtStatus,
    information: u64,
    output: &[u8],
    what: &str,
) -> Result<(), Stop> {
    expect.check(status, information, output).map_err(|how| Stop::Script(format!("{what} {how}")))
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, found: &T, expected: &T) -> Result<(), Stop> {
    if found == expected {
        return Ok(());
    }
    Err(Stop::Script(format!("{what} is {found} and not {expected}")))
}
