//! Owns its device's power policy, and breaks nothing: every step as the documentation asks.
//!
//! Rule: no rule; nothing may be reported.
//!
//! On Windows: the device sleeps in D2 when no file is open and when the system sleeps, and wakes it.
#![no_std]

use specimens::power_policy::Policy;

struct Driver;

impl Policy for Driver {}

specimens::power_owner!(Driver);
