//! Receipts from outside: golden ones, the independent BIP-39 crate, and whatever a person may type.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

use bip39::{Language, Mnemonic};
use proptest::prelude::*;
use tipline_envelope::receipt::words::{LISTS, List};
use tipline_envelope::receipt::{COUNT, NUMBERS, Receipt, Slip};
use tipline_wire::hex;
use tipline_wire::sshsig::Fingerprint;
use unicode_normalization::UnicodeNormalization;

/// The bytes 0 to 31.
const ROOT: &str = "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

struct Golden {
    entropy: &'static str,
    numbers: &'static str,
    english: &'static str,
    chinese: &'static str,
    identity: &'static str,
    tag_key: &'static str,
}

/// Computed from the specification by another program, in another language.
const GOLDEN: [Golden; 4] = [
    Golden {
        entropy: "00000000000000000000000000000000",
        numbers: "0000 4096 0000 0000 4096 6144 2048 6144 4096 6144 6144 6147",
        english: "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
        chinese: "的的的的的的的的的的的在",
        identity: "AGE-SECRET-KEY-PQ-1Z880X6347GDD8EDKFWPMKDQSR3LXFT80ZNVA3WMMT5G36Q8RV6QSGTRS9H",
        tag_key: "0c4a46e8d9f8828ed9e70a6a8853da9c379bcf82de11afffea67fa0804c22fa3",
    },
    Golden {
        entropy: "ffffffffffffffffffffffffffffffff",
        numbers: "6143 8191 2047 8191 2047 4095 6143 4095 4095 8191 6143 4085",
        english: "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
        chinese: "歇歇歇歇歇歇歇歇歇歇歇逻",
        identity: "AGE-SECRET-KEY-PQ-1NGTNWU6ZQA03A2S666N3ZKX7ARF3FDKQTNVHAZQW2LM3F3C9MXGQATETCX",
        tag_key: "10a8c6c711680b9a28974b6faedf9b6c2727a4c5607e72f4946091fec659ae6a",
    },
    Golden {
        entropy: "000102030405060708090a0b0c0d0e0f",
        numbers: "4096 2112 5126 4160 6787 6172 6401 0266 2136 2819 6684 4347",
        english: "abandon amount liar amount expire adjust cage candy arch gather drum buyer",
        chinese: "的三欧三考于据保量损破战",
        identity: "AGE-SECRET-KEY-PQ-10GDLSVSN48SDD7MSYXFC5K408WN5WVC639XPCRT8WR6QZ2VKMADS2AFT8N",
        tag_key: "4e5d58eca24b899be25351b13501aec40779a161764e318e032c7901f51c931f",
    },
    Golden {
        entropy: "83eb65c95f440cb09910acf3c9cbefd6",
        numbers: "7199 0729 5010 1524 0518 6850 4898 6316 1950 4722 2015 3431",
        english: "loop forest inch salon dolphin flame gold better video exact winner provide",
        chinese: "访皮编滴呢剂审军丛汉疫剩",
        identity: "AGE-SECRET-KEY-PQ-1YLZLW688DMDMQCPYR4J444QKKC2VNCQV77ZWWE5Q00YSK8UZHPTSX8MWG3",
        tag_key: "3b90c8b6e98852b32fe1fbf41ccff634b0488cb58af1d16d7cf46931c83f67cf",
    },
];

fn numbers(receipt: &Receipt) -> String {
    receipt.numbers().iter().map(|number| format!("{number:04}")).collect::<Vec<_>>().join(" ")
}

fn words(receipt: &Receipt, tag: &str, between: &str) -> String {
    receipt.words(List::of(tag).unwrap()).collect::<Vec<_>>().join(between)
}

fn read(text: &str) -> Option<String> {
    Receipt::read(text).ok().map(|receipt| numbers(&receipt))
}

#[test]
fn golden_receipts_have_their_numbers_words_and_keys() {
    let root: Fingerprint = ROOT.parse().unwrap();
    for golden in GOLDEN {
        let receipt = Receipt::from_entropy(&hex::decode(golden.entropy).unwrap());
        assert_eq!(numbers(&receipt), golden.numbers);
        assert_eq!(words(&receipt, "en", " "), golden.english);
        assert_eq!(words(&receipt, "zh-Hans", ""), golden.chinese);
        let reply = receipt.reply(&root).unwrap();
        assert_eq!(*reply.identity.to_text(), golden.identity);
        assert_eq!(*reply.tag_key.to_hex(), golden.tag_key);
        assert_eq!(hex::encode(reply.tag_key.as_bytes()), golden.tag_key);
        for form in [golden.numbers, golden.english, golden.chinese] {
            assert_eq!(read(form).as_deref(), Some(golden.numbers), "{form}");
        }
    }
}

#[test]
fn another_root_gives_other_keys() {
    let receipt = Receipt::from_entropy(&[7; 16]);
    let [one, other] = [ROOT, "SHA256:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"]
        .map(|root| receipt.reply(&root.parse().unwrap()).unwrap());
    assert!(one.identity.recipient() != other.identity.recipient());
    assert_ne!(one.tag_key.as_bytes(), other.tag_key.as_bytes());
}

