//! The onion socket: tor's line first, or nothing; and a socket that systemd hands over.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;

use crate::stage::*;

const LINE: &[u8] = b"PROXY TCP6 fc00:dead:beef:4dad::0:14 ::1 20 80\r\n";

fn onion() -> (Stage, Server) {
    let mut stage = Stage::new();
    stage.listen = format!("unix:{}", stage.folder.0.join("onion.sock").display());
    let config = stage.folder.0.join("tipline.toml");
    fs::write(&config, "[listen]\nproxy_line = true\n").unwrap();
    stage.config = Some(config);
    let server = stage.open();
    (stage, server)
}

#[test]
fn a_connection_from_tor_is_served_and_any_other_is_closed() {
    let (stage, server) = onion();
    let path = stage.folder.0.join("onion.sock");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut from_tor = server.unix();
    from_tor.write_all(&[LINE, &post(this_week(), &small_tip(1))].concat()).unwrap();
    assert_eq!(read_answer(&mut from_tor).unwrap().status, 201);
    let mut in_pieces = server.unix();
    for byte in LINE.iter().chain(&get("/")) {
        in_pieces.write_all(&[*byte]).unwrap();
    }
    assert_eq!(read_answer(&mut in_pieces).unwrap().status, 200);
    for other in [get("/"), b"PROXY UNKNOWN\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), vec![b'x'; 200]] {
        let mut stream = server.unix();
        let _ = stream.write_all(&other);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "fails closed, without a word");
    }
    // The line and nothing else, as tor's own checks do.
    let mut only = server.unix();
    only.write_all(LINE).unwrap();
    only.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read_answer(&mut only), None);
    // Twice the line is no request.
    let mut twice = UnixStream::connect(&path).unwrap();
    twice.write_all(&[LINE, LINE, b"\r\n"].concat()).unwrap();
    assert_eq!(read_answer(&mut twice).unwrap().says(), "bad-request");
}

#[test]
fn sockets_that_systemd_hands_over_are_used() {
    let mut stage = Stage::new();
    let (onion, operator) = (stage.folder.0.join("onion.sock"), stage.operator());
    stage.listen = format!("unix:{}", onion.display());
    let command = stage.serve_command();
    // What systemd does: sockets as descriptors 3 and 4, and their count and owner in the environment.
    let script = "import os,socket,sys\n\
        for i,p in enumerate(sys.argv[1:3]):\n s=socket.socket(socket.AF_UNIX);s.bind(p);s.listen(5);os.dup2(s.fileno(),10+i)\n\
        os.dup2(10,3);os.dup2(11,4)\n\
        os.environ['LISTEN_FDS']='2';os.environ['LISTEN_PID']=str(os.getpid())\n\
        os.execv(sys.argv[3],sys.argv[3:])\n";
    let mut python = std::process::Command::new("python3");
    python
        .args(["-c", script])
        .arg(&onion)
        .arg(&operator)
        .arg(command.get_program())
        .args(command.get_args());
    let Ok(mut child) = python.current_dir(&stage.folder.0).stderr(std::process::Stdio::null()).spawn()
    else {
        eprintln!("SKIPPED: python3 is missing");
        return;
    };
    let connect = || {
        (0..100).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            UnixStream::connect(&onion).ok()
        })
    };
    let mut stream = connect().unwrap();
    stream.write_all(&get("/")).unwrap();
    let page = read_answer(&mut stream).unwrap();
    let published = stage.publish(&stage.root.sign(&stage.folder.0, 1));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(page.status, 200);
    assert!(published.status.success(), "{published:?}");
}
