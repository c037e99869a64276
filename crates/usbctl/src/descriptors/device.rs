//! The device descriptor and the device qualifier (USB 2.0, 9.6.1 and 9.6.2).

use super::{
    reader::{Reader, Texts},
    section::Section,
};
use crate::names::{self, ClassTriple};

/// Decodes a device descriptor.
pub fn device(bytes: &[u8], texts: &mut dyn Texts) -> Section {
    let mut reader = Reader::new("Device descriptor", bytes);
    reader.bcd("bcdUSB");
    class_fields(&mut reader, "bDevice");
    reader.u8("bMaxPacketSize0").means(packet_size_0);
    let vendor = reader.hex16("idVendor").means(|id| names::vendor(word(id))).word();
    reader.hex16("idProduct").means(|id| names::product(vendor, word(id)));
    reader.bcd("bcdDevice");
    reader.string("iManufacturer", texts);
    reader.string("iProduct", texts);
    reader.string("iSerialNumber", texts);
    reader.u8("bNumConfigurations");
    reader.finish()
}

/// Decodes what a device would be at the other one of full and high speed.
pub fn qualifier(bytes: &[u8]) -> Section {
    let mut reader = Reader::new("Device qualifier, for the other speed", bytes);
    reader.bcd("bcdUSB");
    class_fields(&mut reader, "bDevice");
    reader.u8("bMaxPacketSize0").means(packet_size_0);
    reader.u8("bNumConfigurations");
    reader.reserved(1);
    reader.finish()
}

/// Class, subclass and protocol with their names.
pub fn class_fields(reader: &mut Reader<'_>, prefix: &str) -> ClassTriple {
    let class = reader.hex8(&format!("{prefix}Class")).means(|id| names::class(byte(id))).byte();
    let subclass = reader.hex8(&format!("{prefix}SubClass"));
    let subclass = subclass.means(|id| names::subclass(ClassTriple(class, byte(id), 0))).byte();
    let protocol = reader.hex8(&format!("{prefix}Protocol"));
    let protocol = protocol.means(|id| names::protocol(ClassTriple(class, subclass, byte(id)))).byte();
    ClassTriple(class, subclass, protocol)
}

/// 9 is an exponent at `SuperSpeed`; no other speed allows it.
fn packet_size_0(value: u64) -> Option<&'static str> {
    (value == 9).then_some("512 bytes: 2 to the power of 9")
}

/// The low byte.
pub fn byte(value: u64) -> u8 {
    u8::try_from(value & 0xFF).unwrap_or_default()
}

/// The low two bytes.
pub fn word(value: u64) -> u16 {
    u16::try_from(value & 0xFFFF).unwrap_or_default()
}
