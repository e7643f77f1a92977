//! Where a letterbox is: an onion address, or this machine. Nothing else is ever contacted, and no name is looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tipline_wire::intake::Site;

/// The port of plain HTTP (RFC 9110).
const HTTP: u16 = 80;

/// A letterbox's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An onion host of version 3; reached through Tor's proxy, which finds it by its name.
    Onion(String),
    /// This machine, reached directly: demonstrations and tests.
    Loopback {
        /// As the `Host` line says it.
        host: String,
        /// Where to connect.
        at: SocketAddr,
    },
}

/// Why something is no letterbox's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A clearnet name or address.
    #[error(
        "it is neither an onion address (56 letters and digits, then .onion) nor this machine. A letterbox anywhere else \
         would be reached through strangers, unprotected: nothing was contacted. Check the address on paper"
    )]
    Elsewhere,
    /// `https://`.
    #[error("an onion address protects the connection by itself and has no https: write it without https://")]
    Https,
    /// Something follows the host.
    #[error("only the address itself is needed: leave out what follows .onion or the port")]
    Path,
}

impl Address {
    /// Reads `NAME.onion`, `127.0.0.1:PORT`, `[::1]:PORT` or `localhost:PORT`; `http://` before and `/` behind are allowed.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim().to_ascii_lowercase();
        if text.starts_with("https://") {
            return Err(AddressError::Https);
        }
        let host = text.strip_prefix("http://").unwrap_or(&text);
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains(['/', '?', '#', '@']) {
            return Err(AddressError::Path);
        }
        let onion = host.strip_suffix(":80").unwrap_or(host);
        if let Some(Site::Onion(onion)) = Site::parse(onion) {
            return Ok(Self::Onion(onion));
        }
        let at = loopback(host).ok_or(AddressError::Elsewhere)?;
        Ok(Self::Loopback { host: host.to_owned(), at })
    }

    /// The host as the page would see it: with its port when that is not 80.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Onion(host) | Self::Loopback { host, .. } => host,
        }
    }
}

/// A literal loopback address. `localhost` means 127.0.0.1 here: it is not looked up either.
fn loopback(host: &str) -> Option<SocketAddr> {
    if let Ok(at) = host.parse::<SocketAddr>() {
        return at.ip().is_loopback().then_some(at);
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return ip.is_loopback().then(|| SocketAddr::new(ip.into(), HTTP));
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().ok()?),
        None => (host, HTTP),
    };
    (name == "localhost").then(|| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
}

/// Reads where the proxy is: a literal address with a port, on this machine or in its private network, for the request to
/// the proxy is not encrypted.
#[must_use]
pub fn proxy(text: &str) -> Option<SocketAddr> {
    let at: SocketAddr = text.parse().ok()?;
    let near = match at.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => is_near(ip),
    };
    near.then_some(at)
}

fn is_near(ip: Ipv6Addr) -> bool {
    ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn onions_and_this_machine_are_addresses() {
        let onion = format!("{}.onion", "b".repeat(56));
        for text in [onion.clone(), format!("http://{onion}/"), format!("{onion}:80"), onion.to_uppercase()] {
            assert_eq!(Address::parse(&text), Ok(Address::Onion(onion.clone())), "{text}");
        }
        for (text, at) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://localhost:8080/", "127.0.0.1:8080"),
            ("[::1]:9", "[::1]:9"),
            ("127.0.0.1", "127.0.0.1:80"),
        ] {
            let Ok(Address::Loopback { at: found, .. }) = Address::parse(text) else { panic!("{text}") };
            assert_eq!(found, at.parse().unwrap());
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        let onion = format!("{}.onion", "b".repeat(56));
        for text in [
            "example.org",
            "8.8.8.8:80",
            "localhost.example.org",
            "b.onion",
            "",
            ":80",
            "127.0.0.1.example.org:80",
            "[2001:db8::1]:80",
            "0.0.0.0:80",
            "localhost:99999",
            &format!("{onion}:8080"),
            &format!("{onion}.example.org"),
        ] {
            assert_eq!(Address::parse(text), Err(AddressError::Elsewhere), "{text}");
        }
        assert_eq!(Address::parse(&format!("https://{onion}")), Err(AddressError::Https));
        assert_eq!(Address::parse(&format!("{onion}/tips")), Err(AddressError::Path));
        assert_eq!(Address::parse("me@127.0.0.1:80"), Err(AddressError::Path));
    }

    #[test]
    fn a_proxy_is_near_and_literal() {
        for near in
            ["127.0.0.1:9050", "[::1]:9150", "10.152.152.10:9050", "192.168.1.1:9050", "[fd00::1]:9050"]
        {
            assert!(proxy(near).is_some(), "{near}");
        }
        for far in [
            "localhost:9050",
            "8.8.8.8:9050",
            "127.0.0.1",
            "proxy.example.org:9050",
            "[2001:db8::1]:9050",
            "",
        ] {
            assert_eq!(proxy(far), None, "{far}");
        }
    }
}
