//! More requests at a time than a pipe has room for from the start.

use usb_models::models::loopback::BULK_IN;

use crate::scenario::{DEVICE, Expected, Ioctl, Open, Plug, Scenario, Step};

/// More requests at a time than a pipe has room for from the start, so that room is made for them.
#[must_use]
pub fn many_requests() -> Scenario {
    let names: Vec<String> = (0..40).map(|number| format!("read {number}")).collect();
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, "loopback-hs")), Step::Open(Open::new(DEVICE, "file"))];
    let read = || Ioctl::read("file", BULK_IN, 1024);
    steps.extend(names.iter().map(|name| Step::Submit { request: name.clone(), ioctl: read() }));
    steps.push(Step::CancelFile { file: "file".into() });
    let expect = Expected::anything;
    steps.extend(names.iter().map(|name| Step::Wait { request: name.clone(), expect: expect() }));
    steps.push(Step::Close { file: "file".into() });
    Scenario { name: "many_requests".into(), about: "forty reads at a time".into(), steps }
}
