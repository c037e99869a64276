//! When and where URBs are completed.

use nt_trace::{EventKind, NtStatus, event::Actor};

use super::{Client, block, with};
use crate::{
    abi::status::{STATUS_CANCELLED, STATUS_PENDING, STATUS_SUCCESS},
    kernel::io::cancel_irp,
    usb::{Completion, Face},
};

fn write(completion: Completion) -> (NtStatus, bool, Vec<EventKind>) {
    let result = std::rc::Rc::new(std::cell::Cell::new((STATUS_SUCCESS, false)));
    let slot = std::rc::Rc::clone(&result);
    let events = with("loopback-hs", Face::Usb3, completion, move |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        let sent = client.send(urb).await?;
        slot.set((sent.returned, sent.done.get().is_some()));
        if completion == Completion::Never {
            client.cpu.sleep(10_000_000).await;
            assert!(sent.done.get().is_none());
            cancel_irp(&client.cpu, sent.irp, Actor::System).await?;
            assert_eq!(client.wait(&sent).await, STATUS_CANCELLED);
        } else {
            assert_eq!(client.wait(&sent).await, STATUS_SUCCESS);
        }
        Ok(())
    });
    let (returned, done) = result.get();
    (returned, done, events)
}

#[test]
fn inline_is_done_when_the_call_returns() {
    let (returned, done, events) = write(Completion::Inline);
    assert_eq!((returned, done), (STATUS_SUCCESS, true));
    assert!(!events.iter().any(|event| matches!(event, EventKind::IrpMarkedPending(_))));
}

#[test]
fn inline_pending_is_done_and_says_pending() {
    let (returned, done, _) = write(Completion::InlinePending);
    assert_eq!((returned, done), (STATUS_PENDING, true));
}

#[test]
fn racing_is_done_and_says_pending() {
    let (returned, done, _) = write(Completion::Racing);
    assert_eq!((returned, done), (STATUS_PENDING, true));
}

/// The device is done, the thread that completes is on its way, and the IRP is cancelled: the cancel routine
/// leaves it to the thread, which completes it with what the device said.
#[test]
fn what_is_done_is_not_cancelled_any_more() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        let sent = client.send(urb).await?;
        {
            let mut kernel = client.cpu.k();
            kernel.sched.now += 10_000;
            kernel.usb_pump(client.pdo);
        }
        assert!(cancel_irp(&client.cpu, sent.irp, Actor::System).await?);
        assert_eq!(client.wait(&sent).await, STATUS_SUCCESS);
        assert_eq!(client.moved(urb)?, 512);
        Ok(())
    });
}

#[test]
fn later_is_later() {
    for completion in [Completion::Dispatch, Completion::Passive, Completion::Never] {
        let (returned, done, _) = write(completion);
        assert_eq!((returned, done), (STATUS_PENDING, false), "{completion:?}");
    }
}
