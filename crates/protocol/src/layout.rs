//! Requests and replies, byte for byte.

/// Reads one byte; `None` past the end.
fn byte(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// Reads a little-endian `u16`; `None` past the end.
fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes([byte(bytes, at)?, byte(bytes, at.checked_add(1)?)?]))
}

/// Reads a little-endian `u32`; `None` past the end.
fn dword(bytes: &[u8], at: usize) -> Option<u32> {
    let low = word(bytes, at)?;
    let high = word(bytes, at.checked_add(2)?)?;
    Some(u32::from(low) | (u32::from(high) << 16))
}

/// The eight bytes that start a control transfer. Input of `CONTROL_IN` and `CONTROL_OUT`.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-control-transfer>
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetupPacket {
    /// `bmRequestType`: direction (bit 7, set: from the device), type (bits 5 and 6), recipient (bits 0 to 4).
    pub request_type: u8,
    /// `bRequest`
    pub request: u8,
    /// `wValue`
    pub value: u16,
    /// `wIndex`
    pub index: u16,
    /// `wLength`: bytes of the data stage.
    pub length: u16,
}

impl SetupPacket {
    /// Size in bytes.
    pub const SIZE: usize = 8;

    /// The packet as it goes over the wire.
    #[must_use]
    pub const fn encode(self) -> [u8; Self::SIZE] {
        let [v0, v1] = self.value.to_le_bytes();
        let [i0, i1] = self.index.to_le_bytes();
        let [l0, l1] = self.length.to_le_bytes();
        [self.request_type, self.request, v0, v1, i0, i1, l0, l1]
    }

    /// Reads the first eight bytes; `None` if there are fewer.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            request_type: byte(bytes, 0)?,
            request: byte(bytes, 1)?,
            value: word(bytes, 2)?,
            index: word(bytes, 4)?,
            length: word(bytes, 6)?,
        })
    }

    /// Whether bit 7 says that data comes from the device.
    #[must_use]
    pub const fn is_in(self) -> bool {
        self.request_type & 0x80 != 0
    }
}

const _: () = assert!(size_of::<SetupPacket>() == SetupPacket::SIZE);

/// Which pipe a transfer uses. Input of `PIPE_READ` and `PIPE_WRITE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PipeTransfer {
    /// `bEndpointAddress`: number in bits 0 to 3, bit 7 set for IN.
    pub endpoint: u8,
    /// Must be zero.
    pub reserved: [u8; 3],
    /// No flag is defined yet: must be zero.
    pub flags: u32,
}

impl PipeTransfer {
    /// Size in bytes.
    pub const SIZE: usize = 8;

    /// A transfer on `endpoint` (its `bEndpointAddress`).
    #[must_use]
    pub const fn new(endpoint: u8) -> Self {
        Self { endpoint, reserved: [0; 3], flags: 0 }
    }

    /// The bytes to send.
    #[must_use]
    pub const fn encode(self) -> [u8; Self::SIZE] {
        let [r0, r1, r2] = self.reserved;
        let [f0, f1, f2, f3] = self.flags.to_le_bytes();
        [self.endpoint, r0, r1, r2, f0, f1, f2, f3]
    }

    /// Reads the first eight bytes; `None` if there are fewer.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            endpoint: byte(bytes, 0)?,
            reserved: [byte(bytes, 1)?, byte(bytes, 2)?, byte(bytes, 3)?],
            flags: dword(bytes, 4)?,
        })
    }
}

const _: () = assert!(size_of::<PipeTransfer>() == PipeTransfer::SIZE);

/// Which pipe is meant. Input of `ABORT_PIPE` and `RESET_PIPE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PipeSelect {
    /// `bEndpointAddress`.
    pub endpoint: u8,
    /// Must be zero.
    pub reserved: [u8; 3],
}

impl PipeSelect {
    /// Size in bytes.
    pub const SIZE: usize = 4;

    /// Means `endpoint` (its `bEndpointAddress`).
    #[must_use]
    pub const fn new(endpoint: u8) -> Self {
        Self { endpoint, reserved: [0; 3] }
    }

    /// The bytes to send.
    #[must_use]
    pub const fn encode(self) -> [u8; Self::SIZE] {
        let [r0, r1, r2] = self.reserved;
        [self.endpoint, r0, r1, r2]
    }

    /// Reads the first four bytes; `None` if there are fewer.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            endpoint: byte(bytes, 0)?,
            reserved: [byte(bytes, 1)?, byte(bytes, 2)?, byte(bytes, 3)?],
        })
    }
}

const _: () = assert!(size_of::<PipeSelect>() == PipeSelect::SIZE);

/// How an endpoint transfers: bits 0 and 1 of `bmAttributes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferType {
    /// Setup, data and status stages.
    Control = 0,
    /// Packets at a fixed rate, without retries.
    Isochronous = 1,
    /// Packets when the bus has time.
    Bulk = 2,
    /// Packets polled at an interval.
    Interrupt = 3,
}

impl TransferType {
    /// From `bmAttributes`; the upper six bits are ignored.
    #[must_use]
    pub const fn from_attributes(attributes: u8) -> Self {
        match attributes & 3 {
            0 => Self::Control,
            1 => Self::Isochronous,
            2 => Self::Bulk,
            _ => Self::Interrupt,
        }
    }
}

/// The start of the reply of `GET_PIPES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PipeListHeader {
    /// How many pipes there are, also when fewer entries fitted.
    pub count: u32,
}

impl PipeListHeader {
    /// Size in bytes.
    pub const SIZE: usize = 4;

    /// The bytes of the reply.
    #[must_use]
    pub const fn encode(self) -> [u8; Self::SIZE] {
        self.count.to_le_bytes()
    }

    /// Reads the first four bytes; `None` if there are fewer.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self { count: dword(bytes, 0)? })
    }
}

const _: () = assert!(size_of::<PipeListHeader>() == PipeListHeader::SIZE);

/// One pipe in the reply of `GET_PIPES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PipeEntry {
    /// `bInterfaceNumber` of the interface that the endpoint belongs to.
    pub interface: u8,
    /// `bEndpointAddress`.
    pub endpoint: u8,
    /// `bmAttributes`.
    pub attributes: u8,
    /// `bInterval`.
    pub interval: u8,
    /// Bytes of one packet.
    pub max_packet_size: u16,
    /// Zero.
    pub reserved: u16,
    /// Bytes that go to the bus as one transfer; longer requests are split by the driver.
    pub max_transfer_size: u32,
}

impl PipeEntry {
    /// Size in bytes.
    pub const SIZE: usize = 12;

    /// The bytes of the reply.
    #[must_use]
    pub const fn encode(self) -> [u8; Self::SIZE] {
        let [p0, p1] = self.max_packet_size.to_le_bytes();
        let [r0, r1] = self.reserved.to_le_bytes();
        let [t0, t1, t2, t3] = self.max_transfer_size.to_le_bytes();
        [self.interface, self.endpoint, self.attributes, self.interval, p0, p1, r0, r1, t0, t1, t2, t3]
    }

    /// Reads the first twelve bytes; `None` if there are fewer.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            interface: byte(bytes, 0)?,
            endpoint: byte(bytes, 1)?,
            attributes: byte(bytes, 2)?,
            interval: byte(bytes, 3)?,
            max_packet_size: word(bytes, 4)?,
            reserved: word(bytes, 6)?,
            max_transfer_size: dword(bytes, 8)?,
        })
    }
}

const _: () = assert!(size_of::<PipeEntry>() == PipeEntry::SIZE);
