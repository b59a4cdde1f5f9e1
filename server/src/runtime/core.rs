//! One thread per shard: its executor, its sockets and the loop that turns its ticks.
//!
//! A round of the loop: a turn of the sockets (submit, reap, events), then the task's tick. A core whose task parks sleeps
//! until a socket, another core, the task's deadline or a background task has something for it.

use super::net::{Net, NetConfig, NetEvent, NetOps, Wait};
use super::park::Waker;
use super::probe::{self, StartError};
use super::{allocator, background};
use glommio::io::{PollState, PollableFd};
use glommio::timer::Timer;
use std::future::{Future, poll_fn};
use std::os::fd::{AsRawFd, RawFd};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes the executor registers for direct files; the least it accepts, for three rings lock them each.
const FILE_MEMORY: usize = 64 * 1024;

/// The executor's own period for leaving its tasks to look at files. When that is up before the first task ran, which a
/// busy machine makes likely with a short one, the executor sleeps with a task waiting and nothing to wake it. So it is
/// never up, and [`Driver::let_background_run`] takes its place.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Long enough that the executor has to wait for it.
const SHORTEST_WAIT: Duration = Duration::from_micros(20);

/// How soon the executor looks at files and timers while the core is busy and background tasks are alive.
const FILE_LATENCY: Duration = Duration::from_millis(1);

/// A shard and its thread, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoreId(pub u16);

/// What a core does. It lives on its core's thread only.
pub trait CoreTask {
    /// Before the first turn: the moment to listen.
    fn on_start(&mut self, ops: &mut NetOps) {
        let _ = ops;
    }

    /// Something happened to a socket.
    fn on_event(&mut self, ops: &mut NetOps, event: NetEvent<'_>);

    /// After the events of a turn; `now` is read once per tick.
    fn tick(&mut self, ops: &mut NetOps, now: Instant) -> Next;

    /// Whether another core has left something. Asked between announcing sleep and sleeping, so it must look at the queues
    /// themselves.
    fn has_mail(&self) -> bool;
}

/// How a core goes on after a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is more to do: the next turn does not wait.
    Again,
    /// Nothing to do before something happens, or before then.
    Park(Option<Instant>),
    /// The core ends. What was given to `send` is submitted once more, not waited for.
    Stop,
}

/// How many cores, and how they run.
#[derive(Clone, Debug)]
pub struct CoreSpec {
    wakers: Arc<[Waker]>,
    /// The sockets of each core.
    pub net: NetConfig,
    /// Whether each core stays on one processor. The processors are those of the affinity mask, used again from the first
    /// on when there are more cores.
    pub pin: bool,
    /// Empty turns before a core sleeps.
    pub spin: u32,
}

impl CoreSpec {
    /// `cores` cores (at least one) with default settings.
    ///
    /// # Errors
    /// Out of descriptors.
    pub fn new(cores: u16) -> std::io::Result<Self> {
        let wakers = (0..cores.max(1))
            .map(|_| Waker::new())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(CoreSpec {
            wakers: wakers.into(),
            net: NetConfig::default(),
            pin: true,
            spin: 2,
        })
    }

    /// How many cores.
    pub fn cores(&self) -> usize {
        self.wakers.len()
    }

    /// The wakers of all cores, by core id; for the mesh, which is built before the cores run.
    pub fn wakers(&self) -> &[Waker] {
        &self.wakers
    }
}

/// Processors this process may use: those of its affinity mask, fewer if a control group grants less.
pub fn available_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Running cores.
#[derive(Debug)]
pub struct CoreHandles {
    threads: Vec<JoinHandle<()>>,
    news: mpsc::Receiver<News>,
    stopper: Stopper,
}

/// Asks all cores to stop; from any thread.
#[derive(Clone, Debug)]
pub struct Stopper {
    stop: Arc<AtomicBool>,
    wakers: Arc<[Waker]>,
}

impl Stopper {
    /// Every core ends after its present tick.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        for waker in &*self.wakers {
            waker.wake();
        }
    }
}

/// A core that did not end as it should.
#[derive(Debug)]
pub struct CoreError {
    /// Which.
    pub core: CoreId,
    /// What it died of, in one line.
    pub cause: String,
}

impl std::fmt::Display for CoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "core {} failed: {}", self.core.0, self.cause)
    }
}

impl std::error::Error for CoreError {}

#[derive(Debug)]
enum News {
    Running,
    Ended(Result<(), CoreError>),
}

