// The page's style. Colours are Okabe and Ito's, which the colour-blind tell apart; in the dark the
// lighter ones stand in. Paper and ink are variables, so that a plot is drawn once for both.

export const reportStyle = `
:root {
  --paper: #fbfaf6; --card: #ffffff; --ink: #1c1b19; --soft: #625f58; --rule: #e3dfd5; --track: #efece4;
  --blue: #0072b2; --orange: #d55e00; --green: #009e73; --yellow: #b98300; --purple: #a8478a; --sky: #2f8fc4; --on: #ffffff;
  --good: #00795a; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131417; --card: #1b1d21; --ink: #eceae5; --soft: #a3a19b; --rule: #303238; --track: #2a2c32;
    --blue: #56b4e9; --orange: #f0883e; --green: #2fc79a; --yellow: #e6b93c; --purple: #d98ec0; --sky: #8fd0f5; --on: #0c1116;
    --good: #3ccf9f; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 1120px; padding: 0 24px 48px; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; font-weight: 600; line-height: 1.15; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: clamp(2rem, 5vw, 3.1rem); margin: 0 0 12px; letter-spacing: -0.015em; }
h2 { font-size: 1.65rem; margin: 0 0 8px; letter-spacing: -0.01em; }
p { margin: 0 0 16px; max-width: 70ch; overflow-wrap: anywhere; }
header { padding: 56px 0 8px; position: relative; }
svg.neuron { position: absolute; right: 0; top: 20px; width: 236px; fill: none; stroke: var(--ink); stroke-linecap: round; opacity: 0.75; }
svg.neuron .soma { fill: var(--ink); stroke: none; }
.kicker { color: var(--soft); font-size: 0.82rem; letter-spacing: 0.08em; text-transform: uppercase; margin-bottom: 12px; }
.lead { color: var(--soft); font-size: 1.06rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); margin: 32px 0 0; border-top: 2px solid var(--ink); border-bottom: 1px solid var(--rule); }
.tiles div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: 18px 16px 18px 0; }
.tiles dd { margin: 0; font-size: 1.95rem; font-weight: 600; letter-spacing: -0.02em; line-height: 1.2; white-space: nowrap; }
.tiles dt { color: var(--soft); font-size: 0.88rem; line-height: 1.35; }
section { padding: 44px 0 0; }
section > p { color: var(--soft); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 20px; align-items: start; }
.pair > figure:only-child { max-width: 640px; }
figure { margin: 0; padding: 20px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; break-inside: avoid; }
figcaption { color: var(--soft); font-size: 0.86rem; margin-top: 12px; line-height: 1.4; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 12.5px; fill: var(--ink); }
svg .tick, svg .axis { fill: var(--soft); font-size: 12px; }
svg .strong { fill: var(--ink); font-weight: 600; }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .track { fill: var(--track); }
svg .share { fill: var(--blue); }
svg .sum { fill: var(--blue); fill-opacity: 0.25; }
svg .class-0 { fill: var(--blue); } svg .class-1 { fill: var(--orange); } svg .class-2 { fill: var(--green); } svg .class-3 { fill: var(--yellow); }
svg .point { fill-opacity: 0.78; stroke: var(--card); stroke-width: 0.8; }
svg .line-0 { --line: var(--blue); } svg .line-1 { --line: var(--orange); } svg .line-2 { --line: var(--green); } svg .line-3 { --line: var(--yellow); }
svg .line-4 { --line: var(--purple); } svg .line-5 { --line: var(--sky); } svg .line-6 { --line: var(--ink); } svg .line-7 { --line: var(--soft); }
svg .leader { fill: none; stroke: var(--line); stroke-width: 0.8; stroke-opacity: 0.5; } svg .name { font-size: 12px; }
svg .halo { paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; fill: var(--ink); }
svg .roof { fill: none; stroke: var(--orange); stroke-width: 2; }
svg .training { --line: var(--soft); } svg .validation { --line: var(--blue); }
svg .curve { fill: none; stroke: var(--line); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
svg .training .curve { stroke-dasharray: 1 5; }
svg circle.last { fill: var(--line); stroke: var(--card); stroke-width: 1.5; }
svg circle.hover { fill: var(--line); fill-opacity: 0; } svg circle.hover:hover { fill-opacity: 1; }
svg .end { fill: var(--line); font-weight: 600; } svg .end.value { font-weight: 400; }
svg .empty { fill: var(--track); fill-opacity: 0.55; } svg .right { fill: var(--blue); } svg .wrong { fill: var(--orange); }
svg .count { font-size: 12px; } svg .count.on { fill: var(--on); font-weight: 600; }
svg .bar { fill: var(--soft); fill-opacity: 0.45; } svg .bar.first { fill: var(--blue); fill-opacity: 1; }
svg .whisker { fill: none; stroke: var(--ink); stroke-width: 1.4; }
svg .ink { fill: var(--ink); }
.misread { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 14px; }
.misread li { break-inside: avoid; }
.misread svg { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 8%; }
.misread p { font-size: 0.84rem; line-height: 1.35; color: var(--soft); margin: 6px 0 0; }
.misread b { color: var(--orange); font-weight: 600; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 12px; margin-top: 16px; }
.maps figure { padding: 8px; } .maps figcaption { margin-top: 6px; }
.maps img { display: block; width: 100%; height: auto; border-radius: 4px; }
/* A shade where there is more to the right. */
.scroll { overflow-x: auto; margin-top: 20px; background: linear-gradient(to left, var(--paper) 20px, transparent) 100% 0 / 60px 100% no-repeat local, linear-gradient(to left, var(--rule), transparent) 100% 0 / 14px 100% no-repeat scroll; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
.scroll th, .scroll td { min-width: 6.5em; } .scroll .facts th, .scroll .facts td { min-width: 0; }
th, td { text-align: left; padding: 8px 20px 8px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
.sortable { font-size: 0.86rem; } .sortable td, .sortable thead th { white-space: nowrap; padding-right: 16px; }
.scroll .sortable th, .scroll .sortable td { min-width: 0; }
.sortable td { text-align: right; } .sortable thead th { text-align: right; } .sortable th[scope="row"], .sortable thead th:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); color: var(--ink); font-weight: 600; }
.sortable th[scope="colgroup"] { text-align: center; border-bottom: 0; padding-bottom: 0; color: var(--ink); font-weight: 600; }
.sortable .published { font-style: italic; color: var(--soft); }
.sortable button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; } .sortable button:hover { text-decoration: underline; }
.sortable [aria-sort] button::after { content: " ↓"; } .sortable [aria-sort="ascending"] button::after { content: " ↑"; }
p.note { font-size: 0.86rem; margin-top: 12px; }
table.facts th { width: 14em; white-space: nowrap; }
table.facts td { overflow-wrap: anywhere; }
details { margin-top: 16px; color: var(--soft); font-size: 0.92rem; } summary { cursor: pointer; } details b { font-weight: 600; color: var(--ink); }
.checks { list-style: none; margin: 0; padding: 0; }
.checks li { display: grid; grid-template-columns: 1em minmax(0, 27em) 1fr; gap: 2px 12px; padding: 9px 0; border-bottom: 1px solid var(--rule); }
.checks b { font-weight: 600; } .checks span { color: var(--soft); }
.checks .held .mark { color: var(--good); font-weight: 700; } .checks .broken .mark, .checks .broken b { color: var(--bad); font-weight: 700; }
pre { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; margin: 20px 0 0; overflow-x: auto; font: 0.9rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
footer { margin-top: 48px; padding-top: 16px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 0.86rem; }
@media (max-width: 600px) {
  body { padding: 0 16px 32px; } header { padding-top: 32px; } svg.neuron { display: none; } section { padding-top: 36px; }
  figure { padding: 14px; } .tiles { grid-template-columns: 1fr 1fr; } .tiles dd { font-size: 1.6rem; }
  .checks li { grid-template-columns: 1em 1fr; } .checks li > span:last-child { grid-column: 2; }
  table.facts th { width: auto; white-space: normal; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #ccc; --track: #eee; --blue: #0072b2; --orange: #d55e00; --green: #009e73; --on: #fff; --good: #00795a; --bad: #b3261e; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; font-size: 9.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .tiles { grid-template-columns: repeat(5, 1fr); } .tiles dd { font-size: 1.6rem; }
  header { padding-top: 12pt; } svg.neuron { width: 150pt; top: -10pt; } section { padding-top: 20pt; } h2 { break-after: avoid; } section > p { break-after: avoid; break-inside: avoid; max-width: none; }
  .pair, .scroll, .checks li, tr { break-inside: avoid; }
  .pair { grid-template-columns: 1fr 1fr; gap: 10pt; } figure { padding: 8pt; } .misread { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8pt; } details { display: none; }
}
`;
