//! Traces that break the rules about USBD handles and URBs.

use crate::Case;
use crate::life::*;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};

pub const CASES: &[Case] = &[
    ("UsbdHandleNotClosed", "0x144/0x804", never_closed),
    ("UsbdHandleNotClosed", "0x144/0x804", add_device_fails_and_leaves_it),
    ("UsbdHandleNotClosed", "0x144/0x804", stopped_by_the_usb_stack),
    ("CloseAfterForward", "0x144/0x804", closed_after_forward),
    ("CloseAbovePassive", "", |life| {
        *life = Life::started();
        life.free_urb().at(2, |life| {
            life.close_handle();
        });
    }),
    ("HandleUsedAfterClose", "", |life| {
        *life = Life::started();
        life.free_urb().close_handle();
        life.push(CapabilityQueried { handle: HANDLE, ..CapabilityQueried::default() });
    }),
    ("HandleUsedAfterClose", "", |life| {
        *life = Life::started();
        life.free_urb().close_handle().close_handle();
    }),
    ("UrbNotFreed", "0x144/0x804", |life| {
        *life = Life::started();
        life.remove().unload();
    }),
    ("UrbUsedAfterClose", "0x144/0x804", |life| {
        *life = Life::started();
        life.close_handle().free_urb();
    }),
    ("UrbReusedWhileActive", "0x144/0x1", |life| {
        *life = Life::started();
        life.submit(ObjectId::NONE).submit(ObjectId::NONE);
    }),
    ("UrbReusedWhileActive", "0x144/0x1", |life| {
        *life = Life::started();
        life.submit(ObjectId::NONE).free_urb();
    }),
    ("UrbReusedWhileActive", "0x144/0x1", |life| {
        *life = Life::started();
        life.submit(ObjectId::NONE).push(UrbModifiedWhileActive { urb: URB, offset: 16 });
    }),
    ("ForeignUrb", "0x144/0x3", |life| {
        *life = Life::started();
        life.push(UrbSubmitted {
            urb: ObjectId::new(ObjectKind::Urb, 7),
            kind: UrbKind::Foreign,
            ..Default::default()
        });
    }),
    ("ForeignUrb", "0x144/0x3", |life| {
        *life = Life::started();
        life.free_urb().free_urb();
    }),
    ("UrbNotAssigned", "", |life| {
        *life = Life::started();
        life.push(UrbSubmitted { urb: URB, function: 0x09, assigned: false, ..UrbSubmitted::default() });
    }),
    ("UrbWrongKind", "", |life| {
        *life = Life::started();
        life.push(UrbSubmitted { urb: URB, function: 0x0A, assigned: true, ..UrbSubmitted::default() });
    }),
    ("IsochronousPackets", "", |life| packets(life, 12, 1, 16)),
    ("IsochronousPackets", "", |life| packets(life, 0, 1, 16)),
    ("IsochronousPackets", "", |life| packets(life, 24, 1, 16)),
    ("IsochronousPackets", "", |life| packets(life, 1032, 1, 2000)),
    ("IsochronousPeriod", "", |life| packets(life, 8, 16, 16)),
    ("BasePipeAfterStreams", "", |life| {
        streams(life).on_pipe(0x09, PIPE);
    }),
    ("BasePipeAfterStreams", "", |life| {
        let life = streams(life);
        life.on_pipe(0x36, PIPE).urb_done(ObjectId::NONE).on_pipe(0x37, PIPE);
    }),
    ("StreamPipeRequest", "", |life| {
        streams(life).on_pipe(0x02, STREAM);
    }),
    ("StreamPipeRequest", "", |life| {
        streams(life).on_pipe(0x1E, STREAM);
    }),
    ("StreamsNotOpen", "", |life| {
        *life = Life::started();
        life.on_pipe(0x36, PIPE);
    }),
    ("StreamsNotOpen", "", |life| {
        let life = streams(life);
        life.on_pipe(0x36, PIPE).urb_done(ObjectId::NONE).on_pipe(0x36, PIPE);
    }),
    ("PendingAtChange", "", |life| {
        *life = Life::started();
        life.push(PendingAtChange { irp: ObjectId::NONE, what: "reset the port".into(), pending: 2 });
    }),
    ("StalePipe", "", |life| {
        *life = Life::started();
        life.on_pipe(0x09, PIPE).push(StalePipeUsed { urb: URB, pipe: PIPE });
    }),
    ("IrqlUsbd", "", |life| {
        *life = Life::new();
        life.at(2, |life| {
            life.call("USBD_QueryUsbCapability", |_| {});
        });
    }),
];

/// The pipe of a stream.
pub const STREAM: ObjectId = ObjectId::new(ObjectKind::Pipe, 2);

/// An isochronous URB with this number of packets, for a pipe with this polling period in microframes.
pub fn packets(life: &mut Life, packets: u32, period: u32, room: u32) {
    *life = Life::started();
    let sent = IsochronousSubmitted {
        urb: URB,
        irp: ObjectId::NONE,
        endpoint: 0x81,
        packets,
        room,
        period,
        per_frame: (8 / period).max(1),
        most: 1024,
    };
    life.push(sent);
}

/// The streams of the pipe are open.
pub fn streams(life: &mut Life) -> &mut Life {
    *life = Life::started();
    life.on_pipe(0x35, PIPE).urb_done(ObjectId::NONE);
    life.push(StreamOpened { pipe: STREAM, base: PIPE, stream: 1 })
}

impl Life {
    /// A request for a pipe.
    pub fn on_pipe(&mut self, function: u16, pipe: ObjectId) -> &mut Self {
        self.push(UrbSubmitted {
            urb: URB,
            function,
            pipe,
            endpoint: 0x81,
            kind: UrbKind::Plain,
            assigned: true,
            ..UrbSubmitted::default()
        })
    }
}

fn remove_without_close(life: &mut Life, close_last: bool) {
    *life = Life::started();
    life.free_urb().remove_with(|life, irp| {
        life.acquire(irp).interface(false);
        life.pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK);
        if close_last {
            life.close_handle();
        }
        life.wait_for_lock(irp).detach().free_interface().delete();
    });
    life.unload();
}

fn never_closed(life: &mut Life) {
    remove_without_close(life, false);
}

fn closed_after_forward(life: &mut Life) {
    remove_without_close(life, true);
}

fn add_device_fails_and_leaves_it(life: &mut Life) {
    life.load().callback(Callback::AddDevice { pdo: PDO }, FAILED, |life| {
        life.create_device().attach().create_handle().detach().delete();
    });
    life.unload();
}

fn stopped_by_the_usb_stack(life: &mut Life) {
    *life = Life::started();
    life.free_urb().remove_with(|life, irp| {
        life.acquire(irp).interface(false).send(irp, mj::PNP, pnp::REMOVE_DEVICE);
        life.push(BugCheck { code: 0x144, parameters: [0x804, 0, 0, 0], ..BugCheck::default() });
    });
    let enter = life.events.iter().rposition(|event| event.kind.tag() == nt_trace::Tag::BugCheck);
    life.events.truncate(enter.unwrap_or(0) + 1);
}
