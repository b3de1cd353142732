import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { costLines } from "../../../plugins/cost/estimate/cost-rows.ts";
import { planCost } from "../../../plugins/cost/probe/plan-cost.ts";
import { scaffoldCommands } from "../../../plugins/scaffold/cli/commands.ts";
import type { ScaffoldHost } from "../../../plugins/scaffold/init/host.ts";
import type { Hooks } from "../../plugins/hooks.ts";
import { reportAsEvents } from "../../report/ndjson.ts";
import { formatShortPlan } from "../../report/plan-table.ts";
import { shellCommand } from "../../report/shell-quote.ts";
import { reportToTerminal } from "../../report/terminal.ts";
import { inspectNetworks } from "../../run/list-taps.ts";
import { listRuns, readResolved } from "../../run/run-record.ts";
import { openSession } from "../../run/session.ts";
import { builtinPlugins, builtinRegistry } from "../builtins.ts";
import { chooseRun } from "../choose-run.ts";
import type { Command, CommandSpec } from "../command.ts";
import { costHost } from "../cost-host.ts";
import { watchInterrupts } from "../interrupt.ts";
import type { CommandOutput } from "../output.ts";
import { ownCommand } from "../own-command.ts";

/** Commands that write files to start from: their work is done by `plugins/scaffold`, which knows the providers. */
export function scaffoldCommand(name: string, table: Table): { readonly command: Command } {
  const command: Command = async (args, output) => {
    const interrupts = watchInterrupts(output, "stopping…");
    try {
      await scaffoldCommands[name]?.(args, await createHost(output, interrupts.signal, table, args.has("json")));
      return 0;
    } finally {
      interrupts.close();
    }
  };
  return { command };
}

type Table = readonly CommandSpec[];

async function createHost(
  output: CommandOutput,
  signal: AbortSignal,
  table: Table,
  isJson: boolean,
): Promise<ScaffoldHost> {
  const registry = await builtinRegistry();
  const open = (file: string, storeDir: string, set: readonly string[] = []) =>
    openSession({ file, set, builtins: builtinPlugins, storeDir, signal, hidden: output.hidden, backend: "auto" });
  const cwd = process.cwd();
  return {
    cwd,
    commands: table.filter(({ hidden }) => hidden !== true),
    command: shellCommand(ownCommand({ script: process.argv[1] ?? "", cwd, env: process.env })),
    providers: (family) => Promise.all(registry.ids(family).map((id) => registry.find(family, id))),
    async inspect(file, look) {
      const store = await mkdtemp(join(tmpdir(), "kdflow-store-"));
      try {
        const prepared = await (await open(file, store)).prepare();
        const told = [...prepared.graph.descriptions].map(([node, said]) => [node.stage.name, said] as const);
        return { networks: await inspectNetworks(prepared, look), descriptions: new Map(told) };
      } finally {
        await rm(store, { recursive: true, force: true });
      }
    },
    plan: async (file) => formatShortPlan((await (await open(file, join(cwd, ".kdflow"))).plan()).stages),
    preview: async (file) => {
      const session = { file, builtins: builtinPlugins, storeDir: join(cwd, ".kdflow"), hidden: output.hidden };
      return costLines(await planCost(costHost(session), {}, signal));
    },
    stages: async (file, set) => (await open(file, "", set)).pipeline,
    async openRun(wanted, named) {
      const storeDir = resolve(named ?? ".kdflow");
      const record = chooseRun(await listRuns(storeDir), wanted, storeDir);
      const { runId, file, backend } = record;
      const shown = (hooks: Hooks): void =>
        isJson ? reportAsEvents(hooks, output.event) : reportToTerminal(hooks, { ...output, verbose: false });
      const options = { file, storeDir, backend, signal, builtins: builtinPlugins, hidden: output.hidden };
      return {
        ...{ record, storeDir, resolved: await readResolved(storeDir, runId) },
        open: (text, isShown) => openSession({ ...options, text, ...(isShown ? { observe: shown } : {}) }),
      };
    },
    signal,
    ...output,
  };
}
