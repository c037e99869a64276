//! The decisions of the driver, tested over a fake of the edge that records what it is asked to do.

mod add_device;
mod alternates;
mod bos;
mod capabilities;
mod descriptors;
mod dispatch;
mod events;
mod fake;
mod files;
mod gate;
mod isoch;
mod minors;
mod power;
mod power_irps;
mod recovery;
mod remove;
mod request;
mod start;
mod states;
mod streams;
mod strings;
mod transfer;
mod urb;
