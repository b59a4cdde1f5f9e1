//! RESP, the protocol between clients and server: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

pub mod double;
pub mod elements;
pub mod fixed_point;
pub mod inline;
pub mod reply;
pub mod reply_bound;
pub mod request;
