//! Telling another client than the one that has read.

use engine::resp::reply::{Protocol, ReplyWriter};

use crate::connection::{Connection, Hold};
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::runtime::net::ConnId;

use super::delivery::{Cause, Stale};
use super::tracked::Redirect;

impl ServerCore {
    /// The client with this number, if it is one of this core's, to redirect to.
    pub(crate) fn find_client(&self, id: u64) -> Option<Redirect> {
        let client = self.connections.iter().find(|there| there.id == id);
        client.map(Redirect::to)
    }

    /// Tells the client that `reader` redirects to, wherever it is.
    pub(super) fn redirect(
        &mut self,
        reader: ConnId,
        to: Redirect,
        mut served: Option<&mut Connection>,
        stale: &Stale,
    ) {
        if to.core == self.me() {
            if !self.tell_redirected(to, served.as_deref_mut(), stale) {
                self.note_broken(reader, served);
            }
            return;
        }
        let stale = stale.clone();
        self.ask(
            std::iter::once(to.core),
            Waiting::Nobody,
            move |core| core.tell_redirected(to, None, &stale),
            move |core, _, was_there| {
                if was_there.contains(&false) {
                    core.note_broken(reader, None);
                }
            },
        );
    }

    /// Tells a client of this core what another one has read. Returns false if it is gone.
    fn tell_redirected(
        &mut self,
        to: Redirect,
        served: Option<&mut Connection>,
        stale: &Stale,
    ) -> bool {
        let told = self.visit(to.conn, served, |connection| {
            // Whoever said QUIT is as good as gone: nothing reaches it any more.
            if connection.hold == Hold::Closing {
                return false;
            }
            // Among replies of RESP2 there is no place for messages, unless somebody listens to them.
            if connection.protocol == Protocol::Resp3 || connection.subscribed.is_some() {
                connection.push_stale(stale, Cause::Foreign);
            }
            true
        });
        told.unwrap_or(false)
    }

    /// The client that `reader` redirects to is gone, and it missed a message.
    fn note_broken(&mut self, reader: ConnId, served: Option<&mut Connection>) {
        self.visit(reader, served, |connection| {
            let Some(redirect) = connection
                .tracked
                .as_mut()
                .and_then(|tracked| tracked.redirect.as_mut())
            else {
                return;
            };
            redirect.is_broken = true;
            let id = redirect.id;
            if connection.protocol == Protocol::Resp3 {
                let mut bytes = Vec::new();
                let mut writer = ReplyWriter::new(&mut bytes, Protocol::Resp3);
                writer.push(2);
                writer.bulk(b"tracking-redir-broken");
                writer.integer(id as i64);
                connection.push_behind(&bytes, Cause::Foreign);
            }
        });
    }
}
