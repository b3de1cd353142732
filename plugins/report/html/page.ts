import {
  durationText,
  formatDetails,
  formatDuration,
  isMetrics,
  type RunRecord,
  type RunReport,
  type SeenRun,
  type SeenStage,
  shellCommand,
  timeText,
} from "../../../core/index.ts";
import { classesSection } from "./classes-section.ts";
import { curvesSection } from "./curves-section.ts";
import { html, type Markup } from "./markup.ts";
import { metricsSection } from "./metrics-section.ts";
import { pageStyle } from "./page-style.ts";
import { picturesSection, type StagePictures } from "./pictures-section.ts";

/** A run as one page that needs nothing else: no scripts, no fonts, no network. It is well-formed XML too. */
export function runPage(report: RunReport, pictures: readonly StagePictures[] = []): string {
  const { record, seen, curves, gates, pipelineYaml, errorText } = report;
  const { pipeline, status, runId } = record;
  return html`<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
<title>${pipeline}: ${status}</title>
<style>${pageStyle}</style>
</head>
<body>
<header><h1>${pipeline} <span class="badge ${status}">${status}</span></h1>
<p class="quiet">kdflow run ${runId}</p></header>
<main>
${verdictSection(record)}${errorText === undefined ? undefined : html`<section><h2>${status === "failed" ? "error" : "end"}</h2><pre class="error">${errorText}</pre></section>\n`}${facts(record)}${metricsSection(record.metrics, gates)}${classesSection(record.metrics)}${picturesSection(pictures)}${curvesSection(curves)}${stagesSection([...seen.stages.values()])}${remarks(seen)}<section><h2>pipeline</h2>
<p class="quiet">As it was resolved: with what it extends, its variables and <code>--set</code>.</p>
<pre>${pipelineYaml}</pre></section>
</main>
</body>
</html>
`.text;
}

/** What a reader wants to know first: whether the teacher helps, and how to go on where the run was interrupted. */
function verdictSection({ metrics, status, command }: RunRecord): Markup | undefined {
  const verdicts = Object.entries(metrics).flatMap(([stage, value]) =>
    isMetrics(value) && value.verdict !== undefined ? [[stage, value.verdict.text] as const] : [],
  );
  const lines = [
    ...verdicts.map(([stage, text]) => html`<p><b>${text}</b>${verdicts.length > 1 ? ` (${stage})` : ""}</p>\n`),
    ...(status === "interrupted"
      ? [html`<p>resume with: <code>${shellCommand(["kdflow", ...withoutForcing(command)])}</code></p>\n`]
      : []),
  ];
  return lines.length === 0 ? undefined : html`<section class="verdict">${lines}</section>\n`;
}

/** What was forced has been cleared already; to force it again would start it anew. */
function withoutForcing(command: readonly string[]): readonly string[] {
  const forces = (word: string | undefined): boolean => word === "--force" || word === "--from";
  return command.filter((word, at) => !forces(word) && !forces(command[at - 1]) && !/^--(force|from)=/.test(word));
}

function facts(record: RunRecord): Markup {
  const { file, command, startedAt, backend, versions } = record;
  const rows = [
    ["command", html`<code>${shellCommand(["kdflow", ...command])}</code>`],
    ["file", file],
    ["started", `${timeText(startedAt)} UTC, took ${durationText(record)}`],
    ["backend", backend],
    ["versions", formatDetails(versions)],
  ] as const;
  return html`<section><dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl></section>
`;
}

function stagesSection(stages: readonly SeenStage[]): Markup | undefined {
  if (stages.length === 0) return undefined;
  return html`<section><h2>stages</h2>
<div class="wide"><table>
<thead><tr><th>stage</th><th>kind</th><th>provider</th><th>result</th><th class="number">took</th><th>key</th></tr></thead>
<tbody>${stages.map(stageRow)}</tbody></table></div></section>
`;
}

function stageRow({ stage, kind, provider, state, durationMs, key }: SeenStage): Markup {
  const took = durationMs === undefined ? "–" : formatDuration(durationMs);
  return html`<tr><th>${stage}</th><td>${kind}</td><td>${provider}</td><td class="${state.replace(" ", "-")}">${state}</td><td class="number">${took}</td><td>${key === undefined ? "–" : html`<code title="${key}">${key.slice(0, 12)}</code>`}</td></tr>
`;
}

/** What the planner did on the user's behalf, and what stages warned of. */
function remarks({ notes, warnings }: SeenRun): Markup | undefined {
  if (notes.length === 0 && warnings.length === 0) return undefined;
  return html`<section><h2>notes and warnings</h2>
<ul>${notes.map((note) => html`<li><b>note</b> ${note}</li>\n`)}${warnings.map(
    ({ stage, message }) =>
      html`<li><b class="interrupted">warning</b> ${stage === undefined ? "" : `${stage}: `}${message}</li>\n`,
  )}</ul></section>
`;
}
