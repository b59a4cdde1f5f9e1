//! What a core's shard recorded goes to the keeper on core 0, and from there to the writer.
//!
//! Invariants:
//! - A tick's writes are told before the flush of the tick: whoever hears of one finds it counted.
//! - The keeper asks cores that have nothing to tell only while somebody waits for what they might.

use std::sync::atomic::Ordering;

use engine::order::{Place, ShardId};
use engine::time::UnixMillis;
use persistence::log::{Keeper, Shipment};

use super::orders::Order;
use crate::config::topic::append_only::AppendFsync;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::core::mail::{Answer, Mail, Request};

/// Bytes that are shipped at once.
const MANY: usize = 32 << 10;

/// A core's end of the log.
#[derive(Default)]
pub struct Shipping {
    /// On core 0.
    desk: Option<Desk>,
    /// The keeper wants to hear how far this core is.
    is_asked: bool,
    /// When it told last.
    told_at: UnixMillis,
}

/// What core 0 has beside.
struct Desk {
    keeper: Keeper,
    /// By core, whether it was asked and has not answered.
    asked: Vec<bool>,
    asked_at: UnixMillis,
    /// How far the writer was told to be.
    told_below: Place,
}

impl Shipping {
    /// That of core `me` of `cores`.
    pub fn new(me: ShardId, cores: u16) -> Self {
        let desk = || Desk {
            keeper: Keeper::new(cores),
            asked: vec![false; usize::from(cores)],
            asked_at: UnixMillis(0),
            told_below: Place::default(),
        };
        Shipping {
            desk: (me == ShardId(0)).then(desk),
            ..Shipping::default()
        }
    }
}

impl ServerCore {
    /// Whether replies wait until what they tell of is durable.
    #[inline]
    pub(super) fn waits_for_disk(&self) -> bool {
        self.settings.append_only.appendfsync == AppendFsync::Always
            && self.engine.shard_ref().log.is_read
    }

    /// The tick is over: tells the keeper what was recorded, if it is time.
    pub(crate) fn tell_log(&mut self) {
        let log = &self.engine.shard_ref().log;
        let is_time = self.waits_for_disk()
            || log.waiting_bytes() >= MANY
            || self.shipping.told_at != self.now;
        let has_news = log.has_entries() && is_time || log.is_read && self.shipping.desk.is_some();
        if has_news || std::mem::take(&mut self.shipping.is_asked) {
            self.ship_log();
        }
        self.keep_log();
    }

    pub(super) fn ship_log(&mut self) {
        self.shipping.told_at = self.now;
        let shipment = Shipment {
            from: self.me(),
            below: self.engine.logged_below(),
            stream: self.engine.shard().log.take_stream(),
        };
        self.process
            .append_only
            .note_told(shipment.stream.commands());
        match &mut self.shipping.desk {
            Some(desk) => desk.keeper.put(shipment),
            None => {
                let shipment = Mail::Answer(Answer::Log(Box::new(shipment)));
                self.send_mail(ShardId(0), shipment);
            }
        }
    }

    /// The keeper wants to know how far this core is.
    pub(crate) fn ask_for_log(&mut self) {
        self.shipping.is_asked = true;
    }

    /// Another core has told what it recorded.
    pub(crate) fn take_shipment(&mut self, shipment: Shipment) {
        if let Some(desk) = &mut self.shipping.desk {
            desk.asked[shipment.from.index()] = false;
            desk.keeper.put(shipment);
        }
    }

    /// Hands what is complete to the writer, and asks for what is missing.
    pub(super) fn keep_log(&mut self) {
        let state = &self.process.append_only;
        let is_urgent = self.waits_for_disk() && !state.is_all_safe()
            || state.awaits_mark.load(Ordering::Relaxed);
        let own = self.engine.logged_own();
        let Some(desk) = &mut self.shipping.desk else {
            return;
        };
        if !desk.keeper.is_waiting() && !is_urgent {
            return;
        }
        let batch = desk.keeper.take();
        let is_further = batch.below > desk.told_below;
        if !batch.bytes.is_empty() || !batch.marks.is_empty() || is_urgent && is_further {
            desk.told_below = batch.below;
            self.process.append_only.order(Order::Append(batch));
        }
        if is_urgent || desk.keeper.is_waiting() && desk.asked_at != self.now {
            desk.asked_at = self.now;
            let asked = desk.ask(own);
            for core in asked {
                self.send_mail(core, Mail::Request(Request::TellLog));
            }
        }
    }

    /// Lets the keeper have all that was recorded, while all locks are held, and goes on with `then`.
    pub(crate) fn complete_log(&mut self, then: impl FnOnce(&mut ServerCore) + 'static) {
        let cores = self.process.all_cores();
        let ship = |core: &mut ServerCore| core.ship_log();
        self.ask(cores, Waiting::Nobody, ship, |core, _, _: Vec<()>| {
            let keep = |core: &mut ServerCore| core.keep_log();
            let keeper = std::iter::once(ShardId(0));
            core.ask(keeper, Waiting::Nobody, keep, |core, _, _: Vec<()>| {
                then(core)
            });
        });
    }

    /// Forgets what was told and is not complete.
    pub(super) fn forget_log(&mut self) {
        let cores = self.process.cores;
        if let Some(desk) = &mut self.shipping.desk {
            desk.keeper = Keeper::new(cores);
        }
    }

    /// When something has to be told, if nothing else happens.
    pub(crate) fn next_shipment(&self) -> Option<UnixMillis> {
        let keeps = self.shipping.desk.as_ref();
        let is_waiting = keeps.is_some_and(|desk| desk.keeper.is_waiting());
        let has_more = is_waiting || self.engine.shard_ref().log.has_entries();
        has_more.then(|| UnixMillis(self.now.0 + 1))
    }
}

impl Desk {
    /// Cores that are not as far as core 0 and are not asked already.
    fn ask(&mut self, own: Place) -> Vec<ShardId> {
        let behind = self.keeper.behind(own);
        let news = behind.filter(|core| !self.asked[core.index()]);
        let news: Vec<ShardId> = news.filter(|core| *core != ShardId(0)).collect();
        news.iter().for_each(|core| self.asked[core.index()] = true);
        news
    }
}
