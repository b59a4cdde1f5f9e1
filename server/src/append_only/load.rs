//! Loading an append-only folder: its files one after the other, on a thread that is no core.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use engine::command::args::{Args, OwnedArgs};
use engine::command::table::table;
use engine::order::ShardId;
use engine::order::core::Queued;
use engine::shard::DbIndex;
use persistence::aof::commands::{CommandReader, Malformed, Next};
use persistence::aof::folder::{Folder, FolderFault};
use persistence::aof::manifest::Manifest;
use persistence::snapshot::batch::Duplicates;

use super::replay::{Step, queued, step};
use crate::config::Settings;
use crate::config::topic::general::os_text;
use crate::core::process::Process;
use crate::persistence::load::load_front;

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;
/// Commands that are handed over at once.
const RUN: usize = 512;

/// The folder that the parameters name.
pub fn folder(settings: &Settings) -> Folder {
    let append_only = &settings.append_only;
    Folder::new(
        append_only.appenddirname.as_path(),
        &append_only.appendfilename.to_string(),
    )
}

/// The manifest, of an earlier version's single file where only that is there. Errors: the line to end with.
pub fn manifest(process: &Process, settings: &Settings) -> Result<Option<Manifest>, String> {
    let (disk, folder) = (&*process.disk, folder(settings));
    match folder.read_manifest(disk) {
        Ok(None) => {}
        Ok(Some(manifest)) => {
            let ended = folder.end_adoption(disk, &manifest);
            ended.map_err(|error| cannot_move(settings, &folder, &error))?;
            return Ok(Some(manifest));
        }
        Err(FolderFault::Disk(path, error)) => {
            let path = path.display();
            return Err(format!(
                "Fatal error: can't open the AOF manifest file {path} for reading: {error}"
            ));
        }
        Err(FolderFault::Manifest(fault)) => {
            if let Some((number, line)) = fault.line {
                tracing::warn!("*** FATAL AOF MANIFEST FILE ERROR ***");
                tracing::warn!("Reading the manifest file, at line {number}");
                tracing::warn!(">>> '{line}'");
            }
            return Err(fault.what.to_owned());
        }
    }
    let single = settings.append_only.appendfilename.as_path();
    if disk.size(single).is_err() {
        return Ok(None);
    }
    let (from, to) = (single.display(), folder.path().display());
    let manifest = folder.adopt_single_file(disk);
    let manifest = manifest.map_err(|error| cannot_move(settings, &folder, &error))?;
    tracing::info!(
        "Successfully migrated an old-style AOF configuration ({from}) into the AOF directory ({to})."
    );
    Ok(Some(manifest))
}

fn cannot_move(settings: &Settings, folder: &Folder, error: &std::io::Error) -> String {
    let (from, to) = (
        &settings.append_only.appendfilename,
        folder.path().display(),
    );
    format!("Error trying to move the old AOF file {from} into dir {to}: {error}")
}

/// Runs all that the files of a manifest hold. Errors: the line to end with.
pub fn load_files(
    process: &Process,
    settings: &Settings,
    manifest: &Manifest,
) -> Result<(), String> {
    let (folder, began) = (folder(settings), Instant::now());
    let mut sizes = manifest.files().map(|file| {
        let size = process.disk.size(&folder.file(&file.name));
        size.map_err(|error| {
            let error = os_text(&error);
            format!(
                "Unable to obtain the AOF file {} length. stat: {error}",
                file.name
            )
        })
    });
    sizes.try_for_each(|size| size.map(drop))?;
    process.append_only.replay.begin();
    let result = load_listed(process, settings, manifest);
    process.append_only.replay.end();
    result?;
    let seconds = began.elapsed().as_secs_f64();
    tracing::info!("DB loaded from append only file: {seconds:.3} seconds");
    Ok(())
}

