// Attributes: small named values of a group or dataset, as messages in its header or, where there are
// many or large ones, in a fractal heap (sections IV.A.2.m and IV.A.2.v).
import type { Container } from "./container";
import type { Cursor } from "./cursor";
import { readDataspace } from "./dataspace";
import { type Datatype, readDatatype } from "./datatype";
import { openFractalHeap } from "./heaps";
import { bodyOf, type Message, messageType, sharedBody } from "./objectHeader";
import { walkTree2 } from "./trees";

export interface Attribute {
  readonly name: string;
  readonly type: Datatype;
  /** undefined: the null dataspace, without elements. */
  readonly shape: readonly number[] | undefined;
  readonly bytes: Uint8Array;
}

const utf8 = new TextDecoder();

export async function readAttributes(
  container: Container,
  messages: readonly Message[],
): Promise<Map<string, Attribute>> {
  const attributes = new Map<string, Attribute>();
  const add = async (body: Cursor) => {
    const attribute = await readAttribute(container, body);
    attributes.set(attribute.name, attribute);
  };
  for (const message of messages)
    if (message.type === messageType.attribute) await add(await bodyOf(container, message));
  for (const { type, body } of messages) {
    if (type !== messageType.attributeInfo) continue;
    body.version(0);
    if (body.u8() & 1) body.skip(2); // largest creation index
    const heapAddress = body.offset();
    const tree = body.offset();
    if (heapAddress === undefined || tree === undefined) continue;
    const heap = await openFractalHeap(container, heapAddress);
    for await (const { record } of walkTree2(container, tree)) {
      const id = record.take(8);
      if (record.u8() & 2)
        throw container.unsupported("attributes shared through a heap are not read.");
      await add(await heap.object(id, "an attribute"));
    }
  }
  return attributes;
}

async function readAttribute(container: Container, body: Cursor): Promise<Attribute> {
  const version = body.version(1, 2, 3);
  const flags = body.u8(); // reserved in version 1
  const sizes = [body.u16(), body.u16(), body.u16()];
  if (version === 3) body.skip(1); // ASCII or UTF-8
  const part = (size: number, what: string) => {
    const cursor = body.part(size, what);
    if (version === 1) body.skip(Math.min(body.remaining, (8 - (size % 8)) % 8));
    return cursor;
  };
  const nameBytes = part(sizes[0]!, "attribute's name");
  const name = utf8.decode(nameBytes.bytes).replace(/\0.*$/s, "");
  const typeBody = part(sizes[1]!, `type of attribute ${JSON.stringify(name)}`);
  const spaceBody = part(sizes[2]!, `extents of attribute ${JSON.stringify(name)}`);
  const shared = version > 1 ? flags : 0;
  const type = readDatatype(
    shared & 1 ? await sharedBody(container, typeBody, messageType.datatype) : typeBody,
  );
  const shape = readDataspace(
    shared & 2 ? await sharedBody(container, spaceBody, messageType.dataspace) : spaceBody,
  )?.shape;
  const count = shape?.reduce((n, extent) => n * extent, 1) ?? 0;
  return { name, type, shape, bytes: body.take(count * type.size) };
}
