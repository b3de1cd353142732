import type { Backend, Dataset, DatasetSplit, MetricsRow, StageContext, Teacher } from "../../../core/index.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { brought, type Contestant, renderPlain } from "./contestant.ts";
import { rowsOf, type Scores } from "./metrics-rows.ts";
import type { ScoresOptions } from "./scores-evaluator.ts";
import { isSmallWork } from "./small-work.ts";

/** Runs before timing starts: the first ones load kernels and allocate. */
const warmUpRuns = 3;

interface Measuring {
  readonly data: Dataset;
  readonly split: DatasetSplit;
  readonly options: ScoresOptions;
  readonly context: StageContext;
}

/**
 * What a model takes here for one image, by role, with what computed it. `latencyMs` is one pass, reading its answer
 * included. Detectors are shown a photo of the split: how much there is to suppress depends on what is seen.
 * `latencyBoxesMs` is the same with decoding, bringing classes together and suppression.
 */
export async function measureAll(
  contestants: readonly Contestant[],
  { data, split, options, context }: Measuring,
): Promise<MetricsRow[]> {
  const measured: Scores[] = [];
  const { latencyRuns: runs } = options;
  const isDetection = data.task === detectionId;
  for (const contestant of contestants) {
    context.signal.throwIfAborted();
    if (runs === 0) {
      measured.push({});
      continue;
    }
    const { predictor, imageSize } = contestant;
    const pixels = isDetection ? await renderPlain(split, first, imageSize) : grey(imageSize);
    const forward = predictor.forward?.bind(predictor) ?? predictor.predict.bind(predictor);
    const pass = (): Promise<unknown> => forward(pixels, 1);
    if (!isDetection) {
      const [latencyMs = Number.NaN] = await mediansMs([pass], runs);
      measured.push({ latencyMs });
      continue;
    }
    const spec = {
      classNames: data.classNames,
      outputs: contestant.selection?.outputs ?? predictor.outputs,
      imageSize,
      options,
    };
    const boxes = async (): Promise<void> => {
      const answers = brought(await predictor.predict(pixels, 1), 1, contestant);
      context.task(data.task).metric.start(spec).add(answers, { truth: split.truth, indices: first });
    };
    const [latencyMs = Number.NaN, latencyBoxesMs = Number.NaN] = await mediansMs([pass, boxes], runs);
    measured.push({ latencyMs, latencyBoxesMs });
  }
  return rowsOf(contestants, measured).map((row) => {
    const runtimes = contestants
      .filter(({ role }) => role === row.role)
      .flatMap(({ predictor }) => runtimesOf(predictor, context.backend))
      // the teacher is opened by whoever gives it, for all of the run
      .map((name) => (row.role !== "teacher" && isSmallWork(split.count) ? `${name}, operation by operation` : name));
    return runs === 0 ? row : { ...row, runtime: [...new Set(runtimes)].join(", ") };
  });
}

const first = Int32Array.of(0);

function grey({ height, width, channels }: Contestant["imageSize"]): Uint8Array {
  return new Uint8Array(height * width * channels).fill(127);
}

/** Those of an ensemble are its members'. */
function runtimesOf(model: Contestant["predictor"] | Teacher, backend: Backend): string[] {
  if ("ensemble" in model && model.ensemble !== undefined) {
    return model.ensemble.members.flatMap((member) => runtimesOf(member, backend));
  }
  return [model.runtime ?? `tfjs ${backend.details["tfjs"] ?? ""} ${backend.id}`];
}

/** Medians of works that take turns, so that what else the machine does falls on all of them. */
async function mediansMs(works: readonly (() => Promise<unknown>)[], runs: number): Promise<number[]> {
  const times = works.map((): number[] => []);
  for (let run = -warmUpRuns; run < runs; run++) {
    for (const [at, work] of works.entries()) {
      const startMs = performance.now();
      await work();
      if (run >= 0) times[at]?.push(performance.now() - startMs);
    }
  }
  return times.map(medianOf);
}

function medianOf(times: number[]): number {
  times.sort((a, b) => a - b);
  const middle = times.length >> 1;
  const upper = times[middle] ?? Number.NaN;
  return times.length % 2 === 1 ? upper : ((times[middle - 1] ?? upper) + upper) / 2;
}
