//! The stand behind tor: a letterbox with the configuration of `deploy/`, reached through a private Tor network only.

use std::path::Path;
use std::process::Command;

use crate::tornet::{Net, Service};
use crate::{Scratch, Stand, make_keys, must, page, root};

/// The network, the two onions and the letterbox behind them.
pub struct OnionStand {
    pub net: Net,
    pub service: Service,
    pub stand: Stand,
}

impl OnionStand {
    /// Starts everything; ready when the client reaches the letterbox through its onion.
    pub fn new(name: &str) -> Self {
        let scratch = Scratch::new(name);
        let mut net = Net::start(&scratch.at("net"));
        let mut service = Service::start(&net, &scratch.0);
        courier_key(&service.courier, &scratch.at("courier"));
        service.authorize(&scratch.at("courier/courier.auth"));
        let stand = Stand::behind(scratch, &service.public);
        net.reaches(&service.public, 80);
        Self { net, service, stand }
    }
}

impl Stand {
    /// Keys for this onion's address, and the letterbox as `deploy/tipline.toml` says.
    fn behind(scratch: Scratch, onion: &str) -> Self {
        let fingerprint = make_keys(&scratch, onion);
        let file = scratch.at("tipline.toml");
        std::fs::write(&file, production_config(&scratch.0, &fingerprint)).unwrap();
        let mut stand = Self::open(scratch, fingerprint, vec!["--config".into(), file.display().to_string()]);
        stand.address = onion.to_owned();
        stand
    }
}

/// `deploy/tipline.toml` with the root filled in and the paths replaced; and uploads whatever disk the tests run on.
fn production_config(folder: &Path, fingerprint: &str) -> String {
    let text = std::fs::read_to_string(root().join("deploy/tipline.toml")).unwrap();
    let here = folder.display().to_string();
    let own = text
        .replace("root = \"\"", &format!("root = \"{fingerprint}\""))
        .replace("unix:/run/tipline/", &format!("unix:{here}/"))
        .replace("/var/lib/tipline", &format!("{here}/store"))
        .replace("large_stop_percent = 80", "large_stop_percent = 100")
        .replace("/usr/share/tipline/page.html", &page().display().to_string());
    assert!(own.contains(fingerprint) && !own.contains("\"/var") && !own.contains("/run/tipline"), "{own}");
    assert!(own.contains("large_stop_percent = 100"), "{own}");
    own
}

/// The courier's key for this onion, as the courier makes it: `courier.auth_private` and `courier.auth` in the folder.
fn courier_key(onion: &str, folder: &Path) {
    must(Command::new("sh").arg(root().join("deploy/courier-onion-key")).arg(onion).arg(folder));
}
