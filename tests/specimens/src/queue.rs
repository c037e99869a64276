//! A queue of IRPs, done well and badly.

// UNSAFETY: links IRPs into lists.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use wdk_sys::{
    KSPIN_LOCK, LIST_ENTRY, NTSTATUS, STATUS_SUCCESS,
    ntddk::{
        ExInterlockedInsertTailList, ExInterlockedRemoveHeadList, KeAcquireSpinLockRaiseToDpc,
        KeReleaseSpinLock,
    },
};

use crate::{Extension, Irp, Specimen, io, later};

/// A list and the spin lock that guards it.
#[repr(C)]
pub struct Queue {
    head: LIST_ENTRY,
    lock: KSPIN_LOCK,
}

impl Queue {
    /// Makes memory that holds zeros an empty queue.
    fn ready(queue: *mut Self) {
        // SAFETY: the queue is valid.
        let fields = unsafe { &mut *queue };
        if fields.head.Flink.is_null() {
            let head = &raw mut fields.head;
            (fields.head.Flink, fields.head.Blink) = (head, head);
        }
    }
}

/// `Tail.Overlay.ListEntry`.
const fn entry(irp: Irp) -> *mut LIST_ENTRY {
    // SAFETY: the IRP is valid; only an address is computed.
    unsafe { &raw mut (*irp.0).Tail.Overlay.__bindgen_anon_2.ListEntry }
}

/// Links an IRP at the end, under the lock.
pub fn insert(extension: *mut Extension, irp: Irp) {
    // SAFETY: the extension is valid.
    let queue = unsafe { &raw mut (*extension).queue };
    Queue::ready(queue);
    // SAFETY: as above.
    let fields = unsafe { &mut *queue };
    // SAFETY: zero is a free spin lock.
    let irql = unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut fields.lock) };
    let (entry, head) = (entry(irp), &raw mut fields.head);
    // SAFETY: the entry is in no list.
    unsafe { entry.write(LIST_ENTRY { Flink: head, Blink: fields.head.Blink }) };
    // SAFETY: the last entry, or the head.
    unsafe { (*fields.head.Blink).Flink = entry };
    fields.head.Blink = entry;
    // SAFETY: the lock was acquired.
    unsafe { KeReleaseSpinLock(&raw mut fields.lock, irql) };
}

/// `ExInterlockedInsertTailList`
pub fn insert_interlocked(extension: *mut Extension, irp: Irp) {
    // SAFETY: the extension is valid.
    let queue = unsafe { &raw mut (*extension).queue };
    Queue::ready(queue);
    // SAFETY: as above.
    let fields = unsafe { &mut *queue };
    // SAFETY: the entry is in no list, and the lock used for nothing else.
    let _ = unsafe { ExInterlockedInsertTailList(&raw mut fields.head, entry(irp), &raw mut fields.lock) };
}

/// Lets a work item take the first IRP out and complete it. Returns `STATUS_PENDING`.
#[must_use]
pub fn finish_first_later<S: Specimen>(extension: *mut Extension, irp: Irp) -> NTSTATUS {
    later::complete(extension, irp, |extension, irp| {
        // SAFETY: the extension is valid.
        let fields = unsafe { &mut (*extension).queue };
        // SAFETY: the list holds IRPs.
        let first = unsafe { ExInterlockedRemoveHeadList(&raw mut fields.head, &raw mut fields.lock) };
        if !first.is_null() {
            let _ = io::end::<S>(extension, irp, STATUS_SUCCESS);
        }
    })
}
