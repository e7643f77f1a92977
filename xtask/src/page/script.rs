//! The page's one script: data made at build time, the core in both its forms, then `js/*.js` in a fixed order, in one strict scope.

use std::io::Write;
use std::path::Path;

use base64ct::{Base64, Encoding};
use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value, json};

use super::{
    codes,
    locale::{Locale, ORIGINAL},
    wasm::Core,
};
use crate::run::Result;

/// The order in which the parts are read; [`join`] refuses a file that is not named here.
const PARTS: [&str; 19] = [
    "text", "engine", "core", "site", "board", "line", "worse", "fields", "words", "files", "receipt",
    "report", "upload", "saved", "finished", "send", "sent", "leave", "start",
];

/// Joins everything into the text of the page's script element.
pub(crate) fn join(folder: &Path, locales: &[Locale], core: &Core) -> Result<String> {
    let mut script = String::from("(() => {\n'use strict';\n");
    script += &format!("const DATA = {};\n", for_script(&data(locales)));
    script += &format!("const CORE = '{}';\n", Base64::encode_string(&smallest_gzip(&core.wasm)?));
    script += &core.javascript;
    for part in PARTS {
        let file = folder.join(part).with_extension("js");
        script += &std::fs::read_to_string(&file).map_err(|e| format!("reading {}: {e}", file.display()))?;
    }
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        if !file.file_stem().is_some_and(|stem| PARTS.iter().any(|part| stem == *part)) {
            return Err(
                format!("{} is in no place of the page's script: name it in PARTS", file.display()).into()
            );
        }
    }
    script += "})();\n";
    match script.to_ascii_lowercase().contains("</script") || script.contains("<!--") {
        true => Err("the script holds what would end its element".into()),
        false => Ok(script),
    }
}

/// Bytes of gzip (RFC 1952) that depend on nothing but `bytes`.
pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

/// The same in a twentieth fewer bytes, and in a hundred times the time.
fn smallest_gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, bytes, &mut packed)?;
    Ok(packed)
}

fn data(locales: &[Locale]) -> Value {
    let languages = locales.iter().map(|locale| {
        let texts = json!({
            "dir": locale.dir(), "draft": locale.is_draft(), "messages": locale.at_run_time(),
            "labels": codes::labels(&locale.tag), "words": codes::words(&locale.tag),
        });
        (locale.tag.clone(), texts)
    });
    json!({
        "original": ORIGINAL,
        "safety": locales.first().map(Locale::safety),
        "languages": languages.collect::<Map<_, _>>(),
        "codes": codes::codes(),
        "relativeIncidents": codes::relative_incidents(),
        "limits": codes::limits(),
    })
}

/// JSON that may stand in a script element.
fn for_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
