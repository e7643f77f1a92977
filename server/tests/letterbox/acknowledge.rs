//! What a desk acknowledges, and nothing else, is removed: later, once, and whatever the clock does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tipline_server::acknowledgements::{Needed, Rule};
use tipline_server::office::{Office, Policy, Weeks};
use tipline_server::operator::Wanted;
use tipline_server::page::Template;
use tipline_server::store::model::Model;
use tipline_server::store::{Document, Home, Letterbox as _, SealedTip};
use tipline_server::world::World;
use tipline_wire::date::Date;
use tipline_wire::intake::Site;
use tipline_wire::tip_id::TipId;
use tipline_wire::{signed, sshsig};

use crate::papers::*;
use crate::stage::*;

fn acknowledge(stage: &Stage, file: &Path) -> Output {
    stage.command("pickup").arg("--acknowledge").arg(file).output().unwrap()
}

#[test]
fn an_acknowledgement_that_no_desk_in_force_signed_for_this_letterbox_is_refused_and_removes_nothing() {
    let stage = Stage::new();
    let server = stage.open();
    let (folder, root, desk, dropped) = (&stage.folder.0, &stage.root, Root::desk(), Root::new(5));
    let publish = |serial, desks: &[(&str, &Root)]| {
        let text = intake(serial, desks).to_text().unwrap();
        let file = root.write(folder, &format!("intake-{serial}"), sshsig::INTAKE, text.as_bytes());
        assert!(stage.publish(&file).status.success());
    };
    publish(2, &[("desk", &desk), ("two", &dropped)]);
    publish(3, &[("desk", &desk)]);
    (1..=3).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let sound = ack(1, ids(1..=3), ids([]));
    let refused = |file: &Path, why: &str| {
        let output = acknowledge(&stage, file);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.lines().count() == 1, "{output:?}");
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(said.contains(&format!("{name}: ")) && said.contains(why), "{said}");
    };
    let no_desk = "no desk of the intake document 3 in force: sign it at one of its desks (desk)";
    refused(&write_ack(folder, "by-nobody", &Root::new(9), &sound), no_desk);
    refused(&write_ack(folder, "by-root", root, &sound), no_desk);
    refused(&write_ack(folder, "by-dropped", &dropped, &sound), no_desk);
    let mut elsewhere = sound.clone();
    elsewhere.site = Site::Onion(format!("{}.onion", "a".repeat(56)));
    refused(
        &write_ack(folder, "elsewhere", &desk, &elsewhere),
        "aaaa.onion, but this one is any: hand it in there",
    );
    let good = write_ack(folder, "good", &desk, &sound);
    let altered =
        fs::read_to_string(&good).unwrap().replace("damaged", "holds").replace("pickup 01", "pickup 02");
    fs::write(folder.join("altered"), altered).unwrap();
    fs::copy(folder.join("good.sig"), folder.join("altered.sig")).unwrap();
    refused(&folder.join("altered"), "does not belong to this document");
    let one_byte = fs::read_to_string(&good).unwrap().replacen("holds ", "hold ", 1);
    fs::write(folder.join("one-byte"), one_byte).unwrap();
    fs::copy(folder.join("good.sig"), folder.join("one-byte.sig")).unwrap();
    refused(&folder.join("one-byte"), "malformed at line 4");
    let for_a_board = desk.write(folder, "purpose", sshsig::BOARD, sound.to_text().as_bytes());
    refused(&for_a_board, "made for another purpose");
    refused(&folder.join("intake-3"), "no acknowledgement");
    assert!(String::from_utf8_lossy(&acknowledge(&stage, &folder.join("absent")).stderr).contains("absent"));
    assert_eq!(stage.held().len(), 3, "nothing was left out, nothing removed");
    assert!(fs::read_dir(stage.store.join("documents")).unwrap().count() == 1, "none was kept");
}

