// The names under which one knows the parts of an exported network: a PyTorch module by its path, which
// its exporters leave in the names of values or in the metadata of nodes.
import type { Node } from "@cajal/onnx";

/** The path of the module that a node belongs to, "layer1.0.conv1"; undefined where nothing tells. */
export function moduleOf(node: Node): string | undefined {
  return fromScopes(node) ?? fromName(node.outputs[0]!) ?? fromName(node.name);
}

/** PyTorch's newer exporter: `pkg.torch.onnx.name_scopes` = "['', 'layer1', 'layer1.0', 'conv2d']". */
function fromScopes({ rest }: Node): string | undefined {
  if (!rest) return undefined;
  const text = new TextDecoder().decode(rest);
  const list = /pkg\.torch\.onnx\.name_scopes[^[]{0,8}\[([^\]]*)\]/.exec(text)?.[1];
  const scopes = list?.split(",").map((scope) => scope.trim().replace(/^'|'$/g, "")) ?? [];
  const module = scopes.at(-2);
  return module === undefined || module === "" || module.startsWith("_") ? undefined : module;
}

/** The older one, and others that write paths: "/layer1/layer1.0/conv1/Conv_output_0". */
function fromName(name: string): string | undefined {
  const scopes = name.split("/").filter((scope) => scope !== "");
  if (scopes.length < 2) return undefined;
  const path = scopes
    .slice(0, -1)
    .reduce<string[]>(
      (parts, scope) =>
        scope.startsWith(`${parts.at(-1)}.`) ? [...parts.slice(0, -1), scope] : [...parts, scope],
      [],
    );
  return path.join(".");
}
