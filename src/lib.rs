//! A WDM USB client driver for Windows.
#![no_std]
