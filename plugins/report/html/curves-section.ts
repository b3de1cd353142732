import {
  formatNumber,
  type LineLook,
  type MetricNames,
  metricText,
  type TrainingCurve,
  validationPrefix,
} from "../../../core/index.ts";
import { type ChartLine, lineChart } from "./line-chart.ts";
import { html, type Markup } from "./markup.ts";
import { timeShares } from "./time-shares.ts";

/** The training curves of a run: charts for each stage that trains, with its baseline and all seeds in the same ones. */
export function curvesSection(curves: readonly TrainingCurve[]): Markup | undefined {
  if (curves.length === 0) return undefined;
  const groups = [...new Set(curves.map(({ group }) => group))];
  return html`<section><h2>training</h2>
${groups.map((group) =>
  groupMarkup(
    group,
    curves.filter((curve) => curve.group === group),
  ),
)}</section>
`;
}

function groupMarkup(group: string, curves: readonly TrainingCurve[]): Markup {
  const drawn = curves.filter(({ epochs }) => epochs.length > 0);
  const reused = curves.filter(({ epochs }) => epochs.length === 0).map(({ stage }) => stage);
  return html`<h3>${group}</h3>
${reused.length === 0 ? undefined : html`<p class="quiet">${reused.join(", ")}: reused; the report of the run that trained it has its curves.</p>\n`}${
  drawn.length === 0
    ? undefined
    : html`${legend(drawn)}
<div class="charts">${valueNames(drawn).map((name) => chart(name, drawn))}</div>
${drawn.map(numbers)}${drawn.map(({ stage, shares }) => timeShares(stage, shares))}`
}`;
}

/** Names of the values that are drawn: the loss, validation, then single terms that are not the whole loss; no weight that stays. */
function valueNames(curves: readonly TrainingCurve[]): readonly string[] {
  const names = [...new Set(curves.flatMap(({ epochs }) => epochs.flatMap(({ values }) => Object.keys(values))))];
  const rank = (name: string): number =>
    name === "loss" ? 0 : name.startsWith(validationPrefix) ? 1 : name === "learningRate" ? 3 : 2;
  const isLossAgain = (name: string): boolean =>
    name !== "loss" &&
    curves.every(({ epochs }) =>
      epochs.every(({ values }) => values[name] === undefined || values[name] === values["loss"]),
    );
  const isSteady = (name: string): boolean =>
    name.startsWith("weight of ") &&
    curves.every(({ epochs }) =>
      epochs.every(({ values }) => [undefined, epochs[0]?.values[name]].includes(values[name])),
    );
  return names.filter((name) => !isLossAgain(name) && !isSteady(name)).sort((a, b) => rank(a) - rank(b));
}

interface ValueText {
  readonly title: string;
  readonly axis: string;
  readonly factor: number;
}

function textOf(name: string, hasTeacherTerms: boolean, names: MetricNames): ValueText {
  if (name.startsWith(validationPrefix)) {
    const { label, isShare = false } = metricText(name.slice(validationPrefix.length), names);
    return { title: `validation: ${label}`, axis: isShare ? `${label}, %` : label, factor: isShare ? 100 : 1 };
  }
  if (name === "learningRate") return { title: "learning rate", axis: "learning rate", factor: 1 };
  const whose = hasTeacherTerms ? ", each with its own terms" : "";
  return { title: name === "loss" ? `loss (weighted sum${whose})` : name, axis: name, factor: 1 };
}

function chart(name: string, curves: readonly TrainingCurve[]): Markup {
  const { title, axis, factor } = textOf(
    name,
    new Set(curves.map(({ look }) => look)).size > 1,
    curves[0]?.names ?? {},
  );
  const lines = curves.map(
    ({ stage, look, epochs, best }): ChartLine => ({
      label: stage,
      look,
      marked: best,
      points: epochs
        .filter(({ values }) => values[name] !== undefined)
        .map(({ epoch, values }) => [epoch, factor * numberOf(values[name])] as const),
    }),
  );
  return html`<figure><figcaption>${title}</figcaption>
${lineChart({ title: `${title} by epoch`, axis, lines })}</figure>
`;
}

/** Values that were not finite come back from JSON as null. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

function legend(curves: readonly TrainingCurve[]): Markup {
  const looks: readonly LineLook[] = ["teacher", "student", "baseline"];
  const entries = looks.flatMap((look) => {
    const stages = curves.filter((curve) => curve.look === look).map(({ stage }) => stage);
    return stages.length === 0 ? [] : [{ look, text: stages.includes(look) ? look : `${look} (${stages.join(", ")})` }];
  });
  return html`<ul class="legend">${entries.map(
    ({ look, text }) =>
      html`<li><svg viewBox="0 0 34 10" aria-hidden="true"><g class="line ${look}"><path d="M1 5H33"/></g></svg>${text}</li>`,
  )}${
    curves.some(({ best }) => best !== undefined)
      ? html`<li><svg viewBox="0 0 34 10" aria-hidden="true"><circle class="best" cx="17" cy="5" r="4"/></svg>epoch that was kept</li>`
      : undefined
  }</ul>`;
}

/** The drawn numbers as a table, folded away. */
function numbers({ stage, epochs, best }: TrainingCurve): Markup {
  const names = [...new Set(epochs.flatMap(({ values }) => Object.keys(values)))];
  return html`<details><summary>numbers of ${stage}</summary><div class="wide"><table class="numbers">
<thead><tr><th>epoch</th>${names.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${epochs.map(
    ({ epoch, values }) =>
      html`<tr${epoch === best ? html` class="kept"` : undefined}><td>${epoch}${epoch === best ? " (kept)" : ""}</td>${names.map((name) => html`<td>${values[name] === undefined ? "" : formatNumber(numberOf(values[name]))}</td>`)}</tr>\n`,
  )}</tbody></table></div></details>
`;
}
