//! Sets.
//!
//! ```text
//! intset    integers, sorted: Redis's bytes
//! listpack  few short members, in the order they came: Redis's bytes
//! table     any members, one allocation each
//! ```
//!
//! A set begins as what its first member and the number of those announced ask for, and moves down this list when it
//! outgrows the limits. It never moves up again: only what is stored anew begins anew.

mod algebra;
mod members;
#[cfg(test)]
mod model;
mod packed_members;
mod sample;
mod stored;

pub use algebra::{difference, intersection, union};
pub use members::Members;
pub use packed_members::PackedMembers;

use super::collection::Collection;
use super::string::{int_len, parse_int};
use crate::limits::Limits;
use crate::packed::element::Element;
use crate::packed::intset::Intset;
use crate::packed::listpack::Listpack;
use crate::table::member::Member;
use crate::table::{HashSeed, Table};

/// An intset counts its members in 32 bits, and its bytes.
const INTSET_MAX: u64 = 1 << 30;
/// The most bytes a member takes in a listpack beyond its own.
const PACKED_EXTRA: usize = 10;

/// A set.
#[derive(Clone, Default)]
pub struct Set {
    form: Form,
}

#[derive(Clone, Default)]
enum Form {
    /// Nothing was added yet, and nothing allocated.
    #[default]
    Empty,
    Intset(Intset),
    Listpack(Listpack),
    Table(Table<Member>),
}

impl Set {
    /// A set without members that begins as a listpack.
    fn empty_listpack() -> Set {
        Set {
            form: Form::Listpack(Listpack::new()),
        }
    }

    /// Tells that `count` members are to be added, of which `first` is the first.
    pub fn announce(&mut self, first: &[u8], count: usize, limits: &Limits, seed: HashSeed) {
        let count = count as u64;
        let (ints, packed) = (
            count <= limits.set_max_intset_entries,
            count <= limits.set_max_listpack_entries,
        );
        match self.form {
            Form::Empty if ints && parse_int(first).is_some() => {
                self.form = Form::Intset(Intset::new());
            }
            Form::Empty if packed => self.form = Form::Listpack(Listpack::new()),
            Form::Intset(_) if ints => {}
            Form::Listpack(_) if packed => {}
            _ => {
                self.table(seed);
            }
        }
    }

    /// Adds a member. Returns whether it is new.
    #[inline]
    pub fn add(&mut self, member: &[u8], limits: &Limits, seed: HashSeed) -> bool {
        match &mut self.form {
            Form::Table(table) => add_to_table(table, member),
            Form::Listpack(pack) => {
                if pack.find(member, 0).is_some() {
                    return false;
                }
                self.push(member, limits, seed);
                true
            }
            Form::Intset(ints) => match parse_int(member) {
                Some(number) => {
                    let added = ints.insert(number);
                    if added && ints.len() as u64 > limits.set_max_intset_entries.min(INTSET_MAX) {
                        self.table(seed);
                    }
                    added
                }
                None => {
                    self.leave_intset(member, limits, seed);
                    true
                }
            },
            Form::Empty => {
                self.announce(member, 1, limits, seed);
                self.add(member, limits, seed)
            }
        }
    }

    /// Adds a member that is not there to what is no intset.
    fn push(&mut self, member: &[u8], limits: &Limits, seed: HashSeed) {
        if let Form::Listpack(pack) = &mut self.form
            && (pack.len() as u64) < limits.set_max_listpack_entries
            && member.len() as u64 <= limits.set_max_listpack_value
            && pack.would_fit(member.len() + PACKED_EXTRA)
        {
            pack.push_back(member);
        } else {
            add_to_table(self.table(seed), member);
        }
    }

    /// Adds a member that is no integer to an intset, which becomes a listpack if that is within the limits.
    fn leave_intset(&mut self, member: &[u8], limits: &Limits, seed: HashSeed) {
        let Form::Intset(ints) = &self.form else {
            unreachable!("only an intset is left")
        };
        let ends = [ints.get(0), ints.last()];
        let longest = ends.into_iter().flatten().map(int_len).max().unwrap_or(0);
        let fits = (ints.len() as u64) < limits.set_max_listpack_entries
            && member.len().max(longest) as u64 <= limits.set_max_listpack_value
            && ints.len() * PACKED_EXTRA + member.len() < Listpack::MAX_BYTES / 2;
        if fits {
            let mut pack = Listpack::with_capacity(ints.len() * 4 + member.len());
            ints.iter().for_each(|number| pack.push_back(number));
            pack.push_back(member);
            pack.shrink();
            self.form = Form::Listpack(pack);
        } else {
            add_to_table(self.table(seed), member);
        }
    }

    /// The table that the set is, or becomes.
    fn table(&mut self, seed: HashSeed) -> &mut Table<Member> {
        if !matches!(self.form, Form::Table(_)) {
            let mut table = Table::with_capacity(self.len() + 1, seed);
            for member in self.iter() {
                member.with_bytes(|member| table.insert(member, Member::new(member)));
            }
            self.form = Form::Table(table);
        }
        match &mut self.form {
            Form::Table(table) => table,
            _ => unreachable!("it has just become one"),
        }
    }

