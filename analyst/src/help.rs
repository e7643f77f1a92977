//! The help pages, one a command.

/// `tipline-analyst --help`
pub const MAIN: &str = "\
tipline-analyst: the offline desk of a tip line. Makes keys, says on the page who you are, opens tips, shows them.

Usage:
  tipline-analyst keys init --home DIR --org NAME --site HOST   make the organisation's keys
  tipline-analyst site FILE --page page.html                    sign what the page says of you
  tipline-analyst open PICKUP... --out DIR                      open what the courier brought
  tipline-analyst show DIR...                                   read what was opened

Options of every command:
  --home DIR             the folder with this desk's keys (default: tipline in your home folder)
  --passphrase-file FILE take the passphrase from this file's one line instead of asking
  --i-know-this-machine-is-online
                         work although a network interface is up: for trials only. This program itself never
                         uses a network; the danger is everything else that runs on a machine that does.
  -h, --help             this page, or the page of a command: tipline-analyst open --help
  -V, --version          the version

Exit codes: 0 done; 1 something failed or could not be opened, and is named; 2 wrong usage.
";

/// `tipline-analyst keys --help`
pub const KEYS: &str = "\
tipline-analyst keys: the keys of the organisation and of this desk.

Usage:
  tipline-analyst keys init --home DIR --org NAME --site HOST   make them: see `keys init --help`
";

/// `tipline-analyst keys init --help`
pub const KEYS_INIT: &str = "\
tipline-analyst keys init: makes the keys of a new tip line, all or nothing.

Usage:
  tipline-analyst keys init --org NAME --site HOST [--home DIR] [--desk NAME] [--slots N] [--recipients N]
                            [--passphrase-file FILE] [--yes]

Makes in DIR (which must not exist, or be empty; nothing is ever overwritten):
  root.age         the root: signs the list of weekly keys. Move it off this machine afterwards.
  desk.age         this desk's signing key
  openers/1.age    what opens the ring; all three are closed by the passphrase
  ring.age         the secret keys of 13 weeks, beginning with the Monday of this week: look at `date` before. When they
                   end, new ones are made in another DIR with another --desk, and have another root; the runbook
                   gone.md says how
  intake.txt, intake.txt.sig
                   the signed document that the server publishes. The other one, which says on the page who you
                   are, you make next: `tipline-analyst site --help`.

Options:
  --org NAME        the organisation's name, as sources will read it: 1 to 64 characters
  --site HOST       the onion address of the letterbox (56 letters and digits, then .onion), or `any` for a trial:
                    pages accept that from this machine only
  --home DIR        where to make them (default: tipline in your home folder)
  --desk NAME       this desk's name: small letters, digits and dashes (default: desk-1)
  --slots N         places for answers on the board: 16 to 512, a power of two (default: 128)
  --recipients N    keys that every tip is sealed for: 1 to 8 (default: 3). Those without a desk are thrown away at
                    once; they keep the number of your desks invisible and leave room for more.
  --passphrase-file FILE
                    the passphrase, at least 12 characters on one line (default: asked twice on the terminal)
  --yes             do not ask before making them

Everything is an ordinary file: `age -d root.age` (age 1.1 or later) gives a key for ssh-keygen; `age -d openers/1.age`
gives an identity that opens ring.age (age 1.3 or later), which is itself an identity file for the tips.
";

/// `tipline-analyst site --help`
pub const SITE: &str = "\
tipline-analyst site: makes and signs the site document, which says on the page who you are and what you do.

Usage:
  tipline-analyst site --template [--home DIR] > form.json     a form to fill in
  tipline-analyst site form.json [--page FILE]... [--out FOLDER] [--home DIR] [--passphrase-file FILE] [--yes]

