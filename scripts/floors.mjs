// The house: packages from the ground up. Each imports only from floors below its own; who lives on
// the same floor does not import each other.
export const floors = [
  ["core"],
  ["files"],
  ["onnx"],
  ["models", "datasets"],
  ["runtime"],
  ["train"],
  ["transfer", "explain"],
  ["bench"],
];
