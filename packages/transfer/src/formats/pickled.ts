// What Python has pickled, as PyTorch saves models and weights: to be told, never read, for its objects are code.
import { looksLikeZip } from "@cajal/files";
import { firstMember } from "./npz";

/**
 * Whether a file is one of PyTorch, since 1.6 a zip archive whose first member is data.pkl, of TorchScript and exported
 * programs one in the folder data; or another pickle of protocol 2 and up.
 */
export const isPickled = (head: Uint8Array): boolean =>
  looksLikeZip(head)
    ? /(^|\/)data\.pkl$|^[^/]+\/data\//.test(firstMember(head))
    : head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
