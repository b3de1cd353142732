import type { HostArray, HostState, Step, StepSpec, Tf } from "../../../../core/index.ts";
import { bodyOf } from "../../layers/body-of.ts";
import type { NativeBackend } from "../native-backend.ts";
import { alteredBatch, alteredScalars } from "./altered-inputs.ts";
import type { GraphPart } from "./graph-part.ts";
import { NotCapturable } from "./not-capturable.ts";
import { recordTwice } from "./record-twice.ts";
import type { StepOutcome } from "./twin.ts";
import { scopeOf, type WhichStep } from "./which-step.ts";

/** A step to try. */
export interface StepTry {
  readonly batch: Readonly<Record<string, HostArray>>;
  readonly which: WhichStep;
  readonly scalars: Readonly<Record<string, number>>;
}

export interface RecordedStep extends StepTry {
  readonly part: GraphPart;
  /** What the run that was recorded gave: the eager twin. */
  readonly twin: StepOutcome;
}

export interface RecordedPrediction {
  readonly part: GraphPart;
  /** A copy of what it was recorded with. */
  readonly batch: Readonly<Record<string, HostArray>>;
  readonly results: StepOutcome["results"];
}

/**
 * Records the parts of a step's graph while its bodies run operation by operation. After each the state is that of the
 * start again; where one cannot be captured it may be any.
 */
export class StepRecorder {
  readonly #tf: Tf;
  readonly #native: NativeBackend;
  readonly #spec: StepSpec;
  /** Holds the state. */
  readonly #eager: Step;

  constructor(tf: Tf, native: NativeBackend, spec: StepSpec, eager: Step) {
    this.#tf = tf;
    this.#native = native;
    this.#spec = spec;
    this.#eager = eager;
  }

  async step(step: StepTry, start: HostState): Promise<RecordedStep> {
    const { batch, which, scalars } = step;
    const { inputs, scalars: names } = this.#spec;
    const { size } = which;
    let state: HostState | undefined;
    const { trace, results } = await recordTwice(
      { ...this.#recording(Object.keys(inputs), size), batch, scalars, body: bodyOf(this.#spec, which.variant) },
      {
        batch: alteredBatch(inputs, batch, size),
        scalars: alteredScalars(scalars),
        restore: async () => {
          state ??= await this.#eager.readState();
          await this.#eager.writeState(start);
        },
      },
    );
    const part = { scope: scopeOf(which), batchSize: size, inputs, scalars: names, trace };
    return { ...step, part, twin: { results, state: state ?? start } };
  }

  async prediction(batch: Readonly<Record<string, HostArray>>, size: number): Promise<RecordedPrediction> {
    const { inputs, predictInputs, predict } = this.#spec;
    const { trace, results } = await recordTwice(
      { ...this.#recording(predictInputs, size), batch, scalars: {}, body: predict },
      { batch: alteredBatch(inputs, batch, size), scalars: {}, restore: async () => undefined },
    );
    if (trace.assigned.size > 0) throw new NotCapturable("the forward pass changes the state");
    const taken = predictInputs.map((name) => [name, batch[name]?.slice() ?? new Float32Array()] as const);
    const part = { scope: "predict", batchSize: size, inputs, scalars: [], trace };
    return { part, batch: Object.fromEntries(taken), results };
  }

  #recording(names: readonly string[], size: number) {
    const { inputs, state, author, signal } = this.#spec;
    return { tf: this.#tf, native: this.#native, inputs, names, state, author, size, signal };
  }
}
