/*
 * usbclient.h: the device interface of usbclient, for C and C++.
 *
 * Made from the tables of crates/protocol; a test compares. Do not edit it.
 *
 * A program opens the device interface USBCLIENT_DEVICE_INTERFACE_GUID and sends these codes with DeviceIoControl:
 * the structure is the first buffer, data and replies are the second one. docs/interface.md tells the whole.
 *
 * The structures have no pointers and no padding, so that a 32-bit program sends the same bytes as a 64-bit one. All
 * numbers are little-endian. Fields have the names of docs/interface.md, but for class_ and interface_: class is a word of
 * C++, and the Windows headers define interface.
 */
#ifndef USBCLIENT_H
#define USBCLIENT_H

#include <stddef.h>
#include <stdint.h>

/* Stops the compiler if the condition is false. */
#define USBCLIENT_ASSERT(name, condition) typedef char usbclient_assert_##name[(condition) ? 1 : -1]

/* The initialiser of a GUID. */
#define USBCLIENT_DEVICE_INTERFACE_GUID \
    { 0x7D3C1B54, 0x90E6, 0x4A2F, { 0xB8, 0xC1, 0x5E, 0x0F, 0x6A, 0x94, 0xD2, 0x7B } }

/* The smallest target that is a handle. What is below is an endpoint address; zero is the default pipe. */
#define USBCLIENT_FIRST_HANDLE 0x100u

/* Control codes. */

/*
 * Reads the device descriptor that START read. Access: read; method: buffered. Input: none. Output:
 * the 18 bytes of the device descriptor.
 */
#define USBCLIENT_IOCTL_GET_DEVICE_DESCRIPTOR 0x8B5C6000u

/*
 * Reads the configuration descriptor that is selected. Access: read; method: buffered. Input: none.
 * Output: as many bytes as fit; bytes 2 and 3 (wTotalLength) tell how many there are.
 */
#define USBCLIENT_IOCTL_GET_CONFIGURATION_DESCRIPTOR 0x8B5C6004u

/*
 * Lists the pipes of the selected settings. Access: read; method: buffered. Input: none. Output:
 * USBCLIENT_PIPE_LIST_HEADER, then as many whole USBCLIENT_PIPE_ENTRY as fit.
 */
#define USBCLIENT_IOCTL_GET_PIPES 0x8B5C6008u

/*
 * Lists the interfaces of the configuration, and who has claimed them. Access: read; method:
 * buffered. Input: none. Output: USBCLIENT_COUNT, then as many whole USBCLIENT_INTERFACE_ENTRY as
 * fit.
 */
#define USBCLIENT_IOCTL_GET_INTERFACES 0x8B5C600Cu

/*
 * Tells speed, capabilities and limits. Access: read; method: buffered. Input: none. Output:
 * USBCLIENT_DEVICE_INFO.
 */
#define USBCLIENT_IOCTL_GET_DEVICE_INFO 0x8B5C6010u

/*
 * Asks the device for any descriptor. Access: read; method: out direct. Input:
 * USBCLIENT_DESCRIPTOR_REQUEST. Output: data: the descriptor, as many bytes as fit.
 */
#define USBCLIENT_IOCTL_GET_DESCRIPTOR 0x8B5C6016u

/*
 * Tells the number of the present frame. Access: read; method: buffered. Input: none. Output:
 * USBCLIENT_FRAME_NUMBER.
 */
#define USBCLIENT_IOCTL_GET_FRAME_NUMBER 0x8B5C6018u

/*
 * A control transfer whose data comes from the device. Access: read; method: out direct. Input:
 * USBCLIENT_CONTROL_TRANSFER. Output: data: wLength bytes at most come from the device.
 */
#define USBCLIENT_IOCTL_CONTROL_IN 0x8B5C6042u

/*
 * A control transfer whose data goes to the device, or that has none. Access: write; method: in
 * direct. Input: USBCLIENT_CONTROL_TRANSFER. Output: data: wLength bytes go to the device.
 */
#define USBCLIENT_IOCTL_CONTROL_OUT 0x8B5CA045u

/*
 * Reads from a bulk or interrupt IN endpoint, or from a stream of one. Access: read; method: out
 * direct. Input: USBCLIENT_PIPE_TRANSFER. Output: data: what the device sends; a short packet ends
 * it.
 */
#define USBCLIENT_IOCTL_PIPE_READ 0x8B5C6082u

/*
 * Writes to a bulk or interrupt OUT endpoint, or to a stream of one. Access: write; method: in
 * direct. Input: USBCLIENT_PIPE_TRANSFER. Output: data: what goes to the device; no bytes is a
 * zero-length packet.
 */
#define USBCLIENT_IOCTL_PIPE_WRITE 0x8B5CA085u

/*
 * Reads from an isochronous IN endpoint. Access: read; method: out direct. Input:
 * USBCLIENT_ISOCH_TRANSFER. Output: data, then USBCLIENT_ISOCH_RESULT and the packets' results.
 */
#define USBCLIENT_IOCTL_ISOCH_READ 0x8B5C608Au

/*
 * Writes to an isochronous OUT endpoint. Access: write; method: out direct. Input:
 * USBCLIENT_ISOCH_TRANSFER. Output: data, then USBCLIENT_ISOCH_RESULT and the packets' results.
 */
#define USBCLIENT_IOCTL_ISOCH_WRITE 0x8B5CA08Eu

/*
 * Keeps reads outstanding on an interrupt or bulk IN pipe, into a ring; `PIPE_READ` takes out of
 * it. Access: read; method: buffered. Input: USBCLIENT_READER_START. Output: none.
 */
#define USBCLIENT_IOCTL_START_READER 0x8B5C60A0u

/*
 * Ends continuous reading; what the ring holds is lost. Access: read; method: buffered. Input:
 * USBCLIENT_PIPE_SELECT. Output: none.
 */
#define USBCLIENT_IOCTL_STOP_READER 0x8B5C60A4u

/*
 * Tells how continuous reading goes. Access: read; method: buffered. Input: USBCLIENT_PIPE_SELECT.
 * Output: USBCLIENT_READER_STATE.
 */
#define USBCLIENT_IOCTL_GET_READER_STATE 0x8B5C60A8u

/*
 * Cancels everything that is in flight on a pipe, whoever sent it. Access: write; method: buffered.
 * Input: USBCLIENT_PIPE_SELECT. Output: none.
 */
