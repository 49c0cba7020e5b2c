// What was read (columns) for what it was (rows): right answers on the diagonal in one colour,
// wrong ones in another, each as strong as it is frequent.
import { type Child, el, figure, type Markup } from "./markup";

export function confusionMatrix({
  id,
  title,
  description,
  classes,
  counts,
}: {
  id: string;
  title: string;
  description: string;
  classes: readonly string[];
  /** `counts[truth][read]` */
  counts: readonly (readonly number[])[];
}): Markup {
  const width = 440;
  const left = 44;
  const top = 44;
  const right = 58;
  const cell = (width - left - right) / classes.length;
  const height = top + cell * classes.length + 8;
  const largestError = Math.max(1, ...counts.map((row, truth) => row[truth] ?? 0));
  const wrong = Math.max(1, ...counts.flatMap((row, truth) => row.filter((_, i) => i !== truth)));
  const middle = (i: number) => (i + 0.5) * cell;
  return figure(
    { id, width, height, title, description },
    el(
      "text",
      { class: "axis", x: left + middle(classes.length / 2 - 0.5), y: 12, "text-anchor": "middle" },
      "read as",
    ),
    el(
      "text",
      {
        class: "axis",
        transform: `translate(12 ${top + middle(classes.length / 2 - 0.5)}) rotate(-90)`,
        "text-anchor": "middle",
      },
      "it was",
    ),
    el("text", { class: "axis", x: width, y: top - 10, "text-anchor": "end" }, "recall"),
    classes.map((name, i): Child => {
      const recall = (counts[i]?.[i] ?? 0) / Math.max(1, sum(counts[i] ?? []));
      return [
        el(
          "text",
          { class: "tick", x: left + middle(i), y: top - 10, "text-anchor": "middle" },
          name,
        ),
        el(
          "text",
          { class: "tick", x: left - 10, y: top + middle(i) + 4, "text-anchor": "end" },
          name,
        ),
        el(
          "text",
          { class: "tick", x: width, y: top + middle(i) + 4, "text-anchor": "end" },
          `${(100 * recall).toFixed(recall === 1 ? 0 : 1)} %`,
        ),
      ];
    }),
    counts.map((row, truth) =>
      row.map((count, predicted): Child => {
        const share = truth === predicted ? count / largestError : Math.max(0.35, count / wrong);
        const box = {
          x: left + predicted * cell + 1,
          y: top + truth * cell + 1,
          width: cell - 2,
          height: cell - 2,
          rx: 3,
        };
        if (count === 0) return el("rect", { class: "empty", ...box });
        return [
          el(
            "rect",
            {
              class: truth === predicted ? "right" : "wrong",
              "fill-opacity": 0.25 + 0.75 * share,
              ...box,
            },
            el("title", {}, `${count} × ${classes[truth]} read as ${classes[predicted]}`),
          ),
          el(
            "text",
            {
              class: share > 0.5 ? "count on" : "count",
              x: left + middle(predicted),
              y: top + middle(truth) + 4.5,
              "text-anchor": "middle",
            },
            count,
          ),
        ];
      }),
    ),
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
