//! Whole age files, as the desk opens them: hybrid ones and the passphrase files.
#![no_main]
use tipline_envelope::{Identity, open_all, passphrase};
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let ours = [Identity::from_seed([1; 32])];
    assert!(open_all(bytes, &ours).is_err(), "a file for our key was not written by us");
    // A low limit: the factor in the file decides how long it may take.
    let _ = passphrase::open(bytes, "a passphrase", 4);
});
