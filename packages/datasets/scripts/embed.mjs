// Writes src/iris.data.ts and src/digits.data.ts from the two files as scikit-learn ships them:
//   node scripts/embed.mjs sklearn/datasets/data/iris.csv sklearn/datasets/data/digits.csv.gz
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const [irisPath, digitsPath] = process.argv.slice(2);
if (!irisPath || !digitsPath)
  throw new Error("usage: node scripts/embed.mjs <iris.csv> <digits.csv.gz>");

const read = (path, sha256) => {
  const bytes = readFileSync(path);
  const got = createHash("sha256").update(bytes).digest("hex");
  if (got !== sha256) throw new Error(`${path}: got sha256 ${got}, expected ${sha256}`);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
};
const rowsOf = (bytes) =>
  bytes
    .toString()
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
const write = (name, text) =>
  writeFileSync(
    new URL(`../src/${name}.data.ts`, import.meta.url),
    `// Written by scripts/embed.mjs; do not edit.\n${text}`,
  );

const [[, , ...classes], ...flowers] = rowsOf(
  read(irisPath, "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449"),
);
flowers.forEach((row, i) => {
  if (Number(row[4]) !== Math.floor(i / 50))
    throw new Error(`flower ${i} is not of class ${i / 50}`);
});
const millimetres = flowers.flatMap((row) => row.slice(0, 4).map((cm) => Math.round(cm * 10)));
write(
  "iris",
  `export const classes = ${JSON.stringify(classes)};\nexport const millimetres = ${JSON.stringify(millimetres)};\n`,
);

const images = rowsOf(
  read(digitsPath, "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a"),
);
// 71 letters that a string holds without escapes.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#%&()*+,";
if (alphabet.length !== 71) throw new Error("the alphabet has not 71 letters");
const levels = images.flatMap((row) => row.slice(0, 64).map(Number));
while (levels.length % 3 > 0) levels.push(0);
let pixels = "";
for (let i = 0; i < levels.length; i += 3) {
  const packed = levels[i] + 17 * (levels[i + 1] + 17 * levels[i + 2]);
  pixels += alphabet[Math.floor(packed / 71)] + alphabet[packed % 71];
}
write(
  "digits",
  `export const alphabet = "${alphabet}";\nexport const labels =\n  "${images.map((row) => row[64]).join("")}";\nexport const pixels =\n  "${pixels}";\n`,
);
