//! Who is connected to a door, and who leaves when it gets crowded: a newcomer is always let in.
//!
//! A fixed number of places alone would be emptied by one attacker who connects and stays. So when all are taken somebody
//! leaves for the newcomer: of the circuit with the most connections the one over which the least has moved of late. A
//! source has a circuit of its own and one or two connections. To drive them out an attacker needs as many circuits as
//! there are places, each at the price of a proof of work, and must move more over each than the source does.
//!
//! Whoever holds all places sees that somebody came, but every visitor comes and loads the same page and board.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::proxy_line::Circuit;

/// Bytes that a newcomer is taken to have moved: time for the first request.
const WELCOME: u64 = 64 << 10;

/// Everybody who is connected.
#[derive(Debug)]
pub struct Crowd {
    places: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    entered: u64,
    members: BTreeMap<u64, Member>,
}

#[derive(Debug)]
struct Member {
    circuit: Option<Circuit>,
    moved: Arc<AtomicU64>,
    /// Bytes moved of late: half of what it was a second ago, and what came since.
    lately: u64,
    /// Dropped when it must leave.
    _stay: oneshot::Sender<()>,
}

/// One connection, gone from the crowd when it is dropped.
#[derive(Debug)]
pub struct Guest {
    crowd: Arc<Crowd>,
    number: u64,
    moved: Arc<AtomicU64>,
}

impl Crowd {
    /// With so many places.
    #[must_use]
    pub fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places: places.max(1), inside: Mutex::default() })
    }

    /// Lets somebody in; if need be somebody leaves. The receiver ends when this one must leave.
    pub fn enter(self: &Arc<Self>) -> (Guest, oneshot::Receiver<()>) {
        let (stay, leave) = oneshot::channel();
        let moved = Arc::new(AtomicU64::new(0));
        let mut inside = self.inside();
        while inside.members.len() >= self.places {
            let worst = inside.worst();
            inside.members.remove(&worst);
        }
        let number = inside.entered;
        inside.entered = number.saturating_add(1);
        let member = Member { circuit: None, moved: Arc::clone(&moved), lately: WELCOME, _stay: stay };
        inside.members.insert(number, member);
        (Guest { crowd: Arc::clone(self), number, moved }, leave)
    }

    /// Another second has passed.
    pub fn second(&self) {
        for member in self.inside().members.values_mut() {
            let came = member.moved.swap(0, Ordering::Relaxed);
            member.lately = (member.lately >> 1).saturating_add(came);
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Who has the least claim to stay; of equals the one who came first.
    fn worst(&self) -> u64 {
        let mut connections = BTreeMap::<Circuit, u32>::new();
        for circuit in self.members.values().filter_map(|member| member.circuit) {
            let its = connections.entry(circuit).or_default();
            *its = its.saturating_add(1);
        }
        let claim = |(number, member): &(&u64, &Member)| {
            let siblings = member.circuit.and_then(|circuit| connections.get(&circuit)).copied().unwrap_or(1);
            let lately = member.lately.saturating_add(member.moved.load(Ordering::Relaxed));
            (Reverse(siblings), lately, **number)
        };
        self.members.iter().min_by_key(claim).map_or(0, |(number, _)| *number)
    }
}

impl Guest {
    /// Its circuit is known.
    pub fn comes_over(&self, circuit: Circuit) {
        if let Some(member) = self.crowd.inside().members.get_mut(&self.number) {
            member.circuit = Some(circuit);
        }
    }

    /// Where the bytes that move are counted.
    #[must_use]
    pub fn moved(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.moved)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.crowd.inside().members.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entered = (Guest, oneshot::Receiver<()>);

    fn enter(crowd: &Arc<Crowd>, circuit: u32) -> Entered {
        let (guest, leave) = crowd.enter();
        guest.comes_over(Circuit::numbered(circuit));
        (guest, leave)
    }

    fn stays((_, leave): &mut Entered) -> bool {
        leave.try_recv() == Err(oneshot::error::TryRecvError::Empty)
    }

    #[test]
    fn the_circuit_with_the_most_connections_makes_room() {
        let crowd = Crowd::new(8);
        let mut source = enter(&crowd, 1);
        let mut attacker: Vec<_> = (0..100).map(|n| enter(&crowd, 2 + n % 3)).collect();
        for _ in 0..20 {
            crowd.second();
        }
        let mut another = enter(&crowd, 9);
        attacker.extend((0..100).map(|n| enter(&crowd, 2 + n % 3)));
        assert!(stays(&mut source) && stays(&mut another));
        assert_eq!(attacker.iter_mut().filter_map(|guest| stays(guest).then_some(())).count(), 6);
        assert_eq!(crowd.inside().members.len(), 8);
    }

    #[test]
    fn among_equals_the_one_that_moves_least_makes_room() {
        let crowd = Crowd::new(3);
        let mut all: Vec<_> = (0..3).map(|circuit| enter(&crowd, circuit)).collect();
        for _ in 0..20 {
            all[0].0.moved().fetch_add(9, Ordering::Relaxed);
            all[1].0.moved().fetch_add(1, Ordering::Relaxed);
            all[2].0.moved().fetch_add(5, Ordering::Relaxed);
            crowd.second();
        }
        let mut newcomer = enter(&crowd, 3);
        assert_eq!(all.iter_mut().map(stays).collect::<Vec<_>>(), [true, false, true]);
        let _another = enter(&crowd, 4);
        assert_eq!(all.iter_mut().map(stays).collect::<Vec<_>>(), [true, false, false]);
        assert!(stays(&mut newcomer), "it has had no time yet");
    }

    #[test]
    fn who_left_takes_no_place() {
        let crowd = Crowd::new(2);
        let mut first = enter(&crowd, 1);
        for circuit in 2..100 {
            drop(enter(&crowd, circuit));
        }
        assert!(stays(&mut first));
        assert_eq!(crowd.inside().members.len(), 1);
        let mut without = [crowd.enter(), crowd.enter()];
        assert!(stays(&mut without[1]) && !stays(&mut first));
    }
}
