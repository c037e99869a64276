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
mod policy;
mod power;
mod power_irps;
mod reader;
mod recovery;
mod remove;
mod request;
mod start;
mod states;
mod streams;
mod strings;
mod timeout;
mod transfer;
mod urb;