#define USBCLIENT_IOCTL_ABORT_PIPE 0x8B5CA0C0u

/*
 * Cancels what is in flight on the pipe, clears a halt of the endpoint and resets its data toggle
 * on both sides. Access: write; method: buffered. Input: USBCLIENT_PIPE_SELECT. Output: none.
 */
#define USBCLIENT_IOCTL_RESET_PIPE 0x8B5CA0C4u

/*
 * Drops what was received on an IN pipe and not yet read. Access: read; method: buffered. Input:
 * USBCLIENT_PIPE_SELECT. Output: none.
 */
#define USBCLIENT_IOCTL_FLUSH_PIPE 0x8B5C60C8u

/* Changes a policy. Access: write; method: buffered. Input: USBCLIENT_POLICY_SET. Output: none. */
#define USBCLIENT_IOCTL_SET_POLICY 0x8B5CA0CCu

/*
 * Tells a policy. Access: read; method: buffered. Input: USBCLIENT_POLICY_GET. Output:
 * USBCLIENT_POLICY_VALUE.
 */
#define USBCLIENT_IOCTL_GET_POLICY 0x8B5C60D0u

/*
 * Opens the streams of a bulk endpoint. From then on the endpoint's own pipe takes no transfers.
 * Access: write; method: buffered. Input: USBCLIENT_STREAMS_OPEN. Output: USBCLIENT_COUNT, then a
 * USBCLIENT_STREAM_HANDLE for each stream.
 */
#define USBCLIENT_IOCTL_OPEN_STREAMS 0x8B5CA0E0u

/*
 * Closes all streams of an endpoint; their handles are stale then. Access: write; method: buffered.
 * Input: USBCLIENT_PIPE_SELECT. Output: none.
 */
#define USBCLIENT_IOCTL_CLOSE_STREAMS 0x8B5CA0E4u

/*
 * Claims an interface for this file: others cannot use its pipes, nor send control transfers to it
 * or to its endpoints. Ends with the handle, and with the file. The same file gets the same handle
 * again. Access: write; method: buffered. Input: USBCLIENT_INTERFACE_SELECT. Output:
 * USBCLIENT_HANDLE_REPLY.
 */
#define USBCLIENT_IOCTL_CLAIM_INTERFACE 0x8B5CA100u

/*
 * Opens a pipe of an interface that this file has claimed. Its handle is stale when another setting
 * is selected, also if that has the same endpoint; it survives a stop of the device. Access: read;
 * method: buffered. Input: USBCLIENT_PIPE_OPEN. Output: USBCLIENT_HANDLE_REPLY.
 */
#define USBCLIENT_IOCTL_OPEN_PIPE 0x8B5C6104u

/*
 * Gives a handle back; an interface's handle gives the claim and its pipes' handles back. Access:
 * read; method: buffered. Input: USBCLIENT_HANDLE_SELECT. Output: none.
 */
#define USBCLIENT_IOCTL_CLOSE_HANDLE 0x8B5C6108u

/*
 * Restricts this file for ever: it may do what it could do before and is named here. Requests that
 * only tell what the driver knows, and `CLOSE_HANDLE`, are always allowed. Access: read; method:
 * buffered. Input: USBCLIENT_DROP_PRIVILEGES. Output: none.
 */
#define USBCLIENT_IOCTL_DROP_PRIVILEGES 0x8B5C610Cu

/*
 * Cancels everything and selects a configuration; every pipe is new then. If that fails the old one
 * is selected again. Access: write; method: buffered. Input: USBCLIENT_CONFIGURATION_SELECT.
 * Output: none.
 */
#define USBCLIENT_IOCTL_SELECT_CONFIGURATION 0x8B5CA140u

/*
 * Cancels what is in flight on the interface's pipes and selects an alternate setting; the pipes
 * are new then. If that fails the old setting is selected again, and if that fails too, the
 * interface has no pipes until one is selected. Access: write; method: buffered. Input:
 * USBCLIENT_SETTING_SELECT. Output: none.
 */
#define USBCLIENT_IOCTL_SELECT_INTERFACE 0x8B5CA144u

/*
 * Cancels everything and resets the device; the configuration and the pipes stay. A composite
 * device is reset whole. Access: write; method: buffered. Input: none. Output: none.
 */
#define USBCLIENT_IOCTL_RESET_PORT 0x8B5CA148u

/*
 * Cancels everything and makes the device appear anew, as if it were unplugged and plugged in.
 * Access: write; method: buffered. Input: none. Output: none.
 */
#define USBCLIENT_IOCTL_CYCLE_PORT 0x8B5CA14Cu

/* Bits of `IsochTransfer::flags`. */
/*
 * Start as soon as possible: `start_frame` is ignored. The first transfer on a pipe begins in the
 * next frame that the host controller can reach; each further one in the frame after the last that
 * was submitted. Keep two or more in flight, of a few milliseconds each: a transfer that is
 * submitted after the frames of the one before have passed has lost its packets
 * (`USBD_STATUS_ISO_NOT_ACCESSED_LATE`). After 1024 frames without a transfer the pipe begins anew.
 */
#define USBCLIENT_ISOCH_FLAG_AS_SOON_AS_POSSIBLE 0x1u

/* Bits of `ReaderStart::flags`. */
/*
 * A full ring drops its oldest data. Without it the driver stops asking the device until there is
 * room, so that nothing is lost.
 */
#define USBCLIENT_READER_FLAG_DROP_OLDEST 0x1u

/* Values of `ReaderState::phase`. */
/*
 * The pipe has no reader: never, or it was stopped or aborted, its file was closed, a setting was
 * selected.
 */
#define USBCLIENT_READER_PHASE_NONE 0x0u
/*
 * Reads are outstanding. They do not keep the device from being suspended; a `PIPE_READ` that waits
 * does.
 */
#define USBCLIENT_READER_PHASE_RUNNING 0x1u
/*
 * No read is outstanding: the ring is full, the device sleeps, or a halt is being cleared by
 * `AUTO_CLEAR_STALL`. It goes on by itself.
 */
#define USBCLIENT_READER_PHASE_PAUSED 0x2u
/* The pipe failed: see `last_error`. What the ring holds can still be read. */
#define USBCLIENT_READER_PHASE_FAILED 0x3u

/*
 * What can be set. The numbers are those of WinUSB's policies. Page:
 * <https://learn.microsoft.com/windows-hardware/drivers/usbcon/winusb-functions-for-pipe-policy-modification>
 */
