use nt_trace::EventKind;

use super::{export, memory, run};
use crate::{
    abi::{
        DISPATCHER_HEADER, IO_REMOVE_LOCK,
        status::{STATUS_DELETE_PENDING, STATUS_SUCCESS, STATUS_TIMEOUT},
    },
    kernel::ke::{acquire_spin_lock, wait_for_object},
    sched::{DISPATCH_LEVEL, PASSIVE_LEVEL},
};

#[test]
fn a_wait_ends_by_signal_or_by_time() {
    let (result, _) = run(async move |cpu| {
        let event = memory(&cpu, &[0; 24])?;
        export(&cpu, "KeInitializeEvent", &[event.0, 1, 0]).await?;
        assert_eq!(wait_for_object(&cpu, event, Some(-50)).await?, STATUS_TIMEOUT);
        let before = cpu.look().sched.now;
        cpu.k().sched.spawn("signal", PASSIVE_LEVEL, async move |cpu| {
            cpu.sleep(100).await;
            cpu.k().signal(event)?;
            Ok(())
        });
        assert_eq!(wait_for_object(&cpu, event, Some(-1000)).await?, STATUS_SUCCESS);
        assert_eq!(cpu.look().sched.now, before + 100);
        // A synchronization event is taken; and the timeout of the last wait wakes nobody.
        assert_eq!(cpu.look().mem.at::<DISPATCHER_HEADER>(event)?.SignalState, 0);
        assert_eq!(wait_for_object(&cpu, event, Some(-2000)).await?, STATUS_TIMEOUT);
        assert_eq!(cpu.look().sched.now, before + 2100);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn a_spin_lock_passes_from_one_processor_to_the_other() {
    let (result, _) = run(async move |cpu| {
        let lock = memory(&cpu, &[0; 8])?;
        let irql = export(&cpu, "KeAcquireSpinLockRaiseToDpc", &[lock.0]).await?;
        assert_eq!((irql, cpu.look().sched.irql()), (0, DISPATCH_LEVEL));
        cpu.k().sched.spawn("other", PASSIVE_LEVEL, async move |cpu| {
            let irql = acquire_spin_lock(&cpu, lock).await?;
            assert_eq!((irql, cpu.look().sched.irql()), (PASSIVE_LEVEL, DISPATCH_LEVEL));
            assert_eq!(cpu.look().mem.read::<u64>(lock)?, 1);
            cpu.k().release_spin_lock(lock, irql)
        });
        cpu.yield_now().await;
        cpu.yield_now().await;
        export(&cpu, "KeReleaseSpinLock", &[lock.0, 0]).await?;
        assert_eq!(cpu.look().sched.irql(), PASSIVE_LEVEL);
        cpu.sleep(10).await;
        assert_eq!(cpu.look().mem.read::<u64>(lock)?, 0);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn one_thread_does_not_take_a_lock_twice() {
    let (result, _) = run(async move |cpu| {
        let lock = memory(&cpu, &[0; 8])?;
        export(&cpu, "KeAcquireSpinLockRaiseToDpc", &[lock.0]).await?;
        export(&cpu, "KeAcquireSpinLockRaiseToDpc", &[lock.0]).await
    });
    assert!(result.is_err_and(|stop| stop.to_string().contains("0xf")));
}

#[test]
fn a_remove_lock_waits_for_every_tag() {
    for size in [32, 120] {
        let (result, events) = run(async move |cpu| {
            let lock = memory(&cpu, &vec![0xCD; size])?;
            export(&cpu, "IoInitializeRemoveLockEx", &[lock.0, 0, 0, 0, size as u64]).await?;
            for tag in [1, 2] {
                assert_eq!(
                    export(&cpu, "IoAcquireRemoveLockEx", &[lock.0, tag, 0, 0, size as u64]).await?,
                    0
                );
            }
            assert_eq!(cpu.look().mem.at::<IO_REMOVE_LOCK>(lock)?.IoCount, 3);
            cpu.k().sched.spawn("late", PASSIVE_LEVEL, async move |cpu| {
                cpu.sleep(10).await;
                let status = export(&cpu, "IoAcquireRemoveLockEx", &[lock.0, 3, 0, 0, 32]).await?;
                assert_eq!(status, u64::from(STATUS_DELETE_PENDING.0));
                export(&cpu, "IoReleaseRemoveLockEx", &[lock.0, 1, 32]).await.map(drop)
            });
            export(&cpu, "IoReleaseRemoveLockAndWaitEx", &[lock.0, 2, 32]).await?;
            assert_eq!(cpu.look().mem.at::<IO_REMOVE_LOCK>(lock)?.IoCount, 0);
            Ok(())
        });
        assert!(matches!(result, Ok(Some(()))), "{result:?}");
        let order: Vec<_> = events
            .iter()
            .filter(|event| {
                matches!(event, EventKind::RemoveLockReleased(_) | EventKind::RemoveLockWaitEnded(_))
            })
            .map(EventKind::tag)
            .collect();
        assert_eq!(order, [nt_trace::Tag::RemoveLockReleased, nt_trace::Tag::RemoveLockWaitEnded]);
    }
}

#[test]
fn a_remove_lock_is_released_with_its_own_tag() {
    for (routine, code) in [("IoReleaseRemoveLockEx", 0xD5), ("IoReleaseRemoveLockAndWaitEx", 0xD6)] {
        let (result, _) = run(async move |cpu| {
            let lock = memory(&cpu, &[0; 32])?;
            export(&cpu, "IoInitializeRemoveLockEx", &[lock.0, 0, 0, 0, 32]).await?;
            export(&cpu, "IoAcquireRemoveLockEx", &[lock.0, 1, 0, 0, 32]).await?;
            export(&cpu, routine, &[lock.0, 2, 32]).await
        });
        let Err(crate::stop::Stop::BugCheck { code: 0xC4, parameters, .. }) = result else {
            panic!("{result:?}");
        };
        assert_eq!(parameters.first(), Some(&code));
    }
}

#[test]
fn memory_with_a_timer_that_is_set_is_not_freed() {
    let (result, _) = run(async move |cpu| {
        let timer = memory(&cpu, &[0; 64])?;
        export(&cpu, "KeInitializeTimer", &[timer.0]).await?;
        export(&cpu, "KeSetTimer", &[timer.0, (-100_i64).cast_unsigned(), 0]).await?;
        assert_eq!(export(&cpu, "KeCancelTimer", &[timer.0]).await?, 1);
        assert_eq!(export(&cpu, "KeCancelTimer", &[timer.0]).await?, 0);
        export(&cpu, "KeSetTimer", &[timer.0, (-100_i64).cast_unsigned(), 0]).await?;
        assert_eq!(wait_for_object(&cpu, timer, None).await?, STATUS_SUCCESS);
        export(&cpu, "KeSetTimer", &[timer.0, (-100_i64).cast_unsigned(), 0]).await?;
        export(&cpu, "ExFreePool", &[timer.0]).await
    });
    assert!(result.is_err_and(|stop| stop.to_string().contains("0xc7")));
}