fn load_listed(process: &Process, settings: &Settings, manifest: &Manifest) -> Result<(), String> {
    let folder = folder(settings);
    let last = manifest.files().last().map(|file| file.name.clone());
    for file in manifest.files() {
        let began = Instant::now();
        let loader = FileLoader {
            process,
            settings,
            path: &folder.file(&file.name),
            name: &file.name,
            is_last: last.as_deref() == Some(&file.name),
        };
        loader.load()?;
        let is_base = manifest
            .base
            .as_ref()
            .is_some_and(|base| base.name == file.name);
        let (kind, seconds) = (if is_base { "base" } else { "incr" }, began.elapsed());
        let seconds = seconds.as_secs_f64();
        tracing::info!(
            "DB loaded from {kind} file {}: {seconds:.3} seconds",
            file.name
        );
    }
    Ok(())
}

struct FileLoader<'l> {
    process: &'l Process,
    settings: &'l Settings,
    path: &'l Path,
    name: &'l str,
    is_last: bool,
}

impl FileLoader<'_> {
    fn load(&self) -> Result<(), String> {
        let mut start = [0; 5];
        let opened = self.process.disk.open(self.path);
        let mut file = opened.map_err(|error| self.cannot_open(&error))?;
        let is_snapshot = file.read_exact(&mut start).is_ok() && start == *b"REDIS";
        if !is_snapshot {
            return self.load_commands(0);
        }
        tracing::info!("Reading RDB base file on AOF loading...");
        let duplicates = Duplicates::Replace;
        let loaded = load_front(self.process, self.settings, self.path, duplicates);
        let brought = loaded.map_err(|fault| {
            tracing::warn!("{fault}");
            format!(
                "Error reading the RDB preamble of the AOF file {}, AOF loading aborted",
                self.name
            )
        })?;
        self.load_commands(brought.end)
    }

    fn cannot_open(&self, error: &std::io::Error) -> String {
        let (name, error) = (self.name, os_text(error));
        format!("Fatal error: can't open the append log file {name} for reading: {error}")
    }

    /// Runs the commands from byte `start` on.
    fn load_commands(&self, start: u64) -> Result<(), String> {
        let opened = self.process.disk.open(self.path);
        let mut file = opened.map_err(|error| self.cannot_open(&error))?;
        let skipped = std::io::copy(&mut file.by_ref().take(start), &mut std::io::sink());
        skipped.map_err(|error| self.cannot_open(&error))?;
        let mut run = Run {
            process: self.process,
            commands: Commands::default(),
            steps: Vec::new(),
        };
        let result = self.read(&mut *file, start, &mut run);
        match result {
            Ok(()) if !self.process.append_only.replay.drain() => {
                Err("The server is asked to end while it loads".to_owned())
            }
            result => result,
        }
    }

    fn read(&self, file: &mut dyn Read, start: u64, run: &mut Run<'_>) -> Result<(), String> {
        let (mut reader, mut spans) = (CommandReader::default(), Vec::new());
        let (mut buffer, mut at, mut offset) = (Vec::new(), 0, start);
        loop {
            match reader.next(&buffer[at..], &mut spans) {
                Ok(Next::Command { consumed }) => {
                    run.take(&Args::new(&buffer[at..], &spans), offset, self)?;
                    at += consumed;
                    offset += consumed as u64;
                    run.commands.note_end(offset);
                }
                Ok(Next::Annotation { consumed }) => {
                    at += consumed;
                    offset += consumed as u64;
                    run.commands.note_end(offset);
                }
                Ok(Next::Incomplete) => {
                    buffer.drain(..at);
                    at = 0;
                    if !self.read_more(file, &mut buffer)? {
                        run.flush()?;
                        let is_whole = buffer.is_empty() && run.commands.queue.is_none();
                        return if is_whole {
                            Ok(())
                        } else {
                            self.cut_short(run)
                        };
                    }
                }
                Err(Malformed) => return Err(self.malformed(offset)),
            }
        }
    }

    /// Reads a chunk more. Returns false at the end.
    fn read_more(&self, file: &mut dyn Read, buffer: &mut Vec<u8>) -> Result<bool, String> {
        let len = buffer.len();
        let read = file.take(CHUNK.max(len) as u64).read_to_end(buffer);
        let read = read.map_err(|error| {
            let (name, error) = (self.name, os_text(&error));
            format!("Unrecoverable error reading the append only file {name}: {error}")
        })?;
        Ok(read > 0)
    }

    /// The file ends within a command, or within MULTI.
    fn cut_short(&self, run: &Run<'_>) -> Result<(), String> {
        let name = self.name;
        if !(self.is_last && self.settings.append_only.aof_load_truncated) {
            return Err(format!(
                "Unexpected end of file reading the append only file {name}. You can: 1) Make a backup of your AOF file, \
                 then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the \
                 'aof-load-truncated' configuration option to yes and restart the server."
            ));
        }
        let end = run.commands.whole;
        tracing::warn!("!!! Warning: short read while loading the AOF file {name}!!!");
        tracing::warn!("AOF {name} loaded anyway because aof-load-truncated is enabled");
        tracing::warn!("Truncating the AOF {name} at offset {end}");
        let cut = self.process.disk.truncate(self.path, end);
        cut.map_err(|error| format!("Error truncating the AOF file {name}: {}", os_text(&error)))
    }

    fn malformed(&self, offset: u64) -> String {
        let name = self.name;
        tracing::warn!("The AOF file {name} is no command at offset {offset}");
        format!(
            "Bad file format reading the append only file {name}: make a backup of your AOF file, then use \
             ./redis-check-aof --fix <filename.manifest>"
        )
    }
}

