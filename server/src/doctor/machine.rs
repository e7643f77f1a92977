//! Checks of the machine: what is in the server's memory must not reach a disk, neither by swap nor in a core dump.

use super::verdict::Verdict;

/// No swap; `swaps` is `/proc/swaps`.
pub fn swap(swaps: Option<&str>) -> Verdict {
    let Some(swaps) = swaps else {
        return Verdict::mend("/proc/swaps cannot be read: run this as root");
    };
    let on: Vec<&str> = swaps.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    if on.is_empty() {
        return Verdict::sound("off");
    }
    Verdict::mend(format!("swap is on ({}): `swapoff -a`, and take it out of /etc/fstab", on.join(", ")))
}

/// No core dumps: `limits` is `/proc/<pid>/limits` of the server, `pattern` is `/proc/sys/kernel/core_pattern`.
pub fn core_dumps(limits: Option<&str>, pattern: Option<&str>) -> Verdict {
    let Some(limit) = limits.and_then(core_limit) else {
        return Verdict::mend("the limits of the server's process cannot be read: run this as root");
    };
    if limit != "0" {
        return Verdict::mend(format!(
            "the server may write its memory to the disk when it fails (limit {limit}): LimitCORE=0 in \
             tipline-server.service, then restart it"
        ));
    }
    // A program that takes the dump through a pipe is started whatever the limit says (core(5)); systemd's keeps to it.
    match pattern.map(str::trim).and_then(|pattern| pattern.strip_prefix('|')) {
        Some(program) if !program.contains("systemd-coredump") => Verdict::mend(format!(
            "the kernel hands core dumps to a program whatever the limit says ({program}): `sysctl -w \
             kernel.core_pattern=core`, and the same in /etc/sysctl.d/"
        )),
        _ => Verdict::sound("off"),
    }
}

/// The soft limit: `Max core file size   0   unlimited   bytes`.
fn core_limit(limits: &str) -> Option<&str> {
    limits.lines().find_map(|line| line.strip_prefix("Max core file size"))?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn mends(verdict: &Verdict, part: &str) {
        assert!(matches!(verdict, Verdict::Mend(line) if line.contains(part)), "{verdict:?}");
    }

    #[test]
    fn swap_is_named_by_its_device() {
        let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert_eq!(swap(Some(head)), Verdict::sound("off"));
        let on = format!("{head}/dev/sda2 partition 1 0 -2\n/swapfile file 1 0 -3\n");
        mends(&swap(Some(&on)), "(/dev/sda2, /swapfile)");
        mends(&swap(None), "as root");
    }

    #[test]
    fn a_core_dump_needs_neither_limit_nor_pipe() {
        let limits = |soft| {
            format!(
                "Limit  Soft Limit  Hard Limit  Units\nMax core file size        {soft}       unlimited     bytes\n"
            )
        };
        let off = limits("0");
        assert_eq!(core_dumps(Some(&off), Some("core\n")), Verdict::sound("off"));
        let systemds = "|/lib/systemd/systemd-coredump %P %u\n";
        assert_eq!(core_dumps(Some(&off), Some(systemds)), Verdict::sound("off"));
        mends(&core_dumps(Some(&limits("unlimited")), Some("core")), "limit unlimited");
        mends(&core_dumps(Some(&off), Some("|/usr/share/apport %p")), "/usr/share/apport");
        mends(&core_dumps(None, Some("core")), "as root");
        mends(&core_dumps(Some("nothing"), None), "as root");
    }
}
