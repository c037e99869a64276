//! The client against a server that does whatever a test wants.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    Address, Error, Limits, attach,
    connection::{Connection, News},
    wire::{HEADER, Submit},
};

const QUICK: Limits = Limits {
    answer: Duration::from_millis(200),
    patience: Duration::from_millis(200),
    again: Duration::from_millis(200),
};

/// A server for one connection, on a free port.
fn serve(talk: impl FnOnce(TcpStream) + Send + 'static) -> (Address, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    let server = thread::spawn(move || talk(listener.accept().expect("a client").0));
    (Address { host: "127.0.0.1".into(), port, bus_id: "1-1".into() }, server)
}

fn read<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).expect("what a client sends");
    bytes
}

/// Gives the device away.
fn import(stream: &mut TcpStream) {
    let request: [u8; 40] = read(stream);
    assert_eq!(request[8..12], *b"1-1\0");
    let mut reply = vec![1, 0x11, 0, 3, 0, 0, 0, 0];
    reply.extend([0; 312]);
    reply[0x133] = 3;
    stream.write_all(&reply).expect("a client that listens");
}

/// The reply to a transfer.
fn reply(request: &[u8; HEADER], status: i32, length: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 3];
    bytes.extend(&request[4..8]);
    bytes.extend([0; 12]);
    bytes.extend(status.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.resize(HEADER, 0);
    bytes.extend(data);
    bytes
}

fn read_of(length: u32) -> Submit {
    Submit { is_in: true, endpoint: 1, length, ..Submit::default() }
}

