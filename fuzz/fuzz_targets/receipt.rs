//! Whatever is typed as a receipt: what is read is written back the same, and a repair is a receipt.
#![no_main]
use tipline_envelope::receipt::{Receipt, Slip};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let receipt = match Receipt::read(text) {
        Ok(receipt) | Err(Slip::Probably { receipt, .. } | Slip::Order(receipt)) => receipt,
        Err(_) => return,
    };
    let numbers = receipt.numbers();
    assert!(Receipt::from_numbers(&numbers).is_ok_and(|again| again.numbers() == numbers));
});
