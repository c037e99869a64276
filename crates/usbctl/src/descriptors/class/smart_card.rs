//! The descriptor of a smart card reader (CCID 1.10, 5.1).

use crate::descriptors::{reader::Reader, section::Section};

/// Decodes it.
pub fn ccid(bytes: &[u8]) -> Section {
    let mut reader = Reader::new("Smart card reader", bytes);
    reader.bcd("bcdCCID");
    reader
        .u8("bMaxSlotIndex")
        .says(|last| crate::output::plural(usize::try_from(last + 1).unwrap_or(0), "slot"));
    reader.hex8("bVoltageSupport").flags(&[(1, "5.0 V"), (2, "3.0 V"), (4, "1.8 V")]);
    reader.hex32("dwProtocols").flags(&[(1, "T=0"), (2, "T=1")]);
    reader.u32("dwDefaultClock").unit("kHz");
    reader.u32("dwMaximumClock").unit("kHz");
    reader.u8("bNumClockSupported");
    reader.u32("dwDataRate").unit("bit/s");
    reader.u32("dwMaxDataRate").unit("bit/s");
    reader.u8("bNumDataRatesSupported");
    reader.u32("dwMaxIFSD");
    reader.hex32("dwSynchProtocols").flags(&[(1, "2-wire"), (2, "3-wire"), (4, "I2C")]);
    reader.hex32("dwMechanical").flags(&[(1, "accepts cards"), (2, "ejects"), (4, "captures"), (8, "locks")]);
    reader.hex32("dwFeatures").flags(&[
        (0x2, "configures by the ATR"),
        (0x4, "activates on insertion"),
        (0x8, "selects the voltage"),
        (0x10, "changes the clock"),
        (0x20, "changes the data rate"),
        (0x40, "negotiates parameters"),
        (0x80, "does PPS"),
        (0x100, "can stop the clock"),
        (0x200, "accepts other node addresses"),
        (0x400, "exchanges IFSD"),
        (0x1_0000, "TPDU level"),
        (0x2_0000, "short APDU level"),
        (0x4_0000, "short and extended APDU level"),
        (0x10_0000, "wakes on insertion and removal"),
    ]);
    reader.u32("dwMaxCCIDMessageLength");
    reader.hex8("bClassGetResponse");
    reader.hex8("bClassEnvelope");
    reader.hex16("wLcdLayout").means(|value| (value == 0).then_some("no display"));
    reader.hex8("bPINSupport").flags(&[(1, "verification"), (2, "modification")]);
    reader.u8("bMaxCCIDBusySlots");
    reader.finish()
}
