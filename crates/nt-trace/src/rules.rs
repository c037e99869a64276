//! The rules, one concept a file.
//!
//! A rule is named after Microsoft's rule where there is one; its predicate is our reading of the page.

mod add_device;
mod add_device_unwind;
mod built_irp_event;
mod built_irp_wait;
mod bus_below;
mod cancel_routine;
mod cancelled_in_time;
mod completion_event_checking;
mod completion_routine_ex;
mod completion_routine_registered;
mod delete_device;
mod device_flags;
mod dispatch_missing;
mod double_completion;
mod double_fetch;
mod etw;
mod exit;
mod filter_above;
mod forward;
mod forward_form;
mod forwarded_at_bad_irql;
mod interface;
mod invariant_mdl;
mod irp_cancel_field;
mod irp_processing_complete;
mod irql_calls;
mod irql_effects;
mod irql_return;
mod isochronous;
mod leaks;
mod local_irp;
mod lock_order;
mod lower_driver_return;
mod machine;
mod mark_irp_pending;
mod marking_queued;
mod mutex;
mod ndis_attributes;
mod ndis_file;
mod neighbour;
mod not_forwarded;
mod not_reachable;
mod pageable;
mod pdo_required;
mod pended_completed_request;
mod pending_at_change;
mod pending_returned;
mod pnp_remove;
mod pnp_surprise_remove;
mod pool;
mod power_allocate;
mod power_ddis;
mod power_device;
mod power_fail;
mod power_mark;
mod power_outstanding;
mod power_paged;
mod power_policy;
mod power_request;
mod predicate;
mod regions;
mod remove_lock;
mod remove_lock_forward;
mod remove_lock_remove;
mod signal_event;
mod spin_lock;
mod status_check;
mod streams;
mod unload_pending;
mod urb;
mod urb_kind;
mod usbd_handle;
mod wait_for_lower;
mod wmi_complete;

pub use not_reachable::NAMES as NOT_REACHABLE;

use crate::rule::Rule;

/// Every rule. The last one speaks only about stops that no other rule explains.
#[must_use]
pub fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::<usbd_handle::UsbdHandle>::default(),
        Box::<urb::Urbs>::default(),
        Box::new(urb_kind::RULE),
        Box::new(isochronous::RULE),
        Box::new(pending_at_change::RULE),
        Box::<streams::Streams>::default(),
        Box::<remove_lock::RemoveLock>::default(),
        Box::<remove_lock_forward::RemoveLockForward>::default(),
        Box::<remove_lock_remove::RemoveLockMnRemove>::default(),
        Box::new(double_completion::RULE),
        Box::new(status_check::RULE),
        Box::new(cancel_routine::RULE),
        Box::new(forward::RULE),
        Box::new(not_forwarded::RULE),
        Box::new(mark_irp_pending::RULE),
        Box::new(pended_completed_request::RULE),
        Box::new(lower_driver_return::RULE),
        Box::new(irp_processing_complete::RULE),
        Box::new(completion_routine_registered::RULE),
        Box::new(wmi_complete::RULE),
        Box::new(pnp_remove::RULE),
        Box::new(pnp_surprise_remove::RULE),
        Box::new(pending_returned::RULE),
        Box::new(completion_event_checking::RULE),
        Box::<signal_event::SignalEvent>::default(),
        Box::new(delete_device::RULE),
        Box::new(add_device::RULE),
        Box::new(add_device_unwind::RULE),
        Box::new(device_flags::RULE),
        Box::new(dispatch_missing::RULE),
        Box::new(etw::RULE),
        Box::<ndis_attributes::NdisAttributes>::default(),
        Box::<ndis_file::NdisFiles>::default(),
        Box::<interface::InterfaceEnabledAtRemove>::default(),
        Box::new(irql_calls::RULE),
        Box::new(irql_effects::RULE),
        Box::new(irql_return::RULE),
        Box::new(forwarded_at_bad_irql::RULE),
        Box::new(spin_lock::RULE),
        Box::new(local_irp::RULE),
        Box::<built_irp_wait::BuiltIrpWait>::default(),
        Box::<regions::Regions>::default(),
        Box::new(pool::RULE),
        Box::new(completion_routine_ex::RULE),
        Box::<irp_cancel_field::IrpCancelField>::default(),
        Box::<marking_queued::MarkingQueued>::default(),
        Box::<wait_for_lower::WaitForLower>::default(),
        Box::<built_irp_event::BuiltIrpEvent>::default(),
        Box::new(forward_form::RULE),
        Box::<cancelled_in_time::CancelledInTime>::default(),
        Box::<lock_order::LockOrder>::default(),
        Box::<mutex::Mutexes>::default(),
        Box::new(pageable::RULE),
        Box::<double_fetch::DoubleFetch>::default(),
        Box::new(invariant_mdl::RULE),
        Box::new(pdo_required::RULE),
        Box::<not_reachable::NotReachable>::default(),
        Box::new(unload_pending::RULE),
        Box::<leaks::LeakAtUnload>::default(),
        Box::<filter_above::FilterAbove>::default(),
        Box::<bus_below::BusBelow>::default(),
        Box::new(power_allocate::RULE),
        Box::new(power_ddis::RULE),
        Box::<power_device::PowerDevice>::default(),
        Box::new(power_fail::RULE),
        Box::new(power_mark::RULE),
        Box::<power_outstanding::PowerOutstanding>::default(),
        Box::<power_paged::PowerPaged>::default(),
        Box::<power_policy::PowerPolicy>::default(),
        Box::new(power_request::RULE),
        Box::<machine::Machine>::default(),
    ]
}
