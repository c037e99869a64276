//! A registration is made without an open call.
mod edge;

use usbclient_registration::{Registration, usbd::Usbd};

fn main() {
    let _forged: Registration<Usbd<edge::Edge>> =
        Registration { raw: None, kind: core::marker::PhantomData };
}
