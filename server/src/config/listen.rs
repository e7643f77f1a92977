//! `[listen]`: where each of the three doors is, and the keys of those that speak TLS.

use std::path::PathBuf;

use serde::Deserialize;

use crate::address::Address;
use crate::tls::Pin;

const DEFAULT_PUBLIC: &str = "unix:/run/tipline/onion.sock";
const DEFAULT_OPERATOR: &str = "unix:/run/tipline/operator.sock";

/// A door's certificate and its key, as files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFiles {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// The courier's door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourierDoor {
    /// Where it is.
    pub address: Address,
    /// What it shows.
    pub keys: KeyFiles,
    /// Who comes in, at least one.
    pub pins: Vec<Pin>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listen {
    public: Option<String>,
    public_cert: Option<PathBuf>,
    public_key: Option<PathBuf>,
    pub(super) proxy_line: Option<bool>,
    operator: Option<String>,
    courier: Option<String>,
    courier_cert: Option<PathBuf>,
    courier_key: Option<PathBuf>,
    courier_pins: Vec<String>,
}

impl Listen {
    /// With TLS it may be reached from elsewhere.
    pub(super) fn public(&self, flag: Option<&str>) -> Result<Address, String> {
        let text = flag.or(self.public.as_deref()).unwrap_or(DEFAULT_PUBLIC);
        let address = match self.public_keys()? {
            Some(_) => Address::anywhere(text),
            None => text.parse(),
        };
        address.map_err(|fault| format!("`{text}`: {fault}"))
    }

    pub(super) fn public_keys(&self) -> Result<Option<KeyFiles>, String> {
        match (given(self.public_cert.as_ref()), given(self.public_key.as_ref())) {
            (Some(certificate), Some(key)) => Ok(Some(KeyFiles { certificate, key })),
            (None, None) => Ok(None),
            _ => Err("public_cert and public_key belong together: give both, or none".into()),
        }
    }

    pub(super) fn operator(&self, flag: Option<&str>) -> Result<PathBuf, String> {
        let text = flag.or(self.operator.as_deref()).unwrap_or(DEFAULT_OPERATOR);
        match text.parse() {
            Ok(Address::Unix(path)) => Ok(path),
            _ => Err(format!("`{text}`: the operator's address must be unix:/path/to/socket")),
        }
    }

    /// An empty address is a door that is not there.
    pub(super) fn courier(&self) -> Result<Option<CourierDoor>, String> {
        let Some(text) = self.courier.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let address = Address::anywhere(text).map_err(|fault| format!("`{text}`: {fault}"))?;
        let (certificate, key) = (given(self.courier_cert.as_ref()), given(self.courier_key.as_ref()));
        let (Some(certificate), Some(key), false) = (certificate, key, self.courier_pins.is_empty()) else {
            return Err("the courier's door needs courier_cert, courier_key and courier_pins: `tipline-server courier \
                        keys` and `tipline-server courier enroll` make them; where no courier comes any more, courier = \"\""
                .into());
        };
        let pin = |text: &String| text.parse().map_err(|fault| format!("`{text}`: {fault}"));
        let pins = self.courier_pins.iter().map(pin).collect::<Result<_, _>>()?;
        Ok(Some(CourierDoor { address, keys: KeyFiles { certificate, key }, pins }))
    }

    /// Where the certificate of the courier's door is, also while nobody is enrolled.
    pub(super) fn courier_certificate(&self) -> Option<PathBuf> {
        given(self.courier_cert.as_ref())
    }
}

/// An empty path in the example is one that was not filled in.
fn given(path: Option<&PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Listen {
        toml::from_str(text).unwrap()
    }

    const PIN: &str = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn the_couriers_door_is_whole_or_not_there() {
        assert_eq!(read("courier = \"\"\ncourier_cert = \"\"").courier(), Ok(None));
        let keys = "courier_cert = \"/c\"\ncourier_key = \"/k\"\n";
        for (address, pins, said) in [
            ("unix:/run/c.sock", "[]", "`tipline-server courier enroll`"),
            ("unix:/run/c.sock", "[\"SHA256:AA\"]", "a certificate's fingerprint"),
            ("localhost", &format!("[\"{PIN}\"]"), "was expected"),
        ] {
            let text = format!("courier = \"{address}\"\n{keys}courier_pins = {pins}");
            let why = read(&text).courier().unwrap_err();
            assert!(why.contains(said), "{why}");
        }
        let text = format!("courier = \"192.0.2.1:443\"\n{keys}courier_pins = [\"{PIN}\"]");
        let door = read(&text).courier().unwrap().unwrap();
        assert_eq!((door.address.to_string().as_str(), door.pins.len()), ("192.0.2.1:443", 1));
    }

    #[test]
    fn who_has_no_tls_listens_on_this_machine_only() {
        assert!(read("public = \"0.0.0.0:80\"").public(None).unwrap_err().contains("only this machine"));
        assert!(read("public_cert = \"/c\"").public(None).unwrap_err().contains("belong together"));
        let open = read("public = \"0.0.0.0:443\"\npublic_cert = \"/c\"\npublic_key = \"/k\"");
        assert_eq!(open.public(None).unwrap().to_string(), "0.0.0.0:443");
    }
}
