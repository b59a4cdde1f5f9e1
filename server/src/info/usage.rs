//! Where memory goes, at one moment. INFO, MEMORY STATS and MEMORY DOCTOR tell of the same figures.

use super::portion::Portion;
use super::ratio::part;
use crate::core::process::Process;
use crate::runtime::allocator::{self, Figures};

/// See the top of the file. All in bytes.
pub(crate) struct Usage {
    /// What is in use.
    pub(crate) used: usize,
    pub(crate) figures: Figures,
    pub(crate) rss: usize,
    /// Used when the start was over.
    pub(crate) start: usize,
    pub(crate) peak: usize,
    /// Clients' buffers.
    pub(crate) clients: usize,
    /// Tables of keys, without the entries.
    pub(crate) tables: usize,
    /// The machine's.
    pub(crate) machine: u64,
}

impl Usage {
    /// Measures, and remembers the peak.
    pub(crate) fn measure(process: &Process, sum: &Portion) -> Self {
        let used = process.budget.total() as usize;
        process.memory.saw(used);
        let (start, peak) = process.memory.start_and_peak();
        let system = rustix::system::sysinfo();
        Usage {
            used,
            figures: allocator::figures(),
            rss: allocator::rss(),
            start,
            peak,
            clients: sum.client_bytes,
            tables: sum.table_bytes(),
            machine: system.totalram as u64 * u64::from(system.mem_unit.max(1)),
        }
    }

    /// What is in use.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// What is not data.
    pub(crate) fn overhead(&self) -> usize {
        (self.start + self.clients + self.tables).min(self.used())
    }

    /// What is data.
    pub(crate) fn dataset(&self) -> usize {
        self.used() - self.overhead()
    }

    /// Data as a part of what came after the start, in percent.
    pub(crate) fn dataset_percent(&self) -> f64 {
        (part(self.dataset(), self.used().saturating_sub(self.start)) * 100.0).min(100.0)
    }

    /// What is used as a part of the peak, in percent.
    pub(crate) fn peak_percent(&self) -> f64 {
        part(self.used(), self.peak) * 100.0
    }
}
