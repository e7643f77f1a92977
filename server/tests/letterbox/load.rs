//! Many tips at once: 10 000 over 64 connections, every tenth over a second one at the same moment; none is lost and none is
//! there twice.
//!
//! A tenth of it where `TIPLINE_QUICK` is set.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;

use tipline_wire::pickup::parse_tip_name;
use tipline_wire::tip_id::TipId;
use tipline_wire::ustar::Header;

use crate::stage::*;

const CONNECTIONS: usize = 64;

/// Sends tips that differ in their last bytes; every tenth over two connections before either is answered.
fn send(address: &str, template: &[u8], numbers: std::ops::Range<usize>, acknowledged: &Mutex<Vec<TipId>>) {
    let mut streams = [(); 2].map(|()| TcpStream::connect(address).unwrap());
    streams.iter().for_each(|stream| stream.set_nodelay(true).unwrap());
    let mut body = template.to_vec();
    for number in numbers {
        let at = body.len() - 8;
        body[at..].copy_from_slice(&(number as u64).to_be_bytes());
        let used = &mut streams[..=usize::from(number % 10 == 0)];
        used.iter_mut().for_each(|stream| stream.write_all(&post(this_week(), &body)).unwrap());
        used.iter_mut().for_each(|stream| {
            let answer = read_answer(stream).unwrap();
            assert_eq!((answer.status, answer.says().as_str()), (201, "kept"));
        });
        acknowledged.lock().unwrap().push(TipId::of_one_request(&body));
    }
}

/// The ids in a pickup, without reading the tips.
pub fn ids(pickup: &Path) -> Vec<TipId> {
    let mut file = File::open(pickup).unwrap();
    let mut ids = Vec::new();
    let mut block = [0; 512];
    loop {
        file.read_exact(&mut block).unwrap();
        if block == [0; 512] {
            return ids;
        }
        let header = Header::parse(&block).unwrap();
        ids.extend(parse_tip_name(&header.name).map(|(_, id)| id));
        file.seek(SeekFrom::Current(header.size.next_multiple_of(512) as i64)).unwrap();
    }
}

#[test]
fn of_ten_thousand_tips_over_sixty_four_connections_none_is_lost_and_none_is_doubled() {
    let tips = if std::env::var_os("TIPLINE_QUICK").is_some() { 1_000 } else { 10_000 };
    let stage = Stage::new();
    let server = stage.open();
    let (template, acknowledged) = (small_tip(1), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let (address, template, acknowledged) = (&server.address, &template, &acknowledged);
            let numbers = tips * connection / CONNECTIONS..tips * (connection + 1) / CONNECTIONS;
            scope.spawn(move || send(address, template, numbers, acknowledged));
        }
    });
    let mut acknowledged = acknowledged.into_inner().unwrap();
    acknowledged.sort_unstable();
    assert_eq!(acknowledged.iter().collect::<BTreeSet<_>>().len(), tips);
    assert_eq!(server.stop().0, Some(0));
    let _again = stage.start();
    let mut held = ids(&stage.fetch());
    held.sort_unstable();
    assert_eq!(held.len(), tips, "as many as were sent");
    assert_eq!(held, acknowledged);
}
