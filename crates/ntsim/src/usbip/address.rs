//! Which device on which server.

use std::{fmt, str::FromStr};

use super::Error;

/// What the model's name of a USB/IP device starts with.
pub const PREFIX: &str = "usbip:";
/// The port of usbipd.
const PORT: u16 = 3240;
/// Bytes of a bus id, with the zero at its end.
pub(super) const BUS_ID: usize = 32;

/// `HOST:PORT/BUSID`, or `HOST/BUSID` for the usual port 3240.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an address; an IPv6 address in brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The bus id as the server lists it, such as `1-1`: 1 to 31 bytes.
    pub bus_id: String,
}

impl Address {
    /// The name of a model: what a script plugs in.
    #[must_use]
    pub fn model(&self) -> String {
        format!("{PREFIX}{self}")
    }

    /// The server alone, as a socket is opened to it.
    #[must_use]
    pub fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.host, self.port, self.bus_id)
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| Error::Address(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Address> {
    let (server, bus_id) = text.split_once('/')?;
    let is_plain = |c: char| c.is_ascii_graphic() && c != '/';
    if bus_id.is_empty() || bus_id.len() >= BUS_ID || !bus_id.chars().all(is_plain) {
        return None;
    }
    let (host, port) = match server.rsplit_once(':') {
        // The colons of an IPv6 address are within brackets.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (server, PORT),
    };
    let is_bare_ipv6 = host.contains(':') && !host.starts_with('[');
    if host.is_empty() || port == 0 || is_bare_ipv6 {
        return None;
    }
    Some(Address { host: host.to_owned(), port, bus_id: bus_id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn parsed(text: &str) -> Option<(String, u16, String)> {
        text.parse::<Address>().ok().map(|address| (address.host, address.port, address.bus_id))
    }

    #[test]
    fn addresses() {
        let is = |host: &str, port, bus_id: &str| Some((host.to_owned(), port, bus_id.to_owned()));
        assert_eq!(parsed("127.0.0.1:3241/1-1.4"), is("127.0.0.1", 3241, "1-1.4"));
        assert_eq!(parsed("desk/0-0-0"), is("desk", 3240, "0-0-0"));
        assert_eq!(parsed("[::1]:99/3-2"), is("[::1]", 99, "3-2"));
        assert_eq!(parsed("[::1]/3-2"), is("[::1]", 3240, "3-2"));
        let wrong = [
            "",
            "desk",
            "desk:3240",
            "desk/",
            "/1-1",
            ":3240/1-1",
            "desk:0/1-1",
            "desk:x/1-1",
            "desk:70000/1-1",
        ];
        for text in wrong.into_iter().chain([
            "desk/1/1",
            "desk/1 1",
            "::1/1-1",
            "desk/1234567890123456789012345678901x",
        ]) {
            assert_eq!(parsed(text), None, "{text}");
        }
        let address: Address = "desk/1-1".parse().expect("an address");
        assert_eq!(address.to_string(), "desk:3240/1-1");
        assert_eq!(address.model(), "usbip:desk:3240/1-1");
    }
}
