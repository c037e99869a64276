//! Campaigns: many lives of one driver, each with something else that goes wrong.

pub mod faults;
pub mod order;
