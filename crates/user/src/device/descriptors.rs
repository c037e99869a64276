//! Descriptors.

use std::fmt;

use usbclient_protocol::{DescriptorRequest as Request, control_code};

use super::{Device, Recipient, short_reply};
use crate::{
    error::{Error, ErrorKind},
    operation::{Line, Operation},
};

const DEVICE_LENGTH: usize = 18;
/// What a first look at the configuration descriptor asks for.
const FIRST_LOOK: usize = 128;
/// The longest descriptor that has a length of its own.
const LONGEST: u16 = 255;
/// `USB_STRING_DESCRIPTOR_TYPE`
const STRING: u8 = 3;

/// A device descriptor.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbspec/ns-usbspec-_usb_device_descriptor>
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceDescriptor([u8; DEVICE_LENGTH]);

impl DeviceDescriptor {
    const fn word(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    /// The bytes as the device sent them.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// `bcdUSB`
    #[must_use]
    pub const fn usb_version(&self) -> u16 {
        self.word(2)
    }

    /// `bDeviceClass`
    #[must_use]
    pub const fn class(&self) -> u8 {
        self.0[4]
    }

    /// `bDeviceSubClass`
    #[must_use]
    pub const fn subclass(&self) -> u8 {
        self.0[5]
    }

    /// `bDeviceProtocol`
    #[must_use]
    pub const fn protocol(&self) -> u8 {
        self.0[6]
    }

    /// `bMaxPacketSize0`, as it is: an exponent at `SuperSpeed`.
    #[must_use]
    pub const fn max_packet_size_0(&self) -> u8 {
        self.0[7]
    }

    /// `idVendor`
    #[must_use]
    pub const fn vendor_id(&self) -> u16 {
        self.word(8)
    }

    /// `idProduct`
    #[must_use]
    pub const fn product_id(&self) -> u16 {
        self.word(10)
    }

    /// `bcdDevice`
    #[must_use]
    pub const fn release(&self) -> u16 {
        self.word(12)
    }

    /// `iManufacturer`; none: zero.
    #[must_use]
    pub const fn manufacturer_string(&self) -> Option<u8> {
        index(self.0[14])
    }

    /// `iProduct`; none: zero.
    #[must_use]
    pub const fn product_string(&self) -> Option<u8> {
        index(self.0[15])
    }

    /// `iSerialNumber`; none: zero.
    #[must_use]
    pub const fn serial_number_string(&self) -> Option<u8> {
        index(self.0[16])
    }

    /// `bNumConfigurations`
    #[must_use]
    pub const fn configuration_count(&self) -> u8 {
        self.0[17]
    }
}

const fn index(string: u8) -> Option<u8> {
    if string == 0 { None } else { Some(string) }
}

impl fmt::Debug for DeviceDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceDescriptor({:02x?})", self.0)
    }
}

/// A language of strings.
///
/// Page: <https://learn.microsoft.com/openspecs/windows_protocols/ms-lcid/>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Language(pub u16);

impl Language {
    /// English as it is spoken in the United States, which most devices have.
    pub const ENGLISH_US: Self = Self(0x0409);
}

/// Any descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorRequest {
    /// Who has it.
    pub recipient: Recipient,
    /// `bDescriptorType`
    pub descriptor_type: u8,
    /// Which of several.
    pub index: u8,
    /// `wIndex`: the language of a string, or the number of the interface or endpoint.
    pub language_or_number: u16,
    /// Bytes at most.
    pub length: u16,
}

impl Device {
    /// The device descriptor, as the driver has read it.
    pub fn device_descriptor(&self) -> Operation<DeviceDescriptor> {
        self.operation(async |line| {
            const DOING: &str = "reading the device descriptor";
            let code = control_code::GET_DEVICE_DESCRIPTOR;
            let reply = line.send(DOING, code, &[], vec![0; DEVICE_LENGTH]).await?;
            reply.first_chunk().copied().map(DeviceDescriptor).ok_or_else(|| short_reply(DOING))
        })
    }

