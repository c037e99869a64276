use nt_trace::event::Actor;

use super::{device, obliging, run};
use crate::abi::DEVICE_OBJECT;

#[test]
fn a_deleted_device_lives_while_another_is_attached_to_it() {
    let (result, _) = run(async move |cpu| {
        let mut kernel = cpu.k();
        let lower = device(&mut kernel, "lower", Actor::Below, obliging())?;
        let upper = device(&mut kernel, "upper", Actor::Above, obliging())?;
        assert_eq!(kernel.attach_device(upper, lower)?, Some(lower));
        assert_eq!(kernel.mem.at::<DEVICE_OBJECT>(upper)?.StackSize, 2);
        assert_eq!(kernel.top_of_stack(lower)?, upper);
        assert_eq!(kernel.attached_to(upper), Some(lower));
        kernel.delete_device(lower)?;
        assert!(kernel.io.devices.contains_key(&lower), "the filter is still attached");
        kernel.detach_device(lower)?;
        assert!(!kernel.io.devices.contains_key(&lower));
        assert!(kernel.mem.at::<DEVICE_OBJECT>(lower).is_err());
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn nothing_attaches_to_a_device_that_is_being_deleted() {
    let (result, _) = run(async move |cpu| {
        let mut kernel = cpu.k();
        let lower = device(&mut kernel, "lower", Actor::Below, obliging())?;
        let upper = device(&mut kernel, "upper", Actor::Above, obliging())?;
        kernel.reference_device(lower, true)?;
        kernel.delete_device(lower)?;
        kernel.attach_device(upper, lower)
    });
    assert!(matches!(result, Ok(Some(None))), "{result:?}");
}

#[test]
fn detaching_twice_is_a_bug_check() {
    let (result, _) = run(async move |cpu| {
        let mut kernel = cpu.k();
        let lower = device(&mut kernel, "lower", Actor::Below, obliging())?;
        kernel.detach_device(lower)
    });
    assert!(result.is_err_and(|stop| stop.to_string().contains("0xc9")));
}