/*
 * OUT: a write that is a multiple of the packet size ends with a zero-length packet. 0 or 1; 0 at
 * first.
 */
#define USBCLIENT_POLICY_SHORT_PACKET_TERMINATE 0x1u
/* A halted pipe is reset before the request that met the halt is completed. 0 or 1; 0 at first. */
#define USBCLIENT_POLICY_AUTO_CLEAR_STALL 0x2u
/*
 * Milliseconds until a request that names no timeout is given up; 0: never. 0 at first, 5000 for
 * the default pipe.
 */
#define USBCLIENT_POLICY_PIPE_TRANSFER_TIMEOUT 0x3u
/*
 * IN: a short packet does not end a read; it goes on until the buffer is full or, without
 * `ALLOW_PARTIAL_READS`, has no room for a whole packet. 0 or 1; 0 at first.
 */
#define USBCLIENT_POLICY_IGNORE_SHORT_PACKETS 0x4u
/*
 * IN: reads need not be a multiple of the packet size. What does not fit is kept for the next read,
 * or dropped: see `AUTO_FLUSH`. What is left over of a short packet ends the read that gets it, as
 * the packet would. Not for streams. 0 or 1; 0 at first.
 */
#define USBCLIENT_POLICY_ALLOW_PARTIAL_READS 0x5u
/* IN: with `ALLOW_PARTIAL_READS`, what does not fit is dropped. 0 or 1; 0 at first. */
#define USBCLIENT_POLICY_AUTO_FLUSH 0x6u
/*
 * IN: requests are neither split nor copied: each must be a multiple of the packet size and no
 * longer than `MAXIMUM_TRANSFER_SIZE`. 0 or 1; 0 at first.
 */
#define USBCLIENT_POLICY_RAW_IO 0x7u
/* Bytes that go to the bus as one transfer. Cannot be set. */
#define USBCLIENT_POLICY_MAXIMUM_TRANSFER_SIZE 0x8u
/* The pipe is reset when the device comes back to full power. 0 or 1; 0 at first. */
#define USBCLIENT_POLICY_RESET_PIPE_ON_RESUME 0x9u
/* The device (target 0) is suspended when it is idle. 0 or 1; the INF says what at first. */
#define USBCLIENT_POLICY_AUTO_SUSPEND 0x81u
/* Milliseconds without a request until the device (target 0) is suspended. */
#define USBCLIENT_POLICY_SUSPEND_DELAY 0x83u

/* Values of `InterfaceEntry::claim`. */
/* Nobody has claimed the interface. */
#define USBCLIENT_CLAIM_FREE 0x0u
/* This file has. */
#define USBCLIENT_CLAIM_MINE 0x1u
/* Another file has. */
#define USBCLIENT_CLAIM_OTHER 0x2u

/* Bits of `DeviceInfo::capabilities`. */
/* Buffers of several pieces go down as they are. */
#define USBCLIENT_CAPABILITY_CHAINED_MDLS 0x1u
/* Bulk streams can be opened. */
#define USBCLIENT_CAPABILITY_STREAMS 0x2u
/* The device can be suspended while the system works. */
#define USBCLIENT_CAPABILITY_SELECTIVE_SUSPEND 0x4u
/*
 * It is one function of a composite device: it has a part of the configuration, and another cannot
 * be selected.
 */
#define USBCLIENT_CAPABILITY_IS_FUNCTION 0x8u

/* Bits of `DropPrivileges::operations`: what the file may go on doing. */
/* Reads: bulk, interrupt, isochronous, streams, and reading continuously. */
#define USBCLIENT_OPERATION_READ 0x1u
/* Writes: bulk, interrupt, isochronous, streams. */
#define USBCLIENT_OPERATION_WRITE 0x2u
/* Control transfers, and descriptors that are asked from the device. */
#define USBCLIENT_OPERATION_CONTROL 0x4u
/* Aborting, resetting and flushing pipes, and their policies. */
#define USBCLIENT_OPERATION_PIPES 0x8u
/* Claiming interfaces, and opening their pipes. */
#define USBCLIENT_OPERATION_CLAIM 0x10u
/* Selecting alternate settings and configurations, opening and closing streams. */
#define USBCLIENT_OPERATION_CONFIGURE 0x20u
/* Resetting and cycling the port. */
#define USBCLIENT_OPERATION_RESET 0x40u
/* The device's own policies. */
#define USBCLIENT_OPERATION_POWER 0x80u
/* Everything. */
#define USBCLIENT_OPERATION_ALL 0xFFu

/*
 * The eight bytes that start a control transfer. Page:
 * <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-control-transfer>
 */
typedef struct USBCLIENT_SETUP_PACKET {
    /*
     * `bmRequestType`: direction (bit 7, set: from the device), type (bits 5 and 6), recipient
     * (bits 0 to 4).
     */
    uint8_t request_type;
    /*
     * `bRequest`
     */
    uint8_t request;
    /*
     * `wValue`
     */
    uint16_t value;
    /*
     * `wIndex`
     */
    uint16_t index;
    /*
     * `wLength`: bytes of the data stage.
     */
    uint16_t length;
} USBCLIENT_SETUP_PACKET;

USBCLIENT_ASSERT(SetupPacket, sizeof(USBCLIENT_SETUP_PACKET) == 8);
USBCLIENT_ASSERT(SetupPacket_request_type, offsetof(USBCLIENT_SETUP_PACKET, request_type) == 0);
USBCLIENT_ASSERT(SetupPacket_request, offsetof(USBCLIENT_SETUP_PACKET, request) == 1);
USBCLIENT_ASSERT(SetupPacket_value, offsetof(USBCLIENT_SETUP_PACKET, value) == 2);
USBCLIENT_ASSERT(SetupPacket_index, offsetof(USBCLIENT_SETUP_PACKET, index) == 4);
USBCLIENT_ASSERT(SetupPacket_length, offsetof(USBCLIENT_SETUP_PACKET, length) == 6);

/* Input of `CONTROL_IN` and `CONTROL_OUT`. */
typedef struct USBCLIENT_CONTROL_TRANSFER {
    /*
     * What goes over the wire first.
     */
    USBCLIENT_SETUP_PACKET setup;
    /*
     * Milliseconds until the transfer is given up; zero: as the policy of the default pipe says,
     * which is 5000 unless it was changed.
     */
    uint32_t timeout_ms;
    /*
     * Must be zero.
     */
    uint32_t reserved;
} USBCLIENT_CONTROL_TRANSFER;

