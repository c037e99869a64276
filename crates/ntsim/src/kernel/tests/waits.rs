//! Waiting for several objects, semaphores, mutexes, resources, rundown protection, threads.

use nt_trace::EventKind;

use super::{export, memory, run};
use crate::{
    abi::status::{STATUS_SUCCESS, STATUS_TIMEOUT},
    sched::{APC_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// `WaitAll` and `WaitAny`.
const ALL: u64 = 0;
const ANY: u64 = 1;

fn relative(ticks: i64) -> [u8; 8] {
    (-ticks).to_le_bytes()
}

#[test]
fn a_wait_for_any_says_which_and_one_for_all_takes_all_or_nothing() {
    let (result, events) = run(async move |cpu| {
        let (first, second) = (memory(&cpu, &[0; 24])?, memory(&cpu, &[0; 24])?);
        for event in [first, second] {
            // Synchronization events: a wait takes the signal.
            export(&cpu, "KeInitializeEvent", &[event.0, 1, 0]).await?;
        }
        let both = memory(&cpu, &[first.0.to_le_bytes(), second.0.to_le_bytes()].concat())?;
        let (none, soon) = (memory(&cpu, &[0; 8])?, memory(&cpu, &relative(50))?);
        export(&cpu, "KeSetEvent", &[second.0, 0, 0]).await?;
        let all = [2, both.0, ALL, 0, 0, 0, soon.0, 0];
        assert_eq!(export(&cpu, "KeWaitForMultipleObjects", &all).await?, u64::from(STATUS_TIMEOUT.0));
        let any = [2, both.0, ANY, 0, 0, 0, none.0, 0];
        assert_eq!(export(&cpu, "KeWaitForMultipleObjects", &any).await?, 1);
        assert_eq!(export(&cpu, "KeWaitForMultipleObjects", &any).await?, u64::from(STATUS_TIMEOUT.0));
        cpu.k().sched.spawn("signals", PASSIVE_LEVEL, async move |cpu| {
            cpu.k().signal(first)?;
            cpu.sleep(10).await;
            cpu.k().signal(second)?;
            Ok(())
        });
        let all = [2, both.0, ALL, 0, 0, 0, 0, 0];
        assert_eq!(export(&cpu, "KeWaitForMultipleObjects", &all).await?, u64::from(STATUS_SUCCESS.0));
        assert_eq!(export(&cpu, "KeReadStateEvent", &[first.0]).await?, 0);
        assert_eq!(export(&cpu, "KeReadStateEvent", &[second.0]).await?, 0);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
    let begun = events.iter().filter(|event| matches!(event, EventKind::WaitBegun(_))).count();
    assert_eq!(begun, 8, "each object of each wait");
}

#[test]
fn more_than_three_objects_need_memory_of_the_callers() {
    let (result, _) = run(async move |cpu| {
        let objects = memory(&cpu, &[0; 32])?;
        export(&cpu, "KeWaitForMultipleObjects", &[4, objects.0, ANY, 0, 0, 0, 0, 0]).await
    });
    assert!(matches!(result, Err(Stop::BugCheck { code: 0x0C, .. })), "{result:?}");
}

#[test]
fn a_semaphore_counts_up_to_its_limit() {
    let (result, _) = run(async move |cpu| {
        let (semaphore, now) = (memory(&cpu, &[0; 32])?, memory(&cpu, &[0; 8])?);
        export(&cpu, "KeInitializeSemaphore", &[semaphore.0, 1, 2]).await?;
        let wait = [semaphore.0, 0, 0, 0, now.0];
        assert_eq!(export(&cpu, "KeWaitForSingleObject", &wait).await?, 0);
        assert_eq!(export(&cpu, "KeWaitForSingleObject", &wait).await?, u64::from(STATUS_TIMEOUT.0));
        assert_eq!(export(&cpu, "KeReleaseSemaphore", &[semaphore.0, 0, 2, 0]).await?, 0);
        assert_eq!(export(&cpu, "KeReadStateSemaphore", &[semaphore.0]).await?, 2);
        export(&cpu, "KeReleaseSemaphore", &[semaphore.0, 0, 1, 0]).await
    });
    // STATUS_SEMAPHORE_LIMIT_EXCEEDED, which nobody handles.
    assert!(matches!(&result, Err(Stop::Exception(raised)) if raised.code == 0xC000_0047), "{result:?}");
}

#[test]
fn a_mutex_is_its_owners_as_often_as_it_was_taken() {
    let (result, _) = run(async move |cpu| {
        let (mutex, now) = (memory(&cpu, &[0; 56])?, memory(&cpu, &[0; 8])?);
        export(&cpu, "KeInitializeMutex", &[mutex.0, 0]).await?;
        let wait = [mutex.0, 0, 0, 0, now.0];
        for _ in 0..2 {
            assert_eq!(export(&cpu, "KeWaitForSingleObject", &wait).await?, 0);
        }
        cpu.k().sched.spawn("other", PASSIVE_LEVEL, async move |cpu| {
            let late = export(&cpu, "KeWaitForSingleObject", &[mutex.0, 0, 0, 0, 0]).await?;
            assert_eq!(late, 0);
            export(&cpu, "KeReleaseMutex", &[mutex.0, 0]).await.map(drop)
        });
        cpu.yield_now().await;
        for _ in 0..2 {
            export(&cpu, "KeReleaseMutex", &[mutex.0, 0]).await?;
        }
        cpu.sleep(10).await;
        assert_eq!(export(&cpu, "KeReadStateMutex", &[mutex.0]).await?, 1);
        export(&cpu, "KeReleaseMutex", &[mutex.0, 0]).await
    });
    // STATUS_MUTANT_NOT_OWNED
    assert!(matches!(&result, Err(Stop::Exception(raised)) if raised.code == 0xC000_0046), "{result:?}");
}

#[test]
fn a_fast_mutex_raises_to_apc_level_and_goes_to_who_came_first() {
    let (result, _) = run(async move |cpu| {
        let mutex = memory(&cpu, &[0; 56])?;
        cpu.k().mem.write(mutex, &1_i32)?;
        export(&cpu, "ExAcquireFastMutex", &[mutex.0]).await?;
        assert_eq!(cpu.look().sched.irql(), APC_LEVEL);
        cpu.k().sched.spawn("other", PASSIVE_LEVEL, async move |cpu| {
            assert_eq!(export(&cpu, "ExTryToAcquireFastMutex", &[mutex.0]).await?, 0);
            export(&cpu, "ExAcquireFastMutex", &[mutex.0]).await?;
            assert_eq!(cpu.look().sched.irql(), APC_LEVEL);
            export(&cpu, "ExReleaseFastMutex", &[mutex.0]).await?;
            assert_eq!(cpu.look().sched.irql(), PASSIVE_LEVEL);
            Ok(())
        });
        cpu.yield_now().await;
        export(&cpu, "ExReleaseFastMutex", &[mutex.0]).await?;
        assert_eq!(cpu.look().sched.irql(), PASSIVE_LEVEL);
        cpu.sleep(10).await;
        assert_eq!(cpu.look().mem.read::<i32>(mutex)?, 1);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn a_resource_is_shared_or_ones_own() {
    let (result, _) = run(async move |cpu| {
        let resource = memory(&cpu, &[0; 104])?;
        export(&cpu, "ExInitializeResourceLite", &[resource.0]).await?;
        assert_eq!(export(&cpu, "ExAcquireResourceSharedLite", &[resource.0, 1]).await?, 1);
        cpu.k().sched.spawn("other", PASSIVE_LEVEL, async move |cpu| {
            assert_eq!(export(&cpu, "ExAcquireResourceSharedLite", &[resource.0, 0]).await?, 1);
            assert_eq!(export(&cpu, "ExAcquireResourceExclusiveLite", &[resource.0, 0]).await?, 0);
            export(&cpu, "ExReleaseResourceLite", &[resource.0]).await?;
            assert_eq!(export(&cpu, "ExAcquireResourceExclusiveLite", &[resource.0, 1]).await?, 1);
            assert_eq!(export(&cpu, "ExIsResourceAcquiredExclusiveLite", &[resource.0]).await?, 1);
            export(&cpu, "ExReleaseResourceLite", &[resource.0]).await.map(drop)
        });
        cpu.sleep(10).await;
        assert_eq!(export(&cpu, "ExGetExclusiveWaiterCount", &[resource.0]).await?, 1);
        export(&cpu, "ExReleaseResourceLite", &[resource.0]).await?;
        cpu.sleep(10).await;
        assert_eq!(export(&cpu, "ExDeleteResourceLite", &[resource.0]).await?, 0);
        assert!(cpu.look().resources_left().is_empty());
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn rundown_waits_for_its_users_and_takes_no_more() {
    let (result, _) = run(async move |cpu| {
        let reference = memory(&cpu, &[0; 8])?;
        export(&cpu, "ExInitializeRundownProtection", &[reference.0]).await?;
        assert_eq!(export(&cpu, "ExAcquireRundownProtection", &[reference.0]).await?, 1);
        cpu.k().sched.spawn("user", PASSIVE_LEVEL, async move |cpu| {
            cpu.sleep(20).await;
            assert_eq!(export(&cpu, "ExAcquireRundownProtection", &[reference.0]).await?, 0);
            export(&cpu, "ExReleaseRundownProtection", &[reference.0]).await.map(drop)
        });
        let before = cpu.look().sched.now;
        export(&cpu, "ExWaitForRundownProtectionRelease", &[reference.0]).await?;
        assert_eq!(cpu.look().sched.now, before + 20);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}
