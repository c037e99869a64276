//! Which endpoint is meant, and how it is opened.

use std::time::Duration;

use usbclient_user::{
    Bulk, Device, Direction, Endpoint, EndpointInfo, In, Interface, Interrupt, Kind, Operation, Packets,
    Streamed, TransferType,
};

use super::list;
use crate::{
    descriptors::{Place, address_text, places},
    failure::{Exit, Failure},
    interrupt,
};

/// An endpoint of a device, and its interface if that was claimed for it.
#[derive(Debug)]
pub struct Found {
    device: Device,
    interface: Option<Interface>,
    /// What is known about it.
    pub info: EndpointInfo,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its address, if it was given.
    pub address: Option<u8>,
    /// The setting to select first.
    pub setting: Option<u8>,
    /// Do not claim the interface.
    pub is_shared: bool,
    /// Comes from the device; none: either.
    pub is_in: Option<bool>,
    /// Its type.
    pub kinds: &'a [TransferType],
}

impl Wanted<'_> {
    fn fits(&self, address: u8, kind: TransferType) -> bool {
        let is_in = address & 0x80 != 0;
        self.kinds.contains(&kind) && self.is_in.is_none_or(|wanted| wanted == is_in)
    }

    fn described(&self) -> String {
        let kinds: Vec<_> = self.kinds.iter().map(|kind| list::kind(*kind)).collect();
        let direction = match self.is_in {
            Some(true) => " IN",
            Some(false) => " OUT",
            None => "",
        };
        format!("{}{direction} endpoint", kinds.join(" or "))
    }
}

/// Finds the endpoint that is meant, selects its setting, and claims its interface.
///
/// # Errors
/// None fits, or several; another program has claimed the interface.
pub fn find(device: &Device, wanted: Wanted<'_>) -> Result<Found, Failure> {
    let place = place(device, wanted)?;
    let claim = (!wanted.is_shared).then(|| device.claim_interface(place.interface));
    let interface = claim.map(interrupt::wait).transpose()?;
    if wanted.setting.is_some() {
        interrupt::wait(interface.as_ref().map_or_else(
            || device.select_setting(place.interface, place.alternate),
            |interface| interface.select_setting(place.alternate),
        ))?;
    }
    let endpoints = interrupt::wait(device.endpoints())?;
    let info = endpoints.into_iter().find(|one| one.address() == place.address);
    let info = info.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("endpoint {} is gone", address_text(place.address)))
    })?;
    Ok(Found { device: device.clone(), interface, info })
}

/// Where the endpoint is: in the settings that are selected, or in the one that is asked for.
fn place(device: &Device, wanted: Wanted<'_>) -> Result<Place, Failure> {
    let configuration = interrupt::wait(device.configuration_descriptor())?;
    let all = places(&configuration);
    let interfaces = interrupt::wait(device.interfaces())?;
    let selected = |place: &&Place| {
        wanted.setting.map_or_else(
            || {
                interfaces
                    .iter()
                    .any(|one| (one.number(), one.alternate()) == (place.interface, place.alternate))
            },
            |setting| place.alternate == setting,
        )
    };
    let fits = |place: &&Place| wanted.fits(place.address, TransferType::from_attributes(place.attributes));
    let here: Vec<_> = all.iter().filter(selected).collect();
    if let Some(address) = wanted.address {
        return match here.iter().find(|place| place.address == address) {
            Some(found) if fits(found) => Ok(**found),
            Some(_) => Err(wrong_kind(address, &here, wanted)),
            None => Err(absent(address, &all, wanted)),
        };
    }
    // Who says nothing means the endpoint of the first type that is there.
    let of_kind = |kind: &TransferType| {
        let is_kind =
            |place: &&Place| fits(place) && TransferType::from_attributes(place.attributes) == *kind;
        here.iter().copied().filter(is_kind).collect::<Vec<_>>()
    };
    let first = wanted.kinds.iter().map(of_kind).find(|found| !found.is_empty());
    match first.unwrap_or_default().as_slice() {
        [only] => Ok(**only),
        [] => Err(none(&all, wanted)),
        several => {
            let failure = Failure::usage(format!("the device has several: which {}?", wanted.described()));
            Err(Failure { details: lines(several), ..failure }.next("Say which with --endpoint."))
        }
    }
}

