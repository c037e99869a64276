/* usbfnioctl.h: wdk-sys includes it for function controllers and USB power management; the driver uses nothing from it. */
#pragma once
