//! The scripts that the process knows by name: those that clients loaded or ran.
//!
//! Machines keep what they have compiled under the generation of the cache in which they did; a flush begins another one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::script::{Script, Sha};

/// See the top of the file.
#[derive(Default)]
pub struct ScriptCache {
    scripts: Mutex<HashMap<Sha, Arc<Script>>>,
    generation: AtomicU64,
}

impl ScriptCache {
    fn scripts(&self) -> MutexGuard<'_, HashMap<Sha, Arc<Script>>> {
        self.scripts
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// The script of this name.
    pub fn get(&self, sha: Sha) -> Option<Arc<Script>> {
        self.scripts().get(&sha).cloned()
    }

    /// Adds a script.
    pub fn add(&self, sha: Sha, script: Arc<Script>) {
        self.scripts().insert(sha, script);
    }

    /// Forgets all scripts.
    pub fn flush(&self) {
        let former = std::mem::take(&mut *self.scripts());
        self.generation.fetch_add(1, Ordering::Release);
        drop(former);
    }

    /// Changes with every flush.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// How many scripts there are, and the bytes of their texts.
    pub fn size(&self) -> (usize, usize) {
        let scripts = self.scripts();
        let bytes = scripts.values().map(|script| script.text.len());
        (scripts.len(), bytes.sum())
    }
}
