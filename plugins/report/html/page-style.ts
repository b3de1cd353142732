import { html, type Markup } from "./markup.ts";

/** The style of the report: the reader's own fonts, light or dark as their system is, light on paper. */
export const pageStyle: Markup = html`
:root {
  --paper: #ffffff; --raised: #f5f6f8; --ink: #1b1f24; --quiet: #5b6570; --rule: #d9dde2;
  --good: #1a7f37; --bad: #c62828; --care: #9a6200;
  --teacher: #15803d; --student: #2457d6; --baseline: #c2500c;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --raised: #1d2127; --ink: #e4e7eb; --quiet: #9aa4af; --rule: #343a42;
    --good: #5fd07d; --bad: #ff8a80; --care: #e8b75a;
    --teacher: #5fd38a; --student: #86a8ff; --baseline: #ffa066;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 4rem;
  font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 0.6rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--rule); font-size: 1.2rem; }
h3 { margin: 1.4rem 0 0.5rem; font-size: 1rem; }
p { margin: 0.4rem 0; }
ul { margin: 0.4rem 0; padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.2rem; margin: 1.4rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.875em; }
pre {
  margin: 0.6rem 0; padding: 0.8rem 1rem; border-radius: 6px; background: var(--raised);
  white-space: pre-wrap; overflow-wrap: anywhere;
}
pre.error { border-left: 4px solid var(--bad); }
.quiet { color: var(--quiet); }
.badge { padding: 0.1em 0.6em; border: 1px solid; border-radius: 1em; font-size: 0.9rem; vertical-align: 0.2em; }
.ok { color: var(--good); }
.failed { color: var(--bad); }
.interrupted { color: var(--care); }
.reuse, .not-reached { color: var(--quiet); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 1.2rem 0.3rem 0; text-align: left; vertical-align: top; }
tbody th { font-weight: 500; white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 500; }
tr { border-bottom: 1px solid var(--rule); }
.numbers td, .numbers th:not(:first-child), .number { text-align: right; white-space: nowrap; }
details { margin: 0.4rem 0; }
summary { color: var(--quiet); cursor: pointer; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 1rem 1.5rem; }
figure { margin: 0; break-inside: avoid; }
figcaption { margin-bottom: 0.2rem; font-size: 0.9rem; }
figure svg { display: block; width: 100%; max-width: 36rem; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); }
svg path { fill: none; }
.grid { stroke: var(--rule); }
.axis { stroke: var(--quiet); }
.line path { stroke-width: 2; stroke-linejoin: round; }
.line.teacher path { stroke: var(--teacher); }
.line.teacher circle { fill: var(--teacher); }
.line.student path { stroke: var(--student); }
.line.student circle { fill: var(--student); }
.line.baseline path { stroke: var(--baseline); stroke-dasharray: 6 4; }
.line.baseline circle { fill: var(--baseline); }
.line circle.best, svg circle.best { fill: none; stroke: var(--ink); stroke-width: 1.5; }
tr.kept { font-weight: 600; }
.verdict { margin: 1.2rem 0 0; padding: 0.8rem 1rem; border-left: 4px solid var(--student); background: var(--raised); }
.verdict p { margin: 0.2rem 0; overflow-wrap: anywhere; }
.matrix td { min-width: 2.2rem; padding: 0.25rem; text-align: center; }
.matrix thead th { padding: 0.25rem; vertical-align: bottom; }
.matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((tenths) => html`.shade${tenths} { --shade: ${10 * tenths}%; }\n`)}.matrix .hit { background: color-mix(in srgb, var(--good) calc(var(--shade) / 2), transparent); }
.matrix .miss { background: color-mix(in srgb, var(--bad) var(--shade), transparent); }
.shares svg { display: block; width: 14rem; height: 0.8rem; margin-top: 0.35rem; }
.shares .swatch { display: inline-block; width: 0.7rem; height: 0.7rem; margin: 0 0.35rem 0 0; }
.shares .waiting { fill: var(--baseline); }
.pictures { display: flex; flex-wrap: wrap; gap: 0.8rem; }
.pictures figure { margin: 0; width: 9rem; font-size: 0.85rem; overflow-wrap: break-word; }
.pictures img { width: 4rem; image-rendering: pixelated; }
.shares .step { fill: var(--student); }
.shares .reading { fill: var(--teacher); }
.shares .rest { fill: var(--rule); }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; padding: 0; list-style: none; font-size: 0.9rem; }
.legend svg { width: 34px; height: 10px; margin-right: 0.5rem; }
@media (max-width: 40rem) {
  body { padding: 1rem 0.75rem 3rem; font-size: 15px; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: 0.5rem; }
  th, td { padding-right: 0.7rem; }
  tbody th { white-space: normal; overflow-wrap: break-word; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2, h3 { break-after: avoid; }
  tr, dl { break-inside: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  .wide { overflow: visible; }
}
`;
