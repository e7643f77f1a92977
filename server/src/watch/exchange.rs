//! One request and its answer over any stream: head, body and its unpacked form are bounded, for the other end may be anybody.

use std::io::{self, Read as _};

use flate2::read::GzDecoder;
use tipline_wire::response::{self, Head, Malformed};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const END: &[u8] = b"\r\n\r\n";

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The head as it came, without its empty line.
    pub head: Vec<u8>,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The connection broke.
    #[error("the connection broke ({})", .0.kind())]
    Io(#[from] io::Error),
    /// Not what a letterbox says.
    #[error("the answer is malformed: {0}")]
    Form(#[from] Malformed),
    /// Longer than allowed.
    #[error("the answer is longer than a letterbox's")]
    TooLong,
}

/// Sends a request and reads the answer, of at most `most` bytes packed and unpacked.
///
/// # Errors
/// See [`Broken`].
pub(super) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
    most: usize,
) -> Result<Answered, Broken> {
    let sent = stream.write_all(request).await;
    // A letterbox may answer before it has read everything, and close: its answer says more than our broken write.
    match (sent, read(stream, most).await) {
        (_, Ok(answered)) => Ok(answered),
        (Err(fault), Err(_)) => Err(fault.into()),
        (Ok(()), Err(broken)) => Err(broken),
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), most: usize) -> Result<Answered, Broken> {
    let (head, mut body) = read_head(stream).await?;
    let parsed = Head::parse(&head)?;
    let missing = parsed.length.checked_sub(body.len()).ok_or(Malformed("more came than was announced"))?;
    if parsed.length > most {
        return Err(Broken::TooLong);
    }
    let missing = u64::try_from(missing).map_err(|_| Broken::TooLong)?;
    if u64::try_from(stream.take(missing).read_to_end(&mut body).await?) != Ok(missing) {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    let body = if parsed.gzip { unpack(&body, most)? } else { body };
    Ok(Answered { status: parsed.status, head, body })
}

/// The head without its empty line, and what came of the body with it.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Result<(Vec<u8>, Vec<u8>), Broken> {
    let mut bytes = Vec::new();
    loop {
        // The end may lie across the border of two pieces.
        let from = bytes.len().saturating_sub(END.len());
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let found = bytes.windows(END.len()).skip(from).position(|window| window == END);
        if let Some(at) = found.map(|at| at.saturating_add(from)).filter(|at| *at <= response::LONGEST) {
            let body = bytes.split_off(at.saturating_add(END.len()));
            bytes.truncate(at);
            return Ok((bytes, body));
        }
        if bytes.len() > response::LONGEST {
            return Err(Broken::TooLong);
        }
    }
}

/// Unpacks one gzip member (RFC 1952), as far as `most` bytes and no further.
fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, Broken> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut body = Vec::new();
    match GzDecoder::new(packed).take(limit).read_to_end(&mut body) {
        Ok(len) if len > most => Err(Broken::TooLong),
        Ok(_) => Ok(body),
        Err(_) => Err(Malformed("damaged gzip").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of these bytes; also when each comes alone.
    async fn of(bytes: &[u8]) -> Result<Answered, Broken> {
        let (near, mut far) = tokio::io::duplex(bytes.len().max(1));
        far.write_all(bytes).await.unwrap();
        drop(far);
        let mut at_once = near;
        let whole = read(&mut at_once, 1_000).await;
        let (mut near, mut far) = tokio::io::duplex(1);
        let slow = bytes.to_vec();
        let writer = tokio::spawn(async move {
            let _ = far.write_all(&slow).await;
        });
        let slowly = read(&mut near, 1_000).await;
        writer.abort();
        assert_eq!(
            whole.as_ref().ok(),
            slowly.as_ref().ok(),
            "what it means must not hang on how it arrives"
        );
        whole
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(body, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
        [head.into_bytes(), packed].concat()
    }

    #[tokio::test]
    async fn an_answer_is_read() {
        let plain = of(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        assert_eq!((plain.status, plain.body.as_slice()), (201, b"ok".as_slice()));
        assert_eq!(plain.head, b"HTTP/1.1 201 Created\r\ncontent-length: 2");
        assert_eq!(of(&gzip(b"the page")).await.unwrap().body, b"the page");
    }

    #[tokio::test]
    async fn hostile_answers_are_refused() {
        let huge = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'a'; 20_000]].concat();
        let cut = gzip(b"the page");
        for (name, bytes) in [
            ("nothing", b"".as_slice()),
            ("a head without end", &huge),
            ("cut in the head", b"HTTP/1.1 200 OK\r\nContent-"),
            ("cut in the body", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
            ("over the limit", b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"),
            ("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
            ("cut gzip", &cut[..cut.len() - 3]),
            ("a gzip bomb", &gzip(&[0; 100_000])),
        ] {
            assert!(of(bytes).await.is_err(), "{name}");
        }
        let more = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab";
        assert!(read(&mut &more[..], 1_000).await.is_err(), "more than announced");
    }
}
