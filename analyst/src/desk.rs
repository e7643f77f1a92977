//! The desk at work: one checked command line carried out with what `main` hands down.

use std::io::{BufRead, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use tipline_wire::date::Date;

use crate::acknowledgement;
use crate::airgap;
use crate::ceremony::{self, Plan};
use crate::cli::{AirGap, Call, Command, Common, Consent, Form, KeysInit, Open, Show, SignSite};
use crate::error::Error;
use crate::home::{FOR_THE_COURIER, Home};
use crate::opening::{Done, Listener, Opening};
use crate::passphrase;
use crate::randomness::Randomness;
use crate::show;
use crate::site::{self, Form as SiteForm};
use crate::teller::{Teller, print_to};

/// What a command may use; `main` fills it in, tests own it.
pub struct World<'a> {
    /// The day.
    pub today: Date,
    /// Fresh random bytes.
    pub random: Randomness<'a>,
    /// Where the kernel lists its network interfaces.
    pub interfaces: &'a Path,
    /// The home when none is given.
    pub default_home: Option<PathBuf>,
    /// The binary logarithm of scrypt's rounds for new key files.
    pub work: u8,
    /// Threads to use.
    pub cores: NonZeroUsize,
    /// Where answers are typed.
    pub input: &'a mut dyn BufRead,
    /// Results.
    pub out: &'a mut dyn Write,
    /// Warnings and progress.
    pub err: &'a mut dyn Write,
    /// Whether somebody watches `err`.
    pub progress: Progress,
}

/// Whether progress is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// On a terminal.
    Shown,
    /// In a pipe.
    Quiet,
}

