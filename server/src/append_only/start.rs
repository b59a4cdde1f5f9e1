//! The start of the append-only file: where there is a folder, behind what was loaded of it; else with an empty base, before
//! any core runs.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use engine::order::{Errand, ShardId};
use engine::shard::Shard;
use engine::shard::context::Caller;
use persistence::aof::appender::Appender;
use persistence::aof::manifest::Manifest;
use persistence::rdb::format::Version;
use persistence::snapshot::file::{SnapshotFile, Target};
use persistence::snapshot::header::Header;

use super::load;
use super::orders::Order;
use super::state::Phase;
use super::writer;
use crate::config::Settings;
use crate::core::ServerCore;
use crate::core::exclusive::NOBODY;
use crate::core::process::Process;

/// Lets core 0 begin to append behind what was loaded, and waits until it does. Errors: the line to end with.
pub fn go_on(process: &Arc<Process>, manifest: Manifest) -> Result<(), String> {
    open_writer(process, manifest)?;
    process.append_only.order(Order::Open);
    process
        .append_only
        .begin_and_wait(|| process.wake(ShardId(0)));
    Ok(())
}

/// Begins a folder where there is none, before any core runs. Errors: the line to end with.
pub fn begin_empty(process: &Arc<Process>, settings: &Arc<Settings>) -> Result<(), String> {
    process.append_only.set_settings(settings);
    let folder = load::folder(settings);
    let mut appender = Appender::new(process.disk.clone(), folder, Manifest::default());
    let (base, increment) = write_empty(process, settings, &mut appender)
        .map_err(|error| format!("Can't begin the append-only file: {error}"))?;
    tracing::info!("Creating AOF base file {base} on server start");
    tracing::info!("Creating AOF incr file {increment} on server start");
    start_writer(process, appender)?;
    process.append_only.report().phase = Phase::On;
    Ok(())
}

fn write_empty(
    process: &Process,
    settings: &Settings,
    appender: &mut Appender,
) -> io::Result<(String, String)> {
    appender.begin_apart()?;
    let target = target(settings);
    let (path, is_snapshot) = (
        target.path.clone(),
        settings.append_only.aof_use_rdb_preamble,
    );
    if is_snapshot {
        let header = Header::empty(Version(settings.snapshot.rdb_version));
        SnapshotFile::create(&*process.disk, target, &header)?.finish()?;
    } else {
        process.disk.create(&path)?.sync()?;
    }
    appender.adopt_base(&path, is_snapshot)
}

/// Where a base is written until it is whole.
pub(super) fn target(settings: &Settings) -> Target {
    let name = format!("temp-rewriteaof-bg-{}.aof", std::process::id());
    let temp: PathBuf = load::folder(settings).file(&name);
    Target {
        path: temp.with_extension("rdb"),
        temp,
        has_checksum: settings.snapshot.rdbchecksum,
        syncs_early: settings.append_only.aof_rewrite_incremental_fsync,
    }
}

/// A writer for a folder with this manifest, which is made if it is not there. Errors: the line to end with.
pub(super) fn open_writer(process: &Arc<Process>, manifest: Manifest) -> Result<(), String> {
    let folder = load::folder(&process.append_only.settings());
    let path = folder.path().display().to_string();
    let created = folder.create(&*process.disk);
    created.map_err(|error| format!("Can't open or create append-only dir {path}: {error}"))?;
    let appender = Appender::new(process.disk.clone(), folder, manifest);
    start_writer(process, appender)
}

fn start_writer(process: &Arc<Process>, appender: Appender) -> Result<(), String> {
    let orders = writer::start(process, appender);
    let orders = orders.map_err(|error| format!("Can't start a thread: {error}"))?;
    process.append_only.set_writer(Some(orders));
    Ok(())
}

impl ServerCore {
    /// Everything is loaded: from here on it is recorded.
    pub(super) fn begin_log(&mut self) {
        self.lock_everything(NOBODY, Caller::default(), |core, locks, _| {
            let record = |_| Some(Errand::new(|shard: &mut Shard, _| shard.log.is_read = true));
            core.unlock_everything(locks, record, |core| {
                core.process.append_only.report().phase = Phase::On;
                core.process.append_only.note_started();
            });
        });
    }
}
