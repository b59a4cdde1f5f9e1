//! Work that would block a core: it runs on a thread of its own, and the core goes on when it is done.

use std::collections::VecDeque;
use std::sync::mpsc;

use crate::core::ServerCore;
use crate::core::process::Process;

type Then = Box<dyn FnOnce(&mut ServerCore)>;
type Poll = Box<dyn FnMut() -> Option<Then>>;

/// What a core waits for.
#[derive(Default)]
pub struct Awaited {
    threads: Vec<Poll>,
    /// What begins when no snapshot is under way.
    when_free: VecDeque<Then>,
}

impl Awaited {
    fn is_empty(&self) -> bool {
        self.threads.is_empty() && self.when_free.is_empty()
    }
}

impl ServerCore {
    /// Does `work` on a thread of its own; `then` goes on here with what came of it. Errors: no thread could be made.
    pub(crate) fn on_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Process) -> T + Send + 'static,
        then: impl FnOnce(&mut ServerCore, T) + 'static,
    ) -> std::io::Result<()> {
        let (sender, result) = mpsc::channel();
        let (process, me) = (self.process.clone(), self.me());
        let work = move || {
            let _ = sender.send(work(&process));
            process.wake(me);
        };
        let thread = std::thread::Builder::new().name("darter-files".into());
        thread.spawn(work)?;
        let mut then = Some(then);
        self.awaited.threads.push(Box::new(move || {
            let result = result.try_recv().ok()?;
            let then = then.take()?;
            Some(Box::new(move |core: &mut ServerCore| then(core, result)) as Then)
        }));
        Ok(())
    }

    /// Does `work` as soon as no snapshot is under way, at the end of this tick at the earliest.
    pub(crate) fn when_free(&mut self, work: impl FnOnce(&mut ServerCore) + 'static) {
        self.awaited.when_free.push_back(Box::new(work));
    }

    /// Looks whether what this core waits for has happened.
    pub(crate) fn go_on_with_files(&mut self) {
        self.end_saves();
        let mut done = Vec::new();
        self.awaited.threads.retain_mut(|poll| match poll() {
            Some(then) => {
                done.push(then);
                false
            }
            None => true,
        });
        done.into_iter().for_each(|then| then(self));
        while self.process.saves.running().is_none()
            && let Some(work) = self.awaited.when_free.pop_front()
        {
            work(self);
        }
    }

    /// Whether something waits for the end of a snapshot, of which only its own core hears.
    pub(super) fn awaits_turn(&self) -> bool {
        !self.awaited.when_free.is_empty()
    }

    /// Whether something is under way on a thread that this core waits for.
    pub fn awaits_files(&self) -> bool {
        !self.awaited.is_empty() || !self.saving.is_empty() || self.process.loading.is_under_way()
    }
}
