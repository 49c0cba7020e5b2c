import type { Theme } from "vitepress";
// The system's fonts: those of the default theme would be half of a first visit.
import DefaultTheme from "vitepress/theme-without-fonts";
import ConvolutionExplorer from "./components/ConvolutionExplorer.vue";
import LessonEnd from "./components/LessonEnd.vue";
import Plot from "./components/Plot.vue";
import Rows from "./components/Rows.vue";
import { percent } from "./components/format";
import ForecastDemo from "./demos/ForecastDemo.vue";
import LatentDemo from "./demos/LatentDemo.vue";
import LenetDemo from "./demos/LenetDemo.vue";
import ModelDemo from "./demos/ModelDemo.vue";
import SegmentDemo from "./demos/SegmentDemo.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    const components = {
      ConvolutionExplorer,
      ForecastDemo,
      LatentDemo,
      LenetDemo,
      LessonEnd,
      ModelDemo,
      Plot,
      Rows,
      SegmentDemo,
    };
    for (const [name, component] of Object.entries(components)) app.component(name, component);
    // Numbers of a lesson's run, in its prose: {{ percent(r.accuracy) }}.
    Object.assign(app.config.globalProperties, { percent });
  },
} satisfies Theme;
