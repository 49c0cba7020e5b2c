// The list: whose resize is known.
import { opencv } from "./opencv";
import { pillow } from "./pillow";
import { tensorflow } from "./tensorflow";
import { torch } from "./torch";

export const kernels = { pillow, opencv, tensorflow, torch };