fn lost(connection: &Connection) -> Error {
    match connection.wait(Duration::from_secs(10)) {
        Some(News::Lost(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let address = Address { host: "127.0.0.1".into(), port, bus_id: "1-1".into() };
    let error = attach(&address, QUICK).expect_err("nobody is there");
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert!(error.to_string().starts_with("no USB/IP server answers at 127.0.0.1:"), "{error}");
}

#[test]
fn another_bus_id() {
    let (address, server) = serve(|mut stream| {
        let _: [u8; 40] = read(&mut stream);
        stream.write_all(&[1, 0x11, 0, 3, 0, 0, 0, 1]).expect("a client that listens");
    });
    let error = attach(&address, QUICK).expect_err("it is not given away");
    assert!(matches!(error, Error::Refused { status: 1, .. }), "{error}");
    assert!(error.to_string().contains("does not give 1-1 away"), "{error}");
    server.join().expect("the server is done");
}

#[test]
fn a_server_that_says_nothing() {
    let (address, server) = serve(|mut stream| {
        let _: [u8; 40] = read(&mut stream);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    let begun = Instant::now();
    let error = attach(&address, QUICK).expect_err("nothing is said");
    assert!(matches!(error, Error::Silent(_)), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    server.join().expect("the server sees the connection closed");
}

#[test]
fn descriptors_are_read() {
    let (address, server) = serve(|mut stream| {
        import(&mut stream);
        let device: [u8; 18] = [18, 1, 0, 2, 0xFF, 0, 0, 64, 9, 0x12, 1, 0, 0, 1, 0, 0, 0, 2];
        let configuration: [u8; 10] = [9, 2, 10, 0, 0, 1, 0, 0x80, 50, 7];
        let answers = [(0, &device[..]), (0, &configuration[..9]), (0, &configuration[..]), (-32, &[])];
        for (status, bytes) in answers {
            let request: [u8; HEADER] = read(&mut stream);
            assert_eq!(request[0x28..0x2A], [0x80, 6]);
            let length = u32::try_from(bytes.len()).expect("a few bytes");
            stream.write_all(&reply(&request, status, length, bytes)).expect("a client that listens");
        }
    });
    let attached = attach(&address, QUICK).expect("it is found");
    let identity = attached.identity();
    assert_eq!((identity.speed, identity.device.len()), (usb_models::Speed::High, 18));
    // The second configuration is promised and refused.
    assert_eq!(identity.configurations, [[9, 2, 10, 0, 0, 1, 0, 0x80, 50, 7]]);
    server.join().expect("the server is done");
}

#[test]
fn a_device_without_a_descriptor() {
    let (address, server) = serve(|mut stream| {
        import(&mut stream);
        let request: [u8; HEADER] = read(&mut stream);
        stream.write_all(&reply(&request, -32, 0, &[])).expect("a client that listens");
    });
    let error = attach(&address, QUICK).expect_err("no device is like that");
    assert!(matches!(error, Error::NoDescriptor { what: "device", status: -32 }), "{error}");
    server.join().expect("the server is done");
}

/// What a server may not say ends the connection, and fills no memory.
#[test]
fn messages_that_are_none() {
    type Answer = fn(&[u8; HEADER]) -> Vec<u8>;
    let cases: [(&str, Answer); 5] = [
        ("more than was asked for", |request| reply(request, 0, u32::MAX, &[])),
        ("another request", |request| {
            let mut bytes = reply(request, 0, 0, &[]);
            bytes[4] = 0xFF;
            bytes
        }),
        ("another kind", |request| {
            let mut bytes = reply(request, 0, 0, &[]);
            bytes[3] = 9;
            bytes
        }),
        ("packets", |request| {
            let mut bytes = reply(request, 0, 0, &[]);
            bytes[0x23] = 1;
            bytes
        }),
        ("the end of what was not asked", |request| {
            let mut bytes = reply(request, 0, 0, &[]);
            bytes[3] = 4;
            bytes
        }),
    ];
    for (what, answer) in cases {
        let (address, server) = serve(move |mut stream| {
            import(&mut stream);
            let request: [u8; HEADER] = read(&mut stream);
            stream.write_all(&answer(&request)).expect("a client that listens");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
        });
        let (mut connection, _) = Connection::open(&address, QUICK).expect("it is imported");
        connection.submit(read_of(64));
        assert!(matches!(lost(&connection), Error::Protocol(_)), "{what}");
        drop(connection);
        server.join().expect("the server sees the connection closed");
    }
}

#[test]
fn a_server_that_vanishes_in_a_message() {
    let (address, server) = serve(|mut stream| {
        import(&mut stream);
        let request: [u8; HEADER] = read(&mut stream);
        stream.write_all(&reply(&request, 0, 64, &[7; 63])).expect("a client that listens");
    });
    let (mut connection, _) = Connection::open(&address, QUICK).expect("it is imported");
    connection.submit(read_of(64));
    assert!(matches!(lost(&connection), Error::Closed));
    server.join().expect("the server is done");
}

#[test]
fn a_message_that_does_not_end() {
    let (address, server) = serve(|mut stream| {
        import(&mut stream);
        let request: [u8; HEADER] = read(&mut stream);
        stream.write_all(&reply(&request, 0, 64, &[7; 63])).expect("a client that listens");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    let (mut connection, _) = Connection::open(&address, QUICK).expect("it is imported");
    connection.submit(read_of(64));
    assert!(matches!(lost(&connection), Error::Silent(_)));
    drop(connection);
    server.join().expect("the server sees the connection closed");
}

/// Neither the reply that was on its way nor the one that never comes is an error.
#[test]
fn transfers_that_are_taken_back() {
    let (address, server) = serve(|mut stream| {
        import(&mut stream);
        let first: [u8; HEADER] = read(&mut stream);
        let second: [u8; HEADER] = read(&mut stream);
        for (victim, was_faster) in [(first, true), (second, false)] {
            let unlink: [u8; HEADER] = read(&mut stream);
            assert_eq!((unlink[3], &unlink[20..24]), (2, &victim[4..8]));
            if was_faster {
                stream.write_all(&reply(&victim, 0, 1, &[5])).expect("a client that listens");
            }
            let mut answer = reply(&unlink, if was_faster { 0 } else { -104 }, 0, &[]);
            answer[3] = 4;
            stream.write_all(&answer).expect("a client that listens");
        }
        let last: [u8; HEADER] = read(&mut stream);
        stream.write_all(&reply(&last, 0, 2, &[1, 2])).expect("a client that listens");
    });
    let (mut connection, _) = Connection::open(&address, QUICK).expect("it is imported");
    let first = connection.submit(read_of(1));
    let second = connection.submit(read_of(1));
    connection.unlink(first);
    connection.unlink(second);
    let last = connection.submit(read_of(2));
    let mut seen = Vec::new();
    while seen.last() != Some(&last) {
        match connection.wait(Duration::from_secs(10)) {
            Some(News::Reply(reply)) => seen.push(reply.sequence),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, [first, last]);
    server.join().expect("the server is done");
}
