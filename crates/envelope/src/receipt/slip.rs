//! A slip of the pen or of the finger: found, and repaired or explained, so that nobody waits in vain for an answer.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{COUNT, PLACES, Receipt, checksum, classes, indexes, joined};

/// Why what was typed is no receipt. Nothing is repaired by itself: a person looks at the paper again. No `Debug`: it may
/// hold the receipt.
pub enum Slip {
    /// So many numbers or words, where twelve are needed.
    Count(usize),
    /// What stands at this place (1 to 12) is not a number from 0000 to 8191.
    Number {
        /// From 1 to 12.
        place: usize,
    },
    /// What stands at this place (1 to 12) is a word of no list.
    Word {
        /// From 1 to 12.
        place: usize,
    },
    /// One number is wrong, and this fits there.
    Probably {
        /// From 1 to 12.
        place: usize,
        /// What probably stands on the paper.
        number: u16,
        /// The receipt then.
        receipt: Receipt,
    },
    /// The numbers are right, but in another order: two are exchanged, or the table was read in columns or from the right.
    Order(Receipt),
    /// More than one number is wrong, or a word is another one, or nothing tells which.
    Wrong,
}

/// Takes the numbers, or explains them.
pub(super) fn check(numbers: &[u16; COUNT]) -> Result<Receipt, Slip> {
    match exact(numbers) {
        Some(receipt) => Ok(receipt),
        None => Err(explain(numbers)),
    }
}

/// The receipt that has exactly these numbers.
fn exact(numbers: &[u16; COUNT]) -> Option<Receipt> {
    let receipt = Receipt::of(bits(numbers));
    (*receipt.numbers() == *numbers).then_some(receipt)
}

fn bits(numbers: &[u16; COUNT]) -> u128 {
    joined(&Zeroizing::new(numbers.map(|number| number & 0x7ff)))
}

fn explain(numbers: &[u16; COUNT]) -> Slip {
    if let Some(receipt) = reordered(numbers) {
        return Slip::Order(receipt);
    }
    if let Some(repair) = likeliest((0..COUNT).flat_map(|at| repaired(numbers, at))) {
        return Slip::Probably {
            place: repair.at.saturating_add(1),
            number: repair.number,
            receipt: repair.receipt,
        };
    }
    match numbers.iter().position(|number| *number >= super::NUMBERS) {
        Some(at) => Slip::Number { place: at.saturating_add(1) },
        None => Slip::Wrong,
    }
}

/// Two numbers exchanged; or the table of three columns read from top to bottom, or each row from the right.
fn reordered(numbers: &[u16; COUNT]) -> Option<Receipt> {
    const COLUMNS: [usize; COUNT] = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11];
    const FROM_THE_RIGHT: [usize; COUNT] = [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9];
    let read = |order: [usize; COUNT]| order.map(|at| numbers.get(at).copied().unwrap_or_default());
    let exchanged = (0..COUNT).flat_map(|a| (0..a).map(move |b| (a, b))).map(|(a, b)| {
        let mut other = *numbers;
        other.swap(a, b);
        other
    });
    [COLUMNS, FROM_THE_RIGHT]
        .into_iter()
        .map(read)
        .chain(exchanged)
        .find_map(|other| exact(&Zeroizing::new(other)))
}

/// A receipt that has all the numbers but one.
struct Repair {
    at: usize,
    number: u16,
    /// How many digits are others than those typed.
    digits: usize,
    receipt: Receipt,
}

/// One wrong number has one repair; once in some 2 700 times chance adds another. Then the smaller slip counts.
fn likeliest(repairs: impl Iterator<Item = Repair>) -> Option<Repair> {
    let mut repairs: Vec<Repair> = repairs.collect();
    repairs.sort_by_key(|repair| repair.digits);
    let clear = match repairs.as_slice() {
        [] => false,
        [_] => true,
        [first, second, ..] => first.digits < second.digits,
    };
    repairs.into_iter().next().filter(|_| clear)
}

fn repaired(numbers: &[u16; COUNT], at: usize) -> impl Iterator<Item = Repair> {
    let (shift, mask) = PLACES.get(at).copied().unwrap_or_default();
    let others = bits(numbers) & !u128::from(mask).wrapping_shl(shift);
    let tried = (0..=mask).map(move |index| others | u128::from(index).wrapping_shl(shift));
    tried.filter(move |bits| fits(*bits, numbers, at)).filter_map(move |bits| {
        let receipt = Receipt::of(bits);
        let (number, typed) = (receipt.numbers().get(at).copied()?, numbers.get(at)?);
        Some(Repair { at, number, digits: other_digits(number, *typed), receipt })
    })
}

/// How many digits differ; two neighbours exchanged are one slip.
fn other_digits(a: u16, b: u16) -> usize {
    let digits = |number: u16| [number / 1_000, number / 100 % 10, number / 10 % 10, number % 10];
    let (a, b) = (digits(a), digits(b));
    let swapped = (1..a.len()).any(|at| {
        let mut other = a;
        other.swap(at.saturating_sub(1), at);
        other == b
    });
    if swapped && a != b { 1 } else { a.iter().zip(b).filter(|(a, b)| **a != *b).count() }
}

