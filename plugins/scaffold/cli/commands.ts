import { resolve } from "node:path";
import { KdflowError } from "../../../core/index.ts";
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
    const made = await (recipe === undefined ? initPipeline(host, request) : fromRecipe(host, recipe, request));
    const isProbed = recipe === undefined && made.lacks === undefined && !args.has("no-probe");
    const cost = isProbed ? await previewOf(made.file, host) : [];
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

/** What a run would take, in lines; the file is written whether this is known or not. */
async function previewOf(file: string, host: ScaffoldHost): Promise<readonly string[]> {
  host.say("measuring a few batches (--no-probe leaves it out)…");
  try {
    return await host.preview(resolve(host.cwd, file));
  } catch (error) {
    if (!(error instanceof KdflowError) || host.signal.aborted) throw error;
    host.say(`what a run takes is not known: ${error.message}`);
    return [];
  }
}

async function asker(): Promise<Asker | undefined> {
  return hasTerminal() ? terminalAsker("nothing was written") : undefined;
}
