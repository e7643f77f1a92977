//! TLS 1.3 (RFC 8446) as a property of a listener, with rustls: the courier's door, and the public one where an operator
//! wants HTTPS on the onion.
//!
//! [`pin`] a certificate's fingerprint · [`identity`] a key and its certificate, read or made · [`pinned`] who is at the other
//! end of the courier's door. Of the key exchange at that door both ends are ours, so it is X25519MLKEM768 and nothing
//! else: whoever records the traffic to decrypt it in fifteen years records a hybrid exchange (T-04). No session is ever
//! resumed, no ticket given, no early data taken, no protocol negotiated. The handshake's own random numbers are the TLS
//! library's; the day comes from the world.

pub mod identity;
pub mod pin;
mod pinned;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::cipher_suite::{TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256};
use rustls::crypto::aws_lc_rs::{self, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use tipline_wire::date::Date;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub use identity::Identity;
pub use pin::Pin;
use pinned::Pinned;

use crate::world::World;

/// The name in a letterbox's certificate; it is pinned, so the name says nothing and is always this.
pub const LETTERBOX: &str = "letterbox";

/// The letterbox's end of TLS, for a listener.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Shakes hands.
    ///
    /// # Errors
    /// The other end is not who it must be, or speaks something else.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Unpin> {
        self.0.accept(stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// The courier's end of TLS.
#[derive(Clone)]
pub struct Connector(TlsConnector);

impl Connector {
    /// Shakes hands. Whether the letterbox lets this courier in shows only in what follows (RFC 8446, 4.4.4).
    ///
    /// # Errors
    /// The other end is not the pinned letterbox, or speaks something else.
    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + use<S>> {
        let name = ServerName::try_from(LETTERBOX).map_err(io::Error::other)?;
        self.0.connect(name, stream).await
    }
}

/// Why TLS can't be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct TlsError(String);

impl From<rustls::Error> for TlsError {
    fn from(fault: rustls::Error) -> Self {
        Self(fault.to_string())
    }
}

/// The letterbox's end of the courier's door: only who has the key of a pinned certificate comes in.
///
/// # Errors
/// Key and certificate don't fit each other, or are not ours.
pub fn courier_door(identity: &Identity, pins: Vec<Pin>, world: World) -> Result<Tls, TlsError> {
    let provider = provider(vec![kx_group::X25519MLKEM768]);
    let verifier = Arc::new(Pinned::new(pins, Arc::clone(&provider)));
    let config = ServerConfig::builder_with_details(provider, Arc::new(Calendar(world)))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier);
    let (certificates, key) = identity.parts();
    Ok(acceptor(config.with_single_cert(certificates, key)?))
}

/// The public door with TLS: any browser that speaks TLS 1.3 comes in.
///
/// # Errors
/// Key and certificates don't fit each other.
pub fn public_door(identity: &Identity, world: World) -> Result<Tls, TlsError> {
    let groups = vec![kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];
    let config = ServerConfig::builder_with_details(provider(groups), Arc::new(Calendar(world)))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth();
    let (certificates, key) = identity.parts();
    Ok(acceptor(config.with_single_cert(certificates, key)?))
}

/// The courier's end.
///
/// # Errors
/// Key and certificate don't fit each other, or are not ours.
pub fn courier(identity: &Identity, letterbox: Pin, world: World) -> Result<Connector, TlsError> {
    let provider = provider(vec![kx_group::X25519MLKEM768]);
    let verifier = Arc::new(Pinned::new(vec![letterbox], Arc::clone(&provider)));
    let config = ClientConfig::builder_with_details(provider, Arc::new(Calendar(world)))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let (certificates, key) = identity.parts();
    let mut config = config.with_client_auth_cert(certificates, key)?;
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(Connector(TlsConnector::from(Arc::new(config))))
}

fn acceptor(mut config: ServerConfig) -> Tls {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config.alpn_protocols = Vec::new();
    Tls(TlsAcceptor::from(Arc::new(config)))
}

/// Only the suites with 256-bit keys.
fn provider(kx_groups: Vec<&'static dyn SupportedKxGroup>) -> Arc<CryptoProvider> {
    let cipher_suites = vec![TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256];
    Arc::new(CryptoProvider { kx_groups, cipher_suites, ..aws_lc_rs::default_provider() })
}

/// The world's day as TLS asks for it: the validity of certificates is a matter of days.
#[derive(Debug)]
struct Calendar(World);

impl TimeProvider for Calendar {
    fn current_time(&self) -> Option<UnixTime> {
        Some(instant(self.0.today()))
    }
}

fn instant(day: Date) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(day.unix()))
}
