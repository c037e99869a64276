//! A fake of the edge: it records each call by name and answers what the test told it.

use std::cell::RefCell;

use usbclient_core::{
    add_device::{AddDeviceCalls, Unwinding},
    capabilities::{Capabilities, Capability},
    descriptors::{Configuration, DeviceDescriptor},
    dispatch::{self, Disposition, Fdo, Irp, IrpCalls, Pended},
    pnp::{Event, GateCalls, Machine, Minor, PnpCalls, PolicyCalls, StartCalls, Step, StopCalls, Told},
    power::{
        self, DeviceState, Entered, Facts, Power, PowerCalls, Request, Then,
        irp::{Ask, Back, Down, PowerIrp, UpBack},
        outstanding::Arrival,
    },
    remove::{RemoveCalls, Removing},
    status::{NtStatus, STATUS_NOT_SUPPORTED, STATUS_SUCCESS, STATUS_UNSUCCESSFUL, Status},
};

/// What every failing call answers, unless it has a status of its own.
pub const FAILURE: Status = STATUS_UNSUCCESSFUL;

/// The edge's zero-sized type.
pub struct Fake;

/// The state of the fake, one per test thread.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing the edge is asked")]
pub struct World {
    /// What was called, in order.
    pub log: Vec<String>,
    /// What event tracing was told, in order.
    pub told: Vec<Told>,
    /// Calls that fail, by name.
    pub failing: Vec<&'static str>,
    /// Calls that fail when they have succeeded so often.
    pub passing: Vec<(&'static str, u32)>,
    /// The device's state.
    pub machine: Machine,
    /// Whether the extension holds the `USBD_HANDLE`.
    pub handle: bool,
    /// What the lower drivers answer.
    pub lower: NtStatus,
    /// What `read_configuration_descriptor` gives, up to the length asked for.
    pub configuration: Vec<u8>,
    /// What `read_device_descriptor` gives.
    pub device_descriptor: Vec<u8>,
    /// `IoStatus.Information` of the IRP.
    pub information: usize,
    /// Whether the device is dead.
    pub dead: bool,
    /// The minor of the IRP.
    pub minor: Minor,
    /// `InPath`
    pub in_path: bool,
    /// Capabilities of version 1.
    pub version_1: bool,
    /// What the power IRP asks for.
    pub request: Request,
    /// The power state.
    pub power: Power,
    /// Whether a request is in flight.
    pub busy: bool,
    /// What `query_capability` grants, with its number.
    pub capabilities: Vec<(Capability, u16)>,
    /// What it says of the others.
    pub denied_with: Status,
    /// Which capabilities were asked for.
    pub asked: Vec<Capability>,
    /// The capabilities that `record_pipes` got.
    pub recorded: Option<Capabilities>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World {
        log: Vec::new(),
        told: Vec::new(),
        failing: Vec::new(),
        passing: Vec::new(),
        machine: Machine::new(),
        handle: true,
        lower: STATUS_SUCCESS,
        configuration: crate::descriptors::loopback(),
        device_descriptor: crate::descriptors::device(),
        information: 0,
        dead: false,
        minor: Minor::Other(0xFF),
        in_path: false,
        version_1: true,
        request: Request::Other,
        power: Power::new(),
        busy: false,
        capabilities: Vec::new(),
        denied_with: STATUS_NOT_SUPPORTED,
        asked: Vec::new(),
        recorded: None,
    });
}

/// Reads or changes the fake.
pub fn world<T>(body: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(body)
}

/// What was called since the last time, as one line.
pub fn calls() -> String {
    world(|w| std::mem::take(&mut w.log)).join(" ")
}

/// Brings the device to a state by events that lead there.
pub fn apply(events: &[Event]) {
    world(|w| {
        for event in events {
            let step = w.machine.apply(*event);
            assert!(matches!(step, Step::To { .. }), "{event:?} does nothing: {step:?}");
        }
    });
}

/// Records a call.
pub fn log(call: impl Into<String>) {
    world(|w| w.log.push(call.into()));
}

/// Records a call that may fail.
pub fn attempt(call: &'static str) -> Result<(), Status> {
    log(call);
    if world(|w| w.failing.contains(&call) || !passes(&mut w.passing, call)) { Err(FAILURE) } else { Ok(()) }
}

