//! Does under Wine what the runner tells it.

fn main() {}
