//! Receipts are drawn again rather than show "police" to somebody who is afraid of it: which of the 2 048 places frighten.
//!
//! The words stand in `words/frightening.txt`, and the test below holds this table to them. One table for all lists: a
//! receipt is the same in every language, and a program needs no list to draw one.

use super::Numbers;

const PLACES: [u16; 204] = [
    9, 13, 39, 46, 71, 86, 88, 96, 97, 99, 108, 115, 122, 130, 131, 146, 171, 172, 177, 184, 186, 189, 191,
    201, 206, 207, 208, 214, 241, 257, 262, 291, 309, 312, 392, 405, 406, 412, 420, 424, 432, 443, 456, 463,
    481, 504, 507, 508, 510, 512, 515, 516, 529, 539, 545, 576, 578, 585, 591, 593, 599, 601, 616, 622, 623,
    625, 629, 630, 632, 633, 637, 645, 668, 697, 714, 720, 721, 727, 736, 749, 776, 802, 818, 826, 829, 831,
    835, 838, 857, 877, 891, 894, 900, 904, 923, 924, 929, 930, 934, 960, 965, 979, 989, 996, 1010, 1019,
    1030, 1041, 1056, 1060, 1067, 1078, 1094, 1106, 1107, 1140, 1141, 1143, 1144, 1149, 1157, 1162, 1194,
    1201, 1210, 1226, 1258, 1277, 1284, 1285, 1286, 1289, 1297, 1300, 1320, 1323, 1341, 1368, 1390, 1401,
    1411, 1413, 1414, 1433, 1438, 1459, 1485, 1489, 1490, 1498, 1515, 1538, 1539, 1546, 1556, 1567, 1569,
    1580, 1582, 1588, 1605, 1607, 1608, 1612, 1614, 1620, 1622, 1631, 1652, 1660, 1662, 1663, 1685, 1690,
    1726, 1733, 1750, 1762, 1782, 1829, 1830, 1839, 1843, 1844, 1847, 1850, 1857, 1864, 1930, 1940, 1945,
    1948, 1956, 1966, 1976, 1977, 1978, 1980, 1982, 1986, 2003, 2021, 2032, 2033,
];

/// Whether one of the words frightens, in whatever list.
pub(super) fn shows(numbers: &Numbers) -> bool {
    numbers.iter().any(|number| PLACES.contains(&(number & 0x7ff)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::words::LISTS;

    #[test]
    fn the_table_is_what_the_words_say() {
        let lines = include_str!("../../words/frightening.txt").lines().filter(|line| !line.starts_with('#'));
        let mut places: Vec<u16> = lines
            .map(|line| {
                let (tag, word) = line.split_once(' ').unwrap();
                let list = LISTS.iter().find(|list| list.tag == tag).unwrap();
                list.index(word).unwrap_or_else(|| panic!("{line} is in no list"))
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(PLACES.as_slice(), places, "the table and the words differ");
    }
}
