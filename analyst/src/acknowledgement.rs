//! The desk's acknowledgement: one signed document a pickup, which says to the letterbox what lies open here for good.
//!
//! The letterbox may erase what is named as held. So nothing is named that this desk has not opened to its authentic end
//! into a complete folder on a disk, or kept sealed and whole because a person said so; whatever is in doubt is left out and comes again with the next pickup.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tipline_wire::ack::{Ack, MOST};
use tipline_wire::hex;
use tipline_wire::intake::Site;
use tipline_wire::sshsig;

use crate::error::Error;
use crate::home::Home;
use crate::lasting;
use crate::opening::{Account, Verdict};
use crate::outgoing;
use crate::passphrase::Passphrase;

/// An acknowledgement that lies ready for the courier.
#[derive(Debug)]
pub struct Written {
    /// The document; its signature lies beside it.
    pub path: PathBuf,
    /// The pickup's id, 32 hex digits.
    pub pickup: String,
    /// How many tips it names as held.
    pub holds: usize,
    /// How many it names as damaged.
    pub damaged: usize,
}

/// What came of acknowledging.
#[derive(Debug, Default)]
pub struct Said {
    /// The documents.
    pub written: Vec<Written>,
    /// Why something could not be acknowledged that should have been.
    pub faults: Vec<Verdict>,
    /// Why nothing is acknowledged although nothing is wrong.
    pub note: Option<String>,
}

/// Writes an acknowledgement for each pickup into `folder`, signed by the desk's key. The tips lie durably in `out`.
#[must_use]
pub fn write(
    accounts: Vec<Account>,
    home: &Home,
    passphrase: &Passphrase,
    out: &Path,
    folder: &Path,
) -> Said {
    let mut said = Said::default();
    if accounts.is_empty() {
        return said;
    }
    if lasting::is_in_memory(out, Path::new(lasting::MOUNTS)).unwrap_or(true) {
        said.note = Some(format!(
            "Nothing is acknowledged: {} lies in this machine's memory and is gone when it is switched off; open the pickup into a folder on a disk",
            out.display()
        ));
        return said;
    }
    if let Err(error) = sign(accounts, home, passphrase, folder, &mut said) {
        said.faults.push(Verdict::fault(folder, format!("not acknowledged, or not all of it: {error}")));
    }
    said
}

fn sign(
    accounts: Vec<Account>,
    home: &Home,
    passphrase: &Passphrase,
    folder: &Path,
    said: &mut Said,
) -> Result<(), Error> {
    let (intake, _) = home.intake()?;
    let (acks, faults) = gather(accounts, &intake.site);
    said.faults.extend(faults);
    if acks.is_empty() {
        return Ok(());
    }
    let key = home.desk_key(passphrase, &intake)?;
    let desk = key.name(&intake).unwrap_or_default();
    for ack in acks {
        let (text, pickup) = (ack.to_text(), hex::encode(&ack.pickup));
        let signature = key.sign(sshsig::ACK, text.as_bytes());
        // With the desk's name: one courier may carry several desks' words on the same pickup.
        let name = format!("acknowledgement-{desk}-{pickup}.txt");
        let path = outgoing::write(folder, &name, text.as_bytes(), &signature)?;
        said.written.push(Written { path, pickup, holds: ack.holds.len(), damaged: ack.damaged.len() });
    }
    Ok(())
}

/// One acknowledgement a pickup, however many copies of it there were, and why others get none.
fn gather(accounts: Vec<Account>, site: &Site) -> (Vec<Ack>, Vec<Verdict>) {
    let (mut acks, mut faults) = (BTreeMap::new(), Vec::new());
    for account in accounts {
        match claim(&account, site) {
            Ok(pickup) => {
                let ack = acks.entry(pickup).or_insert_with(|| Ack {
                    site: site.clone(),
                    pickup,
                    holds: Default::default(),
                    damaged: Default::default(),
                });
                ack.holds.extend(account.holds);
                ack.damaged.extend(account.damaged);
            }
            Err(wrong) => faults.push(Verdict::fault(&account.file, wrong)),
        }
    }
    (acks.into_values().map(bounded).collect(), faults)
}

