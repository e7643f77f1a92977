//! A cleaned file before judges that are not ours: `exiftool` and `mat2` find nothing, and it plays and shows the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use tipline_tests::{Scratch, exists, must, root, skipped};

use crate::journey::cleaned;

/// Program and Debian package.
const JUDGES: [(&str, &str); 5] = [
    ("exiftool", "libimage-exiftool-perl"),
    ("mat2", "mat2"),
    ("ffmpeg", "ffmpeg"),
    ("convert-im6.q16", "imagemagick"),
    ("heif-convert", "libheif-examples"),
];

/// What `exiftool` may see in a file without metadata: how it is built, how large it is, how it is coded and played.
/// A name that ends with `*` stands for all that begin so.
const STRUCTURE: &[&str] = &[
    // What exiftool computes from the rest, or says of itself.
    "ExifTool:*",
    "System:*",
    "File:*",
    "Composite:*",
    // Pictures.
    "JFIF:JFIFVersion",
    "JFIF:ResolutionUnit",
    "JFIF:XResolution",
    "JFIF:YResolution",
    "IFD0:Orientation",
    "PNG:*",
    "RIFF:WebP_Flags",
    "RIFF:VP8Version",
    "RIFF:AlphaIsUsed",
    "RIFF:ImageWidth",
    "RIFF:ImageHeight",
    "RIFF:HorizontalScale",
    "RIFF:VerticalScale",
    "RIFF:BackgroundColor",
    "RIFF:AnimationLoopCount",
    "RIFF:FrameCount",
    "RIFF:Duration",
    "RIFF:Alpha*",
    "GIF:GIFVersion",
    "GIF:ImageWidth",
    "GIF:ImageHeight",
    "GIF:HasColorMap",
    "GIF:ColorResolutionDepth",
    "GIF:BitsPerPixel",
    "GIF:BackgroundColor",
    "GIF:AnimationIterations",
    "GIF:FrameCount",
    "GIF:Duration",
    "GIF:TransparentColor",
    "GIF:PixelAspectRatio",
    "Meta:PrimaryItemReference",
    "Meta:MetaImageSize",
    "Meta:Free",
    "Adobe:*",
    // Sound.
    "RIFF:Encoding",
    "RIFF:NumChannels",
    "RIFF:SampleRate",
    "RIFF:AvgBytesPerSec",
    "RIFF:BitsPerSample",
    "RIFF:NumberOfSamples",
    "MPEG:*",
    "Vorbis:VorbisVersion",
    "Vorbis:AudioChannels",
    "Vorbis:SampleRate",
    "Vorbis:NominalBitrate",
    "Vorbis:MaximumBitrate",
    "Vorbis:MinimumBitrate",
    "Opus:OpusVersion",
    "Opus:AudioChannels",
    "Opus:SampleRate",
    "Opus:OutputGain",
    // Films and HEIC: tables and codecs. Their times must be zero: see `seen`.
    "QuickTime:*",
    "Track1:*",
    "Track2:*",
    "Track3:*",
];
/// Names under these groups that tell something, wherever they stand.
const TELLING: &[&str] = &[
    "Artist",
    "Author",
    "Title",
    "Comment",
    "Description",
    "Encoder",
    "Software",
    "Make",
    "Model",
    "GPS",
    "Location",
    "Copyright",
    "Handler",
    "Compressor",
    "Vendor",
    "Creat",
    "Keyword",
    "Album",
    "UserData",
    "Thumbnail",
];

/// Every file that is cleaned in the tests of `scrub`, without those that are there to be refused.
fn fixtures() -> Vec<PathBuf> {
    let folder = root().join("crates/scrub/tests/data");
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|end| end != "md")).collect();
    all.sort();
    all
}

fn missing() -> Option<String> {
    let (program, package) = JUDGES.iter().find(|(program, _)| !exists(program))?;
    Some(format!("{program} is missing (Debian package {package})"))
}

fn output(program: &str, args: &[&str], file: &Path) -> String {
    let out = Command::new(program).args(args).arg(file).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// What `exiftool` sees in a file beside its structure, as `group:name: value`.
fn seen(file: &Path) -> BTreeSet<String> {
    let text = output("exiftool", &["-G1", "-s", "-a", "-u", "-ee"], file);
    let tags = text.lines().filter_map(|line| {
        let (group, rest) = line.strip_prefix('[')?.split_once(']')?;
        let (name, value) = rest.split_once(':')?;
        Some((group.trim().to_owned(), name.trim().to_owned(), value.trim().to_owned()))
    });
    let told = tags.filter(|(group, name, value)| {
        let tag = format!("{group}:{name}");
        let structure = STRUCTURE.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => tag.starts_with(start),
            None => tag == *known,
        });
        let ours = ["ExifTool", "System", "File", "Composite"].contains(&group.as_str());
        let empty =
            value.is_empty() || value.starts_with("0000:00:00") || ["und", "0"].contains(&value.as_str());
        // Players look for these four letters before they cut off silence.
        let empty = empty || tag == "MPEG:Encoder" && value == "LAME";
        let telling = TELLING.iter().any(|word| name.contains(word))
            && !ours
            && !empty
            && !IS_A_CODE.contains(&name.as_str());
        !structure && !empty || telling
    });
    told.map(|(group, name, value)| format!("{group}:{name}: {value}")).collect()
}

