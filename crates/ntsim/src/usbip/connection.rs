//! The connection to a server: requests go out on the caller's thread, a thread of its own reads what comes.
//!
//! The reader takes only what was asked for, so a server cannot fill the memory, and it reads at once, so that neither
//! side ever waits for the other to read. It ends when the connection is dropped.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream, ToSocketAddrs},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    Address, Error,
    wire::{self, HEADER, Header, IMPORT_STATUS, IMPORTED, Imported, PACKET, Submit},
};

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connecting, importing, each descriptor, sending a request, and the rest of a message that has begun.
    pub answer: Duration,
    /// A device that says nothing while nobody in the machine can go on without it: it is taken for unplugged then.
    pub patience: Duration,
    /// How long a server has after a device was given back, until it can be had again.
    pub again: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(5),
            patience: Duration::from_secs(30),
            again: Duration::from_secs(2),
        }
    }
}

/// A reply to a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub sequence: u32,
    /// Zero, or a negated `errno` of Linux.
    pub status: i32,
    /// Bytes that moved.
    pub length: u32,
    /// Those of an IN transfer.
    pub data: Vec<u8>,
    /// How each isochronous packet ended: bytes and status.
    pub packets: Vec<(u32, i32)>,
}

/// What came.
#[derive(Debug)]
pub(super) enum News {
    Reply(Reply),
    Lost(Error),
}

/// What the reader may read.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The reply to a transfer: as many bytes of data at most, and isochronous packets.
    Transfer { room: u32, packets: u32 },
    /// The reply to taking back this transfer.
    Unlink { victim: u32 },
}

type Table = Arc<Mutex<BTreeMap<u32, Expected>>>;

fn lock(table: &Table) -> MutexGuard<'_, BTreeMap<u32, Expected>> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An imported device.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    news: Receiver<News>,
    expected: Table,
    reader: Option<JoinHandle<()>>,
    device: u32,
    sequence: u32,
}

impl Connection {
    /// Connects and imports. Gives the device's speed as the server says it.
    pub fn open(address: &Address, limits: Limits) -> Result<(Self, u32), Error> {
        let stream = connect(address, limits)?;
        let (stream, imported) = import(stream, address, limits)?;
        let expected = Table::default();
        let (sender, news) = mpsc::channel();
        let reader = Reader {
            stream: stream.try_clone().map_err(Error::Broken)?,
            expected: Arc::clone(&expected),
            limit: limits.answer,
        };
        let reader = thread::Builder::new().name("usbip".into()).spawn(move || reader.run(&sender));
        let reader = Some(reader.map_err(Error::Broken)?);
        let connection = Self { stream, news, expected, reader, device: imported.device, sequence: 0 };
        Ok((connection, imported.speed))
    }

    /// Sends a transfer; gives its sequence number. A connection that breaks is told by [`wait`](Self::wait).
    pub fn submit(&mut self, submit: Submit) -> u32 {
        let sequence = self.next();
        let packets = submit.packets.as_ref().map_or(0, |packets| u32::try_from(packets.len()).unwrap_or(0));
        let room = if submit.is_in { submit.length } else { 0 };
        lock(&self.expected).insert(sequence, Expected::Transfer { room, packets });
        let message = Submit { sequence, device: self.device, ..submit }.bytes();
        self.send(&message);
        sequence
    }

    /// Takes a transfer back: no reply to it is told any more, once it is known which of them was first.
    pub fn unlink(&mut self, victim: u32) {
        let sequence = self.next();
        lock(&self.expected).insert(sequence, Expected::Unlink { victim });
        let message = wire::unlink(sequence, self.device, victim);
        self.send(&message);
    }

    /// Waits for what comes next. `None`: nothing came.
    pub fn wait(&self, limit: Duration) -> Option<News> {
        match self.news.recv_timeout(limit) {
            Ok(news) => Some(news),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(News::Lost(Error::Closed)),
        }
    }