USBCLIENT_ASSERT(ControlTransfer, sizeof(USBCLIENT_CONTROL_TRANSFER) == 16);
USBCLIENT_ASSERT(ControlTransfer_setup, offsetof(USBCLIENT_CONTROL_TRANSFER, setup) == 0);
USBCLIENT_ASSERT(ControlTransfer_timeout_ms, offsetof(USBCLIENT_CONTROL_TRANSFER, timeout_ms) == 8);
USBCLIENT_ASSERT(ControlTransfer_reserved, offsetof(USBCLIENT_CONTROL_TRANSFER, reserved) == 12);

/* Input of `PIPE_READ` and `PIPE_WRITE`. */
typedef struct USBCLIENT_PIPE_TRANSFER {
    /*
     * A pipe's or a stream's handle; or an endpoint address (`bEndpointAddress`: number in bits 0
     * to 3, bit 7 set for IN), which means the pipe that the endpoint has now.
     */
    uint32_t target;
    /*
     * No flag is defined yet: must be zero.
     */
    uint32_t flags;
    /*
     * Milliseconds until the transfer is given up; zero: as the pipe's policy says.
     */
    uint32_t timeout_ms;
    /*
     * Must be zero.
     */
    uint32_t reserved;
} USBCLIENT_PIPE_TRANSFER;

USBCLIENT_ASSERT(PipeTransfer, sizeof(USBCLIENT_PIPE_TRANSFER) == 16);
USBCLIENT_ASSERT(PipeTransfer_target, offsetof(USBCLIENT_PIPE_TRANSFER, target) == 0);
USBCLIENT_ASSERT(PipeTransfer_flags, offsetof(USBCLIENT_PIPE_TRANSFER, flags) == 4);
USBCLIENT_ASSERT(PipeTransfer_timeout_ms, offsetof(USBCLIENT_PIPE_TRANSFER, timeout_ms) == 8);
USBCLIENT_ASSERT(PipeTransfer_reserved, offsetof(USBCLIENT_PIPE_TRANSFER, reserved) == 12);

/*
 * Which pipe is meant. Input of `ABORT_PIPE`, `RESET_PIPE`, `FLUSH_PIPE`, `CLOSE_STREAMS`,
 * `STOP_READER` and `GET_READER_STATE`.
 */
typedef struct USBCLIENT_PIPE_SELECT {
    /*
     * A pipe's handle, or an endpoint address (`bEndpointAddress`).
     */
    uint32_t target;
} USBCLIENT_PIPE_SELECT;

USBCLIENT_ASSERT(PipeSelect, sizeof(USBCLIENT_PIPE_SELECT) == 4);
USBCLIENT_ASSERT(PipeSelect_target, offsetof(USBCLIENT_PIPE_SELECT, target) == 0);

/*
 * Input of `ISOCH_READ` and `ISOCH_WRITE`, followed by `packet_count` of `IsochPacket`. The second
 * buffer holds `data_length` bytes of data; then, at the next multiple of 8, `IsochResult` and
 * `packet_count` of `IsochPacketResult`, which the driver writes when the transfer has ended.
 */
typedef struct USBCLIENT_ISOCH_TRANSFER {
    /*
     * A pipe's handle, or an endpoint address.
     */
    uint32_t target;
    /*
     * Bits of `isoch_flag`; others must be zero.
     */
    uint32_t flags;
    /*
     * The frame in which the first packet goes, unless it starts as soon as possible.
     */
    uint32_t start_frame;
    /*
     * How many packets; at high speed and above a multiple of 8 divided by the period in
     * microframes.
     */
    uint32_t packet_count;
    /*
     * Bytes of data in the second buffer.
     */
    uint32_t data_length;
    /*
     * Must be zero.
     */
    uint32_t reserved;
} USBCLIENT_ISOCH_TRANSFER;

USBCLIENT_ASSERT(IsochTransfer, sizeof(USBCLIENT_ISOCH_TRANSFER) == 24);
USBCLIENT_ASSERT(IsochTransfer_target, offsetof(USBCLIENT_ISOCH_TRANSFER, target) == 0);
USBCLIENT_ASSERT(IsochTransfer_flags, offsetof(USBCLIENT_ISOCH_TRANSFER, flags) == 4);
USBCLIENT_ASSERT(IsochTransfer_start_frame, offsetof(USBCLIENT_ISOCH_TRANSFER, start_frame) == 8);
USBCLIENT_ASSERT(IsochTransfer_packet_count, offsetof(USBCLIENT_ISOCH_TRANSFER, packet_count) == 12);
USBCLIENT_ASSERT(IsochTransfer_data_length, offsetof(USBCLIENT_ISOCH_TRANSFER, data_length) == 16);
USBCLIENT_ASSERT(IsochTransfer_reserved, offsetof(USBCLIENT_ISOCH_TRANSFER, reserved) == 20);

/* One packet of an isochronous transfer. */
typedef struct USBCLIENT_ISOCH_PACKET {
    /*
     * Bytes from the start of the data; packets do not overlap and come in order.
     */
    uint32_t offset;
    /*
     * Bytes: to send, or at most to receive. A packet reaches to the next one's offset, the last
     * one to the end of the data.
     */
    uint32_t length;
} USBCLIENT_ISOCH_PACKET;

USBCLIENT_ASSERT(IsochPacket, sizeof(USBCLIENT_ISOCH_PACKET) == 8);
USBCLIENT_ASSERT(IsochPacket_offset, offsetof(USBCLIENT_ISOCH_PACKET, offset) == 0);
USBCLIENT_ASSERT(IsochPacket_length, offsetof(USBCLIENT_ISOCH_PACKET, length) == 4);

/* How an isochronous transfer ended. */
typedef struct USBCLIENT_ISOCH_RESULT {
    /*
     * The frame in which the first packet went.
     */
    uint32_t start_frame;
    /*
     * Packets with an error.
     */
    uint32_t error_count;
    /*
     * How many `IsochPacketResult` follow.
     */
    uint32_t packet_count;
    /*
     * Zero.
     */
    uint32_t reserved;
} USBCLIENT_ISOCH_RESULT;

