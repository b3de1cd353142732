import { type Gate, isMetrics, metricsCells } from "../../../core/index.ts";
import { html, type Markup } from "./markup.ts";

/**
 * The tables of all evaluations, each with its gate.
 *
 * @param metrics results of the `evaluate` stages, by stage
 * @param gates gates by stage; stages without `require` have none
 */
export function metricsSection(
  metrics: Readonly<Record<string, unknown>>,
  gates: ReadonlyMap<string, Gate>,
): Markup | undefined {
  const entries = Object.entries(metrics);
  if (entries.length === 0) return undefined;
  return html`<section><h2>metrics</h2>
${entries.map(([stage, value]) => [evaluation(stage, value), gateMarkup(gates.get(stage))])}</section>
`;
}

function evaluation(stage: string, value: unknown): Markup {
  if (!isMetrics(value)) return html`<h3>${stage}</h3><pre>${JSON.stringify(value, null, 2)}</pre>`;
  const { title, columns, rows } = metricsCells(stage, value);
  return html`<h3>${title}</h3>
<div class="wide"><table class="numbers">
<thead><tr>${columns.map((column) => html`<th>${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([label, ...values]) => html`<tr><th>${label}</th>${values.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  )}</tbody></table></div>
`;
}

function gateMarkup(gate: Gate | undefined): Markup | undefined {
  if (gate === undefined) return undefined;
  const required = Object.entries(gate.required).map(([name, value]) => `${name} ${value}`);
  const result = gate.missed === undefined ? html`<b class="ok">met</b>` : html`<b class="failed">not met</b>`;
  return html`<p>required: ${required.join(", ")} – ${result}${gate.missed === undefined ? "" : `: ${gate.missed}`}</p>
`;
}
