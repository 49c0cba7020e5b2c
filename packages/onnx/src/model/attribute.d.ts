import { type Tensor } from "@cajal/core";
import type { Attribute, AttributeType, Graph, Node } from "./model";
/** Attributes as one writes them; the operator's definition says which ONNX type each has. */
export type Attributes = Readonly<Record<string, number | string | boolean | readonly number[] | readonly string[] | Tensor | Graph | undefined>>;
/** The attribute of that ONNX type. Throws CajalError `bad-argument` for a value of another type. */
export declare function attributeOf(type: AttributeType, value: NonNullable<Attributes[string]>, where: string): Attribute;
/** Reads a node's attributes by type; one that is absent, or of another type, is `absent`. */
export interface AttributeReader {
    attribute(name: string): Attribute | undefined;
    int(name: string, absent: number): number;
    float(name: string, absent: number): number;
    string(name: string, absent: string): string;
    ints(name: string): readonly number[] | undefined;
    floats(name: string): readonly number[] | undefined;
    strings(name: string): readonly string[] | undefined;
}
export declare function attributesOf({ attributes }: Pick<Node, "attributes">): AttributeReader;
