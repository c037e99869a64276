//! The USBD handle API as imports of usbdex.sys.
