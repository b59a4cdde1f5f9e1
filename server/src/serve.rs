//! From a launched process to running cores, and back to its end.

use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::keyspace::key::HashSeed;
use engine::order::ShardId;
use persistence::aof::manifest::Manifest;
use persistence::snapshot::LoadFault;
use persistence::snapshot::batch::Duplicates;

use crate::acl::start;
use crate::append_only;
use crate::config::Settings;
use crate::config::query;
use crate::core::ServerCore;
use crate::core::process::Process;
use crate::driver::{Driver, ServerPort, WakeCore};
use crate::launch::banner::{self, Listener};
use crate::launch::logging::{self, Role};
use crate::launch::shutdown_signals::ShutdownSignals;
use crate::launch::{Ended, Launched};
use crate::listeners::{self, Listening};
use crate::persistence::load::load;
use crate::runtime::core::{CoreSpec, available_cores, run_cores};
use crate::runtime::mesh::{MonotonicClock, mesh};

/// Flushes that may be on their way between two cores; the next one waits for the receiver.
const MESH_CAPACITY: usize = 64;

/// Serves until the process is asked to end. Returns its exit status.
pub fn serve(launched: Launched) -> ExitCode {
    match run(&launched) {
        Ok(()) => {
            launched.supervisor.stopping();
            tracing::warn!("Darter is now ready to exit, bye bye...");
            ExitCode::SUCCESS
        }
        Err(why) => {
            tracing::warn!("{why}");
            Ended::Failed(why).report()
        }
    }
}

fn run(launched: &Launched) -> Result<(), String> {
    let settings = Arc::new(launched.loaded.settings.clone());
    let users = start::users(&settings, &launched.loaded.deferred.users)?;
    let cores = match settings.threads.shards {
        0 => available_cores().min(1024) as u16,
        shards => shards,
    };
    let lists = listeners::open(&settings, cores).map_err(|why| why.0)?;
    banner::show_logo(&settings, cores as usize, false);
    banner::server_initialized();
    query::ignored(&settings)
        .iter()
        .for_each(|line| tracing::info!("{line}"));
    let spec = core_spec(cores, &settings)?;
    let process = Arc::new(Process::new(
        cores,
        HashSeed(random_u64()?),
        random_hex()?,
        launched.loaded.source.clone(),
    ));
    process.begin_with(users);
    let wake = waking(&spec);
    process.set_waker(wake);
    let log = prepare_log(&process, &settings)?;
    if log.is_some()
        || process
            .disk
            .size(settings.snapshot.dbfilename.as_path())
            .is_ok()
    {
        process.loading.announce();
    }
    let ports = mesh(cores, MESH_CAPACITY, MonotonicClock, wake);
    let seats: Vec<Option<(ServerPort, Vec<Listening>)>> =
        ports.into_iter().zip(lists).map(Some).collect();
    let seats = Arc::new(Mutex::new(seats));
    let (for_cores, for_core_settings) = (process.clone(), settings.clone());
    let handles = run_cores(spec, move |core| {
        let seat = seats
            .lock()
            .ok()
            .and_then(|mut seats| seats[usize::from(core.0)].take());
        let (port, listeners) = seat.expect("each core takes its seat once");
        let server = ServerCore::new(
            ShardId(core.0),
            for_cores.clone(),
            for_core_settings.clone(),
        );
        Driver::new(server, port, listeners)
    })
    .map_err(|error| error.to_string())?;
    logging::set_role(Role::Primary);
    process.budget.note_main();
    process.memory.started(process.budget.total() as usize);
    obey_signals(launched.signals, process.clone(), wake)?;
    match log {
        Some(manifest) => load_log(&process, &settings, manifest)?,
        None if settings.append_only.appendonly => process.loading.end(),
        None => load_data(&process, &settings)?,
    }
    if !process.is_shutting_down() {
        announce(launched);
    }
    let ended = handles.join().map_err(|error| error.to_string());
    process.append_only.finish();
    ended
}

