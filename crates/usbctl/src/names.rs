//! Names of numbers, out of the USB ID repository.

use usb_ids::{
    AudioTerminal, Class, Device, Dialect, FromId, HidCountryCode, HidUsage, HidUsagePage, Language,
    Protocol, SubClass, Vendor, VideoTerminal,
};

/// Class, subclass and protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassTriple(pub u8, pub u8, pub u8);

/// The name of a vendor.
pub fn vendor(id: u16) -> Option<&'static str> {
    Vendor::from_id(id).map(Vendor::name)
}

/// The name of a product.
pub fn product(vendor: u16, product: u16) -> Option<&'static str> {
    Device::from_vid_pid(vendor, product).map(Device::name)
}

/// The name of a class.
pub fn class(id: u8) -> Option<&'static str> {
    match id {
        0 => Some("(each interface has its own)"),
        _ => Class::from_id(id).map(Class::name),
    }
}

/// The name of a subclass. The repository has "Unknown" for some that say nothing.
pub fn subclass(ClassTriple(class, subclass, _): ClassTriple) -> Option<&'static str> {
    let found = SubClass::from_cid_scid(class, subclass)?;
    Some(found.name()).filter(|name| !matches!(*name, "Unused" | "Unknown" | "?"))
}

/// The name of a protocol.
pub fn protocol(ClassTriple(class, subclass, protocol): ClassTriple) -> Option<&'static str> {
    let name = match (class, subclass, protocol) {
        // Audio has its versions there (Audio 2.0, A.4; Audio 3.0, A.4).
        (0x01, _, 0x20) => "Audio 2.0",
        (0x01, _, 0x30) => "Audio 3.0",
        (0x08, 0x06, 0x62) => "USB Attached SCSI",
        _ => Protocol::from_cid_scid_pid(class, subclass, protocol)?.name(),
    };
    Some(name).filter(|name| *name != "None")
}

/// One line that says what a function is: the most telling of the three names, and what else is known.
pub fn function(triple: ClassTriple) -> String {
    let ClassTriple(id, _, _) = triple;
    let Some(class) = class(id) else { return format!("class 0x{id:02X}") };
    if matches!(id, 0 | 0xFF) {
        return class.to_owned();
    }
    let mut parts = vec![class];
    parts.extend(subclass(triple));
    parts.extend(protocol(triple));
    parts.join(", ")
}

/// The name of a language identifier.
pub fn language(id: u16) -> Option<String> {
    let language = Language::from_id(id & 0x03FF)?;
    let dialect = u8::try_from(id >> 10).ok().and_then(|dialect| Dialect::from_lid_did(id & 0x03FF, dialect));
    Some(dialect.map_or_else(
        || language.name().to_owned(),
        |dialect| format!("{} ({})", language.name(), dialect.name()),
    ))
}

/// The name of a terminal of an audio function.
pub fn audio_terminal(kind: u16) -> Option<&'static str> {
    AudioTerminal::from_id(kind).map(AudioTerminal::name)
}

/// The name of a terminal of a video function.
pub fn video_terminal(kind: u16) -> Option<&'static str> {
    VideoTerminal::from_id(kind).map(VideoTerminal::name)
}

/// The name of a HID country code.
pub fn hid_country(code: u8) -> Option<&'static str> {
    HidCountryCode::from_id(code).map(HidCountryCode::name)
}

/// The name of a HID usage page.
pub fn usage_page(page: u16) -> Option<&'static str> {
    match page {
        0xFF00..=0xFFFF => Some("Vendor defined"),
        _ => HidUsagePage::from_id(u8::try_from(page).ok()?).map(HidUsagePage::name),
    }
}

/// The name of a HID usage.
pub fn usage(page: u16, usage: u16) -> Option<String> {
    if page == 0x09 {
        return Some(format!("Button {usage}"));
    }
    let found = HidUsage::from_pageid_uid(u8::try_from(page).ok()?, usage)?;
    Some(found.name().to_owned())
}
