/**
 * `npm run bench -- start`: how long a captured training takes from asking for its step to the end of the first one, in
 * processes that did nothing before: recording, checking, writing and preparing the graph.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readArguments, say, wholeNumber } from "../command-line.ts";
import { describeMachine } from "../machine.ts";
import { markdownTable } from "../markdown-table.ts";
import { RivalProcess } from "../rival-process.ts";
import { spreadOf } from "../statistics.ts";
import { chosenNetworks } from "../step/options.ts";
import type { RivalReady, RivalSkipped } from "../step/rival-protocol.ts";
import { rivalCommand, rivals, stepProgram } from "../step/rivals.ts";
import { writeStepFiles } from "../step/step-files.ts";
import type { BenchNetwork } from "../step/step-setup.ts";

const usage = `usage: npm run bench -- start [--networks A,B] [--processes N]`;

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  say(`${machine.cpu}, ${machine.cores} cores, ${machine.system}, load ${machine.load}; kdflow at ${machine.commit}`);
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-start-"));
  try {
    const rows: string[][] = [];
    for (const network of options.networks) rows.push(await measure(network, join(scratch, network.id), options));
    process.stdout.write(`${markdownTable(["network", "median", "range"], rows).join("\n")}\n`);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function parseOptions(args: readonly string[]) {
  const options = { networks: { type: "string" }, processes: { type: "string", default: "10" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  return { networks: chosenNetworks(values.networks), processes: wholeNumber("processes", values.processes) };
}

async function measure(network: BenchNetwork, folder: string, { processes }: { readonly processes: number }) {
  await mkdir(folder);
  await writeStepFiles(folder, network);
  const times: number[] = [];
  // the first reads libraries from disk
  for (let i = 0; i <= processes; i++) {
    say(`${network.title}: ${i === 0 ? "once beforehand" : `process ${i} of ${processes}`}`);
    times.push(await firstStepMs(folder));
  }
  const { median, low, high } = spreadOf(times.slice(1).map((ms) => ms / 1000));
  const title = `${network.title}, ${network.side} px, batch ${network.batchSize}`;
  return [title, `${median.toFixed(2)} s`, `${low.toFixed(2)}–${high.toFixed(2)} s`];
}

/** @throws Error where nothing can be captured here */
async function firstStepMs(folder: string): Promise<number> {
  const [kdflow] = rivals;
  if (kdflow === undefined) throw new Error("there is no rival");
  const torch = { skipped: "not asked for" };
  const place = {
    program: stepProgram,
    folder,
    compileCache: folder,
    cores: availableParallelism(),
    threads: undefined,
    torch,
  };
  const command = rivalCommand(kdflow, place);
  if ("skipped" in command) throw new Error(command.skipped);
  const process = new RivalProcess(command);
  try {
    const ready = await process.receive<RivalReady | RivalSkipped>();
    if ("skipped" in ready) throw new Error(`skipped: ${ready.skipped}`);
    await process.stop();
    return ready.firstStepMs;
  } finally {
    process.kill();
  }
}
