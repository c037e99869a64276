//! One suite over every kind of handle, each against a model of its pages.

mod concurrent;
mod kinds;
mod ledger;
mod suite;
mod table;

/// The suite for each kind: `kind::rule` is a test, the same for all.
macro_rules! conformance {
    ($($kind:ident => $model:ty,)+) => {$(
        mod $kind {
            #[test]
            fn a_failed_open_leaves_nothing() {
                crate::suite::a_failed_open_leaves_nothing::<$model>();
            }
            #[test]
            fn closed_exactly_once() {
                crate::suite::closed_exactly_once::<$model>();
            }
            #[test]
            fn an_error_of_close_is_reported_and_the_handle_is_gone() {
                crate::suite::an_error_of_close_is_reported_and_the_handle_is_gone::<$model>();
            }
            #[test]
            fn dropped_open_leaks_and_reports() {
                crate::suite::dropped_open_leaks_and_reports::<$model>();
            }
            #[test]
            fn an_early_return_closes() {
                crate::suite::an_early_return_closes::<$model>();
            }
            #[test]
            fn an_error_closes_what_was_opened_before() {
                crate::suite::an_error_closes_what_was_opened_before::<$model>();
            }
            #[test]
            fn several_are_closed_in_reverse() {
                crate::suite::several_are_closed_in_reverse::<$model>();
            }
            #[test]
            fn a_panic_closes() {
                crate::suite::a_panic_closes::<$model>();
            }
            #[test]
            fn a_finished_setup_keeps_the_handle() {
                crate::suite::a_finished_setup_keeps_the_handle::<$model>();
            }
            #[test]
            fn moving_is_not_closing() {
                crate::suite::moving_is_not_closing::<$model>();
            }
            #[test]
            fn a_value_that_comes_again_is_closed_by_its_new_owner() {
                crate::suite::a_value_that_comes_again_is_closed_by_its_new_owner::<$model>();
            }
            #[test]
            fn no_room_is_refused_and_a_free_place_serves_again() {
                crate::suite::no_room_is_refused_and_a_free_place_serves_again::<$model>();
            }
            #[test]
            fn any_sequence_closes_each_once() {
                crate::suite::any_sequence_closes_each_once::<$model>();
            }
            #[test]
            fn nothing_is_closed_after_its_phase() {
                crate::suite::nothing_is_closed_after_its_phase::<$model>();
            }
            #[test]
            fn the_model_sees_a_careless_close() {
                crate::suite::the_model_sees_a_careless_close::<$model>();
            }
            #[test]
            fn the_raw_value_is_not_printed() {
                crate::suite::the_raw_value_is_not_printed::<$model>();
            }
        }
    )+};
}

conformance! {
    usbd => crate::kinds::usbd::UsbdModel,
    win32 => crate::kinds::win32::Win32Model,
    winsock_spi => crate::kinds::winsock_spi::SpiModel,
    ndis => crate::kinds::ndis::NdisModel,
    // A handle that a driver gives out. What is special to the table is in `table.rs`, against a model of its own.
    handle_table => crate::kinds::handle_table::TableModel,
}