    /// The whole configuration descriptor that is selected: the configuration, its interfaces, endpoints and all that stands
    /// between them.
    pub fn configuration_descriptor(&self) -> Operation<Vec<u8>> {
        self.operation(async |line| {
            const DOING: &str = "reading the configuration descriptor";
            let code = control_code::GET_CONFIGURATION_DESCRIPTOR;
            let first = line.send(DOING, code, &[], vec![0; FIRST_LOOK]).await?;
            let total = match first.as_slice() {
                [_, _, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])),
                _ => return Err(short_reply(DOING)),
            };
            if total <= first.len() || first.len() < FIRST_LOOK {
                return Ok(first);
            }
            line.send(DOING, code, &[], vec![0; total]).await
        })
    }

    /// Asks the device for any descriptor.
    ///
    /// Errors of the operation: [`Stall`](ErrorKind::Stall): the device has no such descriptor;
    /// [`Busy`](ErrorKind::Busy): another file has claimed the interface that it is for.
    pub fn descriptor(&self, request: DescriptorRequest) -> Operation<Vec<u8>> {
        self.operation(async move |line| ask(&line, request).await)
    }

    /// The languages that the device has strings in; none: it has no strings.
    pub fn languages(&self) -> Operation<Vec<Language>> {
        self.operation(async |line| {
            let bytes = match ask(&line, string_request(0, Language(0))).await {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Stall => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            Ok(units(&bytes)?.into_iter().map(Language).collect())
        })
    }

    /// A string, by the index that a descriptor names.
    ///
    /// Errors of the operation: [`Stall`](ErrorKind::Stall): the device has no such string;
    /// [`InvalidData`](ErrorKind::InvalidData): what it sent is no string descriptor.
    pub fn string(&self, index: u8, language: Language) -> Operation<String> {
        self.operation(async move |line| {
            let bytes = ask(&line, string_request(index, language)).await?;
            Ok(String::from_utf16_lossy(&units(&bytes)?))
        })
    }
}

const fn string_request(index: u8, language: Language) -> DescriptorRequest {
    DescriptorRequest {
        recipient: Recipient::Device,
        descriptor_type: STRING,
        index,
        language_or_number: language.0,
        length: LONGEST,
    }
}

async fn ask(line: &Line, request: DescriptorRequest) -> Result<Vec<u8>, Error> {
    let input = Request {
        recipient: request.recipient as u8,
        descriptor_type: request.descriptor_type,
        index: request.index,
        language: request.language_or_number,
        ..Request::default()
    };
    let data = vec![0; request.length.into()];
    line.send("reading a descriptor", control_code::GET_DESCRIPTOR, &input.encode(), data).await
}

/// The UTF-16 units of a string descriptor.
fn units(bytes: &[u8]) -> Result<Vec<u16>, Error> {
    let wrong = || Error::new(ErrorKind::InvalidData, "reading a string descriptor");
    let [length, STRING, ..] = bytes else { return Err(wrong()) };
    let text = bytes.get(2..usize::from(*length)).ok_or_else(wrong)?;
    Ok(text.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect())
}

#[cfg(test)]
mod tests {
    use super::units;
    use crate::ErrorKind;

    #[test]
    fn a_string_is_what_its_length_says() {
        assert_eq!(units(&[6, 3, b'o', 0, b'k', 0, 9, 9]).ok(), Some(vec![0x6F, 0x6B]));
        assert_eq!(units(&[2, 3]).ok(), Some(vec![]));
        for wrong in [&[][..], &[4, 3, 0], &[4, 2, 0, 0], &[0, 3], &[1, 3]] {
            assert_eq!(units(wrong).map_err(|error| error.kind()), Err(ErrorKind::InvalidData), "{wrong:?}");
        }
    }
}