The form is JSON. --template prints an empty one, or the texts that were signed last, to be changed. It may be filled
in anywhere; only signing needs this desk. Keep the marks: texts stand in quotation marks, a line break in a text
is \\n, a quotation mark in it \\\".

  languages     the languages in which your people can read a message, as tags: [\"en\", \"zh-Hans\", \"ug\"]. A language
                without texts below is fine.
  rhythm_days   days between two readings, 1 to 92. The page promises it: \"We read every 7 days\".
  texts         by language, at least one, English if you can; each with the seven texts below. The page knows en, ja,
                zh-Hans, zh-Hant, ug, bo, mn-Cyrl and mn-Mong.
    emergency   where to turn when somebody may be hurt in the next days: this page is too slow for that
    responsible who is responsible for what is sent: name and address of the organisation
    purpose     what the messages are used for
    kept        how long they are kept
    rights      which rights people have over what they sent, and how to use them
    other_way   another way to reach you
    support     who listens to people in distress; null, without quotation marks, if there is nobody

A text has 1 to 2 000 characters: plain words and line breaks, nothing that turns text around. All texts together have
room in 98 304 bytes. Do not write anything that is not for everybody to read, in any country.

The rest is filled in by this command: organisation and root from this desk's intake document, today's date,
the next serial, and which pages may stand at your address. It shows all of it, asks once, signs with this desk's key,
and writes site.json and site.json.sig into the folder of --home and into FOLDER. Carry FOLDER to the server, and
nothing else; there the operator runs
    tipline-server publish site.json

If another desk signed one since, put its site.json and site.json.sig into the folder of --home first, so that the
serial goes on: a letterbox takes none that is not newer than its own.

Options:
  --page FILE   the released page.html, as it came with the letterbox and not saved from a browser; once for each that
                may stand there, as the old and the new one while you change over (default: those of the last document)
  --out FOLDER  where the pair goes out from; made if absent (default: for-the-courier in the folder of --home)
  --yes         do not ask before signing

Exit codes: 0 signed; 1 something is wrong and is named with its field, and nothing was signed; 2 wrong usage.
";

/// `tipline-analyst open --help`
pub const OPEN: &str = "\
tipline-analyst open: opens a courier's pickup, or single sealed tips, into folders, and acknowledges what it opened.

Usage:
  tipline-analyst open PICKUP... --out DIR [--ack FOLDER] [--keep-unopened] [--home DIR]
                       [--passphrase-file FILE] [--json]

Every tip that can be opened gets a folder DIR/<week>-<first 16 digits of its id>/ with
  tip.txt     what it says, for reading: `tipline-analyst show DIR`
  tip.json    what it says, as received
  files/      what came with it. The names are ours: a number, and an ending by what the file's first bytes say.
              Nothing in it was opened or checked. Look at it only where it can do no harm (Dangerzone, a spare
              machine).
  about.json  id, week and remarks, for programs

A tip that is damaged, or sealed for other keys, is named with the reason and stops nothing. A folder appears only
after the whole tip was found authentic. A tip that was opened before is left as it is.

The acknowledgement:
  For each pickup FOLDER gets acknowledgement-<desk>-<pickup's id>.txt and .txt.sig, signed by this desk's key. It
  tells the letterbox which tips lie open here, so that it may erase them after a while. Carry FOLDER back, and
  nothing else; on the server the operator runs
      tipline-server pickup --acknowledge acknowledgement-<desk>-<pickup's id>.txt
  What was delivered may be deleted from FOLDER. A lost acknowledgement is written again when the pickup is opened
  again; without one nothing is lost, and the same tips come with the next pickup.

  held      every tip that was opened to its end, now or before, and whose folder still has all its files
  damaged   tips that came with other bytes than their ids name: changed on the stick or by somebody. The letterbox
            keeps them. Ask the courier for the pickup again.
  neither   whole tips that no key here opens, and everything in doubt. The letterbox keeps them too, and they come
            with every pickup. If somebody floods it with such tips, use --keep-unopened: they are kept sealed, as
            DIR/unopened/<week>-<id>.age, and acknowledged as held. Whether to keep that folder is then your decision:
            a tip in it may be sealed for a key that you have elsewhere. Try them again with `open FILE`.

  A pickup without a sound manifest, or one that was made for another address than this desk's intake document names,
  is opened and not acknowledged: that is a failure. Nor is anything acknowledged when DIR lies in memory (Tails
  without persistent storage), because it would be gone at the next start: that is said at the end and is none.
  DIR belongs on this machine's own disk, never on the stick.

Options:
  --out DIR     where the folders go; made if absent
  --ack FOLDER  where acknowledgements go; made if absent (default: for-the-courier in the folder of --home)
  --keep-unopened   also hold, sealed, whole tips that no key here opens
  --json        one JSON object for each tip, for each acknowledgement and for the whole instead of text

Exit codes: 0 everything was opened (now or before); 1 something was not opened or not acknowledged, and is named;
2 wrong usage.
";

/// `tipline-analyst show --help`
pub const SHOW: &str = "\
tipline-analyst show: prints opened tips.

Usage:
  tipline-analyst show DIR... [--json]

DIR is the folder of one tip, or a folder of such folders (as given to `open --out`). Characters that would control
the terminal or turn the text around are shown as ⟦U+202E⟧ and the like, never obeyed.

Options:
  --json      one JSON object a line: {\"id\", \"week\", \"folder\", \"tip\"}; when tip.json is damaged, `tip` is null and
              `unparsed` has its text, and `cut` says whether only its beginning
";
