//! The stand behind tor: a letterbox with the configuration of `deploy/`, reached through a private Tor network only.

use std::path::Path;
use std::process::Command;

use crate::tornet::{Net, Service};
use crate::{Scratch, Stand, make_keys, must, page, program, root};

/// The network, the two onions and the letterbox behind them.
pub struct OnionStand {
    pub net: Net,
    pub service: Service,
    pub stand: Stand,
    /// The pin of the certificate that the courier's door shows.
    pub pin: String,
}

impl OnionStand {
    /// Starts everything; ready when the client reaches the letterbox through its onion.
    pub fn new(name: &str) -> Self {
        let scratch = Scratch::new(name);
        let mut net = Net::start(&scratch.at("net"));
        let mut service = Service::start(&net, &scratch.0);
        courier_key(&service.courier, &scratch.at("courier"));
        service.authorize(&scratch.at("courier/courier.auth"));
        let door = Door::make(&scratch);
        let stand = Stand::behind(scratch, &service.public, &door);
        net.reaches(&service.public, 80);
        Self { net, service, stand, pin: door.pin }
    }

    /// A command of the courier, through Tor to the courier's onion.
    pub fn courier_command(&mut self, command: &str) -> Command {
        let mut courier = Command::new(program("tipline-server"));
        courier.args([command, "--courier", &self.service.courier, "--pin", &self.pin]);
        courier.args(["--socks", &self.net.socks()]);
        for (flag, file) in [("--cert", "courier/anna.cert"), ("--key", "courier/anna.key")] {
            courier.arg(flag).arg(self.stand.scratch.at(file));
        }
        courier
    }
}

/// The keys of the courier's door, and one enrolled courier.
struct Door {
    /// Of the letterbox.
    pin: String,
    /// Of the courier.
    courier: String,
}

impl Door {
    fn make(scratch: &Scratch) -> Self {
        let made = |args: &[&str], folder: &str| {
            let mut command = Command::new(program("tipline-server"));
            let said = must(command.arg("courier").args(args).arg("--out").arg(scratch.at(folder))).stdout;
            let said = String::from_utf8(said).unwrap();
            let pin = said.split(|c: char| c.is_whitespace() || "\"[]".contains(c));
            pin.into_iter().find(|word| word.starts_with("SHA256:")).expect("a pin").to_owned()
        };
        Self { pin: made(&["keys"], "door"), courier: made(&["enroll", "--name", "anna"], "courier") }
    }
}

impl Stand {
    /// Keys for this onion's address, and the letterbox as `deploy/tipline.toml` says.
    fn behind(scratch: Scratch, onion: &str, door: &Door) -> Self {
        let fingerprint = make_keys(&scratch, onion);
        let file = scratch.at("tipline.toml");
        std::fs::write(&file, production_config(&scratch.0, &fingerprint, door)).unwrap();
        let mut stand = Self::open(scratch, fingerprint, vec!["--config".into(), file.display().to_string()]);
        stand.address = onion.to_owned();
        stand
    }
}

/// `deploy/tipline.toml` with the root and the courier's door filled in and the paths replaced; and uploads whatever disk
/// the tests run on.
fn production_config(folder: &Path, fingerprint: &str, door: &Door) -> String {
    let text = std::fs::read_to_string(root().join("deploy/tipline.toml")).unwrap();
    let here = folder.display().to_string();
    let own = text
        .replace("\nroot = \"\"", &format!("\nroot = \"{fingerprint}\""))
        .replace("\ncourier = \"\"", "\ncourier = \"unix:/run/tipline/courier.sock\"")
        .replace("\ncourier_cert = \"\"", &format!("\ncourier_cert = \"{here}/door/letterbox.cert\""))
        .replace("\ncourier_key = \"\"", &format!("\ncourier_key = \"{here}/door/letterbox.key\""))
        .replace("\ncourier_pins = []", &format!("\ncourier_pins = [\"{}\"]", door.courier))
        .replace("unix:/run/tipline/", &format!("unix:{here}/"))
        .replace("/var/lib/tipline", &format!("{here}/store"))
        .replace("large_stop_percent = 80", "large_stop_percent = 100")
        .replace("/usr/share/tipline/page.html", &page().display().to_string());
    let filled = own.contains(fingerprint) && own.contains(&door.courier);
    let moved = !own.contains("\"/var") && !own.contains("/run/tipline");
    assert!(filled && moved && own.contains("large_stop_percent = 100"), "{own}");
    own
}

/// The courier's key for this onion, as the courier makes it: `courier.auth_private` and `courier.auth` in the folder.
fn courier_key(onion: &str, folder: &Path) {
    must(Command::new("sh").arg(root().join("deploy/courier-onion-key")).arg(onion).arg(folder));
}
