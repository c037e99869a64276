//! What both versions of audio share.

use crate::{
    descriptors::{device::word, reader::Reader},
    names,
};

/// The subclass of interfaces that control.
pub const CONTROL: u8 = 0x01;
/// The subclass of interfaces that samples go over.
pub const STREAMING: u8 = 0x02;

/// The places of loudspeakers, a bit each, in the order of both versions (1.0, 3.7.2.3; 2.0, 4.1). 1.0 has twelve.
pub const PLACES: &[(u64, &str)] = &[
    (1, "front left"),
    (1 << 1, "front right"),
    (1 << 2, "front centre"),
    (1 << 3, "low frequency"),
    (1 << 4, "back left"),
    (1 << 5, "back right"),
    (1 << 6, "front left of centre"),
    (1 << 7, "front right of centre"),
    (1 << 8, "back centre"),
    (1 << 9, "side left"),
    (1 << 10, "side right"),
    (1 << 11, "top"),
];

/// `wTerminalType` with its name, and the title.
pub fn terminal(reader: &mut Reader<'_>, what: &str) {
    let id = reader.u8("bTerminalID").value();
    let kind = reader.hex16("wTerminalType").means(|kind| names::audio_terminal(word(kind))).word();
    reader.u8("bAssocTerminal");
    let name = names::audio_terminal(kind).unwrap_or("unknown");
    reader.title(format!("{what} terminal {id}: {name}"));
}

/// A list of sampling rates of three bytes each, as version 1.0 has them.
pub fn rates(reader: &mut Reader<'_>) {
    let count = reader.u8("bSamFreqType");
    let count =
        count.says(|count| if count == 0 { "a range".to_owned() } else { format!("{count} rates") }).value();
    if count == 0 {
        reader.u24("tLowerSamFreq").unit("Hz");
        reader.u24("tUpperSamFreq").unit("Hz");
        return;
    }
    for index in 1..=count {
        if reader.left() < 3 {
            reader.problem("a sampling rate is missing");
            return;
        }
        reader.u24(&format!("tSamFreq[{index}]")).unit("Hz");
    }
}

/// The unit of `wLockDelay`.
pub fn lock_delay(reader: &mut Reader<'_>) {
    let unit = reader.u8("bLockDelayUnits").means(|unit| match unit {
        1 => Some("milliseconds"),
        2 => Some("decoded samples"),
        _ => None,
    });
    let unit = unit.value();
    reader.u16("wLockDelay").means(|delay| match unit {
        1 => Some(format!("{delay} ms")),
        2 => Some(format!("{delay} samples")),
        _ => None,
    });
}

/// `bUnitID`, and the title.
pub fn unit(reader: &mut Reader<'_>, what: &str) {
    let id = reader.u8("bUnitID").value();
    reader.title(format!("{what} unit {id}"));
}