/// Whether a call that fails later still succeeds.
fn passes(passing: &mut [(&'static str, u32)], call: &str) -> bool {
    let Some((_, left)) = passing.iter_mut().find(|(name, _)| *name == call) else { return true };
    let passes = *left > 0;
    *left = left.saturating_sub(1);
    passes
}

/// The device.
pub const fn device() -> FakeDevice {
    FakeDevice(())
}

/// The token.
pub const fn passive() -> FakePassive {
    FakePassive(())
}

/// A device.
#[derive(Clone, Copy)]
pub struct FakeDevice(());
/// An IRP.
pub struct FakeIrp(());
/// A tag.
#[derive(Clone, Copy)]
pub struct FakeTag(());
/// `PASSIVE_LEVEL`.
pub struct FakePassive(());
/// A handle.
pub struct FakeHandle(());
/// The drained pools.
pub struct FakeDrained(());
/// A device object under construction.
pub struct FakeFdo(());
/// What it is attached to.
pub struct FakeLower(());

/// Runs one PnP dispatch call.
pub fn enter(
    body: impl for<'d> FnOnce(Fdo<'d, Fake>, Irp<'d, Fake>, &'d mut FakePassive) -> Disposition<'d>,
) -> NtStatus {
    dispatch::enter_passive(FakeDevice(()), FakeIrp(()), FakePassive(()), body)
}

/// Sends a PnP IRP with this minor and returns the status.
pub fn pnp(minor: Minor) -> NtStatus {
    world(|w| w.minor = minor);
    enter(usbclient_core::pnp::dispatch)
}

/// Runs `AddDevice`.
pub fn add_device() -> Result<(), Status> {
    usbclient_core::add_device::add_device::<Fake>((), (), &mut FakePassive(()))
}

impl IrpCalls for Fake {
    type Device = FakeDevice;
    type Irp = FakeIrp;
    type Tag = FakeTag;
    type Passive = FakePassive;

    fn tag(_: &FakeIrp) -> FakeTag {
        FakeTag(())
    }
    fn acquire_remove_lock(_: FakeDevice, _: FakeTag) -> Result<(), Status> {
        attempt("acquire")
    }
    fn release_remove_lock(_: FakeDevice, _: FakeTag) {
        log("release");
    }
    fn set_status(_: &mut FakeIrp, status: NtStatus) {
        log(format!("status({:#X})", status.raw()));
    }
    fn complete(_: FakeIrp, status: NtStatus, information: usize) {
        log(format!("complete({:#X},{information})", status.raw()));
    }
    fn mark_pending(_: &mut FakeIrp) {
        log("mark_pending");
    }
    fn forward(_: FakeDevice, _: FakeIrp) -> NtStatus {
        log("forward");
        world(|w| w.lower)
    }
    fn forward_and_wait(_: FakeDevice, _: &mut FakeIrp, _: &mut FakePassive) -> NtStatus {
        log("forward_and_wait");
        world(|w| w.lower)
    }
}

impl GateCalls for Fake {
    fn change(_: FakeDevice, event: Event, _: &mut FakePassive) -> Step {
        log(format!("{event:?}"));
        world(|w| w.machine.apply(event))
    }
    fn start_held(_: FakeDevice, _: &mut FakePassive) {
        log("start_held");
    }
    fn fail_held(_: FakeDevice, status: Status, _: &mut FakePassive) {
        log(format!("fail_held({status:?})"));
    }
    fn cancel_in_flight(_: FakeDevice, _: &mut FakePassive) {
        log("cancel_in_flight");
    }
    fn wait_for_requests(_: FakeDevice, _: &mut FakePassive) {
        log("wait_for_requests");
    }
    fn disable_interface(_: FakeDevice, _: &mut FakePassive) {
        log("disable_interface");
    }
    fn tell(_: FakeDevice, told: Told) {
        world(|w| w.told.push(told));
    }
}

impl PolicyCalls for Fake {
    fn come_up(_: FakeDevice, _: &mut FakePassive) -> Result<(), Status> {
        attempt("come_up")
    }
    fn disarm(_: FakeDevice, _: &mut FakePassive) {
        log("disarm");
    }
    fn read_settings(_: FakeDevice, _: &mut FakePassive) {
        log("read_settings");
    }
    fn offer_check_boxes(_: FakeDevice, _: &mut FakePassive) {
        log("offer_check_boxes");
    }
    fn withdraw_check_boxes(_: FakeDevice, _: &mut FakePassive) {
        log("withdraw_check_boxes");
    }
    fn run_policy(_: FakeDevice, _: &mut FakePassive) {
        log("run_policy");
    }
}

/// Sends a power IRP and returns the status.
pub fn power(request: Request) -> NtStatus {
    world(|w| w.request = request);
    dispatch::enter(FakeDevice(()), FakeIrp(()), |fdo, irp| power::dispatch::<Fake>(&fdo, irp, &mut ()))
}

const fn pended() -> Pended<Fake> {
    Pended::from_parts(FakeIrp(()), FakeDevice(()), FakeTag(()))
}

/// The completion routine of a system IRP runs.
pub fn system_came_back(request: Request, status: NtStatus) -> Back {
    world(|w| w.request = request);
    power::system_came_back::<Fake>(FakeDevice(()), PowerIrp::came_back_system(pended()), status, &mut ())
}

/// The completion routine of a D0 IRP runs.
pub fn device_came_back(status: NtStatus) -> Back {
    power::device_up_came_back::<Fake>(FakeDevice(()), PowerIrp::came_back_up(pended()), status, &mut ())
}

/// The callback of a device IRP runs.
pub fn answered(ask: Ask, status: NtStatus) {
    match ask {
        Ask::Set => power::device_answered::<Fake>(PowerIrp::answered(pended())),
        Ask::Query => power::query_answered::<Fake>(PowerIrp::answered(pended()), status),
    }
}

impl PowerCalls for Fake {
    type AtMostDispatch = ();

    fn power_request(_: &FakeIrp) -> Request {
        world(|w| w.request)
    }
    fn with_power<R>(_: FakeDevice, (): &mut (), body: impl FnOnce(&mut Power, Facts) -> R) -> R {
        world(|w| body(&mut w.power, Facts { has_users: w.busy, ..Facts::default() }))
    }
    fn send(_: Pended<Self>, then: Then) {
        log(format!("send({then:?})"));
    }
    fn ask_device(system: Pended<Self>, ask: Ask, state: DeviceState) -> Result<(), Pended<Self>> {
        log(format!("ask({ask:?},{state:?})"));
        attempt("ask_device").map_err(|_| system)
    }
    fn ask_d0(_: FakeDevice, (): &mut ()) {
        log("ask_d0");
    }
    fn set_power_state(_: FakeDevice, state: DeviceState) {
        log(format!("tell({state:?})"));
    }
    fn hold_until_quiet(_: FakeDevice, irp: PowerIrp<Self, Down>, (): &mut ()) {
        log(format!("hold_until_quiet({:?})", irp.to()));
    }
    fn after_d0(
        _: FakeDevice,
        irp: PowerIrp<Self, UpBack>,
        entered: Entered,
        (): &mut (),
    ) -> Option<PowerIrp<Self, UpBack>> {
        log(format!("{entered:?}"));
        Some(irp)
    }
    fn keep_wake(_: FakeDevice, _: &FakeIrp, (): &mut ()) -> Arrival {
        world(|w| w.power.wake.arrived())
    }
    fn cancel_wake(_: FakeDevice, (): &mut ()) {
        log("cancel_wake");
    }
}

impl StopCalls for Fake {
    fn recall_in_flight(_: FakeDevice, _: &mut FakePassive) {
        log("recall_in_flight");
    }
    fn deconfigure(_: FakeDevice, _: &mut FakePassive) {
        log("deconfigure");
    }
    fn drop_pipes(_: FakeDevice, _: &mut FakePassive) {
        log("drop_pipes");
    }
}

impl StartCalls for Fake {
    type Descriptor = Vec<u8>;
    type Pipes = ();

    fn read_device_descriptor(
        _: FakeDevice,
        _: &mut FakePassive,
    ) -> Result<([u8; DeviceDescriptor::SIZE], usize), Status> {
        attempt("read_device_descriptor")?;
        let given = world(|w| w.device_descriptor.clone());
        let mut bytes = [0; DeviceDescriptor::SIZE];
        bytes[..given.len()].copy_from_slice(&given);
        Ok((bytes, given.len()))
    }
    fn read_configuration_descriptor(
        _: FakeDevice,
        length: u16,
        _: &mut FakePassive,
    ) -> Result<Vec<u8>, Status> {
        attempt(if length == 9 { "read_header" } else { "read_configuration" })?;
        Ok(world(|w| w.configuration.iter().copied().take(usize::from(length)).collect()))
    }
    fn select_configuration(
        _: FakeDevice,
        _: &Vec<u8>,
        _: &Configuration,
        _: &mut FakePassive,
    ) -> Result<(), Status> {
        attempt("select_configuration")
    }
    fn query_capability(_: FakeDevice, capability: Capability, _: &mut FakePassive) -> Result<u16, Status> {
        if capability == Capability::ChainedMdls {
            log("capabilities");
        }
        world(|w| {
            w.asked.push(capability);
            let granted = w.capabilities.iter().find(|(granted, _)| *granted == capability);
            granted.map(|(_, count)| *count).ok_or(w.denied_with)
        })
    }
    fn record_pipes(
        _: FakeDevice,
        _: &DeviceDescriptor,
        _: Vec<u8>,
        (): (),
        capabilities: Capabilities,
        _: &mut FakePassive,
    ) -> Result<(), Status> {
        world(|w| w.recorded = Some(capabilities));
        attempt("record_pipes")
    }
    fn enable_interface(_: FakeDevice, _: &mut FakePassive) -> Result<(), Status> {
        attempt("enable_interface")
    }
}

impl RemoveCalls for Fake {
    type Handle = FakeHandle;
    type Drained = FakeDrained;

    fn flush_dpcs(_: FakeDevice, _: &mut FakePassive) {
        log("flush_dpcs");
    }
    fn free_urbs(_: FakeDevice, _: &Removing, _: &mut FakePassive) -> FakeDrained {
        log("free_urbs");
        FakeDrained(())
    }
    fn take_handle(_: FakeDevice, _: &Removing, _: &mut FakePassive) -> Option<FakeHandle> {
        world(|w| std::mem::take(&mut w.handle)).then_some(FakeHandle(()))
    }
    fn close_handle(_: FakeHandle, _: FakeDrained, _: &Removing, _: &mut FakePassive) {
        log("close_handle");
    }
    fn release_remove_lock_and_wait(_: FakeDevice, _: FakeTag, _: &Removing, _: &mut FakePassive) {
        log("release_and_wait");
    }
    fn detach(_: FakeDevice, _: &Removing, _: &mut FakePassive) {
        log("detach");
    }
    fn delete(_: FakeDevice, _: &Removing, _: &mut FakePassive) {
        log("delete");
    }
}

impl PnpCalls for Fake {
    fn minor(_: &FakeIrp) -> Minor {
        world(|w| w.minor)
    }
    fn offer_surprise_removal(_: &mut FakeIrp) -> bool {
        log("offer_surprise_removal");
        world(|w| w.version_1)
    }
    fn keep_capabilities(_: FakeDevice, _: &mut FakeIrp, _: &mut FakePassive) {
        log("keep_capabilities");
    }
    fn add_device_state(_: FakeDevice, _: &mut FakeIrp, _: &mut FakePassive) -> usize {
        world(|w| w.information | if w.dead { 4 } else { 0 })
    }
    fn usage_in_path(_: &FakeIrp) -> bool {
        world(|w| w.in_path)
    }
    fn information(_: &FakeIrp) -> usize {
        world(|w| w.information)
    }
}

impl AddDeviceCalls for Fake {
    type Driver = ();
    type Pdo = ();
    type Fdo = FakeFdo;
    type Lower = FakeLower;
    type Handle = FakeHandle;
    type Passive = FakePassive;

    fn create_device((): (), _: &mut FakePassive) -> Result<FakeFdo, Status> {
        attempt("create_device").map(|()| FakeFdo(()))
    }
    fn init_extension(_: &mut FakeFdo, (): (), _: &mut FakePassive) -> Result<(), Status> {
        attempt("init_extension")
    }
    fn attach(_: &mut FakeFdo, (): (), _: &mut FakePassive) -> Option<FakeLower> {
        attempt("attach").ok().map(|()| FakeLower(()))
    }
    fn copy_flags(_: &mut FakeFdo, _: &FakeLower) {
        log("copy_flags");
    }
    fn create_handle(_: &FakeFdo, _: &FakeLower, _: &mut FakePassive) -> Result<FakeHandle, Status> {
        attempt("create_handle").map(|()| FakeHandle(()))
    }
    fn register_interface(_: &mut FakeFdo, (): (), _: &mut FakePassive) -> Result<(), Status> {
        attempt("register_interface")
    }
    fn finish(_: FakeFdo, _: FakeLower, _: FakeHandle, _: &mut FakePassive) {
        log("finish");
    }
    fn close_handle(_: FakeHandle, _: Unwinding, _: &mut FakePassive) {
        log("close_handle");
    }
    fn detach(_: FakeLower, _: &mut FakePassive) {
        log("detach");
    }
    fn delete_device(_: FakeFdo, _: &mut FakePassive) {
        log("delete_device");
    }
}

/// The initial status of a PnP IRP.
pub const INITIAL: NtStatus = STATUS_NOT_SUPPORTED.nt();