#[test]
fn an_acknowledged_tip_comes_again_only_when_it_is_asked_for() {
    let stage = Stage::new();
    let server = stage.open();
    let folder = &stage.folder.0;
    (1..=5).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    // 9 never arrived here; 5 came damaged.
    let file = write_ack(folder, "ack", &Root::desk(), &ack(1, ids([1, 2, 3, 9]), ids([5])));
    let output = acknowledge(&stage, &file);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("desk desk has 4 tips of pickup 01010101") && said.contains("1 came damaged"),
        "{said}"
    );
    assert!(said.contains("0 are removed now, 3 after their days of grace"), "{said}");

    let fetch = |flags: &[&str], name: &str| -> (serde_json::Value, BTreeSet<TipId>) {
        let out = folder.join(name);
        let output =
            stage.command("pickup").args(flags).args(["--json", "--out"]).arg(&out).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let names = entries(&fs::read(&out).unwrap());
        let ids = names.iter().filter_map(|(name, _)| tipline_wire::pickup::parse_tip_name(name));
        (serde_json::from_slice(&output.stdout).unwrap(), ids.map(|(_, id)| id).collect())
    };
    let (report, new) = fetch(&[], "new.tar");
    assert_eq!((&report["tips"], &report["left_out"], &report["damaged"]), (&2.into(), &3.into(), &0.into()));
    assert_eq!(new, ids([4, 5]));
    assert_eq!(report["complete_through"], today().plus_days(-8).monday().to_string());
    let (report, all) = fetch(&["--again"], "all.tar");
    assert_eq!((&report["tips"], &report["left_out"]), (&5.into(), &0.into()));
    assert_eq!(all, ids(1..=5));
    // The same after a restart: a word that was kept stays kept.
    server.stop();
    let _again = stage.start();
    assert_eq!(fetch(&[], "later.tar").1, ids([4, 5]));
}

/// Folders of volumes, and the bytes in them.
fn volumes(store: &Path) -> (usize, u64) {
    fn bytes(folder: &Path) -> u64 {
        let sizes = fs::read_dir(folder).unwrap().map(|entry| {
            let entry = entry.unwrap();
            let there = entry.metadata().unwrap();
            if there.is_dir() { bytes(&entry.path()) } else { there.len() }
        });
        sizes.sum()
    }
    let folder = store.join("volumes");
    (fs::read_dir(&folder).unwrap().count(), bytes(&folder))
}

#[test]
fn what_every_desk_acknowledged_gives_its_space_back_and_stays_away_after_a_restart() {
    let mut stage = Stage::new();
    let config = stage.folder.0.join("tipline.toml");
    fs::write(&config, "[store]\nvolume_mib = 1\nballast_mib = 0\n[pickup]\ngrace_days = 0\n").unwrap();
    stage.config = Some(config);
    let server = stage.open();
    let desk = Root::desk();
    (1..=80).for_each(|seed| assert_eq!(server.post(&small_tip(seed)).status, 201));
    let (count, before) = volumes(&stage.store);
    assert!(count >= 5, "{count} volumes");

    let said = |file: &Path| String::from_utf8(acknowledge(&stage, file).stdout).unwrap();
    // The last tip lies in the volume that is open: what is acknowledged there is hidden until it may go.
    let most = write_ack(&stage.folder.0, "most", &desk, &ack(1, ids(1..=79), ids([])));
    let said_of_most = said(&most);
    assert!(said_of_most.contains("79 are removed now, 0 after"), "{said_of_most}");
    server.wait_for_journal("acknowledged tips were removed for good");
    let (count, after) = volumes(&stage.store);
    assert!(count <= 2 && after < before / 2, "{count} volumes, {before} bytes before, {after} after");
    let everything = |name: &str| {
        let out = stage.folder.0.join(name);
        assert!(
            stage.command("pickup").arg("--again").arg("--out").arg(&out).output().unwrap().status.success()
        );
        entries(&fs::read(&out).unwrap()).len() - 2
    };
    assert_eq!(everything("one.tar"), 1);
    assert!(stage.store.join("documents").join(format!("ack.{}.desk", "01".repeat(16))).exists());

    server.stop();
    let server = stage.start();
    server.wait_for_journal("go with the rest of their volume");
    assert_eq!(everything("still-one.tar"), 1);

    let last = write_ack(&stage.folder.0, "last", &desk, &ack(2, ids([80]), ids([])));
    assert!(said(&last).contains("1 are removed now"));
    assert_eq!(everything("none.tar"), 0);
    let left: Vec<_> =
        fs::read_dir(stage.store.join("documents")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with("ack.")), "{left:?}");
    server.stop();
    let _again = stage.start();
    assert_eq!(everything("none-again.tar"), 0);
}

