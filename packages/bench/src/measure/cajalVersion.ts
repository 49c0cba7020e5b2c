// The version of this package, read when it is built.
import { version } from "../../package.json";

export const cajalVersion: string = version;
