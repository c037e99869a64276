use std::rc::Rc;

use nt_trace::{EventKind, NtStatus, event::Actor};

use super::{device, obliging, run};
use crate::{
    abi::{
        device_flags::DO_DIRECT_IO,
        ioctl::{FILE_READ_ACCESS, FILE_WRITE_ACCESS, METHOD_BUFFERED, METHOD_OUT_DIRECT, ctl_code},
        irp_major::{IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_READ},
        status::{STATUS_ACCESS_DENIED, STATUS_DEVICE_NOT_CONNECTED, STATUS_SUCCESS},
    },
    kernel::io::{
        LocalFuture, SimDriver, complete_request,
        user::{self, Outcome, Process, READ, UserIo, WRITE},
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// Answers reads and direct requests through the MDL, buffered ones in the system buffer, and says that it
/// gave `information` bytes.
fn answering(information: u64, status: NtStatus) -> Rc<dyn SimDriver> {
    Rc::new(move |cpu: Cpu, device: Addr, irp: Addr| -> LocalFuture<Result<NtStatus, Stop>> {
        Box::pin(async move {
            {
                let mut kernel = cpu.k();
                let major = kernel.current_location(irp)?.MajorFunction;
                let header = *kernel.irp(irp)?;
                if matches!(major, IRP_MJ_CREATE | IRP_MJ_CLEANUP | IRP_MJ_CLOSE) {
                    kernel.set_io_status(irp, STATUS_SUCCESS, 0)?;
                } else {
                    if matches!(major, IRP_MJ_DEVICE_CONTROL | IRP_MJ_READ) {
                        if header.MdlAddress.is_null() {
                            kernel.mem.write(header.AssociatedIrp, b"buffered")?;
                        } else {
                            kernel.write_mdl(header.MdlAddress, 0, b"directly")?;
                            let system = kernel.map_mdl(header.MdlAddress)?;
                            assert_eq!(kernel.mem.bytes(system, 8)?, b"directly");
                        }
                    }
                    kernel.set_io_status(irp, status, information)?;
                }
            }
            let status = NtStatus(cpu.look().irp(irp)?.IoStatus.Status);
            complete_request(&cpu, device, irp).await?;
            Ok(status)
        })
    })
}

async fn ask(cpu: &Cpu, driver: Rc<dyn SimDriver>, access: u32, io: UserIo) -> Result<Outcome, Stop> {
    let pdo = {
        let mut kernel = cpu.k();
        let pdo = device(&mut kernel, "lower", Actor::Below, driver)?;
        kernel.set_device_flags(pdo, DO_DIRECT_IO, 0)?;
        pdo
    };
    let handle = user::open(cpu, Process(1), pdo, access, "").await?.expect("it opens");
    let id = user::start(cpu, handle, io).await?;
    let outcome = user::wait(cpu, id).await;
    user::close(cpu, handle).await?;
    assert_eq!(cpu.look().open_files(pdo), 0);
    Ok(outcome)
}

fn control(method: u32, output: usize) -> UserIo {
    let code = ctl_code(0x22, 0x800, method, FILE_READ_ACCESS);
    UserIo::Control { code, input: b"in".to_vec(), output: vec![0; output] }
}

#[test]
fn a_buffered_answer_is_copied_back_by_its_information() {
    for (information, status, expected) in [
        (8, STATUS_SUCCESS, &b"buffered"[..]),
        (3, STATUS_SUCCESS, b"buf"),
        (10, STATUS_SUCCESS, b"buffered\xCD\xCD"),
        (8, STATUS_DEVICE_NOT_CONNECTED, b""),
    ] {
        let (result, _) = run(async move |cpu| {
            ask(&cpu, answering(information, status), READ, control(METHOD_BUFFERED, 12)).await
        });
        let outcome = result.expect("it runs").expect("it ends");
        assert_eq!((outcome.status, outcome.output.as_slice()), (status, expected));
    }
}

#[test]
fn more_information_than_room_is_a_bug_check() {
    let (result, _) = run(async move |cpu| {
        ask(&cpu, answering(13, STATUS_SUCCESS), READ, control(METHOD_BUFFERED, 12)).await
    });
    assert!(result.is_err_and(|stop| stop.to_string().contains("room for 12")));
}

#[test]
fn direct_requests_and_reads_fill_the_callers_pages() {
    for io in [control(METHOD_OUT_DIRECT, 8), UserIo::Read { length: 8, offset: 0 }] {
        let (result, _) = run(async move |cpu| ask(&cpu, answering(8, STATUS_SUCCESS), READ, io).await);
        assert_eq!(result.expect("it runs").expect("it ends").output, b"directly");
    }
}

#[test]
fn a_handle_without_the_access_is_refused_before_the_driver() {
    let code = ctl_code(0x22, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS);
    let io = UserIo::Control { code, input: Vec::new(), output: Vec::new() };
    let (result, _) = run(async move |cpu| ask(&cpu, obliging(), READ, io).await);
    assert_eq!(result.expect("it runs").expect("it ends").status, STATUS_ACCESS_DENIED);
}

#[test]
fn close_comes_after_cleanup_and_the_last_request() {
    let (result, events) = run(async move |cpu| {
        let pdo = device(&mut cpu.k(), "lower", Actor::Below, obliging())?;
        let handle = user::open(&cpu, Process(1), pdo, READ | WRITE, "\\pipe").await?.expect("it opens");
        assert_eq!(cpu.look().open_files(pdo), 1);
        let file = *cpu.look().io.user.files.keys().next().expect("a file");
        cpu.k().driver_reference(file)?;
        user::close(&cpu, handle).await?;
        assert_eq!(cpu.look().open_files(pdo), 1);
        cpu.k().driver_dereference(file)?;
        user::wait_until_closed(&cpu, pdo).await;
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
    let sent: Vec<u8> = events
        .iter()
        .filter_map(|event| if let EventKind::IrpSent(sent) = event { Some(sent.major) } else { None })
        .collect();
    assert_eq!(sent, [IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE]);
}
