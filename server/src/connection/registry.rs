//! The connections of one core, by their names.

use super::Connection;
use crate::runtime::net::ConnId;

/// See the top of the file. A connection that is being served is taken out and put back afterwards.
#[derive(Default)]
pub struct Registry {
    places: Vec<Option<Box<Connection>>>,
    len: usize,
}

impl Registry {
    /// How many there are, the ones being served not counted.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes a connection out to serve it. None for a stale name.
    #[inline]
    pub fn take(&mut self, conn: ConnId) -> Option<Box<Connection>> {
        let taken = self
            .places
            .get_mut(conn.index())?
            .take_if(|there| there.conn == conn)?;
        self.len -= 1;
        Some(taken)
    }

    /// Puts a connection in, or back.
    #[inline]
    pub fn put(&mut self, connection: Box<Connection>) {
        let index = connection.conn.index();
        if self.places.len() <= index {
            self.places.resize_with(index + 1, || None);
        }
        debug_assert!(self.places[index].is_none(), "a place holds one connection");
        self.places[index] = Some(connection);
        self.len += 1;
    }

    /// A connection, to look at.
    pub fn get(&self, conn: ConnId) -> Option<&Connection> {
        self.places
            .get(conn.index())?
            .as_deref()
            .filter(|there| there.conn == conn)
    }

    /// A connection, to change.
    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut Connection> {
        self.places
            .get_mut(conn.index())?
            .as_deref_mut()
            .filter(|there| there.conn == conn)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.places.iter().filter_map(Option::as_deref)
    }

    /// All of them, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.places.iter_mut().filter_map(Option::as_deref_mut)
    }
}
