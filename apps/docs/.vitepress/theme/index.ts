import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import ConvolutionExplorer from "./components/ConvolutionExplorer.vue";
import LessonEnd from "./components/LessonEnd.vue";
import Plot from "./components/Plot.vue";
import Rows from "./components/Rows.vue";
import { percent } from "./components/format";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    const components = { ConvolutionExplorer, LessonEnd, Plot, Rows };
    for (const [name, component] of Object.entries(components)) app.component(name, component);
    // Numbers of a lesson's run, in its prose: {{ percent(r.accuracy) }}.
    Object.assign(app.config.globalProperties, { percent });
  },
} satisfies Theme;
