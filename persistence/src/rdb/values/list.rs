//! Lists.
//!
//! ```text
//! ListQuicklist2    nodes | 1, element  or  2, listpack | ..
//! ListQuicklist     nodes | ziplist | ..
//! ListZiplist       ziplist
//! List              elements | element | ..
//! ```

use super::{Fault, FaultKind, Listpack, Maker, Reader, ValueType, Writer, listpack};
use crate::rdb::ziplist;
use engine::value::list::{End, List, NodeLimit, NodeRef};

const PLAIN: u64 = 1;
const PACKED: u64 = 2;

pub(super) fn write(list: &List, writer: &mut Writer<'_>) {
    let nodes = list.nodes();
    writer.number(nodes.len() as u64);
    for node in nodes {
        let (kind, bytes) = match node {
            NodeRef::Plain(element) => (PLAIN, element),
            NodeRef::Packed(pack) => (PACKED, pack.bytes()),
        };
        writer.number(kind);
        writer.string(bytes);
    }
}

type ReadNode = fn(&mut Reader<'_>) -> Result<Node, Fault>;

enum Node {
    Plain(Box<[u8]>),
    Packed(Listpack),
}

impl Node {
    fn as_ref(&self) -> NodeRef<'_> {
        match self {
            Node::Plain(element) => NodeRef::Plain(element),
            Node::Packed(pack) => NodeRef::Packed(pack),
        }
    }
}

pub(super) fn read(
    layout: ValueType,
    reader: &mut Reader<'_>,
    maker: &Maker<'_>,
) -> Result<List, Fault> {
    let limit = NodeLimit::of(maker.limits);
    let (count, read_node): (_, ReadNode) = match layout {
        ValueType::List => return read_elements(reader, limit),
        ValueType::ListZiplist => (1, old_node),
        ValueType::ListQuicklist => (reader.count(1)?, old_node),
        _ => (reader.count(2)?, node),
    };
    let nodes: Vec<Node> = (0..count)
        .map(|_| read_node(reader))
        .collect::<Result<_, _>>()?;
    Ok(List::from_nodes(nodes.iter().map(Node::as_ref), limit))
}

fn read_elements(reader: &mut Reader<'_>, limit: NodeLimit) -> Result<List, Fault> {
    let mut list = List::default();
    for _ in 0..reader.count(1)? {
        let element = reader.string()?;
        list.make_room(element.len(), 1, limit);
        list.push(End::Back, &element, limit);
    }
    Ok(list)
}

fn node(reader: &mut Reader<'_>) -> Result<Node, Fault> {
    let fault = reader.fault(FaultKind::ListNode);
    match reader.number()? {
        PLAIN => Ok(Node::Plain(reader.string()?.into())),
        PACKED => listpack(reader).map(Node::Packed),
        _ => Err(fault),
    }
}

fn old_node(reader: &mut Reader<'_>) -> Result<Node, Fault> {
    let fault = reader.fault(FaultKind::Ziplist);
    let pack = ziplist::to_listpack(&reader.string()?).ok_or(fault)?;
    Ok(Node::Packed(pack))
}
