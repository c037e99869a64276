//! How long things take on the bus.
//!
//! The figures are upper limits of the specifications, so a model is as fast as a real device can be, never faster:
//!
//! | speed | packet | rate | source |
//! |---|---|---|---|
//! | high | 512-byte bulk | 13 in a microframe of 125 us: 9.6 us each | USB 2.0, table 5-10 |
//! | full | 64-byte bulk | 19 in a frame of 1 ms: 52.6 us each | USB 2.0, table 5-9 |
//! | low | 8-byte interrupt | 6 in a frame of 1 ms: 167 us each | USB 2.0, table 5-6 |
//! | super | 1024-byte bulk | 59 in a bus interval of 125 us | 5 Gbit/s with 8b/10b is 500 bytes a microsecond; header packet and framing add 32 bytes |
//!
//! Real hosts are slower, by 10 to 30 percent. Packets shorter than the largest still take the largest one's time.
//! A control transfer is counted as one packet for SETUP, one for the status stage and one for every packet of the
//! longest possible data stage.

use crate::{Speed, Time};

/// How many packets of a bulk endpoint fit into [`window`].
#[must_use]
pub const fn packets_per_window(speed: Speed) -> u32 {
    match speed {
        Speed::Low => 6,
        Speed::Full => 19,
        Speed::High => 13,
        Speed::Super => 59,
    }
}

/// The schedule's unit in 100 ns: a frame for low and full speed, a microframe or bus interval for the others.
#[must_use]
pub const fn window(speed: Speed) -> u64 {
    match speed {
        Speed::Low | Speed::Full => Time::PER_FRAME,
        Speed::High | Speed::Super => Time::PER_MICROFRAME,
    }
}

/// The time that a number of packets take, in units of 100 ns, rounded up.
#[must_use]
pub const fn packets(speed: Speed, count: u32) -> u64 {
    let per_window = packets_per_window(speed) as u64;
    (count as u64).saturating_mul(window(speed)).div_ceil(per_window)
}

/// The time between two polls of an interrupt endpoint, in units of 100 ns.
///
/// `bInterval` counts frames for low and full speed, and is an exponent of microframes for the others (USB 2.0,
/// table 9-13). Values outside the specification are read as the nearest one inside.
#[must_use]
pub const fn interrupt_interval(speed: Speed, b_interval: u8) -> u64 {
    match speed {
        Speed::Low | Speed::Full => {
            let frames = if b_interval == 0 { 1 } else { b_interval as u64 };
            frames * Time::PER_FRAME
        }
        Speed::High | Speed::Super => {
            let exponent = match b_interval {
                0 => 0,
                1..=16 => b_interval - 1,
                _ => 15,
            };
            Time::PER_MICROFRAME << exponent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_high_speed_bulk_packet_takes_about_ten_microseconds() {
        assert_eq!(packets(Speed::High, 1), 97);
        assert_eq!(packets(Speed::High, 13), Time::PER_MICROFRAME);
    }

    #[test]
    fn intervals_follow_the_speed() {
        assert_eq!(interrupt_interval(Speed::Full, 10), 100_000);
        assert_eq!(interrupt_interval(Speed::High, 4), 10_000);
        assert_eq!(interrupt_interval(Speed::High, 255), Time::PER_MICROFRAME << 15);
    }
}