/// Names that sound as if they told something and are numbers of the format.
const IS_A_CODE: &[&str] =
    &["HandlerType", "HandlerClass", "CompressorID", "ColorComponents", "CopyrightFlag"];

/// A sum of everything that is shown or heard.
fn played(file: &Path) -> String {
    let name = file.to_string_lossy().into_owned();
    let end = file.extension().unwrap().to_str().unwrap();
    match end {
        "jpg" | "png" | "gif" | "webp" => {
            // With a delay for each picture, after turning it as the file says.
            let args = ["-auto-orient", "-strip", "-format", "%wx%h %T %#\\n", "info:"];
            let out = must(Command::new("convert-im6.q16").arg(&name).args(args));
            String::from_utf8_lossy(&out.stdout).into_owned()
        }
        "heic" | "avif" => {
            let to = file.with_extension("png");
            must(Command::new("heif-convert").arg(file).arg(&to));
            let args = ["-strip", "-format", "%wx%h %#\\n", "info:"];
            let out = must(Command::new("convert-im6.q16").arg(&to).args(args));
            std::fs::remove_file(&to).unwrap();
            String::from_utf8_lossy(&out.stdout).into_owned()
        }
        _ => {
            // A cover is a still picture beside the sound: it goes.
            let streams: &[&str] = if ["mp4", "mov", "3gp"].contains(&end) {
                &["-map", "0:v?", "-map", "0:a?"]
            } else {
                &["-map", "0:a"]
            };
            let mut ffmpeg = Command::new("ffmpeg");
            ffmpeg.args(["-loglevel", "error", "-i", &name]).args(streams).args(["-f", "framemd5", "-"]);
            let out = must(&mut ffmpeg);
            String::from_utf8_lossy(&out.stdout)
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

#[test]
fn exiftool_and_mat2_find_nothing_in_a_cleaned_file_and_it_plays_the_same() {
    if let Some(what) = missing() {
        return skipped(&format!("cleaned files before exiftool and mat2: {what}"));
    }
    let scratch = Scratch::new("cleaning");
    let mut told = 0;
    for (number, file) in fixtures().iter().enumerate() {
        let end = file.extension().unwrap().to_str().unwrap();
        let (old, new) =
            (scratch.at(&format!("{number}-old.{end}")), scratch.at(&format!("{number}-new.{end}")));
        std::fs::copy(file, &old).unwrap();
        std::fs::write(&new, cleaned(file)).unwrap();
        told += usize::from(!seen(&old).is_empty());
        assert_eq!(seen(&new), BTreeSet::new(), "{} after cleaning", file.display());
        assert_eq!(played(&new), played(&old), "{}", file.display());
        // What mat2 doesn't know it says so; of what it knows, it must find nothing.
        let judged = output("mat2", &["--show"], &new);
        let found: Vec<&str> =
            judged.lines().filter(|line| line.starts_with("  ")).filter(|line| !harmless(line)).collect();
        assert_eq!(found, [""; 0], "{} before mat2", file.display());
    }
    assert!(told > 12, "the judge sees something in {told} files before they are cleaned");
}

/// What mat2 lists that is structure: sizes, codecs, and times that are zero.
fn harmless(line: &str) -> bool {
    line.contains("No metadata found")
        || line.contains("0000:00:00")
        || MAT2_STRUCTURE.iter().any(|name| line.trim_start().starts_with(name))
}

/// The names that `mat2` takes from `exiftool` for structure.
const MAT2_STRUCTURE: &[&str] = &[
    "AverageBitrate",
    "BufferSize",
    "MaxBitrate",
    "CompatibleBrands",
    "MajorBrand",
    "MinorVersion",
    "CompressorID",
    "GraphicsMode",
    "HandlerType",
    "MediaDataOffset",
    "MediaDataSize",
    "MediaHeaderVersion",
    "MovieHeaderVersion",
    "TrackHeaderVersion",
    "NextTrackID",
    "PixelAspectRatio",
    "PreferredRate",
    "Rotation",
    "TimeScale",
    "TrackID",
    "TrackLayer",
    "VideoFieldOrder",
    "MetaImageSize",
    "AnimationFrames",
    "AnimationPlays",
    "Palette",
    "Transparency",
    "TransparentColor",
    "NumberOfSamples",
    "APP14Flags",
    "ColorTransform",
    "DCTEncodeVersion",
    "ExifByteOrder",
    "Orientation",
];

#[test]
fn the_judges_see_what_was_planted() {
    if let Some(what) = missing() {
        return skipped(&format!("what exiftool sees before cleaning: {what}"));
    }
    let data = |name: &str| root().join("crates/scrub/tests/data").join(name);
    for name in [
        "photo.jpg",
        "tagged.webp",
        "still.gif",
        "tagged.wav",
        "tagged.mp3",
        "tagged.ogg",
        "tagged.opus",
        "film.mp4",
        "film.mov",
        "voice.m4a",
        "photo.heic",
        "photo.avif",
    ] {
        let all = seen(&data(name));
        assert!(all.iter().any(|tag| tag.contains("anary")), "{name}: {all:#?}");
    }
}
