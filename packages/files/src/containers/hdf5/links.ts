// The members of a group by name: of old groups in a B-tree of symbol table nodes (III.B), of new ones as
// messages in its header or, where there are many, in a fractal heap (IV.A.2.g).
import type { Container } from "./container";
import type { Cursor } from "./cursor";
import { openFractalHeap, readLocalHeap } from "./heaps";
import { type Message, messageType } from "./objectHeader";
import { walkTree, walkTree2 } from "./trees";

export type Link =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly path: string }
  | { readonly kind: "external"; readonly file: string; readonly path: string };

const utf8 = new TextDecoder();

/** All links of a group; undefined where the header is not that of a group. */
export async function readLinks(
  container: Container,
  messages: readonly Message[],
): Promise<Map<string, Link> | undefined> {
  const messagesOfType = (type: number) => messages.filter((message) => message.type === type);
  const [symbolTable] = messagesOfType(messageType.symbolTable);
  const [linkInfo] = messagesOfType(messageType.linkInfo);
  const compact = messagesOfType(messageType.link);
  if (!symbolTable && !linkInfo && compact.length === 0) return undefined;
  const links = new Map<string, Link>();
  if (symbolTable) await readSymbolTable(container, symbolTable.body, links);
  for (const { body } of compact) readLink(body, links);
  if (linkInfo) await readDense(container, linkInfo.body, links);
  return links;
}

async function readSymbolTable(container: Container, body: Cursor, links: Map<string, Link>) {
  const tree = body.address();
  const heap = await readLocalHeap(container, body.address());
  const textAt = (offset: number) => {
    const end = heap.indexOf(0, offset);
    if (offset >= heap.length || end === -1)
      throw container.bad("a name lies outside of its group's heap. The file is damaged.");
    return utf8.decode(heap.subarray(offset, end));
  };
  const { offsetSize: o, lengthSize } = container;
  const entrySize = 2 * o + 24;
  const key = { keySize: lengthSize, readKey: (cursor: Cursor) => cursor.length() };
  for await (const { child } of walkTree(container, tree, 0, key)) {
    const head = await container.structureAt(child, 8, "SNOD", "symbol table node");
    head.version(1);
    head.skip(1);
    const count = head.u16();
    const node = await container.cursor(
      child,
      8 + count * entrySize,
      `symbol table node with ${count} entries`,
    );
    node.skip(8);
    for (let i = 0; i < count; i++) {
      const name = textAt(node.unsigned(o));
      const address = node.offset();
      const cacheType = node.u32();
      node.skip(4);
      const scratchPad = node.part(16);
      if (cacheType === 2) links.set(name, { kind: "soft", path: textAt(scratchPad.u32()) });
      else if (address === undefined)
        throw container.bad(`link ${JSON.stringify(name)} has no address.`);
      else links.set(name, { kind: "hard", address });
    }
  }
}

async function readDense(container: Container, body: Cursor, links: Map<string, Link>) {
  body.version(0);
  if (body.u8() & 1) body.skip(8); // largest creation order
  const heapAddress = body.offset();
  const tree = body.offset();
  if (heapAddress === undefined || tree === undefined) return;
  const heap = await openFractalHeap(container, heapAddress);
  for await (const { type, record } of walkTree2(container, tree)) {
    if (type !== 5) throw container.bad(`a group's B-tree has records of type ${type}.`);
    record.skip(4); // hash of the name
    readLink(await heap.object(record.take(record.remaining), "a link"), links);
  }
}

/** A link message, section IV.A.2.g. */
function readLink(body: Cursor, links: Map<string, Link>) {
  body.version(1);
  const flags = body.u8();
  const type = flags & 0x8 ? body.u8() : 0;
  if (flags & 0x4) body.skip(8); // creation order
  if (flags & 0x10) body.skip(1); // ASCII or UTF-8: UTF-8 reads both
  const name = utf8.decode(body.take(body.unsigned(1 << (flags & 3))));
  if (type === 0) links.set(name, { kind: "hard", address: body.address() });
  else if (type === 1) links.set(name, { kind: "soft", path: utf8.decode(body.take(body.u16())) });
  else if (type === 64) {
    const value = body.part(body.u16());
    value.skip(1);
    links.set(name, {
      kind: "external",
      file: utf8.decode(value.zeroTerminated()),
      path: utf8.decode(value.zeroTerminated()),
    });
  } else throw body.container.bad(`link ${JSON.stringify(name)} is of unknown type ${type}.`);
}
