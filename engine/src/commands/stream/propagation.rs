//! What the log is told of groups: the effect on each entry, not who read how many at what time.

use crate::effect::log_form::ShardLog;
use crate::value::stream::group::{Group, Pending};
use crate::value::stream::id::StreamId;

/// Where in the log a group is.
#[derive(Clone, Copy)]
pub(super) struct GroupName<'a> {
    /// The key of the stream.
    pub key: &'a [u8],
    /// The group's name.
    pub group: &'a [u8],
}

impl GroupName<'_> {
    /// An entry is pending for `consumer`; if it is not in the stream, it is not pending any more.
    pub(super) fn log_claim(
        self,
        log: &mut ShardLog,
        group: &Group,
        id: StreamId,
        pending: &Pending,
        consumer: &[u8],
    ) {
        if !log.is_read {
            return;
        }
        log.instead(&[
            b"XCLAIM",
            self.key,
            self.group,
            consumer,
            b"0",
            id.text().bytes(),
            b"TIME",
            itoa::Buffer::new().format(pending.delivered.0).as_bytes(),
            b"RETRYCOUNT",
            itoa::Buffer::new().format(pending.deliveries).as_bytes(),
            b"FORCE",
            b"JUSTID",
            b"LASTID",
            group.last_delivered.text().bytes(),
        ]);
    }

    /// The group has read up to here.
    pub(super) fn log_progress(self, log: &mut ShardLog, group: &Group) {
        if !log.is_read {
            return;
        }
        let read = group.entries_read.map_or(-1, |read| read as i64);
        log.instead(&[
            b"XGROUP",
            b"SETID",
            self.key,
            self.group,
            group.last_delivered.text().bytes(),
            b"ENTRIESREAD",
            itoa::Buffer::new().format(read).as_bytes(),
        ]);
    }

    /// A consumer came into being that nothing was delivered to.
    pub(super) fn log_consumer(self, log: &mut ShardLog, consumer: &[u8]) {
        log.instead(&[b"XGROUP", b"CREATECONSUMER", self.key, self.group, consumer]);
    }
}
