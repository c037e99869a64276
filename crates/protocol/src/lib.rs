//! The device interface of usbclient: control codes, request and reply layouts.
