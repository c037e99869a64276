//! A USB/IP server on a free port, and a cable to it that can be cut.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener as Listener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{net::TcpListener, sync::oneshot};
use usbip::{
    ClassCode, UsbDevice, UsbInterfaceHandler, UsbIpServer,
    cdc::{CDC_ACM_SUBCLASS, UsbCdcAcmHandler},
    hid::{UsbHidKeyboardHandler, UsbHidKeyboardReport},
};

/// The bus id of the only device of a server.
pub const BUS_ID: &str = "0-0-0";

/// A server that ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Exports a device.
    pub fn new(device: UsbDevice) -> Self {
        let (told, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                told.send(listener.local_addr().expect("its address")).expect("the test waits for it");
                let server = Arc::new(UsbIpServer::new_simulated(vec![device]));
                tokio::spawn(accept(listener, server));
                // Also when the sender is dropped. The tasks end with the runtime.
                let _ = stopped.await;
            });
        });
        let address = address.recv().expect("the server starts");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// The port that it listens on.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }
}

async fn accept(listener: TcpListener, server: Arc<UsbIpServer>) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let server = Arc::clone(&server);
        tokio::spawn(async move { usbip::handler(&mut socket, server).await });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The crate's serial port, which has these bytes to read.
pub fn serial_port(text: &[u8]) -> UsbDevice {
    let handler = UsbCdcAcmHandler { tx_buffer: text.to_vec() };
    let endpoints = UsbCdcAcmHandler::endpoints();
    let handler = Box::new(handler) as Box<dyn UsbInterfaceHandler + Send>;
    UsbDevice::new(0).with_interface(
        ClassCode::CDC as u8,
        CDC_ACM_SUBCLASS,
        0,
        Some("Test CDC ACM"),
        endpoints,
        Arc::new(Mutex::new(handler)),
    )
}

/// The crate's keyboard, on which somebody types this.
pub fn keyboard(text: &str) -> UsbDevice {
    let mut handler = UsbHidKeyboardHandler::new_keyboard();
    handler.pending_key_events.extend(text.bytes().map(UsbHidKeyboardReport::from_ascii));
    let endpoint = usbip::UsbEndpoint {
        address: 0x81,
        attributes: usbip::EndpointAttributes::Interrupt as u8,
        max_packet_size: 8,
        interval: 10,
    };
    let handler = Box::new(handler) as Box<dyn UsbInterfaceHandler + Send>;
    UsbDevice::new(0).with_interface(
        ClassCode::HID as u8,
        0,
        0,
        Some("Test HID"),
        vec![endpoint],
        Arc::new(Mutex::new(handler)),
    )
}

/// A cable to a server that is cut when so many bytes went in.
pub struct Cable {
    port: u16,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Cable {
    /// To the server on `port`.
    pub fn new(port: u16, length: usize) -> Self {
        let listener = Listener::bind("127.0.0.1:0").expect("a free port");
        let own = listener.local_addr().expect("its address").port();
        listener.set_nonblocking(true).expect("a listener that can be asked");
        let done = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&done);
        let thread = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((client, _)) => carry(client, port, length),
                    Err(_) => thread::sleep(Duration::from_millis(5)),
                }
            }
        });
        Self { port: own, done, thread: Some(thread) }
    }

    /// Its own end.
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn carry(mut client: TcpStream, port: u16, length: usize) {
    client.set_nonblocking(false).expect("a socket that waits");
    let mut server = TcpStream::connect(("127.0.0.1", port)).expect("the server");
    let (mut from, mut to) = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
    let back = thread::spawn(move || {
        // Ends when either side is closed.
        let _ = std::io::copy(&mut from, &mut to);
    });
    let (mut carried, mut bytes) = (0, [0; 256]);
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        let count = count.min(length - carried);
        carried += count;
        if server.write_all(&bytes[..count]).is_err() || carried == length {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
    let _ = back.join();
}
