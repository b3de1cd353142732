import { KdflowError } from "../../errors/kdflow-error.ts";
import type { ProviderOf, ProviderRuntime } from "../../plugins/provider.ts";
import { builtinPlugins, builtinRegistry, wantedBackends } from "../builtins.ts";
import type { Command } from "../command.ts";
import { watchInterrupts } from "../interrupt.ts";
import type { CommandOutput } from "../output.ts";
import { providerRuntimes } from "../provider-runtimes.ts";
import { tryBackend } from "../try-backend.ts";

/** How a backend stands after setup. */
interface BackendState {
  readonly backend: string;
  readonly works: boolean;
  readonly detail: string;
}

/** How a runtime of providers stands after setup. */
interface RuntimeState {
  readonly runtime: string;
  readonly works: boolean;
  readonly detail: string;
}

/**
 * `kdflow setup`: provisions the backends, best first, and says which one `auto` will take; then what single providers
 * need, whose lack is no failure.
 */
export const command: Command = async (args, output) => {
  const wanted = args.value("backend");
  const registry = await builtinRegistry();
  const chosen = await wantedBackends(wanted, registry);
  const runtimes = wanted === undefined || wanted === "auto" ? await providerRuntimes(builtinPlugins, registry) : [];
  const interrupts = watchInterrupts(output, "stopping the set-up…");
  try {
    const states: BackendState[] = [];
    for (const provider of chosen) {
      const state = await provisionOne(provider, args.has("force"), interrupts.signal, output);
      interrupts.signal.throwIfAborted();
      states.push(state);
      if (args.has("json")) output.event("backend", state);
      output.say(`${state.backend}: ${state.works ? "works" : "cannot be used here"}, ${state.detail}`);
    }
    for (const runtime of runtimes) {
      const state = await provisionRuntime(runtime, args.has("force"), interrupts.signal, output);
      interrupts.signal.throwIfAborted();
      if (args.has("json")) output.event("runtime", state);
      output.say(`${state.runtime}: ${state.works ? "works" : "cannot be used here"}, ${state.detail}`);
    }
    return conclude(states, args.has("json"), output);
  } finally {
    interrupts.close();
  }
};

async function provisionOne(
  provider: ProviderOf<"backends">,
  force: boolean,
  signal: AbortSignal,
  output: CommandOutput,
): Promise<BackendState> {
  const { id } = provider;
  const log = (line: string): void => output.say(`${id}: ${line}`);
  const provisioned = await provider.provision?.({ log, force, signal });
  const probe = await provider.probe();
  if (!probe.available) {
    return { backend: id, works: false, detail: provisioned?.ok === false ? provisioned.reason : probe.reason };
  }
  const trial = await tryBackend(id);
  return { backend: id, works: trial.works, detail: trial.works ? probe.detail : trial.reason };
}

async function provisionRuntime(
  runtime: ProviderRuntime,
  force: boolean,
  signal: AbortSignal,
  output: CommandOutput,
): Promise<RuntimeState> {
  const log = (line: string): void => output.say(`${runtime.name}: ${line}`);
  const result = await runtime.provision({ log, force, signal });
  return { runtime: runtime.name, works: result.ok, detail: result.ok ? result.detail : result.reason };
}

/** The first one that works is what `auto` takes, since they come in its order. */
function conclude(states: readonly BackendState[], json: boolean, output: CommandOutput): 0 {
  const best = states.find(({ works }) => works);
  if (best === undefined) {
    throw new KdflowError("KDF_SETUP_FAILED", "no tensor backend works on this machine", {
      hint: [
        ...states.map(({ backend, detail }) => `${backend}: ${detail}`),
        "kdflow doctor tells what is there and what is missing",
      ],
    });
  }
  if (json) output.event("setup", { backend: best.backend });
  else output.result(`backend: auto will take ${best.backend}`);
  return 0;
}
