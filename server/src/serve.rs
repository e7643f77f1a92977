//! Runs the letterbox: both doors until it is told to stop, then finishes what is under way and makes all durable.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::http::door::{Admit, Door, Listener};
use crate::journal::{self, Entry};
use crate::limits::Limits;
use crate::office::Office;
use crate::operator::{Hatch, Operator};
use crate::public::Public;
use crate::store::{Letterbox, StoreError};
use crate::tls::Tls;

/// How often the calendar is looked at: often enough that a day is not missed.
const LOOK: Duration = Duration::from_secs(1_800);

/// What `serve` listens on.
#[derive(Debug)]
pub struct Listeners {
    /// For visitors.
    pub public: Listener,
    /// Whether tor opens each public connection with a PROXY line.
    pub public_admits: Admit,
    /// Where visitors speak TLS.
    pub public_tls: Option<Tls>,
    /// For the operator's commands: a unix socket.
    pub operator: Option<tokio::net::UnixListener>,
    /// For couriers: always TLS.
    pub courier: Option<(Listener, Tls)>,
}

/// Why serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// It was asked to stop, and did.
    Asked,
    /// The store failed: start anew.
    StoreFailed,
}

/// Serves until `shutdown` is done or the store fails. Everything acknowledged is durable when it returns.
pub async fn serve<S: Letterbox>(
    listeners: Listeners,
    office: Arc<Office<S>>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Ended {
    let (stop, stopping) = watch::channel(false);
    let (listener, admit, tls) = (listeners.public, listeners.public_admits, listeners.public_tls);
    let door = Door { listener, admit, tls, limits };
    let public = Arc::new(Public::new(Arc::clone(&office), limits));
    let visitors = door.run(Arc::clone(&public), stopping.clone());
    let tending = public.tend(stopping.clone());
    let limits = Limits { stop: limits.stop, ..Limits::for_operator() };
    let operator = Arc::new(Operator::new(Arc::clone(&office), limits));
    let operators = async {
        if let Some(listener) = listeners.operator {
            let listener = Listener::Unix(listener);
            let door = Door { listener, admit: Admit::SameUser, tls: None, limits };
            door.run(operator, stopping.clone()).await;
        }
    };
    let limits = Limits { stop: limits.stop, ..Limits::for_courier() };
    let hatch = Arc::new(Hatch::new(Arc::clone(&office), limits));
    let couriers = async {
        if let Some((listener, tls)) = listeners.courier {
            let door = Door { listener, admit: Admit::Anybody, tls: Some(tls), limits };
            door.run(hatch, stopping.clone()).await;
        }
    };
    let sweeping = sweep_daily(&office, stop.subscribe());
    let ending = async {
        let ended = tokio::select! {
            () = shutdown => Ended::Asked,
            () = office.store.failure() => Ended::StoreFailed,
        };
        journal::write(&Entry::Stopping);
        stop.send_replace(true);
        ended
    };
    let (ended, (), (), (), (), ()) = tokio::join!(ending, visitors, tending, operators, couriers, sweeping);
    // Blocks until the committer is done; nothing else runs any more.
    office.store.close();
    journal::write(&Entry::Stopped);
    ended
}

/// Removes what may go now, and whenever a new day has begun.
async fn sweep_daily<S: Letterbox>(office: &Arc<Office<S>>, mut stop: watch::Receiver<bool>) {
    loop {
        let day = office.world.today();
        match office.sweep().await {
            Ok(_) | Err(StoreError::Closing) => {}
            Err(fault) => journal::write(&Entry::NotRemoved(fault.to_string())),
        }
        while office.world.today() == day {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = sleep(LOOK) => {}
            }
        }
    }
}
