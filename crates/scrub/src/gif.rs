//! GIF (CompuServe, 87a and 89a): pictures, their palettes and delays, and how often they repeat; everything else goes.
//!
//! - Comments, plain text (which no program shows any more) and the blocks of programs (XMP, profiles) go. Of these
//!   only the count of repetitions stays (NETSCAPE2.0, ANIMEXTS1.0), in the one form it has.
//! - Nothing after the trailer stays.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{slice, widen};
use crate::plan::Draft;
use crate::planner::{File, MAX_READ, Scan};
use crate::{Kind, Step, Why, xmp};

/// Signature, size of the picture, and what it says of its palette.
const START: u64 = 13;
/// An extension's two bytes and its first block: graphic controls end with it, the names of programs stand in it.
const EXTENSION: u64 = 14;
/// Place and size of a picture after its first byte, and the LZW code size after the palette.
const PICTURE: usize = 9;
/// The most blocks of a file: an hour of pictures is some ten thousand.
const MAX_BLOCKS: u32 = 200_000;
/// The most bytes that are looked at of one extension that goes.
const MAX_LOOK: usize = MAX_READ;

/// The program that XMP stands under.
const XMP: &[u8] = b"XMP Data";

/// The way through a GIF.
pub(crate) struct Gif {
    state: State,
    blocks: u32,
    pictures: bool,
    /// A graphic control that waits for its picture: where it stands.
    control: Option<u64>,
    looked: Vec<u8>,
}

#[derive(Clone, Copy)]
enum State {
    Start,
    /// A block is expected.
    Block,
    /// In the sub-blocks of something.
    Sub(Fate),
}

/// What becomes of sub-blocks.
#[derive(Clone, Copy)]
enum Fate {
    Keep,
    Drop(Label),
}

/// What an extension that goes is.
#[derive(Clone, Copy)]
enum Label {
    Comment,
    Text,
    Program([u8; 11]),
    Other,
}

impl Gif {
    pub(crate) fn new() -> Self {
        Self { state: State::Start, blocks: 0, pictures: false, control: None, looked: Vec::new() }
    }

    fn next(&mut self, file: File, at: u64) -> Result<Step, Why> {
        self.state = State::Block;
        file.some(at, EXTENSION.saturating_add(5))
    }

    fn start(&mut self, file: File, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let palette = palette(bytes.get(10).copied().ok_or(Why::Truncated)?);
        let end = START.saturating_add(palette);
        if end > file.len {
            return Err(Why::Truncated);
        }
        draft.keep(0, end)?;
        self.next(file, end)
    }

    fn block(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        self.blocks = self.blocks.checked_add(1).filter(|n| *n <= MAX_BLOCKS).ok_or(Why::TooComplex)?;
        match bytes {
            [0x3b, ..] => self.end(file, at, draft),
            [0x2c, picture @ ..] => self.picture(file, at, picture, draft),
            [0x21, 0xf9, 4, _, _, _, _, 0, ..] => {
                self.control = Some(at);
                self.next(file, at.saturating_add(8))
            }
            [0x21, 0xf9, ..] => Err(Why::Damaged("a delay is not as long as it must be")),
            [0x21, 0xff, 11, name @ ..] => self.program(file, at, name, draft),
            [0x21, label, ..] => {
                let label = match label {
                    0xfe => Label::Comment,
                    0x01 => Label::Text,
                    _ => Label::Other,
                };
                // What stood before a text was its delay.
                if matches!(label, Label::Text) {
                    self.control = None;
                }
                self.sub(file, at.saturating_add(2), Fate::Drop(label))
            }
            _ => Err(Why::Damaged("a block is none")),
        }
    }

    fn picture(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let said = slice(bytes, 0, PICTURE).and_then(|said| said.last()).ok_or(Why::Truncated)?;
        // The first byte, place and size, the palette, the code size.
        let head = widen(PICTURE).saturating_add(2).saturating_add(palette(*said));
        let data = at.saturating_add(head);
        if data > file.len {
            return Err(Why::Truncated);
        }
        if let Some(control) = self.control.take() {
            draft.keep(control, 8)?;
        }
        draft.keep(at, head)?;
        self.pictures = true;
        self.sub(file, data, Fate::Keep)
    }

