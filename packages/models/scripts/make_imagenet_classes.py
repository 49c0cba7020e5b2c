"""Writes src/imagenetClasses.ts: WordNet id and label of the 1000 classes of ILSVRC 2012, in the order of the
networks' outputs (sorted by id), labels as Keras' imagenet_class_index.json has them: the first lemma of the
synset, underscores for spaces.

Source: the wheel of timm 1.0.29 (Apache-2.0), timm/data/_info/imagenet_synsets.txt and
imagenet_synset_to_lemma.txt, which hold WordNet data (WordNet licence, Princeton University).

    pip download --no-deps timm==1.0.29 && python make_imagenet_classes.py timm-1.0.29-py3-none-any.whl
"""
import pathlib
import sys
import zipfile

info = "timm/data/_info/"
with zipfile.ZipFile(sys.argv[1]) as wheel:
    synsets = wheel.read(info + "imagenet_synsets.txt").decode().split()
    lines = wheel.read(info + "imagenet_synset_to_lemma.txt").decode().splitlines()
lemmas = dict(line.split("\t", 1) for line in lines)
assert len(synsets) == 1000 and synsets == sorted(synsets)
labels = [lemmas[synset].split(",")[0].strip().replace(" ", "_") for synset in synsets]

target = pathlib.Path(__file__).parent.parent / "src" / "imagenetClasses.ts"
target.write_text(
    """// The 1000 classes of ILSVRC 2012 in the order of the networks' outputs; written by scripts/make_imagenet_classes.py,
// which names the source. Ids and labels are those of Keras' imagenet_class_index.json.
// WordNet 3.0, © 2006 Princeton University.

export interface ImagenetClass {
  /** Id of the synset in WordNet 3.0, e.g. "n01440764". */
  readonly wnid: string;
  /** Its first word, underscores for spaces. Two labels occur twice: "crane" and "maillot". */
  readonly label: string;
}

// One text, not 1000 objects: it is half the size, and parsed when first asked for.
const lines = `\\
"""
    + "\n".join(s.replace("n", "", 1) + " " + l for s, l in zip(synsets, labels))
    + """`;

let parsed: readonly ImagenetClass[] | undefined;

/** The class of each output of a network trained on ImageNet, 0 … 999. */
export const imagenetClasses = (): readonly ImagenetClass[] =>
  (parsed ??= lines.split("\\n").map((line) => ({ wnid: `n${line.slice(0, 8)}`, label: line.slice(9) })));
""",
    encoding="utf-8",
)
