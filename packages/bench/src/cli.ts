#!/usr/bin/env node
// The entry of `cajal`: enables V8's compile cache, where Node has it (22.1 and later), before any other module is
// loaded.
import module from "node:module";

Reflect.get(module, "enableCompileCache")?.();
void import("./program");