USBCLIENT_ASSERT(IsochResult, sizeof(USBCLIENT_ISOCH_RESULT) == 16);
USBCLIENT_ASSERT(IsochResult_start_frame, offsetof(USBCLIENT_ISOCH_RESULT, start_frame) == 0);
USBCLIENT_ASSERT(IsochResult_error_count, offsetof(USBCLIENT_ISOCH_RESULT, error_count) == 4);
USBCLIENT_ASSERT(IsochResult_packet_count, offsetof(USBCLIENT_ISOCH_RESULT, packet_count) == 8);
USBCLIENT_ASSERT(IsochResult_reserved, offsetof(USBCLIENT_ISOCH_RESULT, reserved) == 12);

/* How one packet ended. */
typedef struct USBCLIENT_ISOCH_PACKET_RESULT {
    /*
     * Bytes that moved.
     */
    uint32_t length;
    /*
     * The `USBD_STATUS` of the packet; zero is success.
     */
    uint32_t status;
} USBCLIENT_ISOCH_PACKET_RESULT;

USBCLIENT_ASSERT(IsochPacketResult, sizeof(USBCLIENT_ISOCH_PACKET_RESULT) == 8);
USBCLIENT_ASSERT(IsochPacketResult_length, offsetof(USBCLIENT_ISOCH_PACKET_RESULT, length) == 0);
USBCLIENT_ASSERT(IsochPacketResult_status, offsetof(USBCLIENT_ISOCH_PACKET_RESULT, status) == 4);

/* Input of `OPEN_STREAMS`. */
typedef struct USBCLIENT_STREAMS_OPEN {
    /*
     * A bulk pipe's handle, or its endpoint address.
     */
    uint32_t target;
    /*
     * How many streams are wanted; at most `max_streams` of the pipe.
     */
    uint32_t count;
} USBCLIENT_STREAMS_OPEN;

USBCLIENT_ASSERT(StreamsOpen, sizeof(USBCLIENT_STREAMS_OPEN) == 8);
USBCLIENT_ASSERT(StreamsOpen_target, offsetof(USBCLIENT_STREAMS_OPEN, target) == 0);
USBCLIENT_ASSERT(StreamsOpen_count, offsetof(USBCLIENT_STREAMS_OPEN, count) == 4);

/* One stream in the reply of `OPEN_STREAMS`, which starts with `Count`. The first is stream 1. */
typedef struct USBCLIENT_STREAM_HANDLE {
    /*
     * The target of the stream's transfers.
     */
    uint32_t handle;
} USBCLIENT_STREAM_HANDLE;

USBCLIENT_ASSERT(StreamHandle, sizeof(USBCLIENT_STREAM_HANDLE) == 4);
USBCLIENT_ASSERT(StreamHandle_handle, offsetof(USBCLIENT_STREAM_HANDLE, handle) == 0);

/* Input of `START_READER`. */
typedef struct USBCLIENT_READER_START {
    /*
     * An interrupt or bulk IN pipe's handle, or its endpoint address.
     */
    uint32_t target;
    /*
     * Bytes of one read: a multiple of the packet size, at most 1 MiB and one transfer.
     */
    uint32_t transfer_length;
    /*
     * How many reads are outstanding at a time: 1 to 64.
     */
    uint32_t transfer_count;
    /*
     * Bytes that the ring holds if reads come full: at least one read's, at most 16 MiB. Each short
     * read takes four bytes more.
     */
    uint32_t ring_length;
    /*
     * Bits of `reader_flag`; others must be zero.
     */
    uint32_t flags;
    /*
     * Must be zero.
     */
    uint32_t reserved;
} USBCLIENT_READER_START;

USBCLIENT_ASSERT(ReaderStart, sizeof(USBCLIENT_READER_START) == 24);
USBCLIENT_ASSERT(ReaderStart_target, offsetof(USBCLIENT_READER_START, target) == 0);
USBCLIENT_ASSERT(ReaderStart_transfer_length, offsetof(USBCLIENT_READER_START, transfer_length) == 4);
USBCLIENT_ASSERT(ReaderStart_transfer_count, offsetof(USBCLIENT_READER_START, transfer_count) == 8);
USBCLIENT_ASSERT(ReaderStart_ring_length, offsetof(USBCLIENT_READER_START, ring_length) == 12);
USBCLIENT_ASSERT(ReaderStart_flags, offsetof(USBCLIENT_READER_START, flags) == 16);
USBCLIENT_ASSERT(ReaderStart_reserved, offsetof(USBCLIENT_READER_START, reserved) == 20);

/* Reply of `GET_READER_STATE`. */
typedef struct USBCLIENT_READER_STATE {
    /*
     * One of `reader_phase`.
     */
    uint32_t phase;
    /*
     * Bytes in the ring.
     */
    uint32_t waiting;
    /*
     * Bytes that came from the device.
     */
    uint64_t received;
    /*
     * Bytes that were dropped because the ring was full.
     */
    uint64_t dropped;
    /*
     * How often the ring was full.
     */
    uint32_t overflows;
    /*
     * How often reading failed: several reads may meet one halt.
     */
    uint32_t errors;
    /*
     * NTSTATUS of the last failure; zero: none.
     */
    uint32_t last_error;
    /*
     * Zero.
     */
    uint32_t reserved;
} USBCLIENT_READER_STATE;

USBCLIENT_ASSERT(ReaderState, sizeof(USBCLIENT_READER_STATE) == 40);
USBCLIENT_ASSERT(ReaderState_phase, offsetof(USBCLIENT_READER_STATE, phase) == 0);
USBCLIENT_ASSERT(ReaderState_waiting, offsetof(USBCLIENT_READER_STATE, waiting) == 4);
USBCLIENT_ASSERT(ReaderState_received, offsetof(USBCLIENT_READER_STATE, received) == 8);
USBCLIENT_ASSERT(ReaderState_dropped, offsetof(USBCLIENT_READER_STATE, dropped) == 16);
USBCLIENT_ASSERT(ReaderState_overflows, offsetof(USBCLIENT_READER_STATE, overflows) == 24);
USBCLIENT_ASSERT(ReaderState_errors, offsetof(USBCLIENT_READER_STATE, errors) == 28);
USBCLIENT_ASSERT(ReaderState_last_error, offsetof(USBCLIENT_READER_STATE, last_error) == 32);
USBCLIENT_ASSERT(ReaderState_reserved, offsetof(USBCLIENT_READER_STATE, reserved) == 36);

