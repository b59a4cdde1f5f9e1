//! What the kernel tells about time and memory: of a process, of our children that ended, of the whole machine.
//!
//! All times are sums of user and system time in the kernel's ticks, usually of 10 ms.

use std::fs;
use std::time::Duration;

use crate::Failure;

/// User and system time `pid` has spent, its children not counted.
///
/// # Errors
/// There is no such process.
pub fn process_time(pid: u32) -> Result<Duration, Failure> {
    times(&fs::read_to_string(format!("/proc/{pid}/stat"))?, 13)
}

/// User and system time of all children of this process that ended and were waited for.
///
/// # Errors
/// No `/proc`.
pub fn ended_children_time() -> Result<Duration, Failure> {
    times(&fs::read_to_string("/proc/self/stat")?, 15)
}

/// Time in which any processor did anything, or was kept from us by a hypervisor.
///
/// # Errors
/// No `/proc`.
pub fn busy_time() -> Result<Duration, Failure> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().ok_or("/proc/stat is empty")?;
    let fields: Vec<u64> = line
        .split_ascii_whitespace()
        .skip(1)
        .map_while(|field| field.parse().ok())
        .collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or(0);
    // user nice system idle iowait irq softirq steal; guests are part of user.
    Ok(ticks(
        field(0) + field(1) + field(2) + field(5) + field(6) + field(7),
    ))
}

/// Bytes of memory that `pid` has resident.
///
/// # Errors
/// There is no such process.
pub fn resident_bytes(pid: u32) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes << 10)
}

/// Bytes of memory that `pid` and its children have, what they share counted once.
///
/// # Errors
/// There is no such process.
pub fn proportional_bytes(pid: u32) -> Result<u64, Failure> {
    let own = share(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?)?;
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    let children = children.split_ascii_whitespace();
    // A child may end at any moment.
    let theirs = children.filter_map(|child| {
        let rollup = fs::read_to_string(format!("/proc/{child}/smaps_rollup")).ok()?;
        share(&rollup).ok()
    });
    Ok(own + theirs.sum::<u64>())
}

/// The proportional share of memory in a summary of mappings.
fn share(rollup: &str) -> Result<u64, Failure> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let line = line.ok_or("no Pss")?.trim();
    let kibibytes: u64 = line.trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes << 10)
}

/// Two neighbouring fields of a stat line, counted from 0, added.
fn times(stat: &str, first: usize) -> Result<Duration, Failure> {
    // The second field is the program's name in parentheses and may hold anything.
    let behind_name = stat.rfind(") ").ok_or("a stat line without a name")? + 2;
    let mut fields = stat[behind_name..].split_ascii_whitespace().skip(first - 2);
    let mut next =
        || -> Result<u64, Failure> { Ok(fields.next().ok_or("a short stat line")?.parse()?) };
    Ok(ticks(next()? + next()?))
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1000 / rustix::param::clock_ticks_per_second().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_behind_a_name_with_spaces_and_parentheses() {
        let stat = "17 (a ) b) S 1 2 3 4 5 6 7 8 9 10 300 200 40 50 0 0";
        let tick = ticks(1);
        assert_eq!(times(stat, 13).unwrap(), tick * 500);
        assert_eq!(times(stat, 15).unwrap(), tick * 90);
        assert!(times("17 (short) S 1", 13).is_err());
    }

    #[test]
    fn own_figures_are_plausible() {
        let pid = std::process::id();
        assert!(resident_bytes(pid).unwrap() > 100 << 10);
        assert!(proportional_bytes(pid).unwrap() > 100 << 10);
        assert!(process_time(pid).unwrap() <= busy_time().unwrap());
    }
}
