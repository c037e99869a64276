//! Models of USB devices, polled against simulated time.
