//! Passes power requests down, as a filter may, though it is the function driver.
//!
//! Rule: `PowerPolicyOwner`. Advice.
//!
//! On Windows: the device stays in D0 while the system sleeps; the hub may refuse to go down, or the device loses what
//! it knew.
#![no_std]

use specimens::Specimen;

struct Driver;

impl Specimen for Driver {}

specimens::driver!(Driver);