#[test]
fn what_a_person_may_write_for_the_same_numbers_is_read() {
    let golden = &GOLDEN[2];
    let plain = golden.numbers;
    let other_zero = |zero: u32| -> String {
        let digit = |c: char| c.to_digit(10).map_or(c, |d| char::from_u32(zero + d).unwrap());
        plain.chars().map(digit).collect()
    };
    let forms = [
        plain.replace(' ', ""),
        plain.replace(' ', "-"),
        plain.replace(' ', ",\n"),
        plain.replace(" 0", " "),
        format!("  {}\u{3000}", plain.replace(' ', "\u{3000}")),
        other_zero(0xff10),
        other_zero(0x0f20),
        other_zero(0x0660),
        other_zero(0x06f0),
        other_zero(0x1810).replace(' ', "༌"),
        golden.english.to_uppercase(),
        golden.english.replace(' ', ", "),
    ];
    for form in forms {
        assert_eq!(read(&form).as_deref(), Some(plain), "{form}");
    }
}

#[test]
fn chinese_of_both_kinds_may_be_mixed() {
    let mut mixed = 0;
    for seed in 0..50 {
        let receipt = Receipt::from_entropy(&[seed; 16]);
        let [simplified, traditional] = ["zh-Hans", "zh-Hant"].map(|tag| List::of(tag).unwrap());
        let pairs = receipt.words(simplified).zip(receipt.words(traditional)).enumerate();
        let either = |(at, (one, other))| if at % 2 == 0 { one } else { other };
        let text: String = pairs.map(either).collect();
        mixed +=
            usize::from(text != words(&receipt, "zh-Hans", "") && text != words(&receipt, "zh-Hant", ""));
        assert_eq!(read(&text), Some(numbers(&receipt)));
    }
    assert!(mixed > 25, "{mixed}");
}

#[test]
fn too_few_too_many_and_what_is_neither_is_named() {
    let slip = |text: &str| Receipt::read(text).err().unwrap();
    let plain = GOLDEN[3].numbers;
    for (text, count) in [
        ("", 0),
        ("  ", 0),
        (plain.strip_prefix("7199 ").unwrap(), 11),
        (&format!("{plain} 1"), 13),
        ("abandon", 1),
    ] {
        assert!(matches!(slip(text), Slip::Count(found) if found == count), "{text}");
    }
    let third = |other: &str| plain.replacen(" 5010 ", &format!(" {other} "), 1);
    for other in ["50101", "5a10", "zoo", "９９９９９"] {
        assert!(matches!(slip(&third(other)), Slip::Number { place: 3 }), "{other}");
    }
    // Too great or short of a digit: one wrong number among right ones.
    for other in ["9010", "501"] {
        assert!(matches!(slip(&third(other)), Slip::Probably { place: 3, number: 5010, .. }), "{other}");
    }
    let english = GOLDEN[3].english;
    assert!(matches!(slip(&english.replace("inch", "inches")), Slip::Word { place: 3 }));
    assert!(matches!(slip(&english.replace("inch", "zoo")), Slip::Wrong));
}

/// The independent crate, with its decomposed lists, says the same words and reads them to the same bits.
fn agree(entropy: [u8; 16]) {
    let receipt = Receipt::from_entropy(&entropy);
    let theirs = [
        Language::English,
        Language::Japanese,
        Language::Korean,
        Language::SimplifiedChinese,
        Language::TraditionalChinese,
    ];
    for (list, language) in LISTS.iter().zip(theirs) {
        let mnemonic = Mnemonic::from_entropy_in(language, &entropy).unwrap();
        let composed: Vec<String> = mnemonic.words().map(|word| word.nfc().collect()).collect();
        assert!(receipt.words(list).eq(composed.iter().map(String::as_str)), "{}", list.tag);
        let decomposed = mnemonic.words().collect::<Vec<_>>().join("\u{3000}");
        assert_eq!(read(&decomposed), Some(numbers(&receipt)), "{decomposed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn words_are_those_of_the_independent_crate(entropy in any::<[u8; 16]>()) {
        agree(entropy);
    }

    #[test]
    fn every_receipt_comes_back(entropy in any::<[u8; 16]>()) {
        let receipt = Receipt::from_entropy(&entropy);
        prop_assert!(receipt.numbers().iter().all(|number| *number < NUMBERS));
        prop_assert_eq!(receipt.words(&LISTS[0]).count(), COUNT);
        prop_assert_eq!(read(&numbers(&receipt)), Some(numbers(&receipt)));
        let again = Receipt::from_numbers(&receipt.numbers()).ok().unwrap();
        prop_assert!(again.numbers() == receipt.numbers());
    }

    #[test]
    fn nothing_that_is_typed_panics(text in "\\PC{0,200}") {
        let _ = Receipt::read(&text);
    }
}
