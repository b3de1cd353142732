import { resolve } from "node:path";
import { parse } from "yaml";
import { allowedHint, KdflowError } from "../../../core/index.ts";
import { boardHead } from "../../report/board/board-rows.ts";
import type { ScaffoldHost } from "../init/host.ts";
import { initPipeline } from "../init/init-pipeline.ts";
import type { Asker } from "../questions/question.ts";
import { hasTerminal, terminalAsker } from "../questions/terminal.ts";
import { fromRecipe } from "../recipes/from-recipe.ts";
import { listRecipes } from "../recipes/recipes.ts";
import { answerFlags } from "./command-specs.ts";
import { completionScript, shellOf } from "./completion.ts";
import { readAnswers } from "./read-answers.ts";

/** A command line that fits its command. */
export interface ScaffoldArguments {
  readonly positionals: readonly string[];
  value(option: string): string | undefined;
  values(option: string): readonly string[];
  has(option: string): boolean;
}

type ScaffoldCommand = (args: ScaffoldArguments, host: ScaffoldHost) => Promise<void>;

/** The work of the commands of `scaffoldSpecs`, by name. */
export const scaffoldCommands: Readonly<Record<string, ScaffoldCommand>> = {
  async init(args, host) {
    const file = args.value("answers");
    const told = file === undefined ? [] : [...(await readAnswers(file))];
    const flags = answerFlags.flatMap(({ name }) => {
      const value = args.value(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const given = new Map([...told, ...flags]);
    const request = { given, yes: args.has("yes"), ask: await asker() };
    const recipe = args.value("from");
    const { takeBack, ...made } = await (recipe === undefined
      ? initPipeline(host, request)
      : fromRecipe(host, recipe, request));
    const isProbed = recipe === undefined && made.lacks === undefined && !args.has("no-probe");
    const cost = isProbed ? await previewOf(made.file, host) : [];
    if (host.signal.aborted) {
      await takeBack();
      throw new KdflowError("KDF_RUN_INTERRUPTED", "interrupted; nothing was written");
    }
    if (args.has("json")) return host.event("init", { ...made, ...(isProbed && { cost }) });
    for (const line of cost.length > 0 ? cost : made.plan) host.say(line);
    if (made.lacks !== undefined) host.say(`still to bring, or to name in \`vars\`: ${made.lacks}`);
    host.say(`wrote ${made.file}; next:`);
    for (const command of made.next) host.result(command);
  },

  async recipes(args, host) {
    const recipes = await listRecipes();
    if (args.has("json")) for (const { name, summary } of recipes) host.event("recipe", { name, summary });
    const width = Math.max(...recipes.map(({ name }) => name.length));
    if (!args.has("json")) for (const { name, summary } of recipes) host.result(`${name.padEnd(width)}  ${summary}`);
  },

  async completion(args, host) {
    const shell = shellOf(args.positionals[0] ?? "");
    const script = completionScript(shell, host.commands);
    if (args.has("json")) return host.event("completion", { shell, script });
    for (const line of script.split("\n")) host.result(line);
  },

  async "plugins create"(args, host) {
    const [name = ""] = args.positionals;
    const { createPackage } = await import("../package/create-package.ts");
    const files = await createPackage(name, args.value("family") ?? "losses", host.cwd);
    if (args.has("json")) return host.event("created", { files });
    for (const file of files) host.result(file);
    host.say(`next: cd ${name} && npm install && npm test`);
  },

  async export(args, host) {
    const [wanted = ""] = args.positionals;
    const given = args.values("format");
    const formats = given.length === 0 ? ["onnx"] : [...new Set(given)];
    const known = (await host.providers("export")).map(({ provider }) => provider.id);
    const chosen = (name: string, value: string, allowed: readonly string[]): void => {
      if (allowed.includes(value)) return;
      throw new KdflowError("KDF_CLI_USAGE", `--${name} is "${value}"`, { hint: allowedHint(value, allowed) });
    };
    for (const format of formats) chosen("format", format, known);
    const weights = args.value("weights") ?? "best";
    chosen("weights", weights, ["best", "last"]);
    const { exportRun } = await import("../../exporters/from-run/export-run.ts");
    const request = {
      formats,
      options: exportOptions(args.values("set")),
      stage: args.value("stage"),
      weights: weights === "last" ? "last" : "best",
      to: args.value("to"),
      cwd: host.cwd,
    } as const;
    const say = (line: string): void => (args.has("json") ? undefined : host.say(line));
    const run = await host.openRun(wanted, args.value("store"));
    const { stage, isFinished, folders } = await exportRun(run, request, say);
    if (args.has("json")) host.event("exported", { runId: run.record.runId, stage, isFinished, weights, folders });
    else for (const folder of Object.values(folders)) host.result(folder);
  },

  async "labels export"(args, host) {
    const { exportLabels, labelFormats } = await import("../../soft-labels/exporting/export-labels.ts");
    const formats = Object.keys(labelFormats);
    const format = args.value("format") ?? "";
    if (!formats.includes(format)) {
      const message = format === "" ? "--format is missing" : `--format is "${format}"`;
      throw new KdflowError("KDF_CLI_USAGE", message, { hint: allowedHint(format, formats) });
    }
    const minScore = scoreOf(args.value("min-score") ?? "0.1");
    const folder = resolve(host.cwd, args.value("to") ?? `labels-${format}`);
    const run = await host.openRun(args.positionals[0] ?? "", args.value("store"));
    const { signal } = host;
    const made = await exportLabels(run, { format, minScore, stage: args.value("stage"), folder, signal });
    const { stage, photos, boxes, empty, data } = made;
    if (args.has("json")) {
      const counts = { photos, boxes, photosWithoutBoxes: empty };
      return host.event("labelsExported", { runId: run.record.runId, stage, format, folder, ...counts, data });
    }
    host.say(`${boxes} boxes on ${photos} photos score above ${minScore}; ${empty} photos have none`);
    const options = Object.entries(data).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    host.say(`takes the corrected files back: data: { ${options.join(", ")} }`);
    host.result(folder);
  },

  async report(args, host) {
    const { reportRun } = await import("../../report/command/report-run.ts");
    const { record, storeDir } = await host.openRun(args.positionals[0] ?? "latest", args.value("store"));
    const files = args.values("board").map((file) => resolve(host.cwd, file));
    const { path, boards, rows } = await reportRun(storeDir, record, files);
    if (args.has("json")) {
      host.event("report", { runId: record.runId, path, ...(boards.length === 0 ? {} : { boards }) });
    } else {
      for (const row of rows) host.result(row.map((cell, place) => `${boardHead[place]} ${cell}`).join(", "));
      host.result(path);
    }
    if (!args.has("open")) return;
    const { openPage } = await import("../../report/command/open-page.ts");
    if (!(await openPage(path))) host.say("no program here opens it; open the file in a browser");
  },

  async "data stats"(args, host) {
    const [file = ""] = args.positionals;
    const { pipelineStats, statsLines } = await import("../../data/boxes/stats/pipeline-stats.ts");
    const all = await pipelineStats(await host.stages(file, args.values("set")), host);
    for (const stats of all) {
      if (args.has("json")) host.event("dataStats", stats);
      else for (const line of statsLines(stats)) host.result(line);
    }
  },
};

/** What a run would take, in lines; none where this cannot be known, or was interrupted. */
async function previewOf(file: string, host: ScaffoldHost): Promise<readonly string[]> {
  host.say("measuring a few batches (--no-probe leaves it out)…");
  try {
    return await host.preview(resolve(host.cwd, file));
  } catch (error) {
    if (host.signal.aborted) return [];
    if (!(error instanceof KdflowError)) throw error;
    host.say(`what a run takes is not known: ${error.message}`);
    return [];
  }
}

function scoreOf(text: string): number {
  const score = text.trim() === "" ? Number.NaN : Number(text);
  if (score >= 0 && score < 1) return score;
  throw new KdflowError("KDF_CLI_USAGE", `--min-score is "${text}"`, {
    hint: "a number from 0 up to, not including, 1",
  });
}

/** Options of an exporter, as `--set` gives them: values are read as YAML. */
function exportOptions(set: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    set.map((argument) => {
      const [, name, value = ""] = /^([^=]+)=(.*)$/s.exec(argument) ?? [];
      if (name !== undefined) return [name, parse(value) as unknown];
      throw new KdflowError("KDF_CLI_USAGE", `--set is "${argument}"`, {
        hint: "an option and its value: --set batch=1",
      });
    }),
  );
}

async function asker(): Promise<Asker | undefined> {
  return hasTerminal() ? terminalAsker("nothing was written") : undefined;
}
