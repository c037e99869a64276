//! A library for programs that use devices of usbclient.
