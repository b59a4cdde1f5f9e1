//! A snapshot from its beginning to its end, as the core that began it sees it.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::{SystemTime, UNIX_EPOCH};

use engine::order::{Errand, Exclusive, ShardId};
use engine::shard::Shard;
use engine::shard::context::Caller;
use persistence::rdb::format::Version;
use persistence::snapshot::chunk::{Chunk, Encoding, Usage};
use persistence::snapshot::header::Header;

use super::job::{Ended, Job, Outcome};
use super::transfer::Transfer;
use super::writer;
use crate::config::topic::memory::EvictionPolicy;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::core::exclusive::NOBODY;
use crate::identity;

type Then = Box<dyn FnOnce(&mut ServerCore, Ended)>;
type Began = Box<dyn FnOnce(&mut ServerCore)>;

/// A snapshot that this core began.
pub struct Saving {
    transfer: Arc<Transfer>,
    locks: Option<Exclusive>,
    then: Then,
}

/// What is needed between the locks and the cut.
struct Beginning {
    job: Job,
    transfer: Arc<Transfer>,
    began: Began,
    then: Then,
}

impl ServerCore {
    /// Takes a snapshot: `began` is called when it is cut, `then` when it is written, or is not. Returns false if another
    /// one is under way.
    pub fn begin_save(
        &mut self,
        job: Job,
        began: impl FnOnce(&mut ServerCore) + 'static,
        then: impl FnOnce(&mut ServerCore, Ended) + 'static,
    ) -> bool {
        let Some(transfer) = self.process.saves.claim(job.purpose, self.now) else {
            return false;
        };
        let beginning = Beginning {
            job,
            transfer,
            began: Box::new(began),
            then: Box::new(then),
        };
        self.lock_everything(NOBODY, Caller::default(), |core, exclusive, _| {
            core.cut(exclusive, beginning);
        });
        true
    }

    /// Everything is locked: every shard is cut.
    fn cut(&mut self, exclusive: Exclusive, mut beginning: Beginning) {
        let (sender, chunks) = mpsc::channel();
        let cut = Cutting {
            transfer: beginning.transfer.clone(),
            encoding: self.encoding(),
            at_cut: beginning.job.at_cut.take(),
            sender,
        };
        if beginning.job.purpose.keeps_locks() {
            let cores = self.process.all_cores();
            let task = move |core: &mut ServerCore| {
                let me = core.me();
                cut.clone().run(core.engine.shard(), me);
            };
            self.ask(cores, Waiting::Nobody, task, move |core, _, _| {
                core.start_writer(beginning, chunks, Some(exclusive));
            });
        } else {
            let errand = |shard| {
                let cut = cut.clone();
                Some(Errand::new(move |on, _| cut.run(on, shard)))
            };
            self.unlock_everything(exclusive, errand, move |core| {
                core.start_writer(beginning, chunks, None);
            });
        }
    }

    fn encoding(&self) -> Encoding {
        let usage = match self.settings.memory.maxmemory_policy {
            EvictionPolicy::AllkeysLru | EvictionPolicy::VolatileLru => Usage::Idle(self.now),
            EvictionPolicy::AllkeysLfu | EvictionPolicy::VolatileLfu => Usage::Frequency,
            _ => Usage::None,
        };
        Encoding {
            version: Version(self.settings.snapshot.rdb_version),
            compresses: self.settings.snapshot.rdbcompression,
            usage,
        }
    }

    /// All shards are cut: a thread begins to write.
    fn start_writer(
        &mut self,
        beginning: Beginning,
        chunks: mpsc::Receiver<Chunk>,
        locks: Option<Exclusive>,
    ) {
        let Beginning {
            job,
            transfer,
            began,
            then,
        } = beginning;
        self.process.saves.was_cut(transfer.cut().keys());
        let header = self.header(&job, &transfer);
        let (process, me, for_thread) = (self.process.clone(), self.me(), transfer.clone());
        let work = move || {
            let disk = process.disk.clone();
            let outcome = writer::write(&*disk, job.target, &header, &chunks, &for_thread);
            for_thread.end(outcome);
            process.wake(me);
        };
        let thread = std::thread::Builder::new().name("darter-save".into());
        if let Err(error) = thread.spawn(work) {
            tracing::warn!("Can't save in background: {error}");
            transfer.give_up();
            transfer.end(Outcome::Failed);
        }
        self.saving.push(Saving {
            transfer,
            locks,
            then,
        });
        began(self);
    }

    fn header(&self, job: &Job, transfer: &Transfer) -> Header {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let aux = vec![
            ("redis-ver", identity::REDIS_VERSION.to_owned()),
            ("redis-bits", usize::BITS.to_string()),
            ("ctime", since.as_secs().to_string()),
            ("used-mem", self.process.budget.total().to_string()),
            ("aof-base", u8::from(!job.purpose.is_dump()).to_string()),
        ];
        Header {
            version: Version(self.settings.snapshot.rdb_version),
            aux,
            functions: self.process.libraries.sources(),
            databases: transfer.cut().databases(),
        }
    }

    /// Looks whether snapshots that this core began have ended.
    pub(crate) fn end_saves(&mut self) {
        let ended = |saving: &mut Saving| saving.transfer.outcome().is_some();
        let ended: Vec<Saving> = self.saving.extract_if(.., ended).collect();
        for saving in ended {
            let Some(outcome) = saving.transfer.outcome() else {
                continue;
            };
            self.process.saves.ended(outcome, self.now);
            let locks = saving.locks;
            (saving.then)(self, Ended { outcome, locks });
        }
    }
}

/// What is done on each shard at the cut.
#[derive(Clone)]
struct Cutting {
    transfer: Arc<Transfer>,
    encoding: Encoding,
    at_cut: Option<super::job::AtCut>,
    sender: Sender<Chunk>,
}

impl Cutting {
    fn run(self, shard: &mut Shard, me: ShardId) {
        self.transfer
            .begin_on(shard, me, self.encoding, &self.sender);
        if let Some(at_cut) = &self.at_cut {
            at_cut(shard, me);
        }
    }
}
