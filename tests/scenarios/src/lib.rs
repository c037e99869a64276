//! Scenarios played on the real usbclient.sys.