/* Input of `GET_POLICY`. */
typedef struct USBCLIENT_POLICY_GET {
    /*
     * A pipe's handle or endpoint address; zero: the default pipe and the device.
     */
    uint32_t target;
    /*
     * One of `policy`.
     */
    uint32_t policy;
} USBCLIENT_POLICY_GET;

USBCLIENT_ASSERT(PolicyGet, sizeof(USBCLIENT_POLICY_GET) == 8);
USBCLIENT_ASSERT(PolicyGet_target, offsetof(USBCLIENT_POLICY_GET, target) == 0);
USBCLIENT_ASSERT(PolicyGet_policy, offsetof(USBCLIENT_POLICY_GET, policy) == 4);

/* Input of `SET_POLICY`. */
typedef struct USBCLIENT_POLICY_SET {
    /*
     * A pipe's handle or endpoint address; zero: the default pipe and the device.
     */
    uint32_t target;
    /*
     * One of `policy`.
     */
    uint32_t policy;
    /*
     * What is set.
     */
    uint32_t value;
} USBCLIENT_POLICY_SET;

USBCLIENT_ASSERT(PolicySet, sizeof(USBCLIENT_POLICY_SET) == 12);
USBCLIENT_ASSERT(PolicySet_target, offsetof(USBCLIENT_POLICY_SET, target) == 0);
USBCLIENT_ASSERT(PolicySet_policy, offsetof(USBCLIENT_POLICY_SET, policy) == 4);
USBCLIENT_ASSERT(PolicySet_value, offsetof(USBCLIENT_POLICY_SET, value) == 8);

/* Reply of `GET_POLICY`. */
typedef struct USBCLIENT_POLICY_VALUE {
    /*
     * What is set.
     */
    uint32_t value;
} USBCLIENT_POLICY_VALUE;

USBCLIENT_ASSERT(PolicyValue, sizeof(USBCLIENT_POLICY_VALUE) == 4);
USBCLIENT_ASSERT(PolicyValue_value, offsetof(USBCLIENT_POLICY_VALUE, value) == 0);

/* The start of the reply of `GET_PIPES`. */
typedef struct USBCLIENT_PIPE_LIST_HEADER {
    /*
     * How many pipes there are, also when fewer entries fitted.
     */
    uint32_t count;
} USBCLIENT_PIPE_LIST_HEADER;

USBCLIENT_ASSERT(PipeListHeader, sizeof(USBCLIENT_PIPE_LIST_HEADER) == 4);
USBCLIENT_ASSERT(PipeListHeader_count, offsetof(USBCLIENT_PIPE_LIST_HEADER, count) == 0);

/* One pipe in the reply of `GET_PIPES`. */
typedef struct USBCLIENT_PIPE_ENTRY {
    /*
     * `bInterfaceNumber` of the interface that the endpoint belongs to.
     */
    uint8_t interface_;
    /*
     * `bEndpointAddress`.
     */
    uint8_t endpoint;
    /*
     * `bmAttributes`.
     */
    uint8_t attributes;
    /*
     * `bInterval`.
     */
    uint8_t interval;
    /*
     * `wMaxPacketSize`: bytes of one packet in bits 0 to 10, additional transactions per microframe
     * in bits 11 and 12.
     */
    uint16_t max_packet_size;
    /*
     * `bAlternateSetting` that the endpoint belongs to.
     */
    uint8_t alternate;
    /*
     * `bMaxBurst` of a `SuperSpeed` endpoint's companion: packets of a burst, less one.
     */
    uint8_t max_burst;
    /*
     * Bytes that go to the bus as one transfer; longer requests are split by the driver.
     */
    uint32_t max_transfer_size;
    /*
     * Streams that can be opened; zero: none.
     */
    uint16_t max_streams;
    /*
     * Zero.
     */
    uint16_t reserved;
} USBCLIENT_PIPE_ENTRY;

USBCLIENT_ASSERT(PipeEntry, sizeof(USBCLIENT_PIPE_ENTRY) == 16);
USBCLIENT_ASSERT(PipeEntry_interface_, offsetof(USBCLIENT_PIPE_ENTRY, interface_) == 0);
USBCLIENT_ASSERT(PipeEntry_endpoint, offsetof(USBCLIENT_PIPE_ENTRY, endpoint) == 1);
USBCLIENT_ASSERT(PipeEntry_attributes, offsetof(USBCLIENT_PIPE_ENTRY, attributes) == 2);
USBCLIENT_ASSERT(PipeEntry_interval, offsetof(USBCLIENT_PIPE_ENTRY, interval) == 3);
USBCLIENT_ASSERT(PipeEntry_max_packet_size, offsetof(USBCLIENT_PIPE_ENTRY, max_packet_size) == 4);
USBCLIENT_ASSERT(PipeEntry_alternate, offsetof(USBCLIENT_PIPE_ENTRY, alternate) == 6);
USBCLIENT_ASSERT(PipeEntry_max_burst, offsetof(USBCLIENT_PIPE_ENTRY, max_burst) == 7);
USBCLIENT_ASSERT(PipeEntry_max_transfer_size, offsetof(USBCLIENT_PIPE_ENTRY, max_transfer_size) == 8);
USBCLIENT_ASSERT(PipeEntry_max_streams, offsetof(USBCLIENT_PIPE_ENTRY, max_streams) == 12);
USBCLIENT_ASSERT(PipeEntry_reserved, offsetof(USBCLIENT_PIPE_ENTRY, reserved) == 14);

/* The start of a reply that is a list: of `GET_INTERFACES` and of `OPEN_STREAMS`. */
typedef struct USBCLIENT_COUNT {
    /*
     * How many entries there are, also when fewer fitted.
     */
    uint32_t count;
} USBCLIENT_COUNT;

USBCLIENT_ASSERT(Count, sizeof(USBCLIENT_COUNT) == 4);
USBCLIENT_ASSERT(Count_count, offsetof(USBCLIENT_COUNT, count) == 0);

/* One interface in the reply of `GET_INTERFACES`, which starts with `Count`. */
typedef struct USBCLIENT_INTERFACE_ENTRY {
    /*
     * `bInterfaceNumber`
     */
    uint8_t number;
    /*
     * `bAlternateSetting` of the setting that is selected.
     */
    uint8_t alternate;
    /*
     * How many settings the interface has.
     */
    uint8_t alternate_count;
    /*
     * `bNumEndpoints` of the setting that is selected.
     */
    uint8_t endpoint_count;
    /*
     * `bInterfaceClass`
     */
    uint8_t class_;
    /*
     * `bInterfaceSubClass`
     */
    uint8_t subclass;
    /*
     * `bInterfaceProtocol`
     */
    uint8_t protocol;
    /*
     * One of `claim`.
     */
    uint8_t claim;
} USBCLIENT_INTERFACE_ENTRY;

