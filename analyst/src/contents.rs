//! What is inside a sealed tip, taken out of its tar while it is opened.

use std::io;

use tipline_envelope::tip::{Event, TipReader};

use crate::sealed::Authentic;
use crate::tip_folder::TipFolder;
use crate::workroom::Draft;

/// A tip's plaintext on its way into a folder.
pub struct Contents {
    reader: TipReader,
    folder: TipFolder,
}

impl Contents {
    /// Begins in an empty draft; `plain_len` is the length of the plaintext in bytes.
    #[must_use]
    pub fn into(draft: Draft, plain_len: u64) -> Self {
        Self { reader: TipReader::new(plain_len), folder: TipFolder::begin(draft) }
    }

    /// The next bytes of plaintext.
    ///
    /// # Errors
    /// What the system says of writing.
    pub fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some(event) = self.reader.next(&mut bytes) {
            take(&mut self.folder, event)?;
        }
        Ok(())
    }

    /// Writes what a person reads first. Only for a tip that was found authentic; `remarks` come from how it was carried.
    ///
    /// # Errors
    /// What the system says of writing.
    pub fn finish(mut self, found: &Authentic, remarks: Vec<String>) -> io::Result<(Draft, Vec<String>)> {
        let end = self.reader.finish();
        // A fault before the end was told when its rest began.
        if let (Some(fault), 0) = (end.fault, end.rest) {
            self.folder.remark(format!("The tip was made with other tools, or not finished: {fault}."));
        }
        remarks.into_iter().for_each(|remark| self.folder.remark(remark));
        self.folder.finish(&found.id, found.week)
    }
}

fn take(folder: &mut TipFolder, event: Event<'_>) -> io::Result<()> {
    match event {
        Event::Start { name, .. } => folder.entry(name),
        Event::Data(bytes) => folder.data(bytes),
        Event::End => folder.end_entry(),
        Event::Fault(fault) => folder.fault(&fault.to_string()),
    }
}
