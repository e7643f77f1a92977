//! Who is at the other end: the owner of one of the pinned certificates, today.
//!
//! A certificate is compared by its fingerprint first; what is not pinned is not even parsed. Then webpki verifies it as its
//! own anchor, which checks its dates and what it is for, and the handshake's signature shows that its key is there.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};

use tipline_wire::date::Date;

use super::{LETTERBOX, Pin};

/// Accepts the owners of these certificates only.
#[derive(Debug)]
pub(super) struct Pinned {
    pins: Vec<Pin>,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    pub(super) fn new(pins: Vec<Pin>, provider: Arc<CryptoProvider>) -> Self {
        Self { pins, provider }
    }

    /// The certificate as its own anchor, if it is pinned and comes alone.
    fn anchor(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
    ) -> Result<Arc<RootCertStore>, Error> {
        if !others.is_empty() || !self.pins.contains(&Pin::of(certificate)) {
            return Err(CertificateError::UnknownIssuer.into());
        }
        let mut anchors = RootCertStore::empty();
        anchors.add(certificate.clone().into_owned())?;
        Ok(Arc::new(anchors))
    }

    fn verify_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }
}

/// Whether a letterbox's certificate would be accepted on a day.
pub(super) fn is_valid(certificate: &CertificateDer<'_>, day: Date) -> bool {
    let verifier = Pinned::new(vec![Pin::of(certificate)], super::provider(Vec::new()));
    let (Ok(name), now) = (ServerName::try_from(LETTERBOX), super::instant(day)) else { return false };
    verifier.verify_server_cert(certificate, &[], &name, &[], now).is_ok()
}

fn unusable(fault: impl std::fmt::Display) -> Error {
    Error::General(fault.to_string())
}

/// Never reached: TLS 1.2 is not compiled in.
fn too_old() -> Error {
    Error::General("TLS 1.2 is not spoken here".into())
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let anchor = self.anchor(end_entity, intermediates)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(anchor, Arc::clone(&self.provider));
        verifier.build().map_err(unusable)?.verify_client_cert(end_entity, &[], now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        OURS.to_vec()
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let anchor = self.anchor(end_entity, intermediates)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(anchor, Arc::clone(&self.provider));
        verifier.build().map_err(unusable)?.verify_server_cert(
            end_entity,
            &[],
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        OURS.to_vec()
    }
}

/// All our certificates have Ed25519 keys.
const OURS: [SignatureScheme; 1] = [SignatureScheme::ED25519];