USBCLIENT_ASSERT(InterfaceEntry, sizeof(USBCLIENT_INTERFACE_ENTRY) == 8);
USBCLIENT_ASSERT(InterfaceEntry_number, offsetof(USBCLIENT_INTERFACE_ENTRY, number) == 0);
USBCLIENT_ASSERT(InterfaceEntry_alternate, offsetof(USBCLIENT_INTERFACE_ENTRY, alternate) == 1);
USBCLIENT_ASSERT(InterfaceEntry_alternate_count, offsetof(USBCLIENT_INTERFACE_ENTRY, alternate_count) == 2);
USBCLIENT_ASSERT(InterfaceEntry_endpoint_count, offsetof(USBCLIENT_INTERFACE_ENTRY, endpoint_count) == 3);
USBCLIENT_ASSERT(InterfaceEntry_class_, offsetof(USBCLIENT_INTERFACE_ENTRY, class_) == 4);
USBCLIENT_ASSERT(InterfaceEntry_subclass, offsetof(USBCLIENT_INTERFACE_ENTRY, subclass) == 5);
USBCLIENT_ASSERT(InterfaceEntry_protocol, offsetof(USBCLIENT_INTERFACE_ENTRY, protocol) == 6);
USBCLIENT_ASSERT(InterfaceEntry_claim, offsetof(USBCLIENT_INTERFACE_ENTRY, claim) == 7);

/* Reply of `GET_DEVICE_INFO`. */
typedef struct USBCLIENT_DEVICE_INFO {
    /*
     * The version of this interface: 1.
     */
    uint32_t version;
    /*
     * 0 low, 1 full, 2 high, 3 super speed. A hint of the USB driver stack.
     */
    uint8_t speed;
    /*
     * `bConfigurationValue` of the configuration that is selected.
     */
    uint8_t configuration;
    /*
     * How many interfaces it has.
     */
    uint8_t interface_count;
    /*
     * How many configurations the device has.
     */
    uint8_t configuration_count;
    /*
     * Bits of `capability`.
     */
    uint16_t capabilities;
    /*
     * Streams that the controller offers per endpoint.
     */
    uint16_t max_streams;
    /*
     * Bytes of one control transfer at most.
     */
    uint32_t control_maximum;
    /*
     * `idVendor`
     */
    uint16_t vendor;
    /*
     * `idProduct`
     */
    uint16_t product;
    /*
     * `bcdDevice`
     */
    uint16_t release;
    /*
     * `bcdUSB`
     */
    uint16_t usb;
} USBCLIENT_DEVICE_INFO;

USBCLIENT_ASSERT(DeviceInfo, sizeof(USBCLIENT_DEVICE_INFO) == 24);
USBCLIENT_ASSERT(DeviceInfo_version, offsetof(USBCLIENT_DEVICE_INFO, version) == 0);
USBCLIENT_ASSERT(DeviceInfo_speed, offsetof(USBCLIENT_DEVICE_INFO, speed) == 4);
USBCLIENT_ASSERT(DeviceInfo_configuration, offsetof(USBCLIENT_DEVICE_INFO, configuration) == 5);
USBCLIENT_ASSERT(DeviceInfo_interface_count, offsetof(USBCLIENT_DEVICE_INFO, interface_count) == 6);
USBCLIENT_ASSERT(DeviceInfo_configuration_count, offsetof(USBCLIENT_DEVICE_INFO, configuration_count) == 7);
USBCLIENT_ASSERT(DeviceInfo_capabilities, offsetof(USBCLIENT_DEVICE_INFO, capabilities) == 8);
USBCLIENT_ASSERT(DeviceInfo_max_streams, offsetof(USBCLIENT_DEVICE_INFO, max_streams) == 10);
USBCLIENT_ASSERT(DeviceInfo_control_maximum, offsetof(USBCLIENT_DEVICE_INFO, control_maximum) == 12);
USBCLIENT_ASSERT(DeviceInfo_vendor, offsetof(USBCLIENT_DEVICE_INFO, vendor) == 16);
USBCLIENT_ASSERT(DeviceInfo_product, offsetof(USBCLIENT_DEVICE_INFO, product) == 18);
USBCLIENT_ASSERT(DeviceInfo_release, offsetof(USBCLIENT_DEVICE_INFO, release) == 20);
USBCLIENT_ASSERT(DeviceInfo_usb, offsetof(USBCLIENT_DEVICE_INFO, usb) == 22);

/* Input of `GET_DESCRIPTOR`. */
typedef struct USBCLIENT_DESCRIPTOR_REQUEST {
    /*
     * Bits 0 to 4 of `bmRequestType`: 0 device, 1 interface, 2 endpoint.
     */
    uint8_t recipient;
    /*
     * `bDescriptorType`
     */
    uint8_t descriptor_type;
    /*
     * The index in the low byte of `wValue`.
     */
    uint8_t index;
    /*
     * Must be zero.
     */
    uint8_t reserved;
    /*
     * `wIndex`: a string's language, or the interface's or endpoint's number.
     */
    uint16_t language;
    /*
     * Must be zero.
     */
    uint16_t reserved_2;
} USBCLIENT_DESCRIPTOR_REQUEST;

USBCLIENT_ASSERT(DescriptorRequest, sizeof(USBCLIENT_DESCRIPTOR_REQUEST) == 8);
USBCLIENT_ASSERT(DescriptorRequest_recipient, offsetof(USBCLIENT_DESCRIPTOR_REQUEST, recipient) == 0);
USBCLIENT_ASSERT(DescriptorRequest_descriptor_type, offsetof(USBCLIENT_DESCRIPTOR_REQUEST, descriptor_type) == 1);
USBCLIENT_ASSERT(DescriptorRequest_index, offsetof(USBCLIENT_DESCRIPTOR_REQUEST, index) == 2);
USBCLIENT_ASSERT(DescriptorRequest_reserved, offsetof(USBCLIENT_DESCRIPTOR_REQUEST, reserved) == 3);
USBCLIENT_ASSERT(DescriptorRequest_language, offsetof(USBCLIENT_DESCRIPTOR_REQUEST, language) == 4);
USBCLIENT_ASSERT(DescriptorRequest_reserved_2, offsetof(USBCLIENT_DESCRIPTOR_REQUEST, reserved_2) == 6);