    /// A program's block: `bytes` begin with its name of 11 bytes.
    fn program(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        let name: [u8; 11] = *bytes.first_chunk().ok_or(Why::Truncated)?;
        let blocks = at.saturating_add(EXTENSION);
        if matches!(&name, b"NETSCAPE2.0" | b"ANIMEXTS1.0")
            && matches!(bytes.get(11..16), Some([3, 1, _, _, 0]))
        {
            draft.keep(at, EXTENSION.saturating_add(5))?;
            return self.next(file, blocks.saturating_add(5));
        }
        self.sub(file, blocks, Fate::Drop(Label::Program(name)))
    }

    fn sub(&mut self, file: File, at: u64, fate: Fate) -> Result<Step, Why> {
        self.state = State::Sub(fate);
        file.some(at, widen(MAX_READ))
    }

    /// Sub-blocks: each a length and as many bytes; one of no length ends them.
    fn subs(
        &mut self,
        file: File,
        at: u64,
        bytes: &[u8],
        fate: Fate,
        draft: &mut Draft,
    ) -> Result<Step, Why> {
        let mut used = 0_usize;
        let mut ends = false;
        while let Some(len) = bytes.get(used).copied() {
            let Some(data) = slice(bytes, used.saturating_add(1), len.into()) else { break };
            if let Fate::Drop(label) = fate {
                self.look_at(label, len, data);
            }
            used = used.saturating_add(1).saturating_add(len.into());
            ends = len == 0;
            if ends {
                break;
            }
        }
        if used == 0 {
            return Err(Why::Truncated);
        }
        let next = at.saturating_add(widen(used));
        if let Fate::Keep = fate {
            draft.keep(at, widen(used))?;
        }
        if !ends {
            return self.sub(file, next, fate);
        }
        if let Fate::Drop(label) = fate {
            label.tell(&core::mem::take(&mut self.looked), draft);
        }
        self.next(file, next)
    }

    /// Remembers what goes, to tell of it. XMP is written without sub-blocks: the lengths are letters of its text.
    fn look_at(&mut self, label: Label, len: u8, data: &[u8]) {
        let room = MAX_LOOK.saturating_sub(self.looked.len());
        let letter = matches!(label, Label::Program(name) if name.starts_with(XMP)).then_some(len);
        self.looked.extend(letter.into_iter().chain(data.iter().copied()).take(room));
    }

    fn end(&mut self, file: File, at: u64, draft: &mut Draft) -> Result<Step, Why> {
        if !self.pictures {
            return Err(Why::Damaged("it holds no picture"));
        }
        draft.keep(at, 1)?;
        let after = file.len.saturating_sub(at).saturating_sub(1);
        if after > 0 {
            draft.found(Kind::Other, &format!("{after} bytes after the end of the picture"));
        }
        Ok(Step::Done)
    }
}

impl Scan for Gif {
    fn begin(&mut self, file: File) -> Result<Step, Why> {
        file.exactly(0, START)
    }

    fn take(&mut self, file: File, at: u64, bytes: &[u8], draft: &mut Draft) -> Result<Step, Why> {
        match self.state {
            State::Start => self.start(file, bytes, draft),
            State::Block => self.block(file, at, bytes, draft),
            State::Sub(fate) => self.subs(file, at, bytes, fate, draft),
        }
    }
}

impl Label {
    /// Notes what an extension tells.
    fn tell(self, bytes: &[u8], draft: &mut Draft) {
        match self {
            Self::Comment => draft.found(Kind::Text, &String::from_utf8_lossy(bytes)),
            Self::Text => {
                draft.found(Kind::Text, &String::from_utf8_lossy(bytes.get(12..).unwrap_or_default()))
            }
            Self::Program(name) if name.starts_with(XMP) => xmp::look(bytes, draft),
            Self::Program(name) if name.starts_with(b"ICCRGBG1") => {
                draft.found(Kind::Other, "a colour profile")
            }
            Self::Program(name) => {
                draft.found(Kind::Other, &format!("notes of a program: {}", String::from_utf8_lossy(&name)));
            }
            Self::Other => draft.found(Kind::Other, "a block without use"),
        }
    }
}

/// Bytes of a palette, by the byte that says whether there is one.
fn palette(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        0
    } else {
        3_u64.checked_shl(u32::from(flags & 7).saturating_add(1)).unwrap_or_default()
    }
}
