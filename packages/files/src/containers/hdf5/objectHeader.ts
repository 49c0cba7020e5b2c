// The header of a group or dataset: a list of messages (section IV.A.1).
import type { Container } from "./container";
import { Cursor } from "./cursor";

export interface Message {
  readonly type: number;
  /** Bit 1: the message is shared, see `sharedBody`. */
  readonly flags: number;
  readonly body: Cursor;
}

/** Message types, section IV.A.2. */
export const messageType = {
  dataspace: 0x1,
  linkInfo: 0x2,
  datatype: 0x3,
  oldFillValue: 0x4,
  fillValue: 0x5,
  link: 0x6,
  externalFiles: 0x7,
  layout: 0x8,
  filters: 0xb,
  attribute: 0xc,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** A header with more messages than this is taken for damaged. */
const maxMessages = 1_000_000;

/** All messages of an object's header, its continuations too. */
export async function readObjectHeader(container: Container, address: number): Promise<Message[]> {
  const first = await container.bytes(address, 4, "object header");
  const signature = String.fromCharCode(...first);
  const messages: Message[] = [];
  const visited = new Set<number>([address]);
  const blocks: { address: number; length: number }[] = [];
  const read = signature === "OHDR" ? await readVersion2() : await readVersion1();
  for (const block of blocks) {
    if (visited.has(block.address))
      throw container.bad(`the object header at ${address} continues in itself. It is damaged.`);
    visited.add(block.address);
    await read(block);
  }
  return messages;

  function add(type: number, flags: number, body: Cursor) {
    if (messages.length >= maxMessages)
      throw container.bad(`the object header at ${address} has too many messages. It is damaged.`);
    if (type === messageType.continuation)
      blocks.push({ address: body.address(), length: body.length() });
    else messages.push({ type, flags, body });
  }

  /** Version 1: eight-byte aligned messages, no checksums. */
  async function readVersion1() {
    const prefix = await container.cursor(address, 16, `object header at ${address}`);
    prefix.version(1);
    prefix.skip(1);
    let left = prefix.u16();
    prefix.skip(4);
    const length = prefix.u32();
    const readBlock = async ({ address, length }: { address: number; length: number }) => {
      const cursor = await container.cursor(address, length, `object header block at ${address}`);
      while (left > 0 && cursor.remaining >= 8) {
        left--;
        const type = cursor.u16();
        const size = cursor.u16();
        const flags = cursor.u8();
        cursor.skip(3);
        add(type, flags, cursor.part(size, `message ${type} of the object header`));
      }
    };
    await readBlock({ address: address + 16, length });
    return readBlock;
  }

  /** Version 2: "OHDR" and "OCHK" blocks, each with a checksum. */
  async function readVersion2() {
    const prefix = await container.cursor(
      address,
      Math.min(64, container.size - container.base - address),
      `object header at ${address}`,
    );
    prefix.skip(4);
    prefix.version(2);
    const flags = prefix.u8();
    if (flags & 0x20) prefix.skip(16); // times
    if (flags & 0x10) prefix.skip(4); // when attributes become dense
    const length = prefix.unsigned(1 << (flags & 3));
    const hasCreationOrder = (flags & 0x4) !== 0;
    const readMessages = (cursor: Cursor, end: number) => {
      while (end - cursor.at >= 4 + (hasCreationOrder ? 2 : 0)) {
        const type = cursor.u8();
        const size = cursor.u16();
        const messageFlags = cursor.u8();
        if (hasCreationOrder) cursor.skip(2);
        if (cursor.at + size > end)
          throw container.bad(`a message of the object header at ${address} is too long.`);
        add(type, messageFlags, cursor.part(size, `message ${type} of the object header`));
      }
      cursor.skip(end - cursor.at);
      cursor.checksum();
    };
    const chunk = await container.cursor(address, prefix.at + length + 4, "object header");
    chunk.skip(prefix.at);
    readMessages(chunk, prefix.at + length);
    return async (block: { address: number; length: number }) => {
      const cursor = await container.structureAt(
        block.address,
        block.length,
        "OCHK",
        "object header",
      );
      readMessages(cursor, block.length - 4);
    };
  }
}

/**
 * The body of a message from its beginning, each time, for one dataset is read as often as it is asked for; read from
 * another object header where it is shared.
 */
export async function bodyOf(
  container: Container,
  { type, flags, body }: Message,
): Promise<Cursor> {
  const whole = new Cursor(container, body.bytes, body.what);
  return (flags & 2) === 0 ? whole : sharedBody(container, whole, type);
}

/** The body of a shared message (section IV.A.2.w); `body` has the address of the object header. */
export async function sharedBody(
  container: Container,
  body: Cursor,
  type: number,
): Promise<Cursor> {
  const version = body.version(1, 2, 3);
  const kind = body.u8();
  if (version === 1) body.skip(6);
  if (version === 3 && kind === 1)
    throw container.unsupported("messages shared through a heap are not read.");
  const header = await readObjectHeader(container, body.address());
  const original = header.find((message) => message.type === type && (message.flags & 2) === 0);
  if (!original) throw container.bad(`a shared message of type ${type} is not where it should be.`);
  original.body.at = 0;
  return original.body;
}