    /// Takes a member away. Returns whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.form {
            Form::Empty => false,
            Form::Intset(ints) => parse_int(member).is_some_and(|number| ints.remove(number)),
            Form::Listpack(pack) => match pack.find(member, 0) {
                Some(cursor) => {
                    pack.remove(cursor);
                    true
                }
                None => false,
            },
            Form::Table(table) => table.remove(member).is_some(),
        }
    }

    /// Whether `member` is one.
    #[inline]
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.form {
            Form::Empty => false,
            Form::Intset(ints) => parse_int(member).is_some_and(|number| ints.contains(number)),
            Form::Listpack(pack) => pack.find(member, 0).is_some(),
            Form::Table(table) => table.contains(member),
        }
    }

    /// Whether the member of another set is one of this set, too.
    fn shares(&self, member: Element<'_>) -> bool {
        match (&self.form, member) {
            (Form::Intset(ints), Element::Int(number)) => ints.contains(number),
            _ => member.with_bytes(|member| self.contains(member)),
        }
    }

    /// All members: of an intset rising, of a listpack in the order they came, of a table in no order.
    pub fn iter(&self) -> Members<'_> {
        match &self.form {
            Form::Empty => Members::None,
            Form::Intset(ints) => Members::of_intset(ints),
            Form::Listpack(pack) => Members::Listpack(pack.iter()),
            Form::Table(table) => Members::Table(table.iter()),
        }
    }

    /// The bytes of a "listpack".
    pub fn listpack(&self) -> Option<&Listpack> {
        match &self.form {
            Form::Listpack(pack) => Some(pack),
            _ => None,
        }
    }

    /// Visits about `count` members of a table from `cursor` on, or all members of a smaller set, and returns the next
    /// cursor: 0 at the end, as at the start. A member that is there from the first to the last call is visited.
    pub fn scan(&self, cursor: u64, count: u64, visit: &mut dyn FnMut(Element<'_>)) -> u64 {
        /// With so many buckets for each member that was asked for the step ends, however few were in them.
        const STEPS_PER_MEMBER: u64 = 10;
        let Form::Table(table) = &self.form else {
            self.iter().for_each(visit);
            return 0;
        };
        let (mut next, mut seen) = (cursor, 0);
        for _ in 0..count.saturating_mul(STEPS_PER_MEMBER) {
            next = table.scan_step(next, &mut |member| {
                seen += 1;
                visit(Element::Bytes(member.bytes()));
            });
            if next == 0 || seen >= count {
                break;
            }
        }
        next
    }

    /// Whether it is an intset.
    pub fn is_intset(&self) -> bool {
        matches!(self.form, Form::Intset(_))
    }

    /// The set of members that are different from each other, to be stored as a command's result: an intset if all are
    /// integers and the limits allow it, else a listpack or a table. `began_as_intset` tells that the command gathered
    /// the members in an intset; a result too large for one then is a table.
    pub fn of_result(
        members: &PackedMembers,
        began_as_intset: bool,
        limits: &Limits,
        seed: HashSeed,
    ) -> Set {
        let most = limits.set_max_intset_entries.min(INTSET_MAX) as usize;
        let are_ints = members.iter().all(|member| parse_int(member).is_some());
        if are_ints && members.len() <= most {
            let mut ints = Intset::new();
            let mut numbers: Vec<i64> = members.iter().filter_map(parse_int).collect();
            // Rising numbers go to the end of an intset, which moves nothing.
            numbers.sort_unstable();
            for number in numbers {
                ints.insert(number);
            }
            return Set {
                form: Form::Intset(ints),
            };
        }
        let is_long = members.len() as u64 > limits.set_max_listpack_entries;
        if is_long || (are_ints && began_as_intset) {
            let mut table = Table::with_capacity(members.len(), seed);
            members
                .iter()
                .for_each(|member| table.insert(member, Member::new(member)));
            return Set {
                form: Form::Table(table),
            };
        }
        let mut set = Set::empty_listpack();
        members
            .iter()
            .for_each(|member| set.push(member, limits, seed));
        if let Form::Listpack(pack) = &mut set.form {
            pack.shrink();
        }
        set
    }
}

#[inline]
fn add_to_table(table: &mut Table<Member>, member: &[u8]) -> bool {
    table
        .get_or_insert(member, || Member::new(member))
        .is_none()
}

impl Collection for Set {
    #[inline]
    fn len(&self) -> usize {
        match &self.form {
            Form::Empty => 0,
            Form::Intset(ints) => ints.len(),
            Form::Listpack(pack) => pack.len(),
            Form::Table(table) => table.len(),
        }
    }

    fn encoding(&self) -> &'static str {
        match self.form {
            Form::Intset(_) => "intset",
            Form::Empty | Form::Listpack(_) => "listpack",
            Form::Table(_) => "hashtable",
        }
    }

    fn allocated(&self) -> usize {
        size_of::<Self>()
            + match &self.form {
                Form::Empty => 0,
                Form::Intset(ints) => ints.allocated(),
                Form::Listpack(pack) => pack.allocated(),
                Form::Table(table) => table.allocated(),
            }
    }

    fn release_some(&mut self, elements: usize) -> bool {
        match &mut self.form {
            Form::Table(table) => table.release_some(elements),
            _ => true,
        }
    }
}

impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
