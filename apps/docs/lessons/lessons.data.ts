// The list of lessons, for the page that shows it.
import { lessons } from "./list";

interface Entry {
  readonly number: number;
  readonly title: string;
  readonly link: string;
}

declare const data: readonly Entry[];
export { data };

export default {
  load: (): readonly Entry[] =>
    lessons.map(({ name, title }) => ({ number: Number(name.slice(0, 2)), title, link: `./${name}` })), // prettier-ignore
};
