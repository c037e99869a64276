//! What the runner asks of the bus driver. Shared with it by path, so nothing here needs a kernel.
//!
//! The bus is opened by [`INTERFACE`]. Every code is buffered and wants any access. Numbers are little-endian.

/// The device interface of the bus: `{5A6B10B2-3C1E-4C8E-9D5B-3B0C7E6A9F01}`.
pub const INTERFACE: &str = "{5A6B10B2-3C1E-4C8E-9D5B-3B0C7E6A9F01}";
/// The same as the fields of a `GUID`.
pub const INTERFACE_PARTS: (u32, u16, u16, [u8; 8]) =
    (0x5A6B_10B2, 0x3C1E, 0x4C8E, [0x9D, 0x5B, 0x3B, 0x0C, 0x7E, 0x6A, 0x9F, 0x01]);

const fn code(function: u32) -> u32 {
    // FILE_DEVICE_BUS_EXTENDER, FILE_ANY_ACCESS, METHOD_BUFFERED
    0x2a << 16 | (0x800 + function) << 2
}

/// Plugs a device in: [`Plug`]. Ends when the PnP manager was told, which then works on a thread of its own.
pub const PLUG: u32 = code(0);
/// Pulls the device whose number is in the input: what is in flight ends, the PnP manager is told.
pub const UNPLUG: u32 = code(1);
/// Asks the whole stack for an orderly removal.
///
/// `IRP_MN_QUERY_REMOVE_DEVICE`, and on success the PnP manager is told that the device is gone, whose
/// `IRP_MN_SURPRISE_REMOVAL` then is not passed on. Its status is the answer to the query. While a file is open it is
/// `STATUS_DEVICE_BUSY`, as the PnP manager's: the stack agrees, and is told `IRP_MN_CANCEL_REMOVE_DEVICE`.
pub const EJECT: u32 = code(2);
/// `IRP_MN_QUERY_REMOVE_DEVICE` and then `IRP_MN_CANCEL_REMOVE_DEVICE`. Its status is the answer to the query.
pub const CANCEL_REMOVE: u32 = code(3);
/// `IRP_MN_QUERY_STOP_DEVICE`, `IRP_MN_STOP_DEVICE`, `IRP_MN_START_DEVICE`. Its status is that of the first that
/// failed; after a query that failed comes `IRP_MN_CANCEL_STOP_DEVICE`.
pub const REBALANCE: u32 = code(4);
/// `IRP_MN_SET_POWER` for the system state in the second number: 1 working, 4 sleeping (S3).
///
/// The first number is the device's. A state that is not working is asked for by `IRP_MN_QUERY_POWER` first; if that is
/// refused, its status is this request's, and the stack is told that the system works on. Ends when the request has ended.
pub const SYSTEM_POWER: u32 = code(5);
/// Does something to the device: [`Poke`].
pub const POKE: u32 = code(6);
/// Tells about the device whose number is in the input: [`State`].
pub const STATE: u32 = code(7);

/// Input of [`PLUG`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plug {
    /// The model's name, padded with zeros.
    pub model: [u8; 32],
    /// The device's number, which is its serial number for the PnP manager. One that was pulled may come again.
    pub number: u32,
    /// Bits of [`Plug::FAIL_START`] and so on.
    pub flags: u32,
}

impl Plug {
    /// Bytes of it.
    pub const SIZE: usize = 40;
    /// The physical device object answers `IRP_MN_START_DEVICE` with `STATUS_INSUFFICIENT_RESOURCES`.
    pub const FAIL_START: u32 = 1;

    /// The model's name as text. None: it is no text.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let end = self.model.iter().position(|byte| *byte == 0).unwrap_or(self.model.len());
        self.model.get(..end).and_then(|name| core::str::from_utf8(name).ok())
    }

    /// As it is sent.
    #[must_use]
    pub const fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let (model, rest) = bytes.split_at_mut(32);
        model.copy_from_slice(&self.model);
        let (number, flags) = rest.split_at_mut(4);
        number.copy_from_slice(&self.number.to_le_bytes());
        flags.copy_from_slice(&self.flags.to_le_bytes());
        bytes
    }

    /// As it was sent.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (model, rest) = bytes.split_first_chunk::<32>()?;
        let (number, rest) = rest.split_first_chunk::<4>()?;
        let (flags, rest) = rest.split_first_chunk::<4>()?;
        let whole = rest.is_empty();
        whole.then_some(Self {
            model: *model,
            number: u32::from_le_bytes(*number),
            flags: u32::from_le_bytes(*flags),
        })
    }
}

/// Input of [`POKE`]: four numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poke {
    /// The device's number.
    pub number: u32,
    /// [`Poke::HALT`], [`Poke::NAK`], [`Poke::MUTE`], [`Poke::WAKE`].
    pub what: u32,
    /// The endpoint's address.
    pub endpoint: u32,
    /// For [`Poke::NAK`]: 1 on, 0 off.
    pub on: u32,
}

impl Poke {
    /// Bytes of it.
    pub const SIZE: usize = 16;
    /// The endpoint answers STALL until it is reset.
    pub const HALT: u32 = 0;
    /// The endpoint answers NAK.
    pub const NAK: u32 = 1;
    /// The device answers nothing.
    pub const MUTE: u32 = 2;
    /// The device signals wake. `STATUS_INVALID_DEVICE_STATE`: nobody waits for that.
    pub const WAKE: u32 = 3;

    /// As it is sent.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        encode([self.number, self.what, self.endpoint, self.on])
    }

    /// As it was sent.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [number, what, endpoint, on] = decode(bytes)?;
        Some(Self { number, what, endpoint, on })
    }
}

/// Output of [`STATE`]: four numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// 0: never plugged in, or its REMOVE is over; 1: plugged in, not started; 2: its START is over; 3: the bus has
    /// failed its START; 4: pulled, REMOVE is yet to come or is held until the last file is closed.
    pub phase: u32,
    /// Files that are open on its stack.
    pub files: u32,
    /// Transfers that are in flight.
    pub transfers: u32,
    /// `IRP_MN_REMOVE_DEVICE` that this device's number has had so far.
    pub removals: u32,
}

impl State {
    /// Bytes of it.
    pub const SIZE: usize = 16;

    /// As it is sent.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        encode([self.phase, self.files, self.transfers, self.removals])
    }

    /// As it was sent.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [phase, files, transfers, removals] = decode(bytes)?;
        Some(Self { phase, files, transfers, removals })
    }
}

fn encode(numbers: [u32; 4]) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, number) in bytes.chunks_exact_mut(4).zip(numbers) {
        to.copy_from_slice(&number.to_le_bytes());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<[u32; 4]> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    let chunks: &[[u8; 4]; 4] = chunks.try_into().ok().filter(|_| rest.is_empty())?;
    Some(chunks.map(u32::from_le_bytes))
}