/// An office over the model, with a clock of its own.
struct Desk {
    folder: Folder,
    office: Arc<Office<Model>>,
    day: Arc<Mutex<Date>>,
    hours: Arc<AtomicU64>,
}

impl Desk {
    fn new(rule: Rule, desks: &[(&str, &Root)], tips: impl IntoIterator<Item = u64>) -> Self {
        let folder = Folder::new();
        let (day, hours) = (Arc::new(Mutex::new(today())), Arc::new(AtomicU64::new(0)));
        let (now, passed) = (Arc::clone(&day), Arc::clone(&hours));
        let world = World::new(
            move || *now.lock().unwrap(),
            move || Duration::from_secs(3_600 * passed.load(Ordering::Relaxed)),
            |bytes| {
                bytes.fill(7);
                Ok(())
            },
        );
        let root = Root::new(1);
        let policy = Policy { root: root.public().fingerprint(), weeks: Weeks::Open, removal: rule };
        let home = Home::open(&folder.0.join("home")).unwrap();
        let template = Template::parse(PAGE).unwrap();
        let office = Arc::new(Office::open(home, Model::default(), template, policy, world).unwrap());
        let desk = Self { folder, office, day, hours };
        desk.publish_intake(1, desks);
        for seed in tips {
            let bytes = small_tip(seed);
            let tip = SealedTip { id: TipId::of_one_request(&bytes), epoch: this_week(), bytes };
            block_on(desk.office.store.keep(tip)).unwrap();
        }
        desk
    }

    fn publish_intake(&self, serial: u64, desks: &[(&str, &Root)]) {
        let text = intake(serial, desks).to_text().unwrap();
        let file = Root::new(1).write(&self.folder.0, "intake", sshsig::INTAKE, text.as_bytes());
        self.office.publish(&body_of(&file).into()).unwrap();
    }

    fn acknowledge(&self, by: &Root, pickup: u8, holds: BTreeSet<TipId>, damaged: BTreeSet<TipId>) {
        self.try_acknowledge(by, pickup, holds, damaged).unwrap();
    }

    fn try_acknowledge(
        &self,
        by: &Root,
        pickup: u8,
        holds: BTreeSet<TipId>,
        damaged: BTreeSet<TipId>,
    ) -> Result<(), String> {
        let file = write_ack(&self.folder.0, "ack", by, &ack(pickup, holds, damaged));
        self.office.acknowledge(&body_of(&file).into()).map(|_| ()).map_err(|fault| fault.to_string())?;
        self.sweep();
        Ok(())
    }

    fn sweep(&self) {
        block_on(self.office.sweep()).unwrap();
    }

    /// So many days pass, each with its sweep.
    fn days(&self, count: i32) {
        for _ in 0..count {
            let tomorrow = self.day.lock().unwrap().plus_days(1);
            self.set(tomorrow, 24);
        }
    }

    /// The clock says this after so many hours.
    fn set(&self, day: Date, hours: u64) {
        *self.day.lock().unwrap() = day;
        self.hours.fetch_add(hours, Ordering::Relaxed);
        self.sweep();
    }

    fn held(&self) -> BTreeSet<TipId> {
        self.office.store.tips().unwrap().into_iter().map(|tip| tip.id).collect()
    }

    fn acknowledgements(&self) -> usize {
        let all = self.office.store.documents().unwrap().into_iter();
        all.filter(|document| matches!(document, Document::Acknowledgement { .. })).count()
    }
}

fn body_of(file: &PathBuf) -> Vec<u8> {
    let signature = fs::read_to_string(format!("{}.sig", file.display())).unwrap();
    signed::join(&fs::read(file).unwrap(), &signature)
}

