//! The decisions of the usbclient driver: pure, no WDK, no unsafe code.