/// Starts a thread for each core of `spec`, makes its task there, and returns when all of them run.
///
/// # Errors
/// This machine refuses something the cores need, or a core failed before it ran; then none is left running.
pub fn run_cores<T: CoreTask>(
    spec: CoreSpec,
    make: impl Fn(CoreId) -> T + Send + Clone + 'static,
) -> Result<CoreHandles, StartError> {
    probe::check(spec.cores())?;
    let processors = processors();
    let (sender, news) = mpsc::channel();
    let stopper = Stopper {
        stop: Arc::new(AtomicBool::new(false)),
        wakers: spec.wakers.clone(),
    };
    let mut handles = CoreHandles {
        threads: Vec::new(),
        news,
        stopper,
    };
    for index in 0..spec.cores() {
        let seat = Seat {
            core: CoreId(index as u16),
            processor: processors.get(index % processors.len().max(1)).copied(),
            spec: spec.clone(),
            stop: handles.stopper.stop.clone(),
            news: sender.clone(),
        };
        let make = make.clone();
        let thread = std::thread::Builder::new().name(format!("darter-{index}"));
        match thread.spawn(move || seat.occupy(make)) {
            Ok(thread) => handles.threads.push(thread),
            Err(error) => {
                handles.abandon();
                return Err(StartError::Thread(error));
            }
        }
    }
    drop(sender);
    // Every core says that it runs before it ends well, however soon that is.
    let mut running = 0;
    while running < spec.cores() {
        match handles.news.recv() {
            Ok(News::Running) => running += 1,
            Ok(News::Ended(Ok(()))) => {}
            Ok(News::Ended(Err(error))) => {
                handles.abandon();
                return Err(StartError::Core(error));
            }
            Err(mpsc::RecvError) => break,
        }
    }
    Ok(handles)
}

impl CoreHandles {
    /// A way to end the cores from outside.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until all cores have ended. When one fails the others are stopped.
    ///
    /// # Errors
    /// The first core that returned an error or panicked.
    pub fn join(self) -> Result<(), CoreError> {
        let mut outcome = Ok(());
        while let Ok(news) = self.news.recv() {
            if let News::Ended(Err(error)) = news {
                self.stopper.stop();
                outcome = outcome.and(Err(error));
            }
        }
        for thread in self.threads {
            // Its panic, if any, was news already.
            let _ = thread.join();
        }
        outcome
    }

    fn abandon(self) {
        self.stopper.stop();
        // The error that led here is the one to report.
        let _ = self.join();
    }
}

/// All a thread needs to become a core.
struct Seat {
    core: CoreId,
    processor: Option<usize>,
    spec: CoreSpec,
    stop: Arc<AtomicBool>,
    news: mpsc::Sender<News>,
}

impl Seat {
    fn occupy<T: CoreTask>(self, make: impl Fn(CoreId) -> T) {
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| self.run(make)));
        let cause = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(panic) => Some(format!("panic: {}", panic_text(&*panic))),
        };
        let ended = cause.map_or(Ok(()), |cause| {
            Err(CoreError {
                core: self.core,
                cause,
            })
        });
        // Nobody listens if the handles were dropped.
        let _ = self.news.send(News::Ended(ended));
    }

    fn run<T: CoreTask>(&self, make: impl Fn(CoreId) -> T) -> std::io::Result<()> {
        let executor = probe::patiently(executor).map_err(|error| self.explain(error))?;
        // After the executor has started its helper thread, which may run anywhere.
        self.settle_down();
        executor.run(async {
            let net = probe::patiently(|| Net::new(&self.spec.net));
            let mut net = net.map_err(|error| self.explain(error))?;
            let waker = self.spec.wakers[usize::from(self.core.0)].clone();
            net.ops().watch(waker.eventfd());
            let mut task = make(self.core);
            task.on_start(net.ops());
            let _ = self.news.send(News::Running);
            let spin = self.spec.spin;
            Driver {
                net,
                task,
                waker,
                stop: &self.stop,
                spin,
                idle: 0,
                looked_at_files: Instant::now(),
            }
            .drive()
            .await
        })
    }

    fn explain(&self, error: std::io::Error) -> std::io::Error {
        std::io::Error::other(probe::explain(error, self.spec.cores()).to_string())
    }

    fn settle_down(&self) {
        if let Some(processor) = self.processor.filter(|_| self.spec.pin) {
            let mut set = rustix::thread::CpuSet::new();
            set.set(processor);
            // A processor taken away meanwhile is no reason not to run.
            let _ = rustix::thread::sched_setaffinity(None, &set);
        }
        allocator::use_own_arena();
    }
}

fn executor() -> std::io::Result<glommio::LocalExecutor> {
    let builder = glommio::LocalExecutorBuilder::new(glommio::Placement::Unbound);
    let builder = builder
        .name("darter")
        .io_memory(FILE_MEMORY)
        .preempt_timer(NEVER);
    Ok(builder.make()?)
}

