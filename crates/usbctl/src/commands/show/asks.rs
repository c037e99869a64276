//! What decoders ask a device for: strings, and report descriptors.

use std::collections::BTreeMap;

use usbclient_user::{DescriptorRequest, Device, Language, Recipient};

use super::{optional, strings_section};
use crate::{
    descriptors::{Asked, reader::Texts, section::Section},
    interrupt,
};

/// `HID_REPORT_DESCRIPTOR_TYPE`
const REPORT: u8 = 0x22;

/// Asks a device, once for each string.
#[derive(Debug)]
pub struct Asks<'d> {
    device: &'d Device,
    languages: Vec<Language>,
    texts: BTreeMap<u8, Option<String>>,
}

impl<'d> Asks<'d> {
    /// For a device. One that does not tell its languages has no strings.
    pub fn new(device: &'d Device) -> Self {
        let languages = interrupt::wait(device.languages()).unwrap_or_default();
        Self { device, languages, texts: BTreeMap::new() }
    }

    /// What was asked for.
    pub fn section(&self) -> Option<Section> {
        let languages: Vec<_> = self.languages.iter().map(|language| language.0).collect();
        let texts = self.texts.iter().filter_map(|(index, text)| Some((*index, text.clone()?)));
        strings_section(&languages, &texts.collect::<Vec<_>>())
    }
}

impl Texts for Asks<'_> {
    fn text(&mut self, index: u8) -> Option<String> {
        let Self { device, languages, texts } = self;
        let language = *languages.first()?;
        let ask = || interrupt::wait(device.string(index, language)).ok();
        texts.entry(index).or_insert_with(ask).clone()
    }
}

impl Asked for Asks<'_> {
    fn report(&mut self, interface: u8, length: u16) -> Option<Vec<u8>> {
        let request = DescriptorRequest {
            recipient: Recipient::Interface,
            descriptor_type: REPORT,
            index: 0,
            language_or_number: interface.into(),
            length: length.clamp(1, 4096),
        };
        optional(interrupt::wait(self.device.descriptor(request))).ok()?
    }
}