    const fn next(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    fn send(&mut self, message: &[u8]) {
        if self.stream.write_all(message).is_err() {
            // Part of a message is worth nothing. The reader notices, and says so.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Fails if the connection is closed already, which is as well.
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has told nothing, which is taken for a closed connection.
            let _ = reader.join();
        }
    }
}

fn connect(address: &Address, limits: Limits) -> Result<TcpStream, Error> {
    let server = address.server();
    let failed = |error| Error::Connect { server: server.clone(), error };
    let mut last = std::io::Error::new(ErrorKind::NotFound, "the name has no address");
    for one in server.to_socket_addrs().map_err(failed)? {
        match TcpStream::connect_timeout(&one, limits.answer) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn import(mut stream: TcpStream, address: &Address, limits: Limits) -> Result<(TcpStream, Imported), Error> {
    stream.set_nodelay(true).map_err(Error::Broken)?;
    stream.set_write_timeout(Some(limits.answer)).map_err(Error::Broken)?;
    stream.set_read_timeout(Some(limits.answer)).map_err(Error::Broken)?;
    stream.write_all(&wire::import(&address.bus_id)).map_err(|error| broken(error, limits.answer))?;
    let mut status = [0; IMPORT_STATUS];
    stream.read_exact(&mut status).map_err(|error| broken(error, limits.answer))?;
    let status = wire::import_status(status)?;
    if status != 0 {
        return Err(Error::Refused { server: address.server(), bus_id: address.bus_id.clone(), status });
    }
    let mut imported = [0; IMPORTED];
    stream.read_exact(&mut imported).map_err(|error| broken(error, limits.answer))?;
    Ok((stream, Imported::of(&imported)))
}

fn broken(error: std::io::Error, limit: Duration) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Error::Closed,
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Error::Silent(limit.as_secs()),
        _ => Error::Broken(error),
    }
}

/// The thread that reads.
struct Reader {
    stream: TcpStream,
    expected: Table,
    limit: Duration,
}

impl Reader {
    fn run(mut self, news: &Sender<News>) {
        loop {
            let sent = match self.message() {
                Ok(None) => continue,
                Ok(Some(reply)) => news.send(News::Reply(reply)),
                Err(error) => {
                    // Nobody may be listening any more.
                    let _ = news.send(News::Lost(error));
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// Reads a message, which may take for ever to begin, but not to end.
    fn message(&mut self) -> Result<Option<Reply>, Error> {
        let mut header = [0; HEADER];
        let (first, rest) = header.split_at_mut(1);
        self.stream.set_read_timeout(None).map_err(Error::Broken)?;
        self.read(first)?;
        self.stream.set_read_timeout(Some(self.limit)).map_err(Error::Broken)?;
        self.read(rest)?;
        match Header::of(&header)? {
            Header::Unlinked { sequence, taken_back } => self.unlinked(sequence, taken_back).map(|()| None),
            Header::Submitted { sequence, status, length, packets } => {
                self.submitted(sequence, status, length, packets).map(Some)
            }
        }
    }

    fn unlinked(&self, sequence: u32, taken_back: bool) -> Result<(), Error> {
        let mut expected = lock(&self.expected);
        match expected.remove(&sequence) {
            Some(Expected::Unlink { victim }) => {
                if taken_back {
                    expected.remove(&victim);
                }
                drop(expected);
                Ok(())
            }
            _ => Err(unasked(sequence)),
        }
    }

    fn submitted(&mut self, sequence: u32, status: i32, length: u32, packets: u32) -> Result<Reply, Error> {
        let found = lock(&self.expected).remove(&sequence);
        let Some(Expected::Transfer { room, packets: asked }) = found else { return Err(unasked(sequence)) };
        if packets > asked {
            return Err(Error::Protocol(format!("{packets} packets of a transfer that has {asked}")));
        }
        let data = if room > 0 {
            if length > room {
                return Err(Error::Protocol(format!(
                    "{length} bytes of a transfer that has room for {room}"
                )));
            }
            self.bytes(length as usize)?
        } else {
            Vec::new()
        };
        let packets = wire::packet_ends(&self.bytes(packets as usize * PACKET)?);
        Ok(Reply { sequence, status, length, data, packets })
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self, room: &mut [u8]) -> Result<(), Error> {
        self.stream.read_exact(room).map_err(|error| broken(error, self.limit))
    }
}

fn unasked(sequence: u32) -> Error {
    Error::Protocol(format!("a reply to request {sequence}, which is none or has ended"))
}
