import type { EpochShares } from "../../../core/index.ts";
import { html, type Markup } from "./markup.ts";

type Part = Exclude<keyof EpochShares, "epoch">;

const parts: readonly (readonly [part: Part, label: string])[] = [
  ["waiting", "waiting for data"],
  ["step", "step"],
  ["reading", "reading back"],
  ["rest", "the rest"],
];

/** The shares of a training: their means over the epochs, and folded away a row with a bar for each epoch. */
export function timeShares(stage: string, epochs: readonly EpochShares[]): Markup | undefined {
  if (epochs.length === 0) return undefined;
  const mean = (part: Part): number => epochs.reduce((sum, shares) => sum + shares[part], 0) / epochs.length;
  const means = parts.map(([part, label]) => `${label} ${percent(mean(part))}`);
  return html`<details><summary>time of ${stage}: ${means.join(", ")}</summary>
<p class="quiet">Shares of the wall time of each epoch's steps, validation left out.</p>
<div class="wide"><table class="numbers shares">
<thead><tr><th>epoch</th>${parts.map(([part, label]) => html`<th>${swatch(part)}${label}</th>`)}<th></th></tr></thead>
<tbody>${epochs.map(row)}</tbody></table></div></details>
`;
}

function row(shares: EpochShares): Markup {
  return html`<tr><td>${shares.epoch}</td>${parts.map(([part]) => html`<td>${percent(shares[part])}</td>`)}<td>${bar(shares)}</td></tr>
`;
}

/** One after the other; the numbers beside it say the same to those who do not see it. */
function bar(shares: EpochShares): Markup {
  let from = 0;
  const boxes = parts.map(([part]) => {
    const start = from;
    from += 100 * shares[part];
    return html`<rect class="${part}" x="${tenths(start)}" width="${tenths(from - start)}" height="8"/>`;
  });
  return html`<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">${boxes}</svg>`;
}

function swatch(part: Part): Markup {
  return html`<svg class="swatch" viewBox="0 0 8 8" aria-hidden="true"><rect class="${part}" width="8" height="8"/></svg>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