impl World<'_> {
    /// Carries the command out.
    ///
    /// # Errors
    /// One line for a person.
    pub fn run(&mut self, call: Call) -> Result<(), Error> {
        match &call.command {
            Command::Help(page) => return self.print(page),
            Command::Version => {
                return self.print(concat!("tipline-analyst ", env!("CARGO_PKG_VERSION"), "\n"));
            }
            // Public texts, which may be written anywhere.
            Command::SiteForm => return self.site_form(&call.common),
            Command::KeysInit(_) | Command::Open(_) | Command::Show(_) | Command::SignSite(_) => {
                self.check_air_gap(call.common.air_gap)?
            }
        }
        match call.command {
            Command::KeysInit(command) => self.keys_init(command, &call.common),
            Command::Open(command) => self.open(&command, &call.common),
            Command::Show(command) => self.show(&command),
            Command::SignSite(command) => self.sign_site(&command, &call.common),
            Command::Help(_) | Command::Version | Command::SiteForm => Ok(()),
        }
    }

    fn check_air_gap(&mut self, air_gap: AirGap) -> Result<(), Error> {
        match (airgap::check(self.interfaces), air_gap) {
            (Err(refusal), AirGap::Required) => Err(refusal),
            (Err(_), AirGap::Waived) => {
                let warning =
                    "tipline-analyst: this machine may be online; use it for trials, never for real tips";
                // A closed stderr must not stop the work.
                let _ = writeln!(self.err, "{warning}");
                Ok(())
            }
            (Ok(()), _) => Ok(()),
        }
    }

    fn home(&self, common: &Common) -> Result<PathBuf, Error> {
        let home = common.home.clone().or_else(|| self.default_home.clone());
        home.ok_or_else(|| Error::Usage { wrong: "--home DIR is missing".into(), page: "--help" })
    }

    fn keys_init(&mut self, command: KeysInit, common: &Common) -> Result<(), Error> {
        let home = self.home(common)?;
        ceremony::refuse_existing(&home)?;
        if command.consent == Consent::Asked {
            self.ask_consent(&command, &home)?;
        }
        let passphrase = passphrase::new(common.passphrase_file.as_deref())?;
        let KeysInit { org, site, desk, slots, recipients, .. } = command;
        let plan = Plan { home, org, site, desk, slots, recipients };
        let made = ceremony::hold(plan, self.today, &passphrase, self.work, &mut self.random)?;
        self.print(&made.text())
    }

    fn ask_consent(&mut self, command: &KeysInit, home: &Path) -> Result<(), Error> {
        let question = format!(
            "New keys for \"{}\" at {}, {} weeks from the week of {}, in {}.\nType yes to make them: ",
            command.org,
            command.site,
            ceremony::WEEKS,
            self.today.monday(),
            home.display()
        );
        self.ask_for_yes(&question, "making keys", "nothing was made; run it again, or add --yes")
    }

    fn ask_for_yes(&mut self, question: &str, doing: &str, advice: &str) -> Result<(), Error> {
        self.print(question)?;
        let mut answer = String::new();
        let read = std::io::Read::take(&mut self.input, 64).read_line(&mut answer);
        if read.is_ok() && answer.trim() == "yes" {
            return Ok(());
        }
        Err(Error::failed(doing, "the answer was not yes", advice))
    }

    fn site_form(&mut self, common: &Common) -> Result<(), Error> {
        let home = self.home(common).ok().and_then(|path| Home::at(&path).ok());
        let last = home.map_or(Ok(None), |home| home.last_site())?;
        self.print(&SiteForm::template(last).to_text())
    }

    fn sign_site(&mut self, command: &SignSite, common: &Common) -> Result<(), Error> {
        let home = Home::at(&self.home(common)?)?;
        let (draft, intake) = site::draft(&home, &command.form, &command.pages, self.today)?;
        self.print(&draft.look())?;
        if command.consent == Consent::Asked {
            let advice = "nothing was signed; change the form and run it again, or add --yes";
            self.ask_for_yes("\nType yes to sign it: ", "signing the site document", advice)?;
        }
        let key = home.desk_key(&passphrase::existing(common.passphrase_file.as_deref())?, &intake)?;
        let out = command.out.clone().unwrap_or_else(|| home.path().join(FOR_THE_COURIER));
        let told = draft.sign(&key, &home, &out)?;
        self.print(&format!("\n{told}"))
    }

    fn open(&mut self, command: &Open, common: &Common) -> Result<(), Error> {
        let home = Home::at(&self.home(common)?)?;
        let passphrase = passphrase::existing(common.passphrase_file.as_deref())?;
        let ring = home.ring(&passphrase)?;
        let total = command
            .pickups
            .iter()
            .filter_map(|path| path.metadata().ok())
            .map(|meta| meta.len())
            .fold(0, u64::saturating_add);
        let mut teller = Teller {
            out: self.out,
            err: self.err,
            form: command.form,
            progress: self.progress,
            total,
            done: 0,
            shown: None,
        };
        let Done { mut tally, accounts } =
            Opening::into(&command.out, &ring, command.unopened, self.cores, &mut teller)?
                .open_all(&command.pickups)?;
        let folder = command.ack.clone().unwrap_or_else(|| home.path().join(FOR_THE_COURIER));
        let said = acknowledgement::write(accounts, &home, &passphrase, &command.out, &folder);
        for fault in &said.faults {
            tally.faults = tally.faults.saturating_add(1);
            teller.verdict(fault)?;
        }
        teller.acknowledged(&said.written)?;
        teller.sum_up(tally)?;
        teller.say_what_goes_back(&said, &folder)?;
        if tally.faults == 0 {
            return Ok(());
        }
        Err(Error::Incomplete(format!(
            "opening: {} could not be opened or is at fault, named above; copy the file again or ask the courier for it; what was opened stays",
            tally.faults
        )))
    }

    fn show(&mut self, command: &Show) -> Result<(), Error> {
        let tips = show::find(&command.folders)?;
        for (number, tip) in (0_u64..).zip(&tips) {
            match command.form {
                Form::Json => self.print(&format!("{}\n", tip.json()?))?,
                Form::Text if number > 0 => self.print(&format!("{:─<72}\n{}", "", tip.text()?))?,
                Form::Text => self.print(&tip.text()?)?,
            }
        }
        Ok(())
    }

    fn print(&mut self, text: &str) -> Result<(), Error> {
        print_to(self.out, text)
    }
}
