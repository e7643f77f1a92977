//! A key and its certificate: read from two PEM files, or made anew (RFC 5280, RFC 8410), with an Ed25519 key.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ED25519, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use tipline_wire::date::Date;

use super::{LETTERBOX, Pin};
use crate::error::Error;

/// Days for which a new certificate is valid.
pub const VALID: i32 = 730;
/// Days before the end from which it is said that a new certificate is needed: its pin must reach every courier.
pub const SOON: i32 = 30;
/// A clock at the other end may lag behind by this many days.
const LAG: i32 = 2;
/// PKCS #8 around an Ed25519 seed (RFC 8410, 7): the 32 bytes of the seed follow.
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Which end of the courier's door a certificate is for: neither can stand at the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Fetches.
    Courier,
    /// Is fetched from.
    Letterbox,
}

/// A key with its certificates.
#[derive(Debug)]
pub struct Identity {
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// What was made: both files as PEM, and the pin.
#[derive(Debug)]
pub struct Made {
    certificate: String,
    key: String,
    /// Of the certificate.
    pub pin: Pin,
    /// The last day on which it is valid.
    pub until: Date,
}

impl Identity {
    /// Reads both files.
    ///
    /// # Errors
    /// One can't be read, or holds something else.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Error> {
        let certificates = certificates(certificate)?;
        let bytes = fs::read(key).map_err(file("read the key", key))?;
        let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| not_pem("read the key", key))?;
        Ok(Self { certificates, key })
    }

    /// Whether its certificate, a letterbox's, is valid on a day.
    #[must_use]
    pub fn is_valid(&self, day: Date) -> bool {
        self.certificates.first().is_some_and(|certificate| super::pinned::is_valid(certificate, day))
    }

    /// Whether the key is the certificate's.
    #[must_use]
    pub fn fits(&self) -> bool {
        let (certificates, key) = self.parts();
        CertifiedKey::from_der(certificates, key, &super::provider(Vec::new())).is_ok()
    }

    pub(super) fn parts(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.certificates.clone(), self.key.clone_key())
    }
}

/// The pin of the certificate in a file.
///
/// # Errors
/// It can't be read, or holds none.
pub fn pin_of(certificate: &Path) -> Result<Pin, Error> {
    let all = certificates(certificate)?;
    all.first().map(|first| Pin::of(first)).ok_or_else(|| not_pem("read the certificate", certificate))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = fs::read(path).map_err(file("read the certificate", path))?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let all = all.ok().filter(|all| !all.is_empty());
    all.ok_or_else(|| not_pem("read the certificate", path))
}

/// Makes a key out of 32 fresh random bytes, and a certificate that is valid from today on.
///
/// # Errors
/// The library refuses; it does not.
pub fn make(role: Role, name: &str, today: Date, seed: &[u8; 32]) -> Result<Made, rcgen::Error> {
    let pkcs8 = [&PKCS8[..], seed].concat();
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs8), &PKCS_ED25519)?;
    let until = today.plus_days(VALID);
    let midnight = |day: Date| {
        let (year, month, of_month) = day.ymd();
        date_time_ymd(year, u8::try_from(month).unwrap_or(1), u8::try_from(of_month).unwrap_or(1))
    };
    let names = match role {
        Role::Letterbox => vec![LETTERBOX.to_owned()],
        Role::Courier => Vec::new(),
    };
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (midnight(today.plus_days(-LAG)), midnight(until));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![match role {
        Role::Courier => ExtendedKeyUsagePurpose::ClientAuth,
        Role::Letterbox => ExtendedKeyUsagePurpose::ServerAuth,
    }];
    let certificate = params.self_signed(&key)?;
    Ok(Made {
        pin: Pin::of(certificate.der()),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        until,
    })
}

impl Made {
    /// Writes `NAME.cert` and `NAME.key`, for their owner alone; never over something that is there.
    ///
    /// # Errors
    /// A file is there already, or the system refuses.
    pub fn write(&self, folder: &Path, name: &str) -> Result<(PathBuf, PathBuf), Error> {
        let (certificate, key) = (folder.join(format!("{name}.cert")), folder.join(format!("{name}.key")));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(file("create the folder", folder))?;
        // The key first: a certificate without its key would be enrolled in vain.
        new_file(&key, &self.key).map_err(file("write the key", &key))?;
        new_file(&certificate, &self.certificate).map_err(file("write the certificate", &certificate))?;
        Ok((certificate, key))
    }
}

fn new_file(path: &Path, text: &str) -> io::Result<()> {
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    to.write_all(text.as_bytes())?;
    to.sync_all()
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |fault| Error::File { what, path, fault }
}

fn not_pem(what: &'static str, path: &Path) -> Error {
    let fault =
        io::Error::new(io::ErrorKind::InvalidData, "it is not in PEM, as `tipline-server courier` writes it");
    Error::File { what, path: path.to_owned(), fault }
}