/// What was read, on its way to core 0.
struct Run<'p> {
    process: &'p Process,
    commands: Commands,
    steps: Vec<Step>,
}

/// Where in the commands of a file one is.
#[derive(Default)]
struct Commands {
    db: DbIndex,
    /// What came since MULTI.
    queue: Option<Vec<Queued>>,
    /// Up to here the file is made of whole units.
    whole: u64,
}

impl Commands {
    fn note_end(&mut self, offset: u64) {
        if self.queue.is_none() {
            self.whole = offset;
        }
    }
}

impl Run<'_> {
    fn take(&mut self, args: &Args<'_>, offset: u64, file: &FileLoader<'_>) -> Result<(), String> {
        match args.at(0).to_ascii_uppercase().as_slice() {
            b"SELECT" => {
                let number = args
                    .get(1)
                    .and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
                let known = number.filter(|db| *db < file.settings.general.databases);
                self.commands.db = DbIndex(known.ok_or_else(|| file.malformed(offset))?);
            }
            b"MULTI" => self.commands.queue = Some(Vec::new()),
            b"EXEC" => {
                let queue = self.commands.queue.take().unwrap_or_default();
                self.push(Step::Exec(queue))?;
            }
            _ => self.command(args, file)?,
        }
        Ok(())
    }

    fn command(&mut self, args: &Args<'_>, file: &FileLoader<'_>) -> Result<(), String> {
        let Ok(id) = table().resolve(args) else {
            let name = String::from_utf8_lossy(args.at(0));
            return Err(format!(
                "Unknown command '{name}' reading the append only file {}",
                file.name
            ));
        };
        let (db, args) = (self.commands.db, OwnedArgs::copy(args));
        match &mut self.commands.queue {
            Some(queue) => queue.push(queued(id, db, args)),
            None => self.push(step(id, db, args))?,
        }
        Ok(())
    }

    fn push(&mut self, step: Step) -> Result<(), String> {
        self.steps.push(step);
        if self.steps.len() >= RUN {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), String> {
        let steps = std::mem::take(&mut self.steps);
        let is_wanted = self.process.append_only.replay.send(steps);
        self.process.wake(ShardId(0));
        match is_wanted {
            true => Ok(()),
            false => Err("The server is asked to end while it loads".to_owned()),
        }
    }
}
