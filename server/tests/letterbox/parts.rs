//! An upload by hand: its token, its parts, and the raw requests that carry them.

use sha2::{Digest as _, Sha256};
use tipline_wire::size::Padded;
use tipline_wire::tip_id::TipId;
use tipline_wire::upload::{self, Declared};

use crate::stage::*;

/// A tip in parts, and who sends it.
pub struct Sender {
    pub token: [u8; 32],
    pub declared: Declared,
    pub tip: Vec<u8>,
}

impl Sender {
    /// A tip of so many KiB, which must be one of the sizes.
    pub fn new(seed: u64, kib: u64) -> Self {
        let padded = Padded::holding(kib << 10).unwrap();
        assert_eq!(padded.bytes(), kib << 10);
        let declared = Declared { epoch: this_week(), recipients: RECIPIENTS, padded };
        Self {
            token: Sha256::digest(seed.to_be_bytes()).into(),
            declared,
            tip: tip(seed, padded, RECIPIENTS),
        }
    }

    pub fn numbers(&self) -> std::ops::Range<u32> {
        0..self.declared.parts()
    }

    pub fn part(&self, number: u32) -> &[u8] {
        let (begin, len) = self.declared.part(number).unwrap();
        &self.tip[begin as usize..(begin + len) as usize]
    }

    pub fn id(&self) -> TipId {
        let digests = self.numbers().map(|number| Sha256::digest(self.part(number)).into());
        TipId::of_parts(self.declared.parts(), digests)
    }

    /// `Authorization`, as a line.
    pub fn authorization(&self) -> String {
        format!("Authorization: {}\r\n", upload::authorization(&self.token))
    }

    pub fn begin(&self) -> Vec<u8> {
        self.request("POST /uploads", "", self.declared.body().as_bytes())
    }

    pub fn look(&self) -> Vec<u8> {
        format!("GET /uploads HTTP/1.1\r\nHost: x\r\n{}\r\n", self.authorization()).into_bytes()
    }

    pub fn put(&self, number: u32) -> Vec<u8> {
        self.put_bytes(number, self.part(number))
    }

    /// Other bytes as that part, with their own digest.
    pub fn put_bytes(&self, number: u32, bytes: &[u8]) -> Vec<u8> {
        let digest = upload::content_digest(&Sha256::digest(bytes).into());
        let line = format!("PUT /uploads/parts/{number}");
        self.request(&line, &format!("Content-Digest: {digest}\r\n"), bytes)
    }

    pub fn commit(&self) -> Vec<u8> {
        self.request("POST /uploads/commit", "", upload::commit_body(&self.id()).as_bytes())
    }

    pub fn request(&self, line: &str, fields: &str, body: &[u8]) -> Vec<u8> {
        let authorization = self.authorization();
        let len = body.len();
        let head =
            format!("{line} HTTP/1.1\r\nHost: x\r\n{authorization}{fields}Content-Length: {len}\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    /// All requests in order.
    pub fn whole(&self) -> Vec<Vec<u8>> {
        let parts = self.numbers().map(|number| self.put(number));
        [self.begin()].into_iter().chain(parts).chain([self.commit()]).collect()
    }
}
