//! `AddDevice`: the order, and what each failure undoes.

use usbclient_core::status::STATUS_NO_SUCH_DEVICE;

use crate::fake::{FAILURE, add_device, calls, world};

const ALL: &str = "create_device init_extension attach copy_flags create_handle register_interface finish";

#[test]
fn in_the_documented_order() {
    assert_eq!(add_device(), Ok(()));
    assert_eq!(calls(), ALL);
}

#[test]
fn a_failing_step_undoes_what_was_done_in_reverse() {
    let cases = [
        ("create_device", FAILURE, "create_device"),
        ("init_extension", FAILURE, "create_device init_extension delete_device"),
        ("attach", STATUS_NO_SUCH_DEVICE, "create_device init_extension attach delete_device"),
        (
            "create_handle",
            FAILURE,
            "create_device init_extension attach copy_flags create_handle detach delete_device",
        ),
        (
            "register_interface",
            FAILURE,
            "create_device init_extension attach copy_flags create_handle register_interface \
             close_handle detach delete_device",
        ),
    ];
    for (step, status, expected) in cases {
        world(|w| w.failing = vec![step]);
        assert_eq!(add_device(), Err(status), "{step}");
        assert_eq!(calls(), expected, "{step}");
    }
}
