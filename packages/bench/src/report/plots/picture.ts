// A grey image of few pixels, each a square: ink on paper, in either colour scheme.
import { el, figure, type Markup } from "./markup";

export function picture({
  id,
  title,
  width,
  height,
  pixels,
}: {
  id: string;
  title: string;
  width: number;
  height: number;
  /** 0 (background) … 1 (ink), row by row. */
  pixels: readonly number[];
}): Markup {
  return figure(
    { id, width, height, title, description: `${width} by ${height} pixels` },
    pixels.map((ink, i) =>
      ink <= 0
        ? undefined
        : el("rect", {
            class: "ink",
            x: i % width,
            y: Math.floor(i / width),
            // A hair wider than a pixel: no seams where the squares meet.
            width: 1.02,
            height: 1.02,
            "fill-opacity": Math.min(1, ink),
          }),
    ),
  );
}
