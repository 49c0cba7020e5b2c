// The type of an element (datatype message, section IV.A.2.d), and the dtype that corresponds to it.
import type { DType } from "@cajal/core";
import type { Cursor } from "./cursor";

export type Datatype =
  | {
      readonly kind: "number";
      readonly dtype: DType;
      readonly size: number;
      readonly littleEndian: boolean;
    }
  | { readonly kind: "text"; readonly size: number; readonly padding: TextPadding }
  | { readonly kind: "variable text"; readonly size: number }
  /** Compound, opaque, reference and other types: named in messages, not read. */
  | { readonly kind: "other"; readonly size: number; readonly name: string };

/** How a text of fixed length is padded: terminated by a zero, or followed by zeros or spaces. */
export type TextPadding = "zero ends" | "zeros" | "spaces";

const paddings: readonly TextPadding[] = ["zero ends", "zeros", "spaces"];

export function readDatatype(cursor: Cursor, depth = 0): Datatype {
  const { container } = cursor;
  if (depth > 8) throw container.bad("a datatype is nested too deeply. The file is damaged.");
  const classAndVersion = cursor.u8();
  const version = classAndVersion >> 4;
  if (version < 1 || version > 5)
    throw container.bad(`a datatype has version ${version}. The file is damaged.`);
  const bits = [cursor.u8(), cursor.u8(), cursor.u8()];
  const size = cursor.u32();
  if (size === 0) throw container.bad("a datatype has size 0. The file is damaged.");
  const other = (name: string): Datatype => ({ kind: "other", size, name });
  switch (classAndVersion & 15) {
    case 0: {
      const offset = cursor.u16();
      const precision = cursor.u16();
      const name = `${bits[0]! & 8 ? "int" : "uint"}${8 * size}`;
      if (offset !== 0 || precision !== 8 * size || ![1, 2, 4, 8].includes(size))
        return other(`integer of ${precision} bits in ${size} bytes`);
      return { kind: "number", dtype: name as DType, size, littleEndian: (bits[0]! & 1) === 0 };
    }
    case 1: {
      const layout = [
        cursor.u16(),
        cursor.u16(),
        cursor.u8(),
        cursor.u8(),
        cursor.u8(),
        cursor.u8(),
      ];
      const format = [...layout, cursor.u32(), bits[1]].join();
      const dtype = ieee.get(format);
      if (dtype === undefined || (bits[0]! & 0x40) !== 0 || size !== Number(dtype.slice(5)) / 8)
        return other(`floating-point number of ${layout[1]} bits that is not IEEE 754`);
      return { kind: "number", dtype, size, littleEndian: (bits[0]! & 1) === 0 };
    }
    case 3: {
      const padding = paddings[bits[0]! & 15];
      if (!padding) throw container.bad("a text's padding is unknown. The file is damaged.");
      return { kind: "text", size, padding };
    }
    case 8: {
      // h5py writes truth values as an enumeration of int8 with members FALSE and TRUE.
      const members = bits[0]! | (bits[1]! << 8);
      const base = readDatatype(cursor, depth + 1);
      if (members !== 2 || base.kind !== "number" || base.size !== 1) return other("enumeration");
      const names = [0, 1].map(() => {
        const start = cursor.at;
        const name = new TextDecoder().decode(cursor.zeroTerminated());
        if (version < 3) cursor.skip((8 - ((cursor.at - start) % 8)) % 8);
        return name;
      });
      return names.join() === "FALSE,TRUE" ? { ...base, dtype: "bool" } : other("enumeration");
    }
    case 9:
      if ((bits[0]! & 15) === 1) return { kind: "variable text", size };
      return other("sequence of variable length");
    default:
      return other(
        ["time", "bit field", "opaque", "compound", "reference", "array"][
          [2, 4, 5, 6, 7, 10].indexOf(classAndVersion & 15)
        ] ?? `class ${classAndVersion & 15}`,
      );
  }
}

/** Bit offset, precision, exponent's place and size, mantissa's place and size, bias, sign → type. */
const ieee = new Map<string, DType>([
  ["0,16,10,5,0,10,15,15", "float16"],
  ["0,32,23,8,0,23,127,31", "float32"],
  ["0,64,52,11,0,52,1023,63", "float64"],
]);

/** The name of a datatype in messages. */
export const showDatatype = (type: Datatype): string =>
  type.kind === "number" ? type.dtype : type.kind === "other" ? type.name : "text";
