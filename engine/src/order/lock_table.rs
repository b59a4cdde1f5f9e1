//! The locks of one shard, granted in the order in which they were asked for.
//!
//! Requests arrive in the one order of all cores, so every core puts the same request first, and nothing can deadlock as
//! long as a transaction asks for all its locks in one flush.
//!
//! Invariants:
//! - A request for keys is granted exactly when it is the first in the queue of each of its keys and no request for
//!   everything stands before it.
//! - A request for everything is granted exactly when no request stands before it.
//! - A reservation stands before all requests, whenever it is made, and is granted from the start. It is made only on a
//!   key that nobody holds.

use std::collections::{BTreeMap, VecDeque};

use hashbrown::HashMap;

use super::place::Place;

/// A key to be locked: a hash over database and key. Two keys that collide merely wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LockKey(pub u64);

/// Who holds or wants locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holder(pub u64);

/// What a request covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// These keys.
    Keys(Vec<LockKey>),
    /// The whole shard.
    Everything,
}

struct Request {
    holder: Holder,
    scope: Scope,
    granted: bool,
    /// Where it was asked for. Grows with the sequence, but for reservations.
    place: Place,
}

/// Where somebody stands who runs without asking for all that he may come to touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    own: Option<Sequence>,
    /// Requests from here on came later.
    before: Sequence,
}

/// The place of a request; reservations have places below zero.
type Sequence = i64;
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Requests that may have become the first.
#[derive(Default)]
pub struct Candidates(Vec<Sequence>);

/// See the top of the file.
#[derive(Default)]
pub struct LockTable {
    requests: BTreeMap<Sequence, Request>,
    sequence_of: Map<Holder, Sequence>,
    queues: Map<LockKey, VecDeque<Sequence>>,
    everything: VecDeque<Sequence>,
    next: Sequence,
    reservations: Sequence,
}

