import type { BuiltNetwork } from "../contracts/network.ts";
import type { Rng } from "../contracts/rng.ts";
import { type Graph, isDeclaration, type PlanNode } from "../plan/graph.ts";
import type { ProviderUse } from "../plugins/provider.ts";
import { sidesOf } from "../tensors/side-lengths.ts";
import type { PreparedPipeline } from "./prepared-pipeline.ts";
import { stageContext } from "./stage-context.ts";

/** Networks that are only looked at need no weights, and drawing those of large ones takes seconds. */
const zeros: Rng = {
  uint32: () => 0,
  uniform: () => 0,
  integer: () => 0,
  normal: () => 0,
  permutation: (n) => new Uint32Array(n),
};

/** A place in a network from which features can be taken. */
export interface ListedTap {
  readonly name: string;
  /** Without the batch axis; `undefined` for a file's, which are measured when it is opened. */
  readonly shape: readonly number[] | undefined;
  /** Input pixels for each cell; 0 without places. */
  readonly stride: number | undefined;
}

export interface StageTaps {
  readonly stage: string;
  readonly kind: string;
  /** Left out where the data do not say their size or classes before they are read. */
  readonly taps?: readonly ListedTap[];
}

/** The taps of every student and teacher of a pipeline; networks that are trained here are built, and nothing is run. */
export async function listTaps(prepared: PreparedPipeline): Promise<readonly StageTaps[]> {
  const { graph } = prepared;
  const listed: StageTaps[] = [];
  for (const node of modelsOf(graph)) {
    const { stage, name } = node;
    const network = networkOf(node);
    const named = graph.descriptions.get(node)?.taps;
    const taps =
      network === undefined
        ? named?.map((tap) => ({ name: tap, shape: undefined, stride: undefined }))
        : await builtOf(prepared, node, network, listedTaps);
    listed.push({ stage: name, kind: stage.kind, ...(taps && { taps }) });
  }
  return listed;
}

/** Teachers, and one training of each student. */
function modelsOf({ nodes }: Graph): readonly PlanNode[] {
  const seen = new Set<string>();
  return nodes.filter((node) => {
    const { kind, name } = node.stage;
    if (isDeclaration(node) || node.baseline || seen.has(name) || (kind !== "teacher" && kind !== "train"))
      return false;
    seen.add(name);
    return true;
  });
}

/** What a stage trains: the student on its port, or the network in its options. */
function networkOf({ inputs, options, components }: PlanNode): ProviderUse | undefined {
  const student = inputs.get("student")?.[0];
  if (student !== undefined) return { use: student.registered.provider.id, ...student.options };
  const inner = components.find(
    ({ pointer, registered }) => pointer === "/network" && registered.provider.family === "networks",
  );
  return inner === undefined ? undefined : (options["network"] as ProviderUse);
}

/** Builds the network of every training, and asks for it; `undefined` of those that cannot be built for these data. */
export async function inspectNetworks<T>(
  prepared: PreparedPipeline,
  look: (built: BuiltNetwork) => T,
): Promise<ReadonlyMap<string, T | undefined>> {
  const found = new Map<string, T | undefined>();
  for (const node of modelsOf(prepared.graph)) {
    const network = networkOf(node);
    const built = network && (await builtOf(prepared, node, network, look).catch(() => undefined));
    found.set(node.stage.name, built);
  }
  return found;
}

async function builtOf<T>(
  { pipeline, hooks, signal, store, backend, graph }: PreparedPipeline,
  node: PlanNode,
  use: ProviderUse,
  look: (built: BuiltNetwork) => T,
): Promise<T | undefined> {
  const data = node.inputs.get("data")?.[0];
  const { imageSize, classNames } = (data && graph.descriptions.get(data)) ?? {};
  if (classNames === undefined) return undefined;
  const ready = await backend.load();
  const fileDigest = (path: string): Promise<string> => store.fileDigest(path);
  const context = stageContext({ pipeline, hooks, signal, fileDigest, backend: () => ready }, node);
  const network = await context.provider("networks", use);
  const own = network.imageSize === undefined ? undefined : sidesOf(network.imageSize);
  const [height, width] = [own?.height ?? imageSize?.height, own?.width ?? imageSize?.width];
  if (imageSize === undefined || height === undefined || width === undefined) return undefined;
  const built = network.build({
    imageSize: { height, width, channels: imageSize.channels },
    classes: classNames.length,
    rng: zeros,
  });
  try {
    return look(built);
  } finally {
    built.model.dispose();
  }
}

function listedTaps({ taps }: BuiltNetwork): readonly ListedTap[] {
  return Object.entries(taps).map(([name, { tensor, stride }]) => ({
    name,
    shape: tensor.shape.slice(1).map((size) => size ?? 0),
    stride,
  }));
}
