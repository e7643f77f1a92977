//! The heads of requests, byte for byte as Tor Browser sends them for the page, in its order: a letterbox cannot tell
//! `tipline-seal`, or a monitor, from somebody with a browser (T-03, T-05).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What Tor Browser calls itself, on every Windows machine alike. Renewed with each release, as the browser is.
const USER_AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0";
/// The same whatever the person's language.
const LANGUAGE_AND_ENCODING: &str = "Accept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n";

/// The request for the page: as if the address had been typed.
#[must_use]
pub fn get_page(host: &str) -> Vec<u8> {
    format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n{LANGUAGE_AND_ENCODING}\
         Sec-GPC: 1\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n\
         Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nSec-Fetch-User: ?1\r\nPriority: u=0, i\r\n\r\n"
    )
    .into_bytes()
}

/// A request of the page's own `XMLHttpRequest`.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// `POST`, `PUT` or `GET`.
    pub method: &'static str,
    /// From the root.
    pub path: &'a str,
    /// What the page sets itself, in this order.
    pub fields: &'a [(&'static str, &'a str)],
    /// Bytes of the body that follows; `None` for `GET`.
    pub length: Option<usize>,
}

impl Call<'_> {
    /// The request's head.
    #[must_use]
    pub fn head(&self, host: &str) -> Vec<u8> {
        let Self { method, path, .. } = self;
        let fields: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let of_body = self.length.map_or_else(String::new, |length| {
            format!("Content-Type: application/octet-stream\r\nContent-Length: {length}\r\nOrigin: http://{host}\r\n")
        });
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n{LANGUAGE_AND_ENCODING}\
             {fields}{of_body}Sec-GPC: 1\r\nConnection: keep-alive\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\n\
             Sec-Fetch-Site: same-origin\r\n\r\n"
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from Firefox 153 with Tor Browser's settings, for an onion; only what it calls itself is Windows', as Tor
    /// Browser says on most machines.
    #[test]
    fn requests_are_the_browsers_to_the_byte() {
        let get = "GET / HTTP/1.1\nHost: b.onion\nUser-Agent: UA\n\
            Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\nAccept-Language: en-US,en;q=0.9\n\
            Accept-Encoding: gzip, deflate\nSec-GPC: 1\nConnection: keep-alive\nUpgrade-Insecure-Requests: 1\n\
            Sec-Fetch-Dest: document\nSec-Fetch-Mode: navigate\nSec-Fetch-Site: none\nSec-Fetch-User: ?1\n\
            Priority: u=0, i\n\n";
        let post = "POST /tips/2026-11-23 HTTP/1.1\nHost: b.onion\nUser-Agent: UA\nAccept: */*\n\
            Accept-Language: en-US,en;q=0.9\nAccept-Encoding: gzip, deflate\nContent-Type: application/octet-stream\n\
            Content-Length: 100\nOrigin: http://b.onion\nSec-GPC: 1\nConnection: keep-alive\nSec-Fetch-Dest: empty\n\
            Sec-Fetch-Mode: cors\nSec-Fetch-Site: same-origin\n\n";
        let put = "PUT /uploads/parts/7 HTTP/1.1\nHost: b.onion\nUser-Agent: UA\nAccept: */*\n\
            Accept-Language: en-US,en;q=0.9\nAccept-Encoding: gzip, deflate\nAuthorization: Tip AAAA\n\
            Content-Digest: sha-256=:AA:\nContent-Type: application/octet-stream\nContent-Length: 100\n\
            Origin: http://b.onion\nSec-GPC: 1\nConnection: keep-alive\nSec-Fetch-Dest: empty\n\
            Sec-Fetch-Mode: cors\nSec-Fetch-Site: same-origin\n\n";
        let look = "GET /uploads HTTP/1.1\nHost: b.onion\nUser-Agent: UA\nAccept: */*\nAccept-Language: en-US,en;q=0.9\n\
            Accept-Encoding: gzip, deflate\nAuthorization: Tip AAAA\nSec-GPC: 1\nConnection: keep-alive\n\
            Sec-Fetch-Dest: empty\nSec-Fetch-Mode: cors\nSec-Fetch-Site: same-origin\n\n";
        let recorded = |text: &str| text.replace('\n', "\r\n").replace("UA", USER_AGENT).into_bytes();
        let call = |method, path, fields: &[_], length| Call { method, path, fields, length }.head("b.onion");
        let (token, digest) = (("Authorization", "Tip AAAA"), ("Content-Digest", "sha-256=:AA:"));
        assert_eq!(get_page("b.onion"), recorded(get));
        assert_eq!(call("POST", "/tips/2026-11-23", &[], Some(100)), recorded(post));
        assert_eq!(call("PUT", "/uploads/parts/7", &[token, digest], Some(100)), recorded(put));
        assert_eq!(call("GET", "/uploads", &[token], None), recorded(look));
    }
}
