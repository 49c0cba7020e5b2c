// What each demo has to do in Chromium. `check` resolves to what is worth printing.

const minute = { timeout: 60_000 };

export const demos = [
  {
    page: "lessons/05-lenet",
    name: "LeNet in the page",
    async check(tab) {
      const demo = tab.getByRole("region", { name: "LeNet trained in this page" });
      await demo.scrollIntoViewIfNeeded();
      await demo.getByRole("button", { name: "Train it here" }).click();
      const status = demo.getByRole("status");
      let reached;
      let first;
      for (let tries = 0; reached === undefined; tries++) {
        if (tries > 600) throw new Error(`95 % not reached: ${await status.textContent()}`);
        await tab.waitForTimeout(50);
        const text = await status.textContent();
        const [, seconds, percent] = /, ([\d.]+) s: ([\d.]+)/.exec(text) ?? [];
        first ??= seconds;
        if (Number(percent) >= 95) reached = Number(seconds);
      }
      if (reached > 20)
        throw new Error(`95 % of held-out digits took ${reached} s, the first epoch ${first} s`);
      // A stroke from top to bottom is a 1 or a 7, and something in any case.
      const pad = demo.getByRole("img", { name: /^Draw a digit/ });
      await pad.scrollIntoViewIfNeeded();
      const box = await pad.boundingBox();
      await tab.mouse.move(box.x + 80, box.y + 20);
      await tab.mouse.down();
      await tab.mouse.move(box.x + 80, box.y + 140, { steps: 8 });
      await tab.mouse.up();
      await demo.getByText(/^It reads \d$/).waitFor(minute);
      const read = await demo.getByText(/^It reads \d$/).textContent();
      await demo.getByRole("button", { name: "Stop" }).click();
      await demo.getByRole("button", { name: "Train it here" }).waitFor();
      return `95 % of held-out digits after ${reached} s (first epoch after ${first} s); a stroke: ${read}; stopped`;
    },
  },
  {
    page: "lessons/04-convolution",
    name: "Convolution explorer",
    async check(tab) {
      const demo = tab.getByRole("region", { name: "Convolution explorer" });
      const words = demo.locator(".words");
      const grid = demo.getByRole("grid", { name: "Convolution" });
      await grid.getByRole("button", { name: "row 1, column 1: 21" }).click();
      if (!(await words.textContent()).endsWith("= 21")) throw new Error(`a sum: ${await words.textContent()}`); // prettier-ignore
      await tab.keyboard.press("ArrowRight");
      if (!(await words.textContent()).endsWith("= 22")) throw new Error(`the next sum: ${await words.textContent()}`); // prettier-ignore
      await demo.getByRole("grid", { name: "2 × 2 pooling" }).getByRole("button").first().click();
      if (!(await words.textContent()).startsWith("max(21, 22, 15, 11)")) throw new Error(`a largest: ${await words.textContent()}`); // prettier-ignore
      return "sums by click and by arrow keys";
    },
  },
];
