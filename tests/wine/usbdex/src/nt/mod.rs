//! The bus driver's wrappers of the kernel.

#[path = "../../../bus/src/nt/event.rs"]
#[expect(dead_code, reason = "the bus driver uses the rest")]
pub mod event;
#[path = "../../../bus/src/nt/lock.rs"]
pub mod lock;
#[path = "../../../bus/src/nt/memory.rs"]
#[expect(dead_code, reason = "the bus driver uses the rest")]
pub mod memory;
#[path = "../../../bus/src/nt/urb.rs"]
#[expect(dead_code, reason = "the bus driver uses the rest")]
pub mod urb;