/// Which pickup it is, if it was made at this desk's letterbox.
fn claim(account: &Account, site: &Site) -> Result<[u8; 16], String> {
    if Site::parse(&account.site).as_ref() != Some(site) {
        return Err(format!(
            "it was made for \"{}\", but this desk's intake document is for {site}: it is not acknowledged. If it is another line's, give that line's --home",
            beginning(&account.site)
        ));
    }
    hex::decode(&account.id).ok_or_else(|| {
        format!("its manifest's id \"{}\" is no pickup's, so it can't be acknowledged; ask the courier for it again", beginning(&account.id))
    })
}

/// Enough to recognise what a manifest says.
fn beginning(text: &str) -> String {
    text.chars().take(80).collect()
}

/// No tip is both, and no more are named than a letterbox reads: the rest comes again.
fn bounded(mut ack: Ack) -> Ack {
    ack.holds = ack.holds.into_iter().take(MOST).collect();
    let room = MOST.saturating_sub(ack.holds.len());
    ack.damaged = ack.damaged.difference(&ack.holds).take(room).copied().collect();
    ack
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use tipline_wire::tip_id::TipId;

    fn ids(range: std::ops::Range<u32>) -> BTreeSet<TipId> {
        let id = |n: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            TipId::from_bytes(bytes)
        };
        range.map(id).collect()
    }

    fn account(id: &str, holds: BTreeSet<TipId>, damaged: BTreeSet<TipId>) -> Account {
        Account { file: "pickup.tar".into(), id: id.into(), site: "any".into(), holds, damaged }
    }

    #[test]
    fn copies_of_one_pickup_make_one_acknowledgement_and_what_is_held_is_not_damaged() {
        let (one, two) = ("11".repeat(16), "22".repeat(16));
        let accounts = vec![
            account(&one, ids(0..2), ids(2..5)),
            account(&two, ids(0..1), ids(0..0)),
            account(&one, ids(2..4), ids(0..1)),
        ];
        let (acks, faults) = gather(accounts, &Site::Any);
        assert!(faults.is_empty() && acks.len() == 2);
        assert_eq!((acks[0].pickup, &acks[0].holds, &acks[0].damaged), ([0x11; 16], &ids(0..4), &ids(4..5)));
        assert_eq!((acks[1].pickup, &acks[1].holds), ([0x22; 16], &ids(0..1)));
    }

    #[test]
    fn a_pickup_of_another_site_or_without_an_id_gets_none() {
        let onion = format!("{}.onion", "a".repeat(56));
        let elsewhere = Account { site: onion.clone(), ..account(&"11".repeat(16), ids(0..1), ids(0..0)) };
        for (bad, site, word) in [
            (elsewhere, Site::Any, onion.as_str()),
            (account(&"11".repeat(16), ids(0..1), ids(0..0)), Site::Onion(onion.clone()), "for \"any\""),
            (account("../../x", ids(0..1), ids(0..0)), Site::Any, "\"../../x\""),
            (account(&"AA".repeat(16), ids(0..1), ids(0..0)), Site::Any, "no pickup's"),
            (account("", ids(0..1), ids(0..0)), Site::Any, "no pickup's"),
        ] {
            let (acks, faults) = gather(vec![bad], &site);
            assert!(acks.is_empty() && faults.len() == 1);
            assert!(faults[0].remarks[0].contains(word), "{:?}", faults[0]);
        }
    }

    #[test]
    fn more_tips_than_a_letterbox_reads_are_left_for_the_next_time() {
        let most = u32::try_from(MOST).unwrap();
        let accounts = vec![
            account(&"11".repeat(16), ids(0..most - 3), ids(most..most + 9)),
            account(&"11".repeat(16), ids(0..0), ids(0..9)),
        ];
        let (acks, _) = gather(accounts, &Site::Any);
        assert_eq!((acks[0].holds.len(), &acks[0].damaged), (MOST - 3, &ids(most..most + 3)));
        assert_eq!(Ack::parse(&acks[0].to_text()).as_ref(), Ok(&acks[0]));
        let (acks, _) =
            gather(vec![account(&"11".repeat(16), ids(0..most + 1), ids(most..most + 2))], &Site::Any);
        assert_eq!((acks[0].holds.len(), acks[0].damaged.len()), (MOST, 0));
    }
}