fn block_on<T>(future: impl std::future::Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

const ALL: Rule = Rule { needed: Needed::All, grace_days: 14 };

#[test]
fn exactly_what_every_desk_has_is_removed_after_the_grace_and_the_spent_word_is_withdrawn() {
    let (one, two) = (Root::new(4), Root::new(5));
    let desk = Desk::new(ALL, &[("one", &one), ("two", &two)], 1..=6);
    desk.acknowledge(&one, 1, ids(1..=4), ids([5]));
    desk.days(20);
    assert_eq!(desk.held(), ids(1..=6), "the second desk said nothing yet");
    desk.acknowledge(&two, 1, ids(2..=5), ids([]));
    desk.days(13);
    assert_eq!(desk.held(), ids(1..=6), "13 days are not 14");
    assert_eq!(desk.office.freeze(Wanted::Missing).unwrap().left_out(), 3);
    desk.days(1);
    assert_eq!(desk.held(), ids([1, 5, 6]), "1 lacks a word, 5 came damaged, 6 nobody named");
    assert_eq!(desk.acknowledgements(), 2);
    desk.acknowledge(&two, 2, ids([1]), ids([]));
    desk.acknowledge(&one, 2, ids([5, 6]), ids([]));
    desk.acknowledge(&two, 3, ids([6]), ids([]));
    desk.days(14);
    assert_eq!((desk.held(), desk.acknowledgements()), (ids([]), 0));
}

#[test]
fn without_grace_it_is_removed_at_once_and_where_any_desk_is_enough_by_one() {
    let (one, two) = (Root::new(4), Root::new(5));
    let rule = Rule { needed: Needed::Any, grace_days: 0 };
    let desk = Desk::new(rule, &[("one", &one), ("two", &two)], 1..=3);
    desk.acknowledge(&two, 1, ids([1]), ids([2]));
    assert_eq!(desk.held(), ids([2, 3]));
    desk.acknowledge(&one, 1, ids([2, 3]), ids([]));
    assert_eq!(desk.held(), ids([2]), "one desk's word does not make whole what came damaged to the other");
}

#[test]
fn a_clock_that_jumps_a_year_removes_nothing_early() {
    let one = Root::new(4);
    let desk = Desk::new(ALL, &[("one", &one)], 1..=2);
    let start = today();
    desk.acknowledge(&one, 1, ids([1]), ids([]));
    desk.set(start.plus_days(365), 1);
    desk.set(start.plus_days(366), 24);
    desk.set(start.plus_days(2), 24);
    assert_eq!(desk.held(), ids([1, 2]));
    for day in 0..365 {
        desk.set(start.plus_days(day), 0);
    }
    assert_eq!(desk.held(), ids([1, 2]), "a year that runs through in no time");
    // The pickup says no sooner than it can be true that a week is complete.
    desk.set(start.plus_days(365), 24);
    assert!(desk.office.cautious_today() <= start.plus_days(4));
    desk.set(start.plus_days(4), 1);
    desk.days(11);
    assert_eq!(desk.held(), ids([2]), "and after 14 days of running it goes");
}

#[test]
fn the_word_of_a_desk_counts_only_while_the_intake_document_names_it() {
    let (one, two) = (Root::new(4), Root::new(5));
    let desk = Desk::new(ALL, &[("one", &one)], 1..=2);
    desk.acknowledge(&one, 1, ids([1]), ids([]));
    // The same name with another key is another desk.
    desk.publish_intake(2, &[("one", &two)]);
    desk.days(30);
    assert_eq!(desk.held(), ids([1, 2]));
    desk.publish_intake(3, &[("one", &two), ("three", &one)]);
    desk.days(30);
    assert_eq!(desk.held(), ids([1, 2]), "the new desk does not have it");
    desk.publish_intake(4, &[("three", &one)]);
    desk.days(1);
    assert_eq!(desk.held(), ids([2]));
}

#[test]
fn an_older_word_on_the_same_pickup_does_not_make_whole_what_the_desk_called_damaged() {
    let one = Root::new(4);
    let desk = Desk::new(Rule { grace_days: 0, ..ALL }, &[("one", &one)], 1..=2);
    desk.acknowledge(&one, 1, ids([]), ids([1]));
    let refused = desk.try_acknowledge(&one, 1, ids([1]), ids([])).unwrap_err();
    assert!(refused.contains("1 of these tips came damaged"), "{refused}");
    desk.days(1);
    desk.acknowledge(&one, 2, ids([1]), ids([]));
    assert_eq!(desk.held(), ids([2]), "a later pickup brought it whole");
}
