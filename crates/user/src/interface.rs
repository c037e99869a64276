//! An interface that this file has claimed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use usbclient_protocol::{HandleReply, HandleSelect, InterfaceSelect, SettingSelect, control_code};

use crate::{
    device::{Device, EndpointInfo, Shared, endpoints, short_reply},
    endpoint::{Direction, Endpoint, Kind},
    error::{Error, ErrorKind},
    operation::{Line, Operation},
    transport::{Channel, Parcel, Slot},
};

/// An interface that this file has claimed: others cannot use it.
///
/// It is given back when this and everything that was opened through it is dropped.
///
/// ```
/// use usbclient_user::{Bulk, In, Out, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["loopback-hs"])?;
/// # let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
/// let interface = device.claim_interface(0).wait()?;
/// let out = interface.endpoint::<Bulk, Out>(0x01).wait()?;
/// let back = interface.endpoint::<Bulk, In>(0x81).wait()?;
/// out.write(b"what goes out").wait()?;
/// assert_eq!(back.read(512).wait()?, b"what goes out");
/// # drop((out, back, interface, device));
/// # context.finish()
/// # }
/// ```
#[derive(Debug)]
pub struct Interface(Arc<Claim>);

/// A claim, which ends with the last that needs it.
#[derive(Debug)]
pub struct Claim {
    device: Device,
    number: u8,
    handle: u32,
    is_released: AtomicBool,
}

impl Claim {
    pub(crate) async fn make(line: &Line, device: Device, number: u8) -> Result<Self, Error> {
        const DOING: &str = "claiming an interface";
        let mut place = Place { shared: Arc::clone(device.shared()), number, is_kept: true };
        if !place.shared.take(number) {
            let why = "this program has claimed it already";
            return Err(Error::new(ErrorKind::Busy, DOING).because(why));
        }
        place.is_kept = false;
        let input = InterfaceSelect { number, ..InterfaceSelect::default() }.encode();
        let reply =
            line.send(DOING, control_code::CLAIM_INTERFACE, &input, vec![0; HandleReply::SIZE]).await?;
        let handle = HandleReply::decode(&reply).ok_or_else(|| short_reply(DOING))?.handle;
        place.is_kept = true;
        Ok(Self { device, number, handle, is_released: AtomicBool::new(false) })
    }

    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) const fn number(&self) -> u8 {
        self.number
    }

    pub(crate) const fn handle(&self) -> u32 {
        self.handle
    }
}

/// The place of a claim that is being made: given back if that fails, or if nobody waits for it any more.
struct Place {
    shared: Arc<Shared>,
    number: u8,
    is_kept: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_kept {
            self.shared.give_back(self.number);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !*self.is_released.get_mut() {
            close_handle(&self.device.shared().channel, self.handle);
        }
        self.device.shared().give_back(self.number);
    }
}

/// Gives a handle back, and does not wait.
pub fn close_handle(channel: &Arc<dyn Channel>, handle: u32) {
    let input = HandleSelect { handle }.encode().to_vec();
    let parcel = Parcel { code: control_code::CLOSE_HANDLE, input, ..Parcel::default() };
    channel.start(&Arc::<Slot>::default(), parcel);
}

impl Interface {
    pub(crate) fn new(claim: Claim) -> Self {
        Self(Arc::new(claim))
    }

    /// `bInterfaceNumber`
    #[must_use]
    pub fn number(&self) -> u8 {
        self.0.number
    }

    /// The device that it belongs to.
    #[must_use]
    pub fn device(&self) -> &Device {
        self.0.device()
    }

    /// The endpoints of the setting that is selected.
    pub fn endpoints(&self) -> Operation<Vec<EndpointInfo>> {
        let number = self.0.number;
        self.device().operation(async move |line| {
            let mut all = endpoints(&line).await?;
            all.retain(|one| one.interface() == number);
            Ok(all)
        })
    }

    /// Opens an endpoint of the setting that is selected.
    ///
    /// Errors of the operation: [`NotFound`](ErrorKind::NotFound): the setting has no such endpoint;
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): it has another type or direction; [`Stale`](ErrorKind::Stale): the
    /// interface was released.
    pub fn endpoint<K: Kind, D: Direction>(&self, address: u8) -> Operation<Endpoint<K, D>> {
        let claim = Arc::clone(&self.0);
        self.device().operation(async move |line| Endpoint::claimed(&line, &claim, address).await)
    }

    /// Selects an alternate setting, and cancels what is in flight on the interface's endpoints; endpoints and streams that
    /// were opened before are stale then.
    ///
    /// Errors of the operation: [`InvalidArgument`](ErrorKind::InvalidArgument): no such setting;
    /// [`Stall`](ErrorKind::Stall): the device refuses it, and the old one is selected again.
    pub fn select_setting(&self, alternate: u8) -> Operation<()> {
        let input = SettingSelect { interface: self.0.handle, alternate, ..SettingSelect::default() };
        let code = control_code::SELECT_INTERFACE;
        self.device().order("selecting an alternate setting", code, &input.encode())
    }

    /// Gives the interface back now, and waits for it. Endpoints that were opened through it are stale then.
    pub fn release(self) -> Operation<()> {
        let claim = self.0;
        let device = claim.device.clone();
        device.operation(async move |line| {
            let input = HandleSelect { handle: claim.handle }.encode();
            line.send("releasing an interface", control_code::CLOSE_HANDLE, &input, Vec::new()).await?;
            claim.is_released.store(true, Ordering::Release);
            Ok(())
        })
    }
}
