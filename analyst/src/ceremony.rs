//! `keys init`: makes root, desk key, ring, opener and signed intake document, all or nothing.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer, SigningKey};
use tipline_envelope::{Fresh, Identity, PublicKey as SealingKey, fresh_len, passphrase, seal_all};
use tipline_wire::date::{Date, Epoch};
use tipline_wire::intake::{Desk, EpochKeys, Intake, Site};
use tipline_wire::recipient::Recipient;
use tipline_wire::sshsig::{self, Fingerprint, PublicKey};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::home;
use crate::openssh;
use crate::passphrase::Passphrase;
use crate::randomness::Randomness;
use crate::ring::{Ring, WeekKey};
use crate::workroom::{Draft, Workroom, make_folder, sync_folder};

/// Weeks that a new ring lasts.
pub const WEEKS: i32 = 13;

/// What a person decides about a new organisation's keys.
pub struct Plan {
    /// The folder to make.
    pub home: PathBuf,
    /// The organisation's name, as sources read it.
    pub org: String,
    /// The letterbox's address.
    pub site: Site,
    /// This desk's name.
    pub desk: String,
    /// Places on the board.
    pub slots: u16,
    /// Recipients of every tip; places without a holder have keys that nobody can open.
    pub recipients: u8,
}

/// What was made and may be told.
pub struct Made {
    /// The folder.
    pub home: PathBuf,
    /// The organisation's name.
    pub org: String,
    /// The root's fingerprint, for paper.
    pub root: Fingerprint,
    /// The day the keys run out.
    pub until: Date,
}

/// Refuses a home that is there already: nothing in it is ever overwritten.
///
/// # Errors
/// Something is there, or it can't be looked at.
pub fn refuse_existing(path: &Path) -> Result<(), Error> {
    let doing = doing(path);
    match std::fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(false) => Err(Error::failed(
            doing,
            "something is there already",
            "nothing was changed; name another folder with --home",
        )),
        Err(e) => Err(Error::failed(doing, e, "nothing was changed; name another folder with --home")),
    }
}

/// Makes the keys of a plan; `work` is the binary logarithm of scrypt's rounds.
///
/// # Errors
/// The plan breaks a rule, something is there already, or it can't be written. Then nothing was made.
pub fn hold(
    plan: Plan,
    today: Date,
    passphrase: &Passphrase,
    work: u8,
    random: &mut Randomness<'_>,
) -> Result<Made, Error> {
    refuse_existing(&plan.home)?;
    let mut maker = Maker { random, passphrase, work };
    let (root, desk) = (maker.signing_key()?, maker.signing_key()?);
    let (ring, epochs) = maker.ring(today.monday(), plan.recipients)?;
    let until = epochs.last().map_or(today, |keys| keys.epoch.end);
    let document = Intake {
        org: plan.org,
        site: plan.site,
        serial: 1,
        issued: today,
        slots: plan.slots,
        desks: vec![Desk { name: plan.desk, key: public(&desk) }],
        replaces: None,
        epochs,
    };
    let text = document.to_text().map_err(|e| {
        Error::failed(
            "writing the intake document",
            e,
            "check --org, --desk, --slots and --recipients; nothing was made",
        )
    })?;
    let files = maker.files(&root, &desk, &document.desks, &ring, &text)?;
    write(&plan.home, &files).map_err(|e| {
        Error::failed(
            doing(&plan.home),
            e,
            "nothing was made; check the folder above it and the free space, then run it again",
        )
    })?;
    Ok(Made { home: plan.home, org: document.org, root: public(&root).fingerprint(), until })
}

fn doing(home: &Path) -> String {
    format!("making keys in {}", home.display())
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().to_bytes())
}