impl LockTable {
    /// Whether nobody holds or waits: the one look a command on one key takes.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Whether a command over `scope` could run right now without a request of its own.
    pub fn is_free(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Keys(keys) => {
                self.everything.is_empty() && keys.iter().all(|key| !self.queues.contains_key(key))
            }
            Scope::Everything => self.requests.is_empty(),
        }
    }

    /// Whether somebody holds `key`, alone or with everything.
    pub fn is_held(&self, key: LockKey) -> bool {
        let first = self.queues.get(&key).and_then(VecDeque::front);
        let firsts = first.into_iter().chain(self.everything.front());
        firsts.into_iter().any(|first| self.requests[first].granted)
    }

    /// Whether `holder` holds `key`, alone or with everything.
    pub fn is_held_by(&self, key: LockKey, holder: Holder) -> bool {
        let Some(request) = self.sequence_of.get(&holder).map(|at| &self.requests[at]) else {
            return false;
        };
        let covers = match &request.scope {
            Scope::Keys(keys) => keys.contains(&key),
            Scope::Everything => true,
        };
        request.granted && covers
    }

    /// Where the request of `holder` stands.
    pub fn place_of(&self, holder: Holder) -> Option<Place> {
        let sequence = self.sequence_of.get(&holder)?;
        Some(self.requests.get(sequence)?.place)
    }

    /// The first place at which somebody holds or wants something.
    pub fn first_place(&self) -> Option<Place> {
        let reserved = self.requests.range(..0).map(|(_, request)| request.place);
        let asked = self.requests.range(0..).next();
        reserved
            .chain(asked.map(|(_, request)| request.place))
            .min()
    }

    /// The place of the first who wants `key`, alone or with everything, and does not have it.
    pub fn first_waiting(&self, key: LockKey) -> Option<Place> {
        let first_of = |queue: &VecDeque<Sequence>| {
            let mut requests = queue.iter().map(|sequence| &self.requests[sequence]);
            let waiting = requests.find(|request| !request.granted);
            waiting.map(|request| request.place)
        };
        let on_key = self.queues.get(&key).and_then(first_of);
        on_key.into_iter().chain(first_of(&self.everything)).min()
    }

    /// Lets `holder` have `key`, which nobody holds, before all who asked for it.
    pub fn reserve(&mut self, holder: Holder, key: LockKey, place: Place) {
        debug_assert!(!self.is_held(key), "only a free key can be reserved");
        self.reservations -= 1;
        let sequence = self.reservations;
        self.queues.entry(key).or_default().push_front(sequence);
        self.sequence_of.insert(holder, sequence);
        self.requests.insert(
            sequence,
            Request {
                holder,
                scope: Scope::Keys(vec![key]),
                granted: true,
                place,
            },
        );
    }

    /// Lets `holder`, who runs, have the whole shard for as long as it takes: only those go on that hold locks already.
    pub fn seize(&mut self, holder: Holder, place: Place) -> Standing {
        self.reservations -= 1;
        let sequence = self.reservations;
        self.everything.push_front(sequence);
        self.sequence_of.insert(holder, sequence);
        self.requests.insert(
            sequence,
            Request {
                holder,
                scope: Scope::Everything,
                granted: true,
                place,
            },
        );
        Standing {
            own: Some(sequence),
            before: self.next,
        }
    }

    /// Where `holder` stands, or somebody who runs right now without having asked.
    pub fn standing(&self, holder: Option<Holder>) -> Standing {
        let own = holder.and_then(|holder| self.sequence_of.get(&holder).copied());
        Standing {
            own,
            before: own.unwrap_or(self.next),
        }
    }

    /// Whether nobody who came before has to do with `scope`.
    pub fn is_clear(&self, standing: &Standing, scope: &Scope) -> bool {
        let is_later =
            |sequence: &Sequence| *sequence >= standing.before || Some(*sequence) == standing.own;
        match scope {
            Scope::Keys(keys) => {
                let mut queues = keys.iter().filter_map(|key| self.queues.get(key));
                self.everything.iter().all(is_later)
                    && queues.all(|queue| queue.iter().all(is_later))
            }
            Scope::Everything => self.requests.keys().all(is_later),
        }
    }

    /// Asks for `scope`. Returns whether it is granted at once; otherwise a later [`LockTable::release`] names `holder`.
    /// Invariant: a holder has one request at a time.
    pub fn request(&mut self, holder: Holder, mut scope: Scope, place: Place) -> bool {
        let sequence = self.next;
        self.next += 1;
        match &mut scope {
            Scope::Keys(keys) => {
                keys.sort_unstable();
                keys.dedup();
                for key in keys {
                    self.queues.entry(*key).or_default().push_back(sequence);
                }
            }
            Scope::Everything => self.everything.push_back(sequence),
        }
        let twice = self.sequence_of.insert(holder, sequence);
        debug_assert!(twice.is_none(), "a holder asks once");
        self.requests.insert(
            sequence,
            Request {
                holder,
                scope,
                granted: false,
                place,
            },
        );
        self.grant(sequence).is_some()
    }

    /// Gives back all that `holder` has or wants. Appends to `granted` whoever holds its locks because of that, in the
    /// order of their requests.
    pub fn release(&mut self, holder: Holder, granted: &mut Vec<Holder>) {
        let mut next = Candidates::default();
        self.withdraw(holder, &mut next);
        self.grant_among(next, granted);
    }

    /// The first half of [`LockTable::release`]: nobody else holds anything because of it yet.
    pub fn withdraw(&mut self, holder: Holder, next: &mut Candidates) {
        let Some(sequence) = self.sequence_of.remove(&holder) else {
            return;
        };
        let request = self
            .requests
            .remove(&sequence)
            .expect("a holder has a request");
        let candidates = &mut next.0;
        match request.scope {
            Scope::Keys(keys) => {
                for key in keys {
                    self.leave_queue(key, sequence, candidates);
                }
                candidates.extend(self.everything.front());
            }
            Scope::Everything => {
                self.everything.retain(|other| *other != sequence);
                let until = self.everything.front().copied().unwrap_or(Sequence::MAX);
                candidates.extend(self.requests.range(..=until).map(|(sequence, _)| *sequence));
            }
        }
    }

    /// The second half of [`LockTable::release`]: grants what may be granted now.
    pub fn grant_among(&mut self, next: Candidates, granted: &mut Vec<Holder>) {
        let Candidates(mut candidates) = next;
        candidates.sort_unstable();
        candidates.dedup();
        granted.extend(
            candidates
                .into_iter()
                .filter_map(|sequence| self.grant(sequence)),
        );
    }

    fn leave_queue(&mut self, key: LockKey, sequence: Sequence, candidates: &mut Vec<Sequence>) {
        let queue = self
            .queues
            .get_mut(&key)
            .expect("a request stands in the queues of its keys");
        queue.retain(|other| *other != sequence);
        match queue.front() {
            Some(first) => candidates.push(*first),
            None => {
                self.queues.remove(&key);
            }
        }
    }

    /// Grants a request that may be granted and is not yet.
    fn grant(&mut self, sequence: Sequence) -> Option<Holder> {
        let request = self.requests.get(&sequence)?;
        let may = match &request.scope {
            Scope::Keys(keys) => {
                self.everything
                    .front()
                    .is_none_or(|first| *first > sequence)
                    && keys
                        .iter()
                        .all(|key| self.queues[key].front() == Some(&sequence))
            }
            Scope::Everything => self
                .requests
                .first_key_value()
                .is_some_and(|(first, _)| *first == sequence),
        };
        if !may || request.granted {
            return None;
        }
        let request = self.requests.get_mut(&sequence)?;
        request.granted = true;
        Some(request.holder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_goes_before_all_who_wait() {
        let mut table = LockTable::default();
        assert!(table.request(Holder(1), keys(&[1, 2]), Place::default()));
        assert!(!table.request(Holder(2), keys(&[1]), Place::default()));
        assert!(!table.request(Holder(3), Scope::Everything, Place::default()));
        let (mut next, mut granted) = (Candidates::default(), Vec::new());
        table.withdraw(Holder(1), &mut next);
        assert!(!table.is_held(LockKey(1)));
        table.reserve(Holder(9), LockKey(1), Place::default());
        assert!(table.is_held(LockKey(1)) && !table.is_held(LockKey(2)));
        table.grant_among(next, &mut granted);
        assert_eq!(granted, []);
        table.release(Holder(9), &mut granted);
        assert_eq!(granted, [Holder(2)]);
        table.release(Holder(2), &mut granted);
        assert_eq!(granted, [Holder(2), Holder(3)]);
        assert!(table.is_held(LockKey(7)), "everything is held");
        table.release(Holder(3), &mut granted);
        assert!(table.is_empty());
    }

    #[test]
    fn who_runs_and_seizes_all_overtakes_nobody_who_came_before() {
        let mut table = LockTable::default();
        assert!(table.request(Holder(1), keys(&[1]), Place::default()));
        assert!(!table.request(Holder(2), keys(&[1, 2]), Place::default()));
        let standing = table.seize(Holder(3), Place::default());
        assert!(
            !table.request(Holder(4), keys(&[3]), Place::default()),
            "the shard is seized"
        );
        assert!(!table.is_clear(&standing, &keys(&[1])));
        assert!(
            !table.is_clear(&standing, &keys(&[2])),
            "somebody waits for it"
        );
        assert!(
            table.is_clear(&standing, &keys(&[3])),
            "who waits came later"
        );
        let mut granted = Vec::new();
        table.release(Holder(1), &mut granted);
        assert_eq!(granted, []);
        table.release(Holder(3), &mut granted);
        assert_eq!(granted, [Holder(2), Holder(4)]);
    }

    fn keys(keys: &[u64]) -> Scope {
        Scope::Keys(keys.iter().copied().map(LockKey).collect())
    }

    #[test]
    fn locks_are_granted_in_the_order_of_requests() {
        let mut table = LockTable::default();
        assert!(table.request(Holder(1), keys(&[1, 2]), Place::default()));
        assert!(!table.request(Holder(2), keys(&[2, 3]), Place::default()));
        assert!(
            !table.request(Holder(3), keys(&[3]), Place::default()),
            "behind a request that waits"
        );
        assert!(table.is_free(&keys(&[4])));
        let mut granted = Vec::new();
        table.release(Holder(1), &mut granted);
        assert_eq!(granted, [Holder(2)]);
        granted.clear();
        table.release(Holder(2), &mut granted);
        assert_eq!(granted, [Holder(3)]);
        table.release(Holder(3), &mut granted);
        assert!(table.is_empty());
    }

    #[test]
    fn everything_waits_for_all_before_it_and_holds_up_all_behind_it() {
        let mut table = LockTable::default();
        assert!(table.request(Holder(1), keys(&[1]), Place::default()));
        assert!(!table.request(Holder(2), Scope::Everything, Place::default()));
        assert!(!table.request(Holder(3), keys(&[9]), Place::default()));
        let mut granted = Vec::new();
        table.release(Holder(1), &mut granted);
        assert_eq!(granted, [Holder(2)]);
        granted.clear();
        table.release(Holder(2), &mut granted);
        assert_eq!(granted, [Holder(3)]);
    }

    /// The rule itself, without queues: a request holds exactly while no earlier one that overlaps it is there.
    #[derive(Default)]
    struct Naive(Vec<(u64, Scope)>);

    impl Naive {
        fn holders(&self) -> Vec<u64> {
            let overlap = |a: &Scope, b: &Scope| match (a, b) {
                (Scope::Keys(a), Scope::Keys(b)) => a.iter().any(|key| b.contains(key)),
                _ => true,
            };
            let holds = |at: usize| {
                self.0[..at]
                    .iter()
                    .all(|(_, before)| !overlap(before, &self.0[at].1))
            };
            (0..self.0.len())
                .filter(|at| holds(*at))
                .map(|at| self.0[at].0)
                .collect()
        }
    }

    proptest::proptest! {
        /// Nobody is forgotten, named twice or let in too early, also when some give up while they wait.
        #[test]
        fn exactly_those_hold_who_may(
            steps in proptest::collection::vec((0_u8..6, proptest::collection::vec(0_u64..5, 0..4), 0_usize..8), 1..60),
        ) {
            let (mut table, mut naive) = (LockTable::default(), Naive::default());
            let mut holding: Vec<u64> = Vec::new();
            for (number, (kind, wanted, whom)) in steps.into_iter().enumerate() {
                let mut granted = Vec::new();
                if kind < 3 || naive.0.is_empty() {
                    // No keys at all is a scope, too: that of a command without keys.
                    let scope = if kind == 0 { Scope::Everything } else { keys(&wanted) };
                    let free = table.is_free(&scope);
                    naive.0.push((number as u64, scope.clone()));
                    if table.request(Holder(number as u64), scope, Place::default()) {
                        granted.push(Holder(number as u64));
                    }
                    proptest::prop_assert_eq!(free, !granted.is_empty());
                } else {
                    let (whom, _) = naive.0.remove(whom % naive.0.len());
                    holding.retain(|holder| *holder != whom);
                    table.release(Holder(whom), &mut granted);
                }
                holding.extend(granted.iter().map(|holder| holder.0));
                holding.sort_unstable();
                let mut expected = naive.holders();
                expected.sort_unstable();
                proptest::prop_assert_eq!(&holding, &expected);
                proptest::prop_assert_eq!(table.is_empty(), naive.0.is_empty());
            }
        }

        /// Whoever overlaps never holds at the same time, and in the end everybody has held.
        #[test]
        fn overlapping_holders_exclude_each_other(
            scopes in proptest::collection::vec(proptest::collection::vec(0_u64..5, 0..4), 1..24),
        ) {
            let mut table = LockTable::default();
            let scopes: Vec<Scope> = scopes.iter()
                .map(|k| if k.is_empty() { Scope::Everything } else { keys(k) }).collect();
            let mut holding: Vec<usize> = Vec::new();
            let mut served = 0;
            let overlap = |a: &Scope, b: &Scope| match (a, b) {
                (Scope::Keys(a), Scope::Keys(b)) => a.iter().any(|key| b.contains(key)),
                _ => true,
            };
            for (n, scope) in scopes.iter().enumerate() {
                if table.request(Holder(n as u64), scope.clone(), Place::default()) {
                    holding.push(n);
                }
                if n % 3 == 2 && !holding.is_empty() {
                    let mut granted = Vec::new();
                    table.release(Holder(holding.remove(0) as u64), &mut granted);
                    served += 1;
                    holding.extend(granted.iter().map(|holder| holder.0 as usize));
                }
                for (i, a) in holding.iter().enumerate() {
                    for b in &holding[i + 1..] {
                        proptest::prop_assert!(!overlap(&scopes[*a], &scopes[*b]));
                    }
                }
            }
            while let Some(n) = holding.pop() {
                let mut granted = Vec::new();
                table.release(Holder(n as u64), &mut granted);
                served += 1;
                holding.extend(granted.iter().map(|holder| holder.0 as usize));
            }
            proptest::prop_assert_eq!(served, scopes.len());
            proptest::prop_assert!(table.is_empty());
        }
    }
}
