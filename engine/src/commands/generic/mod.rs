//! Commands over keys, whatever the keys hold.

mod copy;
mod deletion;
pub mod expiration;
mod expire;
mod expire_condition;
mod keys;
mod move_key;
mod object;
mod presence;
mod random_key;
mod rename;
mod scan;
pub mod scan_options;
mod sort;
mod target_db;
mod ttl;

use crate::command::spec::Command;
pub(crate) use object::refcount;

pub(super) const FAMILY: &[&Command] = &[
    &deletion::DEL,
    &deletion::UNLINK,
    &presence::EXISTS,
    &presence::TOUCH,
    &presence::TYPE,
    &expire::EXPIRE,
    &expire::PEXPIRE,
    &expire::EXPIREAT,
    &expire::PEXPIREAT,
    &ttl::TTL,
    &ttl::PTTL,
    &ttl::EXPIRETIME,
    &ttl::PEXPIRETIME,
    &ttl::PERSIST,
    &rename::RENAME,
    &rename::RENAMENX,
    &copy::COPY,
    &move_key::MOVE,
    &random_key::RANDOMKEY,
    &keys::KEYS,
    &scan::SCAN,
    &object::OBJECT,
    &sort::SORT,
    &sort::SORT_RO,
];
