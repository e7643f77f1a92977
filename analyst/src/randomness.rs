//! Randomness as an argument: only `main` knows where it comes from.

use std::io;

use zeroize::Zeroizing;

use crate::error::Error;

/// A source of fresh random bytes, handed down from `main`.
pub struct Randomness<'a> {
    fill: &'a mut dyn FnMut(&mut [u8]) -> io::Result<()>,
}

impl<'a> Randomness<'a> {
    /// Draws from `fill`, which fills the whole buffer or fails.
    pub fn new(fill: &'a mut dyn FnMut(&mut [u8]) -> io::Result<()>) -> Self {
        Self { fill }
    }

    /// `len` fresh bytes, wiped when dropped.
    ///
    /// # Errors
    /// The source failed, or gave nothing but zeros.
    pub fn bytes(&mut self, len: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut bytes = Zeroizing::new(vec![0; len]);
        self.draw(&mut bytes)?;
        Ok(bytes)
    }

    /// `N` fresh bytes, wiped when dropped.
    ///
    /// # Errors
    /// As [`Randomness::bytes`].
    pub fn array<const N: usize>(&mut self) -> Result<Zeroizing<[u8; N]>, Error> {
        let mut bytes = Zeroizing::new([0; N]);
        self.draw(bytes.as_mut_slice())?;
        Ok(bytes)
    }

    fn draw(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        let failed = |wrong: &dyn std::fmt::Display| {
            Error::failed(
                "drawing random numbers",
                wrong,
                "restart the machine and try again; nothing was written",
            )
        };
        (self.fill)(bytes).map_err(|e| failed(&e))?;
        if bytes.len() >= 4 && bytes.iter().all(|b| *b == 0) {
            return Err(failed(&"the system's generator gives only zeros"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_or_dead_generator_stops() {
        let mut dead = |_: &mut [u8]| Ok(());
        assert!(Randomness::new(&mut dead).array::<32>().unwrap_err().to_string().contains("only zeros"));
        let mut failing = |_: &mut [u8]| Err(io::Error::other("no device"));
        assert!(Randomness::new(&mut failing).bytes(16).unwrap_err().to_string().contains("no device"));
    }
}