/// Brings back what was saved. Errors: there is a file, but it can't be loaded.
fn load_data(process: &Process, settings: &Settings) -> Result<(), String> {
    let (path, began) = (settings.snapshot.dbfilename.as_path(), Instant::now());
    match load(process, settings, path, Duplicates::Refuse) {
        Ok(_) => {
            let seconds = began.elapsed().as_secs_f64();
            tracing::info!("DB loaded from disk: {seconds:.3} seconds");
            Ok(())
        }
        Err(LoadFault::Disk(error)) if error.kind() == ErrorKind::NotFound => {
            process.loading.end();
            Ok(())
        }
        Err(_) if process.is_shutting_down() => Ok(()),
        Err(fault) => {
            let file = settings.general.dir.as_path().join(path);
            Err(format!(
                "Fatal error loading the DB from {}: {fault}. Exiting.",
                file.display()
            ))
        }
    }
}

/// What is to be loaded of the append-only folder; where there is nothing, the folder begins here.
fn prepare_log(
    process: &Arc<Process>,
    settings: &Arc<Settings>,
) -> Result<Option<Manifest>, String> {
    if !settings.append_only.appendonly {
        return Ok(None);
    }
    let manifest = append_only::load::manifest(process, settings)?;
    let manifest = manifest.filter(|manifest| manifest.files().next().is_some());
    if manifest.is_none() {
        append_only::start::begin_empty(process, settings)?;
    }
    Ok(manifest)
}

/// Brings back what was appended, and goes on behind it. Errors: it can't be loaded, or nothing can be appended.
fn load_log(process: &Arc<Process>, settings: &Settings, manifest: Manifest) -> Result<(), String> {
    let loaded = append_only::load::load_files(process, settings, &manifest);
    if process.is_shutting_down() {
        return Ok(());
    }
    loaded?;
    append_only::start::go_on(process, manifest)?;
    process.loading.end();
    Ok(())
}

fn core_spec(cores: u16, settings: &Settings) -> Result<CoreSpec, String> {
    let mut spec =
        CoreSpec::new(cores).map_err(|error| format!("Can't prepare the cores: {error}"))?;
    let seconds = u64::from(settings.network.tcp_keepalive);
    spec.net.keepalive = (seconds > 0).then(|| Duration::from_secs(seconds));
    spec.net.warn = |line| tracing::warn!("{line}");
    Ok(spec)
}

/// What wakes a core. It lives as long as the process.
fn waking(spec: &CoreSpec) -> WakeCore {
    let wakers = spec.wakers().to_vec();
    Box::leak(Box::new(move |core: ShardId| wakers[core.index()].wake()))
}

fn announce(launched: &Launched) {
    let network = &launched.loaded.settings.network;
    if network.port > 0 {
        banner::ready(Listener::Tcp);
    }
    if network.unixsocket.is_some() {
        banner::ready(Listener::Unix);
    }
    launched.supervisor.ready(false);
}

/// A thread that waits for SIGTERM and SIGINT and tells core 0.
fn obey_signals(
    signals: ShutdownSignals,
    process: Arc<Process>,
    wake: WakeCore,
) -> Result<(), String> {
    let wait = move || {
        loop {
            if let Some(signal) = signals.wait() {
                let is_loading = process.loading.is_under_way();
                tracing::warn!("{}", signal.message(is_loading));
                process.request_end();
                wake(ShardId(0));
            }
        }
    };
    let thread = std::thread::Builder::new()
        .name("darter-signals".into())
        .spawn(wait);
    thread
        .map(drop)
        .map_err(|error| format!("Can't start a thread: {error}"))
}

/// Bytes that nobody can foretell.
///
/// # Errors
/// The system has none.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    let file = std::fs::File::open("/dev/urandom");
    file.and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .map_err(|error| format!("Can't read /dev/urandom: {error}"))?;
    Ok(bytes)
}

fn random_u64() -> Result<u64, String> {
    random_bytes().map(u64::from_ne_bytes)
}

fn random_hex() -> Result<String, String> {
    let bytes: [u8; 20] = random_bytes()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
