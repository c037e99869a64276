//! What a transfer costs, counted: kernel calls of the driver, and allocations of the program's thread.

use usbclient_user::Error;

use crate::Bench;

/// Kernel calls of a bulk transfer, as the driver's own tests count them.
const CALLS: u64 = 8;
const TRANSFERS: u64 = 100;

#[test]
fn a_transfer_of_the_queue_is_a_transfer_of_the_driver() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let (interface, mut out, mut back) = bench.ends()?;
    let mut coming = back.allocate(4096);
    let mut going = usbclient_user::Buffer::from(vec![1; 4096]);
    let simulator = bench.simulator();
    let mut before = 0;
    for number in 0..=TRANSFERS {
        // The first pair fills pools.
        if number == 1 {
            before = simulator.kernel_calls()?;
        }
        out.submit(going);
        going = out.wait_next().expect("one was submitted").into_result()?;
        back.submit(coming);
        coming = back.wait_next().expect("one was submitted").into_result()?;
    }
    let calls = simulator.kernel_calls()? - before;
    assert_eq!(calls, 2 * TRANSFERS * CALLS);
    drop((out, back, interface));
    bench.end()
}
