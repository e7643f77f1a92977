//! Brings facts and checks together: asks the running server, reads the machine, looks.

use std::path::{Path, PathBuf};

use tipline_wire::date::Date;

use super::doors::TorGroup;
use super::flags::Order;
use super::gather;
use super::status::Status;
use super::torrc::CourierOnion;
use super::verdict::{Finding, Verdict};
use super::{Check, courier, documents, doors, machine, storage, torrc};
use crate::address::Address;
use crate::client;
use crate::config::Settings;
use crate::error::Error;
use crate::tls::Identity;

/// What every check can look at.
struct Known<'a> {
    order: &'a Order,
    settings: &'a Settings,
    server: Result<Status, Error>,
    today: Date,
}

/// Does every check that is not left out. Has the running server read its whole store.
pub async fn examine(order: &Order, settings: &Settings, today: Date) -> Vec<Finding> {
    let server = client::status::status(&settings.operator).await;
    let known = Known { order, settings, server, today };
    let mut findings = Vec::new();
    for check in Check::ALL {
        let verdict = if order.skip.contains(&check) {
            Verdict::skipped("left out, as --skip says")
        } else {
            known.look(check).await
        };
        findings.push(Finding { check, verdict });
    }
    findings
}

impl Known<'_> {
    async fn look(&self, check: Check) -> Verdict {
        match check {
            Check::Swap => machine::swap(self.proc("swaps").as_deref()),
            Check::Tor => self.tor(),
            Check::PublicDoor => self.door(&self.settings.public, "tipline-server.socket"),
            Check::CourierDoor => match &self.settings.courier {
                Some(door) => self.door(&door.address, "tipline-courier.socket"),
                None => no_courier(),
            },
            Check::CourierOnion => self.courier_onion(),
            Check::Ballast => {
                let wanted = self.settings.options.ballast_mib.saturating_mul(1 << 20);
                storage::ballast(gather::ballast(&self.settings.store), wanted)
            }
            of_the_server => match &self.server {
                Ok(status) => self.ask(of_the_server, status).await,
                Err(fault) if check == Check::Server => Verdict::mend(fault.to_string()),
                Err(_) => Verdict::skipped("the server does not answer: see server"),
            },
        }
    }

    async fn ask(&self, check: Check, status: &Status) -> Verdict {
        match check {
            Check::Server => version(status),
            Check::OperatorDoor => {
                let path = &self.settings.operator;
                doors::operator(path, gather::socket(path), gather::user_of(&self.process(status)))
            }
            Check::CourierKeys => self.courier_keys(&self.process(status)),
            Check::Listeners => {
                doors::listeners(gather::listening(&self.process(status)).as_ref(), &self.guarded())
            }
            Check::Intake => documents::intake(status, self.today),
            Check::Site => documents::site(status),
            Check::Page => documents::page(status),
            Check::Board => documents::board(status, self.today),
            Check::Clock => documents::clock(status, self.today),
            Check::Disk => storage::disk(status.fullness),
            Check::Tips => self.tips().await,
            Check::CoreDumps => {
                let limits = gather::text(&self.process(status).join("limits"));
                machine::core_dumps(limits.as_deref(), self.proc("sys/kernel/core_pattern").as_deref())
            }
            // Looked at without the server.
            Check::Swap
            | Check::Tor
            | Check::PublicDoor
            | Check::CourierDoor
            | Check::CourierOnion
            | Check::Ballast => Verdict::skipped("see above"),
        }
    }

    fn proc(&self, name: &str) -> Option<String> {
        gather::text(&self.order.proc.join(name))
    }

    fn process(&self, status: &Status) -> PathBuf {
        self.order.proc.join(status.process.to_string())
    }

    /// A door that tor opens.
    fn door(&self, address: &Address, unit: &str) -> Verdict {
        match address {
            Address::Unix(path) => {
                let name = &self.order.tor_group;
                let tor = TorGroup { name, number: gather::group(name) };
                doors::of_tor(path, gather::socket(path), tor, unit)
            }
            Address::Tcp(_) => Verdict::skipped("the configuration has no socket for tor: see listeners"),
        }
    }

    fn courier_keys(&self, process: &Path) -> Verdict {
        let Some(door) = &self.settings.courier else { return no_courier() };
        let (certificate, key) =
            (gather::within(process, &door.keys.certificate), gather::within(process, &door.keys.key));
        let read = Identity::read(&certificate, &key).map_err(|fault| fault.to_string());
        courier::keys(door, gather::key_file(&key), read, gather::user_of(process), self.today)
    }

    fn courier_onion(&self) -> Verdict {
        let Some(door) = &self.settings.courier else { return no_courier() };
        let Address::Unix(door) = &door.address else {
            return Verdict::skipped("the courier's door is a port, not a socket for tor");
        };
        let Some(torrc) = gather::text(&self.order.torrc) else { return self.no_torrc() };
        match torrc::courier(&torrc, door) {
            CourierOnion::Keys(folder) => {
                torrc::authorized(&folder, gather::authorized_clients(&folder).as_deref())
            }
            CourierOnion::Wrong(verdict) => verdict,
        }
    }

    /// The ports that may be open, because TLS stands behind them.
    fn guarded(&self) -> Vec<u16> {
        let Settings { public, public_tls, courier, .. } = self.settings;
        let public = public_tls.as_ref().map(|_| public);
        let courier = courier.as_ref().map(|courier| &courier.address);
        public.into_iter().chain(courier).filter_map(Address::port).collect()
    }

    fn tor(&self) -> Verdict {
        let Address::Unix(door) = &self.settings.public else {
            return Verdict::skipped("the configuration has no socket for tor");
        };
        match gather::text(&self.order.torrc) {
            Some(text) => torrc::check(&text, door, self.settings.proxy_line),
            None => self.no_torrc(),
        }
    }

    fn no_torrc(&self) -> Verdict {
        Verdict::skipped(format!("{} cannot be read here", self.order.torrc.display()))
    }

    async fn tips(&self) -> Verdict {
        let scanned = client::status::scan(&self.settings.operator).await.map_err(|fault| fault.to_string());
        let set_aside = gather::set_aside(&self.settings.store);
        storage::tips(set_aside, scanned.as_ref().copied().map_err(String::as_str))
    }
}

fn no_courier() -> Verdict {
    Verdict::sound("no courier's door is configured")
}

fn version(status: &Status) -> Verdict {
    const OURS: &str = env!("CARGO_PKG_VERSION");
    if status.version == OURS {
        return Verdict::sound(format!("tipline-server {OURS} runs"));
    }
    Verdict::mend(format!(
        "the running server is {}, this command {OURS}: `systemctl restart tipline-server`",
        status.version
    ))
}
