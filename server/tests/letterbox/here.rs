//! The server in this process, on a store in memory: for limits that a test can wait for, and a look behind the door.

use std::future::pending;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tipline_server::http::door::{Admit, Listener};
use tipline_server::limits::Limits;
use tipline_server::office::{Office, Policy};
use tipline_server::page::Template;
use tipline_server::serve::{Listeners, serve};
use tipline_server::store::model::Model;
use tipline_server::store::{Home, Letterbox};
use tipline_server::world::World;
use tipline_wire::date::Date;
use tipline_wire::size::Padded;
use tokio::net::UnixListener;

use crate::stage::*;

/// A server that runs until the test ends.
pub struct Here {
    address: SocketAddr,
    onion: PathBuf,
    office: Arc<Office<Model>>,
    /// Hours by which its stopwatch is ahead.
    ahead: Arc<AtomicU64>,
    _folder: Folder,
}

/// Where visitors come in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Loopback,
    Onion,
}

impl Here {
    pub fn new(limits: Limits) -> Self {
        Self::on(limits, today)
    }

    /// With a calendar of the test's own.
    pub fn on(limits: Limits, day: impl Fn() -> Date + Send + Sync + 'static) -> Self {
        Self::with(limits, day, Way::Loopback)
    }

    /// On a socket where tor says the circuit first.
    pub fn behind_tor(limits: Limits) -> Self {
        Self::with(limits, today, Way::Onion)
    }

    fn with(limits: Limits, day: impl Fn() -> Date + Send + Sync + 'static, way: Way) -> Self {
        let stage = Stage::new();
        let ahead = Arc::new(AtomicU64::new(0));
        let hours = Arc::clone(&ahead);
        let onion = stage.folder.0.join("onion.sock");
        let socket = onion.clone();
        let signed = stage.root.sign(&stage.folder.0, 1);
        let document = std::fs::read_to_string(&signed).unwrap();
        let signature = std::fs::read_to_string(signed.with_extension("sig")).unwrap();
        let policy = Policy::of(stage.root.public().fingerprint());
        let store = stage.store.clone();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let began = Instant::now();
                let elapsed =
                    move || began.elapsed() + Duration::from_secs(3_600 * hours.load(Ordering::Relaxed));
                let seed = AtomicU64::new(1);
                let fill = move |bytes: &mut [u8]| {
                    let drawn = tip(seed.fetch_add(1, Ordering::Relaxed), Padded::SMALLEST, 1);
                    bytes.copy_from_slice(&drawn[drawn.len() - bytes.len()..]);
                    Ok(())
                };
                let world = World::new(day, elapsed, fill);
                let home = Home::open(&store).unwrap();
                let template = Template::parse(PAGE).unwrap();
                let office = Arc::new(Office::open(home, Model::default(), template, policy, world).unwrap());
                office.publish(&format!("{document}{signature}").into()).unwrap();
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let (public, public_admits) = match way {
                    Way::Loopback => (Listener::Tcp(listener), Admit::Anybody),
                    Way::Onion => {
                        (Listener::Unix(UnixListener::bind(socket).unwrap()), Admit::AfterProxyLine)
                    }
                };
                sender.send((address, Arc::clone(&office))).unwrap();
                let (operator, courier) = (None, None);
                let listeners = Listeners { public, public_admits, public_tls: None, operator, courier };
                let _ = serve(listeners, office, limits, pending()).await;
            });
        });
        let (address, office) = receiver.recv().unwrap();
        Self { address, onion, office, ahead, _folder: stage.folder }
    }

    /// Lets hours pass on its stopwatch.
    pub fn pass_hours(&self, hours: u64) {
        self.ahead.fetch_add(hours, Ordering::Relaxed);
    }

    /// A connection over this circuit.
    pub fn over(&self, circuit: u32) -> UnixStream {
        circuit_to(&self.onion, circuit)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends raw bytes, reads one answer.
    pub fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        let _ = std::io::Write::write_all(&mut stream, bytes);
        read_answer(&mut stream).expect("an answer")
    }

    pub fn store(&self) -> &Model {
        &self.office.store
    }

    /// The sealed tips in the store, sorted.
    pub fn held(&self) -> Vec<Vec<u8>> {
        let store = self.store();
        let whole = |tip: tipline_server::store::TipRecord| -> Vec<u8> {
            (0..tip.chunks).flat_map(|chunk| store.read(&tip.id, chunk).unwrap()).collect()
        };
        let mut tips: Vec<_> = store.tips().unwrap().into_iter().map(whole).collect();
        tips.sort_unstable();
        tips
    }
}
