//! What a transfer costs the program: allocations of its own thread, counted. The machine has a thread of its own, which makes
//! copies; that is no business of the library on Windows.

use allocation_counter::measure;
use usbclient_user::{Buffer, Bulk, Error, In, Out, example};

const TRANSFERS: usize = 100;

#[test]
fn a_queue_in_its_steady_state_allocates_nothing() -> Result<(), Error> {
    let context = example::context(&["loopback-hs"])?;
    let device = context.list_devices()?[0].open()?;
    let mut out = device.endpoint::<Bulk, Out>(0x01).wait()?;
    let mut back = device.endpoint::<Bulk, In>(0x81).wait()?;
    let mut buffers = (Buffer::from(vec![1; 4096]), back.allocate(4096));
    let mut pair = || {
        out.submit(std::mem::take(&mut buffers.0));
        back.submit(std::mem::take(&mut buffers.1));
        buffers.1 = back.wait_next().expect("one was submitted").into_result().expect("it succeeds");
        buffers.0 = out.wait_next().expect("one was submitted").into_result().expect("it succeeds");
    };
    // Until every queue has been as long as it gets.
    (0..TRANSFERS).for_each(|_| pair());
    let steady = measure(|| (0..TRANSFERS).for_each(|_| pair()));
    assert_eq!((steady.count_total, steady.bytes_total), (0, 0));

    let single = measure(|| drop(out.write(&[0; 64]).wait()));
    assert!((1..=12).contains(&single.count_total), "{single:?}");
    drop((out, back, device));
    context.finish()
}
