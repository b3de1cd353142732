import type { Forward, ForwardSpec, HostArray, Tf } from "../../../../core/index.ts";
import { createEagerForward, inPieces, type RunPiece } from "../../eager/eager-forward.ts";
import type { NativeBackend } from "../native-backend.ts";
import { alteredBatch } from "./altered-inputs.ts";
import { NotCapturable } from "./not-capturable.ts";
import { recordTwice } from "./record-twice.ts";
import { refusing } from "./refusals.ts";
import { writeStepGraph } from "./step-graph.ts";
import { StepSession } from "./step-session.ts";
import type { MakeFolder } from "./temporary-folder.ts";
import { assertTwin } from "./twin.ts";

/** Relative difference that a forward pass may have to the eager one. */
const tolerance = 1e-5;

/**
 * A frozen model's forward pass as one graph per batch size, its weights constants in it, so that TensorFlow folds
 * batch norm and activations into the convolutions. Each graph is made when its size first comes; where a model cannot
 * be recorded it runs operation by operation, and `onEager` is told.
 */
export function createCapturedForward(
  tf: Tf,
  native: NativeBackend,
  spec: ForwardSpec,
  makeFolder: MakeFolder,
): Forward {
  const eager = createEagerForward(tf, spec);
  const parts = new Map<number, Promise<Part>>();
  let told = false;
  const tellOnce = (reason: string): void => {
    if (!told) spec.onEager?.(reason);
    told = true;
  };
  const partOf = (size: number): Promise<Part> => {
    const fitting = spec.batchSizes.filter((each) => each >= size);
    const chosen = fitting.at(-1) ?? size;
    const part =
      parts.get(chosen) ?? capturedOr(eager, tellOnce, () => capture({ tf, native, makeFolder }, spec, chosen));
    parts.set(chosen, part);
    return part;
  };
  const disposeParts = async (): Promise<void> => {
    // a part that could not be made was told to whoever ran it
    for (const part of await Promise.allSettled(parts.values())) if (part.status === "fulfilled") part.value.dispose();
    parts.clear();
  };
  return {
    run: inPieces(spec, async (batch, size) => (await partOf(size)).run(batch, size)),
    dispose() {
      eager.dispose();
      void disposeParts();
    },
  };
}

interface CaptureTools {
  readonly tf: Tf;
  readonly native: NativeBackend;
  readonly makeFolder: MakeFolder;
}

interface Part {
  readonly run: RunPiece;
  dispose(): void;
}

async function capturedOr(eager: Forward, onEager: (reason: string) => void, make: () => Promise<Part>): Promise<Part> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof NotCapturable)) throw error;
    onEager(error.message);
    return { run: eager.run, dispose: () => undefined };
  }
}

async function capture({ tf, native, makeFolder }: CaptureTools, spec: ForwardSpec, size: number): Promise<Part> {
  const { inputs, forward } = spec;
  const batch = exampleBatch(spec, size);
  const names = Object.keys(inputs);
  const request = { tf, native, inputs, names, state: [], author: undefined, frozen: true, size, scalars: {} };
  const first = await recordTwice(
    { ...request, batch, body: forward },
    { batch: alteredBatch(inputs, batch, size), scalars: {}, restore: async () => undefined },
  );
  const part = { scope: "predict", batchSize: size, inputs, scalars: [], trace: first.trace };
  const { binding } = native;
  const graph = writeStepGraph(binding, [], [part]);
  const session = await StepSession.load(binding, { inputs, state: [] }, graph, makeFolder);
  try {
    assertTwin({
      what: "prediction",
      eager: { results: first.results, state: new Map() },
      captured: { results: refusing(() => session.predict(batch, size)), state: new Map() },
      resultTolerance: tolerance,
      roundedSteps: () => [],
    });
  } catch (error) {
    session.dispose();
    throw error;
  }
  return { run: async (some, count) => session.predict(some, count), dispose: () => session.dispose() };
}

/** Pixels and numbers without meaning, the same in every process. */
function exampleBatch({ inputs }: ForwardSpec, size: number): Record<string, HostArray> {
  const batch: Record<string, HostArray> = {};
  for (const [name, { shape, dtype }] of Object.entries(inputs)) {
    const length = shape.reduce((product, each) => product * each, size);
    if (dtype === "float32") batch[name] = Float32Array.from({ length }, (_, i) => Math.sin(i));
    else if (dtype === "int32") batch[name] = new Int32Array(length);
    else batch[name] = Uint8Array.from({ length }, (_, i) => (Math.sin(i) + 1) * 127);
  }
  return batch;
}