/// Whether these bits have the numbers, but for the one at `at`. The checksum first: it spares fifteen hashes in sixteen.
fn fits(bits: u128, numbers: &[u16; COUNT], at: usize) -> bool {
    let ends = numbers.last().map(|last| last & 0xf) == Some(checksum(bits));
    if at != COUNT.saturating_sub(1) && !ends {
        return false;
    }
    let expected = indexes(bits).zip(classes(bits)).map(|(index, class)| index | (class << 11));
    expected.zip(numbers).enumerate().all(|(place, (expected, number))| place == at || expected == *number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::NUMBERS;
    use sha2::{Digest, Sha256};

    fn seeded(seed: u32) -> [u16; COUNT] {
        let hash = Sha256::digest(seed.to_be_bytes());
        *Receipt::from_entropy(hash.first_chunk().unwrap()).numbers()
    }

    /// The 48 digits with one of them another, each in turn.
    fn digit_slips(numbers: &[u16; COUNT]) -> Vec<[u16; COUNT]> {
        let mut slips = Vec::new();
        for (at, unit) in (0..COUNT).flat_map(|at| [1_000, 100, 10, 1].map(|unit| (at, unit))) {
            let digit = numbers[at] / unit % 10;
            for other in (0..10).filter(|other| *other != digit) {
                let mut slip = *numbers;
                slip[at] = slip[at] - digit * unit + other * unit;
                slips.push(slip);
            }
        }
        slips
    }

    /// Two neighbours exchanged, wherever they differ: of the 48 digits, also across a gap, and of the twelve numbers.
    fn swaps(numbers: &[u16; COUNT]) -> Vec<[u16; COUNT]> {
        let digits: Vec<u8> = numbers.iter().flat_map(|number| format!("{number:04}").into_bytes()).collect();
        let swapped = |at: usize, width: usize| {
            let mut other = digits.clone();
            (0..width).for_each(|step| other.swap(at + step, at + step + width));
            other
        };
        let of_digits = (0..47).map(|at| swapped(at, 1));
        let of_numbers = (0..11).map(|at| swapped(4 * at, 4));
        let changed = of_digits.chain(of_numbers).filter(|other| *other != digits);
        changed
            .map(|digits| {
                let mut fours = digits.chunks(4).map(|four| str::from_utf8(four).unwrap().parse().unwrap());
                std::array::from_fn(|_| fours.next().unwrap())
            })
            .collect()
    }

    #[test]
    fn no_slip_of_a_digit_and_no_swap_is_unnoticed() {
        let mut slips = 0;
        for numbers in (0..250).map(seeded) {
            assert!(exact(&numbers).is_some());
            for slip in digit_slips(&numbers).iter().chain(&swaps(&numbers)) {
                assert!(exact(slip).is_none(), "{slip:?} passes for {numbers:?}");
                slips += 1;
            }
        }
        assert!(slips > 120_000, "{slips}");
    }

    #[test]
    fn a_number_with_a_slip_is_repaired_at_its_place() {
        for numbers in (0..2).map(seeded) {
            for slip in digit_slips(&numbers) {
                let at = (0..COUNT).find(|at| slip[*at] != numbers[*at]).unwrap();
                let Err(Slip::Probably { place, number, receipt }) = check(&slip) else {
                    panic!("{slip:?} is not repaired")
                };
                assert_eq!((place, number, *receipt.numbers()), (at + 1, numbers[at], numbers));
            }
        }
    }

    #[test]
    fn of_two_repairs_the_smaller_slip_counts() {
        assert_eq!(other_digits(4116, 4116), 0);
        for (a, b, digits) in
            [(4116, 4117, 1), (4116, 1416, 1), (4116, 4161, 1), (4116, 4611, 2), (16, 6100, 4)]
        {
            assert_eq!(other_digits(a, b), digits, "{a} {b}");
        }
        let likeliest = |digits: &[usize]| {
            let receipt = |at: usize| Receipt::from_entropy(&[at as u8; 16]);
            let repair = |(at, digits): (usize, &usize)| Repair {
                at,
                number: 0,
                digits: *digits,
                receipt: receipt(at),
            };
            likeliest(digits.iter().enumerate().map(repair)).map(|repair| repair.at)
        };
        assert_eq!((likeliest(&[]), likeliest(&[3]), likeliest(&[3, 1, 2])), (None, Some(0), Some(1)));
        assert_eq!(likeliest(&[2, 1, 1]), None);
    }

    #[test]
    fn another_order_is_recognised() {
        let numbers = seeded(7);
        let columns = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11].map(|at| numbers[at]);
        let right = [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9].map(|at| numbers[at]);
        let mut exchanged = numbers;
        exchanged.swap(0, 11);
        for order in [columns, right, exchanged] {
            let Err(Slip::Order(receipt)) = check(&order) else { panic!("{order:?} is not recognised") };
            assert_eq!(*receipt.numbers(), numbers);
        }
    }

    #[test]
    fn what_cannot_be_repaired_is_explained() {
        let numbers = seeded(9);
        let mut two = numbers;
        two[1] ^= 1;
        two[8] ^= 1;
        assert!(matches!(check(&two), Err(Slip::Wrong)));
        two[8] = NUMBERS;
        assert!(matches!(check(&two), Err(Slip::Number { place: 9 })));
    }
}
