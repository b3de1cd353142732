/** kdflow's own components, made from the built-in providers as a run would make them. */

import type {
  Backend,
  BuiltNetwork,
  CreateContext,
  FamilyName,
  Network,
  Objective,
  Optimizer,
  Provider,
  ProviderUse,
  Schedule,
} from "../../../core/index.ts";
import { bindProvider } from "../../../core/plugins/bind-provider.ts";
import { createTestContext } from "../../../core/testing/index.ts";
import { builtins } from "../../../plugins/index.ts";
import { type BenchNetwork, type StepSetup, training } from "./step-setup.ts";

export async function loadBackend(id: "tensorflow" | "cpu", options: object = {}): Promise<Backend> {
  const { create } = (await loadProvider("backends", id)) as unknown as { create(options: object): Promise<Backend> };
  return create(options);
}

/** What a training stage asks its providers for. */
export interface StepComponents {
  readonly context: CreateContext;
  readonly network: Network;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
}

export async function createComponents(backend: Backend, setup: StepSetup): Promise<StepComponents> {
  const { learningRate, momentum, weightDecay, hardWeight, softWeight, temperature } = setup;
  const context = await createContext(backend, ["cross-entropy", "kd"]);
  const loss: ProviderUse = {
    use: "sum",
    "cross-entropy": { use: "cross-entropy", weight: hardWeight, options: { labelSmoothing: 0 } },
    kd: { use: "kd", weight: softWeight, options: { temperature } },
  };
  const sgd: ProviderUse = { use: "sgd", learningRate, momentum, nesterov: false, weightDecay };
  return {
    context,
    network: await context.provider("networks", classifierOf(setup)),
    objective: await context.provider("loss", loss),
    optimizer: await context.provider("optimizers", sgd),
    schedule: await context.provider("schedules", { use: "constant" }),
  };
}

/** The network with its seeded weights; caller disposes the model. */
export async function buildStudent(backend: Backend, bench: BenchNetwork): Promise<BuiltNetwork> {
  const context = await createContext(backend, []);
  const network = await context.provider("networks", classifierOf(bench));
  const imageSize = { height: bench.side, width: bench.side, channels: 3 };
  return network.build({ imageSize, classes: training.classes, rng: context.rng("weights") });
}

function classifierOf({ backbone }: BenchNetwork): ProviderUse {
  return { use: "classifier", backbone, normalize: "signed" };
}

/** What providers are created with; `sum` finds the losses named. */
export async function createContext(backend: Backend, named: readonly string[]): Promise<CreateContext> {
  const losses = new Map<string, Provider>();
  for (const id of named) losses.set(id, await loadProvider("losses", id));
  const context: CreateContext = createTestContext({
    tf: backend.tf,
    backend,
    seed: 1,
    lookup: (_family, use) => bindProvider(losses.get(use.use) as never, use),
    provider: async (family, { use, ...options }) => {
      const { create } = (await loadProvider(family, use)) as unknown as {
        create(options: object, context: CreateContext): never;
      };
      return create(options, context);
    },
  });
  return context;
}

async function loadProvider(family: FamilyName, id: string): Promise<Provider> {
  const found = builtins.providers?.find((provider) => provider.family === family && provider.id === id);
  if (found === undefined) throw new Error(`no built-in provider is called ${family}/${id}`);
  return "load" in found ? found.load() : found;
}