fn lines(places: &[&Place]) -> Vec<String> {
    let line = |place: &&Place| {
        let kind = list::kind(TransferType::from_attributes(place.attributes));
        format!(
            "{:<8}  {kind}, interface {}, setting {}",
            address_text(place.address),
            place.interface,
            place.alternate
        )
    };
    places.iter().map(line).collect()
}

fn wrong_kind(address: u8, here: &[&Place], wanted: Wanted<'_>) -> Failure {
    let what = format!("endpoint {} is no {}", address_text(address), wanted.described());
    Failure { details: lines(here), ..Failure::usage(what) }
}

fn absent(address: u8, all: &[Place], wanted: Wanted<'_>) -> Failure {
    let what = format!("the device has no endpoint {} now", address_text(address));
    let elsewhere =
        all.iter().find(|place| place.address == address && Some(place.alternate) != wanted.setting);
    let failure = Failure::new(Exit::NotFound, what);
    match elsewhere {
        Some(place) => failure.next(format!(
            "Setting {} of interface {} has it: --setting {}.",
            place.alternate, place.interface, place.alternate
        )),
        None => Failure { details: lines(&all.iter().collect::<Vec<_>>()), ..failure },
    }
}

fn none(all: &[Place], wanted: Wanted<'_>) -> Failure {
    let what = format!("the device has no {} now", wanted.described());
    let failure = Failure::new(Exit::NotFound, what);
    let fits = |place: &&Place| wanted.fits(place.address, TransferType::from_attributes(place.attributes));
    match all.iter().find(fits) {
        Some(place) => failure.next(format!(
            "Setting {} of interface {} has {}: --setting {}.",
            place.alternate,
            place.interface,
            address_text(place.address),
            place.alternate
        )),
        None => failure.next("`usbctl list` shows what it has."),
    }
}

impl Found {
    /// Opens it, with a timeout for each of its transfers.
    pub fn open<K: Packets, D: Direction>(
        &self,
        timeout: Option<Duration>,
    ) -> Result<Endpoint<K, D>, Failure> {
        let mut endpoint = self.open_kind()?;
        Endpoint::<K, D>::set_transfer_timeout(&mut endpoint, timeout);
        Ok(endpoint)
    }

    /// Opens it, of any kind.
    pub fn open_kind<K: Kind, D: Direction>(&self) -> Result<Endpoint<K, D>, Failure> {
        self.open_other(self.info.address())
    }

    /// Opens another endpoint of the same interface.
    pub fn open_other<K: Kind, D: Direction>(&self, address: u8) -> Result<Endpoint<K, D>, Failure> {
        interrupt::wait(
            self.interface
                .as_ref()
                .map_or_else(|| self.device.endpoint(address), |interface| interface.endpoint(address)),
        )
    }
}

/// An IN endpoint that bytes are read from.
pub trait Readable {
    /// Lets reads have lengths that are no whole packets; none: it cannot.
    fn allow_partial(&self, on: bool) -> Option<Operation<()>>;
}

impl Readable for Endpoint<Bulk, In> {
    fn allow_partial(&self, on: bool) -> Option<Operation<()>> {
        Some(self.set_partial_reads(on))
    }
}

impl Readable for Endpoint<Interrupt, In> {
    fn allow_partial(&self, on: bool) -> Option<Operation<()>> {
        Some(self.set_partial_reads(on))
    }
}

impl Readable for Endpoint<Streamed, In> {
    fn allow_partial(&self, _: bool) -> Option<Operation<()>> {
        None
    }
}
