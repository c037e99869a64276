//! Timeouts, the policies of pipes, and continuous reading.

use scenarios::demand_clean;

const SEEDS: u64 = 20;

macro_rules! clean {
    ($($name:ident: $seeds:expr;)*) => {
        $(#[test]
        fn $name() {
            demand_clean(stringify!($name), $seeds);
        })*
    };
}

clean! {
    timeout: SEEDS;
    timeout_of_policy: SEEDS;
    timeout_of_control: SEEDS;
    timeout_of_chunks: 2;
    timeout_while_held: SEEDS;
    timeout_while_stopped: SEEDS;
    timeout_race: 200;
    timeout_and_cancel: 200;
    timeout_and_close: 200;
    timeout_and_remove: 200;
    timeout_and_rebalance: 200;
    policies: 1;
    zero_length_end: SEEDS;
    zero_length_end_and_cancel: 200;
    ignored_short_packets: SEEDS;
    partial_reads: SEEDS;
    partial_reads_without_chains: SEEDS;
    partial_reads_flushed: SEEDS;
    partial_reads_in_parallel: SEEDS;
    partial_read_and_remove: 200;
    raw_io: 1;
    auto_clear_stall: SEEDS;
    auto_clear_stall_and_others: 200;
    auto_clear_stall_and_remove: 200;
    auto_clear_stall_and_rebalance: 200;
    reader: SEEDS;
    reader_of_reports: SEEDS;
    reader_pauses: SEEDS;
    reader_drops_oldest: SEEDS;
    reader_waits: SEEDS;
    reader_is_refused: 1;
    reader_and_halt: SEEDS;
    reader_and_cleared_halt: SEEDS;
    reader_and_abort: SEEDS;
    reader_and_rebalance: SEEDS;
    reader_and_stop_cancelled: SEEDS;
    reader_and_cleanup: SEEDS;
    reader_and_surprise: SEEDS;
    reader_stops_in_race: 200;
    reader_starts_in_race: 200;
}
