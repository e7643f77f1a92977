//! What desks sign, and how a body is taken apart: no bytes panic, and what is read is written again as it was.
#![no_main]

use tipline_wire::{ack::Ack, board::Board, signed, site::Site};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((document, signature)) = signed::split(data) {
        assert_eq!(signed::join(document, signature), data);
    }
    if let Ok(board) = Board::parse(data) {
        assert_eq!(data.len(), board.len());
        assert!(board.to_head().is_some_and(|head| data.starts_with(&head)));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(ack) = Ack::parse(text) {
        assert_eq!(ack.to_text(), text);
    }
    if let Ok(site) = Site::parse(text) {
        assert_eq!(site.check(), None);
    }
});