struct Driver<'a, T> {
    net: Net,
    task: T,
    waker: Waker,
    stop: &'a AtomicBool,
    spin: u32,
    /// Turns in a row in which nothing happened.
    idle: u32,
    looked_at_files: Instant,
}

impl<T: CoreTask> Driver<'_, T> {
    async fn drive(mut self) -> std::io::Result<()> {
        let mut wait = Wait::No;
        while !self.stop.load(Ordering::Relaxed) {
            let happened = self.turn(wait)?;
            self.idle = if happened == 0 {
                self.idle.saturating_add(1)
            } else {
                0
            };
            if background::alive() > 0 {
                self.let_background_run().await;
            }
            wait = match self.task.tick(self.net.ops(), Instant::now()) {
                Next::Stop => break,
                Next::Again => Wait::No,
                Next::Park(_) if self.idle < self.spin => Wait::No,
                Next::Park(until) if background::alive() == 0 => Wait::Until(until),
                Next::Park(until) => {
                    self.park_beside_background(until).await?;
                    Wait::No
                }
            };
        }
        background::await_blocking_calls().await;
        self.turn(Wait::No).map(drop)
    }

    /// Runs background tasks that can go on, and now and then lets the executor look at files and timers: it does so only
    /// when this task waits for something of its own.
    async fn let_background_run(&mut self) {
        glommio::executor().yield_now().await;
        if self.looked_at_files.elapsed() >= FILE_LATENCY {
            Timer::new(SHORTEST_WAIT).await;
            self.looked_at_files = Instant::now();
        }
    }

    fn turn(&mut self, wait: Wait) -> std::io::Result<usize> {
        let Driver {
            net,
            task,
            waker,
            stop,
            ..
        } = self;
        let asleep = match wait {
            Wait::No => None,
            Wait::Until(_) => waker.fall_asleep(|| task.has_mail() || stop.load(Ordering::Relaxed)),
        };
        let wait = if asleep.is_some() { wait } else { Wait::No };
        let mut asleep = asleep;
        net.turn(wait, &mut |ops, event| {
            asleep = None;
            task.on_event(ops, event);
        })
    }

    /// Sleeps in the executor instead of our ring, so that files and timers go on.
    ///
    /// It waits for the waker's eventfd itself, although our ring polls it too: the kernel signals one eventfd from within
    /// another only after a grace period of many milliseconds, if at all.
    async fn park_beside_background(&mut self, until: Option<Instant>) -> std::io::Result<()> {
        let Driver {
            net,
            task,
            waker,
            stop,
            ..
        } = self;
        waker.forget_wakes();
        let Some(_asleep) = waker.fall_asleep(|| task.has_mail() || stop.load(Ordering::Relaxed))
        else {
            return Ok(());
        };
        if let Some(outside) = net.begin_wait()? {
            let until = match (until, outside.until) {
                (Some(until), Some(retry)) => Some(until.min(retry)),
                (until, retry) => until.or(retry),
            };
            await_any([outside.bell, waker.eventfd().as_raw_fd()], until).await?;
        }
        net.end_wait();
        Ok(())
    }
}

/// Until one of `eventfds` is readable, a background task makes a step, or then.
async fn await_any(eventfds: [RawFd; 2], until: Option<Instant>) -> std::io::Result<()> {
    let [first, second] = eventfds.map(|eventfd| PollableFd::new(Borrowed(eventfd)));
    let mut waits = [(first?, PollState::new()), (second?, PollState::new())];
    let mut timer = until.map(|until| Timer::new(until.saturating_duration_since(Instant::now())));
    let mut begun = false;
    poll_fn(|context| {
        if std::mem::replace(&mut begun, true) && background::has_poked() {
            return Poll::Ready(());
        }
        background::wake_driver_on_progress(context);
        let mut over = false;
        for (eventfd, state) in &mut waits {
            over |= eventfd.poll_readable(context, state).is_ready();
        }
        over |= timer
            .as_mut()
            .is_some_and(|timer| Pin::new(timer).poll(context).is_ready());
        if over { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    Ok(())
}

/// An eventfd of somebody who outlives the wait.
struct Borrowed(RawFd);

impl AsRawFd for Borrowed {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

/// The processors of the affinity mask; none if it cannot be read.
fn processors() -> Vec<usize> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else {
        return Vec::new();
    };
    (0..rustix::thread::CpuSet::MAX_CPU)
        .filter(|processor| set.is_set(*processor))
        .collect()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else {
        panic
            .downcast_ref::<String>()
            .map_or("without a message", String::as_str)
    }
}
