//! Traces for people and for tools.

mod amount;
mod describe;
mod explain;
mod fold;
pub mod html;
mod json;
mod owner;
mod page;
mod power;
mod prepared;
mod summary;
mod timeline;
mod visible;

pub use amount::bytes;
pub use describe::{callback, describe};
pub use explain::{explain, history};
pub use json::{JsonError, read_json_lines, to_json_line, write_json_lines};
pub use owner::owners;
pub use summary::{Moved, Summary};
pub use timeline::{Detail, timeline};
