import { isMetrics, type Metrics } from "../../../core/index.ts";
import { html, type Markup } from "./markup.ts";

/** What a scorer tells of single classes: the first number of each is its main one. */
interface ClassDetails {
  /** Keys that are numbers lose their order. */
  readonly classNames?: readonly string[];
  readonly perCategory: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `[classes][classes]`, images by true class and answer. */
  readonly confusion?: readonly (readonly number[])[];
  /** The commonest mistakes, where there are too many classes for a matrix. */
  readonly mistakes?: readonly { readonly truth: string; readonly answer: string; readonly images: number }[];
}

/** Longer lists of classes are folded away. */
const mostOpen = 20;

/** Of every evaluation: what each model reaches in each class, and which classes the first student takes for which. */
export function classesSection(metrics: Readonly<Record<string, unknown>>): Markup | undefined {
  const parts = Object.entries(metrics).flatMap(([stage, value]) => (isMetrics(value) ? classesOf(stage, value) : []));
  return parts.length === 0 ? undefined : html`<section><h2>classes</h2>\n${parts}</section>\n`;
}

function classesOf(stage: string, { details = {}, rows }: Metrics): readonly Markup[] {
  const models = rows.flatMap(({ role, stages }) =>
    stages.flatMap((model) => {
      const told = details[model];
      return isClassDetails(told) ? [{ role, model, told }] : [];
    }),
  );
  const [first] = models;
  if (first === undefined) return [];
  const judged = models.find(({ role }) => role === "student") ?? first;
  const classes = judged.told.classNames ?? Object.keys(judged.told.perCategory);
  const metric = Object.keys(judged.told.perCategory[classes[0] ?? ""] ?? {})[0] ?? "";
  const table = html`<div class="wide"><table class="numbers">
<thead><tr><th>class</th>${models.map(({ model }) => html`<th>${model}</th>`)}</tr></thead>
<tbody>${classes.map(
    (name) =>
      html`<tr><th>${name}</th>${models.map(({ told }) => html`<td>${numberText(told.perCategory[name]?.[metric])}</td>`)}</tr>\n`,
  )}</tbody></table></div>
`;
  const folded = html`<details><summary>${classes.length} classes</summary>${table}</details>\n`;
  return [
    html`<h3>${stage}: ${metric} by class</h3>\n${classes.length > mostOpen ? folded : table}`,
    ...(judged.told.confusion === undefined ? [] : [matrix(judged.model, classes, judged.told.confusion)]),
    ...(judged.told.mistakes === undefined ? [] : [mistakeList(judged.model, judged.told.mistakes)]),
  ];
}

function isClassDetails(value: unknown): value is ClassDetails {
  return typeof value === "object" && value !== null && "perCategory" in value && typeof value.perCategory === "object";
}

/** A share in percent; -1 is how COCO's rules write that there was nothing to find. */
function numberText(value: unknown): string {
  return typeof value !== "number" || value < 0 ? "–" : `${(100 * value).toFixed(1)} %`;
}

function matrix(model: string, classes: readonly string[], counts: readonly (readonly number[])[]): Markup {
  const rows = classes.map((name, truth) => {
    const row = counts[truth] ?? [];
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, answer) => {
      const shade = total === 0 ? 0 : Math.ceil((10 * count) / total);
      const title = `${name} taken for ${classes[answer] ?? answer}: ${count} of ${total}`;
      return html`<td class="${truth === answer ? "hit" : "miss"} shade${shade}" title="${title}">${count === 0 ? "" : count}</td>`;
    });
    return html`<tr><th>${name}</th>${cells}</tr>\n`;
  });
  return html`<h3>${model}: what is taken for what</h3>
<p class="quiet">A row for each true class, a column for each answer.</p>
<div class="wide"><table class="matrix">
<thead><tr><th></th>${classes.map((name) => html`<th><span>${name}</span></th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>
`;
}

function mistakeList(model: string, mistakes: NonNullable<ClassDetails["mistakes"]>): Markup {
  return html`<h3>${model}: commonest mistakes</h3>
<ul>${mistakes.map(({ truth, answer, images }) => html`<li>${truth} taken for ${answer}: ${images} images</li>\n`)}</ul>
`;
}
