//! Pictures: a plan is made or refused; the new file can be read from it to its end.
#![no_main]
use tipline_scrub::{Piece, Planner, Step};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut planner = Planner::new(bytes.len() as u64);
    while let Step::Read { at, len } = planner.step() {
        let at = usize::try_from(at).expect("inside the file");
        planner.feed(&bytes[at..at + len]);
    }
    let Ok(plan) = planner.into_plan() else { return };
    let mut at = 0;
    while let Some(piece) = plan.piece(at, 65_536) {
        if let Piece::Source { at, len } = piece {
            assert!(at + len as u64 <= bytes.len() as u64);
        }
        assert!(piece.len() > 0);
        at += piece.len() as u64;
    }
    assert_eq!(at, plan.new_len());
});
