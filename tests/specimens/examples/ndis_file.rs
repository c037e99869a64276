//! Reads a file during its initialisation, through the `ndis` kind of the handle registration layer.
//!
//! Rule: no rule. It opens, maps, reads, unmaps and closes as the pages say.
#![no_std]

use specimens::miniport::Miniport;

struct Driver;

impl Miniport for Driver {}

specimens::miniport!(Driver);