type Files = Vec<(&'static str, Zeroizing<Vec<u8>>)>;

struct Maker<'a, 'r> {
    random: &'a mut Randomness<'r>,
    passphrase: &'a Passphrase,
    work: u8,
}

impl Maker<'_, '_> {
    fn signing_key(&mut self) -> Result<SigningKey, Error> {
        Ok(SigningKey::from_bytes(&*self.random.array::<32>()?))
    }

    fn identity(&mut self) -> Result<Identity, Error> {
        Ok(Identity::from_seed(*self.random.array::<32>()?))
    }

    /// Thirteen weeks, every key drawn by itself. Only the first recipient of a week has a key that is kept.
    fn ring(&mut self, first: Date, recipients: u8) -> Result<(Ring, Vec<EpochKeys>), Error> {
        let (mut ring, mut document) = (Vec::new(), Vec::new());
        for week in 0..WEEKS {
            let start = first.plus_days(week.saturating_mul(7));
            let epoch = Epoch { start, end: start.plus_days(7) };
            let identity = self.identity()?;
            let mut keys = vec![identity.recipient()];
            for _ in 1..recipients {
                keys.push(self.place_without_holder()?);
            }
            ring.push(WeekKey { epoch, identity });
            document.push(EpochKeys { epoch, recipients: keys });
        }
        Ok((Ring::new(ring), document))
    }

    /// A recipient whose private key is gone when this returns, so that staff joining and leaving changes nothing visible.
    fn place_without_holder(&mut self) -> Result<Recipient, Error> {
        Ok(self.identity()?.recipient())
    }

    fn files(
        &mut self,
        root: &SigningKey,
        desk: &SigningKey,
        desks: &[Desk],
        ring: &Ring,
        intake: &str,
    ) -> Result<Files, Error> {
        let opener = self.identity()?;
        let opener_text = Zeroizing::new(format!(
            "# tipline opener 1\n# public key: {}\n{}\n",
            opener.recipient(),
            *opener.to_text()
        ));
        let desk_name = desks.first().map_or("desk", |desk| desk.name.as_str());
        let signature = root.sign(&sshsig::signed_data(sshsig::INTAKE, intake.as_bytes()));
        let armored = sshsig::armor(&public(root), &signature.to_bytes(), sshsig::INTAKE);
        let plain = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
        Ok(vec![
            (home::ROOT, self.private_key(root, "tipline root")?),
            (home::DESK, self.private_key(desk, &format!("tipline desk {desk_name}"))?),
            (home::FIRST_OPENER, self.close(opener_text.as_bytes())?),
            (home::RING, self.seal(ring.to_text().as_bytes(), &opener.recipient())?),
            (home::INTAKE, plain(intake)),
            (home::INTAKE_SIG, plain(&armored)),
        ])
    }

    fn private_key(&mut self, key: &SigningKey, comment: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let check = u32::from_be_bytes(*self.random.array::<4>()?);
        self.close(openssh::private_key(key, comment, check).as_bytes())
    }

    /// Under the passphrase.
    fn close(&mut self, plain: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fresh = self.random.array()?;
        let sealed = passphrase::seal(plain, self.passphrase, self.work, fresh).map_err(not_sealed)?;
        Ok(Zeroizing::new(sealed))
    }

    /// For the opener.
    fn seal(&mut self, plain: &[u8], to: &Recipient) -> Result<Zeroizing<Vec<u8>>, Error> {
        let key = SealingKey::try_from(to).map_err(not_sealed)?;
        let fresh = Fresh::new(self.random.bytes(fresh_len(1))?, 1).map_err(not_sealed)?;
        Ok(Zeroizing::new(seal_all(plain, &[key], fresh).map_err(not_sealed)?))
    }
}

fn not_sealed(wrong: impl std::fmt::Display) -> Error {
    Error::failed(
        "sealing the new keys",
        wrong,
        "nothing was made; run it again, and tell the makers if it happens twice",
    )
}

/// Writes everything beside the home, then gives it its name in one step.
fn write(home: &Path, files: &Files) -> io::Result<()> {
    let home = std::path::absolute(home)?;
    let (Some(parent), Some(name)) = (home.parent(), home.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a folder with a name is needed"));
    };
    make_folder(parent)?;
    let mut hidden = std::ffi::OsString::from(".making-");
    hidden.push(name);
    let room = Workroom::enter(parent.join(hidden))?;
    let draft = room.draft()?;
    fill(&draft, files)?;
    room.sync()?;
    draft.publish(&home)?;
    sync_folder(parent)
}

fn fill(draft: &Draft, files: &Files) -> io::Result<()> {
    draft.subfolder(home::OPENERS)?;
    files.iter().try_for_each(|(name, content)| draft.write(name, content))
}

impl Made {
    /// What was made and what to do next, for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let home = self.home.display();
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "The keys of {org} are made. They lie in {home} and open tips until {until}.

The fingerprint of the organisation's root key:

    {groups}
    {root}

What to do now:

  1. Write the six groups on paper, twice, and print them wherever you name this line. A source compares them
     with what the page shows; they are the only proof that the page is yours.
  2. Carry {intake} and {intake_sig} to the server, write the fingerprint
     into tipline.toml there as root, start the server (anew), and run:
         tipline-server publish intake.txt
  3. Say on the page who you are, how often you read and where to turn in an emergency:
         tipline-analyst site --template --home {home} > form.json
         tipline-analyst site form.json --page page.html --home {home}
     The first makes a form to fill in, the second signs it. What it signs goes to the server too.
  4. Move root.age off this machine: copy it to a medium of its own, look that the copy is there, then delete
     {home}/root.age. Whoever has it with the passphrase can replace your desks.
  5. Two people keep the passphrase in their heads; write it nowhere. Without it nobody, not even the makers of
     this program, can open anything.
  6. Copy {home}, without root.age, to a medium in a safe, and each pickup that you open to another one. If this
     machine dies, the copy of the folder opens them again; without them, all that the letterbox has erased
     since you acknowledged it is lost.
  7. The keys end on {until}. No command makes more for the same root yet: three weeks before, make new ones in
     another folder; the runbook gone.md says how, under \"The keys end\".
",
            org = self.org,
            until = self.until,
            groups = self.root.groups(),
            root = self.root,
            intake = self.home.join(home::INTAKE).display(),
            intake_sig = self.home.join(home::INTAKE_SIG).display(),
        );
        text
    }
}