/* Reply of `GET_FRAME_NUMBER`. */
typedef struct USBCLIENT_FRAME_NUMBER {
    /*
     * The number of the present frame.
     */
    uint32_t frame;
} USBCLIENT_FRAME_NUMBER;

USBCLIENT_ASSERT(FrameNumber, sizeof(USBCLIENT_FRAME_NUMBER) == 4);
USBCLIENT_ASSERT(FrameNumber_frame, offsetof(USBCLIENT_FRAME_NUMBER, frame) == 0);

/* Input of `SELECT_CONFIGURATION`. */
typedef struct USBCLIENT_CONFIGURATION_SELECT {
    /*
     * `bConfigurationValue`
     */
    uint8_t value;
    /*
     * Must be zero.
     */
    uint8_t reserved[3];
} USBCLIENT_CONFIGURATION_SELECT;

USBCLIENT_ASSERT(ConfigurationSelect, sizeof(USBCLIENT_CONFIGURATION_SELECT) == 4);
USBCLIENT_ASSERT(ConfigurationSelect_value, offsetof(USBCLIENT_CONFIGURATION_SELECT, value) == 0);
USBCLIENT_ASSERT(ConfigurationSelect_reserved, offsetof(USBCLIENT_CONFIGURATION_SELECT, reserved) == 1);

/* Input of `SELECT_INTERFACE`. */
typedef struct USBCLIENT_SETTING_SELECT {
    /*
     * The handle of an interface that this file has claimed; or, below 0x100, the number of an
     * interface that no other file has claimed.
     */
    uint32_t interface_;
    /*
     * `bAlternateSetting`
     */
    uint8_t alternate;
    /*
     * Must be zero.
     */
    uint8_t reserved[3];
} USBCLIENT_SETTING_SELECT;

USBCLIENT_ASSERT(SettingSelect, sizeof(USBCLIENT_SETTING_SELECT) == 8);
USBCLIENT_ASSERT(SettingSelect_interface_, offsetof(USBCLIENT_SETTING_SELECT, interface_) == 0);
USBCLIENT_ASSERT(SettingSelect_alternate, offsetof(USBCLIENT_SETTING_SELECT, alternate) == 4);
USBCLIENT_ASSERT(SettingSelect_reserved, offsetof(USBCLIENT_SETTING_SELECT, reserved) == 5);

/* Input of `CLAIM_INTERFACE`. */
typedef struct USBCLIENT_INTERFACE_SELECT {
    /*
     * `bInterfaceNumber`
     */
    uint8_t number;
    /*
     * Must be zero.
     */
    uint8_t reserved[3];
} USBCLIENT_INTERFACE_SELECT;

USBCLIENT_ASSERT(InterfaceSelect, sizeof(USBCLIENT_INTERFACE_SELECT) == 4);
USBCLIENT_ASSERT(InterfaceSelect_number, offsetof(USBCLIENT_INTERFACE_SELECT, number) == 0);
USBCLIENT_ASSERT(InterfaceSelect_reserved, offsetof(USBCLIENT_INTERFACE_SELECT, reserved) == 1);

/* Input of `OPEN_PIPE`. */
typedef struct USBCLIENT_PIPE_OPEN {
    /*
     * The handle of an interface that this file has claimed.
     */
    uint32_t interface_;
    /*
     * `bEndpointAddress`
     */
    uint8_t endpoint;
    /*
     * Must be zero.
     */
    uint8_t reserved[3];
} USBCLIENT_PIPE_OPEN;

USBCLIENT_ASSERT(PipeOpen, sizeof(USBCLIENT_PIPE_OPEN) == 8);
USBCLIENT_ASSERT(PipeOpen_interface_, offsetof(USBCLIENT_PIPE_OPEN, interface_) == 0);
USBCLIENT_ASSERT(PipeOpen_endpoint, offsetof(USBCLIENT_PIPE_OPEN, endpoint) == 4);
USBCLIENT_ASSERT(PipeOpen_reserved, offsetof(USBCLIENT_PIPE_OPEN, reserved) == 5);

/* Reply of `CLAIM_INTERFACE` and `OPEN_PIPE`. */
typedef struct USBCLIENT_HANDLE_REPLY {
    /*
     * The handle, for this file only.
     */
    uint32_t handle;
} USBCLIENT_HANDLE_REPLY;

USBCLIENT_ASSERT(HandleReply, sizeof(USBCLIENT_HANDLE_REPLY) == 4);
USBCLIENT_ASSERT(HandleReply_handle, offsetof(USBCLIENT_HANDLE_REPLY, handle) == 0);

/* Input of `CLOSE_HANDLE`. */
typedef struct USBCLIENT_HANDLE_SELECT {
    /*
     * The handle.
     */
    uint32_t handle;
} USBCLIENT_HANDLE_SELECT;

USBCLIENT_ASSERT(HandleSelect, sizeof(USBCLIENT_HANDLE_SELECT) == 4);
USBCLIENT_ASSERT(HandleSelect_handle, offsetof(USBCLIENT_HANDLE_SELECT, handle) == 0);

/* Input of `DROP_PRIVILEGES`: what this file may do from now on, and never more. */
typedef struct USBCLIENT_DROP_PRIVILEGES {
    /*
     * Bits of `operation`.
     */
    uint32_t operations;
    /*
     * Must be zero.
     */
    uint32_t reserved;
    /*
     * A bit for each interface that the file may use: bit N % 8 of byte N / 8 is interface N.
     */
    uint8_t interfaces[32];
} USBCLIENT_DROP_PRIVILEGES;

USBCLIENT_ASSERT(DropPrivileges, sizeof(USBCLIENT_DROP_PRIVILEGES) == 40);
USBCLIENT_ASSERT(DropPrivileges_operations, offsetof(USBCLIENT_DROP_PRIVILEGES, operations) == 0);
USBCLIENT_ASSERT(DropPrivileges_reserved, offsetof(USBCLIENT_DROP_PRIVILEGES, reserved) == 4);
USBCLIENT_ASSERT(DropPrivileges_interfaces, offsetof(USBCLIENT_DROP_PRIVILEGES, interfaces) == 8);

#endif
