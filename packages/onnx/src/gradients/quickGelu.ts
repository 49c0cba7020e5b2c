import { defineGradient, inFloat32 } from "./gradient";
import { slopeOfSwish } from "./swish";

export const quickGelu = defineGradient({
  op: "QuickGelu",
  domain: "com.microsoft",
  // Swish under another name and with another α.
  gradient: slopeOfSwish(1.702),
  samples: inFloat32([
    { inputs: [[2, 3]], range: [-3, 3] },
    { inputs: [[2, 3, 2]], range: [-3, 3], attributes: { alpha: 1 } },
    { inputs: [[]] },
  ]),
});
