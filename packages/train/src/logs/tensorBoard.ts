// TensorBoard's event files: TFRecords (length, masked CRC-32C, data, masked CRC-32C) of the protobuf
// message Event, tensorflow/core/util/event.proto and tensorflow/core/lib/io/record_writer.cc.
import { ioErrors, systemCode } from "@cajal/files/node";
import { mkdirSync, closeSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { numbersOf, type EventLog } from "./logged";

/**
 * Scalars for TensorBoard (`tensorboard --logdir folder`): those of steps under their names, those of
 * epochs under `epoch/…`, each at the number of updates made.
 */
export function tensorBoard(folder: string): EventLog {
  let file: number | undefined;
  return {
    write: (event) =>
      ioErrors("writing", folder, () => {
        const numbers = Object.entries(numbersOf(event));
        if (numbers.length === 0) return;
        const seconds = Date.now() / 1000;
        if (file === undefined) {
          mkdirSync(folder, { recursive: true });
          file = openNew(folder, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}`); // prettier-ignore
          writeSync(file, tfRecord(encodeEvent({ seconds, version: "brain.Event:2" })));
        }
        const prefix = event.type === "epoch" ? "epoch/" : "";
        const scalars = numbers.map(([name, value]) => ({ tag: `${prefix}${name}`, value }));
        writeSync(file, tfRecord(encodeEvent({ seconds, step: event.step, scalars })));
      }),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** Opens a new file: runs of one process may begin within the same second. */
function openNew(folder: string, name: string): number {
  for (let number = 0; ; number++)
    try {
      return openSync(join(folder, `${name}.${number}`), "wx");
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
}

interface Event {
  readonly seconds: number;
  readonly step?: number;
  readonly version?: string;
  readonly scalars?: readonly { readonly tag: string; readonly value: number }[];
}

/** Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5 }. */
export function encodeEvent({ seconds, step, version, scalars }: Event): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value);
  return concat([
    field(
      1,
      1,
      bytesOf(8, (view) => view.setFloat64(0, seconds, true)),
    ),
    ...(step === undefined ? [] : [field(2, 0, varint(step))]),
    ...(version === undefined ? [] : [delimited(3, text(version))]),
    ...(scalars === undefined
      ? []
      : [
          delimited(
            5,
            // Summary { repeated Value value = 1 }, Value { string tag = 1; float simple_value = 2 }
            concat(
              scalars.map(({ tag, value }) =>
                delimited(
                  1,
                  concat([
                    delimited(1, text(tag)),
                    field(
                      2,
                      5,
                      bytesOf(4, (view) => view.setFloat32(0, value, true)),
                    ),
                  ]),
                ),
              ),
            ),
          ),
        ]),
  ]);
}

/** One TFRecord. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const length = bytesOf(8, (view) => view.setBigUint64(0, BigInt(data.length), true));
  const check = (bytes: Uint8Array) =>
    bytesOf(4, (view) => view.setUint32(0, maskChecksum(crc32c(bytes)), true));
  return concat([length, check(length), data, check(data)]);
}

/** CRC-32C (Castagnoli), as RFC 3720 has it. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});

/** Rotated and shifted, so that checksums of data that contains checksums stay strong. */
const maskChecksum = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

const field = (number: number, type: number, value: Uint8Array) =>
  concat([varint(number * 8 + type), value]);

const delimited = (number: number, value: Uint8Array) =>
  field(number, 2, concat([varint(value.length), value]));

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.of(...bytes, value);
}

function bytesOf(length: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(length));
  write(view);
  return new Uint8Array(view.buffer);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
