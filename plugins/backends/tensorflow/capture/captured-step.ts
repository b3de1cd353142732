import {
  type HostArray,
  type HostState,
  KdflowError,
  type RunOptions,
  type Step,
  type StepSpec,
  type Tf,
} from "../../../../core/index.ts";
import { createEagerStep } from "../../eager/eager-step.ts";
import type { NativeBackend } from "../native-backend.ts";
import { CheckedPredictions } from "./checked-predictions.ts";
import { fasterPart } from "./faster-part.ts";
import type { GraphPart } from "./graph-part.ts";
import { withoutIdleOperations } from "./idle-operations.ts";
import { NotCapturable } from "./not-capturable.ts";
import { pause } from "./pause.ts";
import { refusing } from "./refusals.ts";
import { roundedSteps } from "./rounded-steps.ts";
import { writeStepGraph } from "./step-graph.ts";
import { type RecordedStep, StepRecorder, type StepTry } from "./step-recorder.ts";
import { StepSession } from "./step-session.ts";
import type { MakeFolder } from "./temporary-folder.ts";
import { TriedStep } from "./tried-step.ts";
import { assertTwin, type StepOutcome } from "./twin.ts";
import { scopeOf, stepsOf, variantsOf } from "./which-step.ts";

type Batch = Readonly<Record<string, HostArray>>;
type Scalars = Readonly<Record<string, number>>;

/**
 * Makes a step that TensorFlow runs as one graph. The body is recorded while it runs operation by operation on
 * `spec.example`, a second time with other inputs and numbers, and whatever differs between the two makes it
 * not capturable; then the graph must give the results and the state that the recorded run gave. Where any of this
 * fails the step is the eager one, and says why in `eagerReason`. Predictions are held against the recorded one when the
 * first is made.
 */
export async function createCapturedStep(
  tf: Tf,
  native: NativeBackend,
  spec: StepSpec,
  makeFolder: MakeFolder,
): Promise<Step> {
  const eager = createEagerStep(tf, spec);
  if (spec.example === undefined) return eager;
  const start = await eager.readState();
  try {
    const capture = new Capture({ tf, native, makeFolder }, spec, eager);
    await capture.begin(spec.example, start);
    return capture;
  } catch (error) {
    await eager.writeState(start);
    if (!(error instanceof NotCapturable)) throw error;
    return { ...eager, eagerReason: error.message };
  }
}

/** Relative difference that the loss of a step may have to the eager one. */
const stepTolerance = 1e-6;

interface CaptureTools {
  readonly tf: Tf;
  readonly native: NativeBackend;
  readonly makeFolder: MakeFolder;
}

class Capture implements Step {
  readonly mode = "captured";
  readonly #native: NativeBackend;
  readonly #makeFolder: MakeFolder;
  readonly #spec: StepSpec;
  readonly #eager: Step;
  readonly #recorder: StepRecorder;
  readonly #predictions: CheckedPredictions;
  #parts: readonly GraphPart[] = [];
  #session: StepSession | undefined;
  /** Where the session is: after a step that was tried at the start. */
  #tried: { readonly step: TriedStep; readonly start: HostState } | undefined;
  /** Whether faster operations take the place of recorded ones in training steps. */
  #faster = true;

  constructor({ tf, native, makeFolder }: CaptureTools, spec: StepSpec, eager: Step) {
    this.#native = native;
    this.#makeFolder = makeFolder;
    this.#spec = spec;
    this.#eager = eager;
    this.#recorder = new StepRecorder(tf, native, spec, eager);
    this.#predictions = new CheckedPredictions(eager, spec.onEagerPrediction);
  }

  async begin(example: NonNullable<StepSpec["example"]>, start: HostState): Promise<void> {
    const { batch, batchSizes, variantSizes = {}, scalars } = example;
    const steps: RecordedStep[] = [];
    for (const which of [...stepsOf(batchSizes), ...Object.entries(variantSizes).flatMap(variantsOf)]) {
      steps.push(await this.#record({ batch, which, scalars }, start));
      await pause(this.#spec.signal);
    }
    const [largest = 1] = batchSizes;
    const prediction = await this.#recorder.prediction(batch, largest);
    this.#predictions.expect(prediction, this.#spec.state, start);
    this.#add(prediction.part);
    await pause(this.#spec.signal);
    this.#session = await this.#checked(async (session) => {
      if (steps.length === 0) session.writeState(start);
      // the first one last: a training begins with it
      for (const step of steps.toReversed()) {
        await pause(this.#spec.signal);
        this.#tried = { step: new TriedStep(this.#spec.inputs, step, this.#assertStep(session, step, start)), start };
      }
    });
  }

  /**
   * A session with all parts that passes a check. Another order of the same sums can turn a relu on its edge: where the
   * faster operations are refused, the graph is the recorded ones alone.
   */
  async #checked(check: (session: StepSession) => unknown): Promise<StepSession> {
    try {
      return await this.#passing(check);
    } catch (error) {
      if (!(error instanceof NotCapturable && this.#faster)) throw error;
    }
    this.#faster = false;
    return this.#passing(check);
  }

  async #passing(check: (session: StepSession) => unknown): Promise<StepSession> {
    const session = await this.#load();
    try {
      await check(session);
      return session;
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  /** Leaves the session with the state after the step. */
  #assertStep(session: StepSession, step: RecordedStep, state: HostState): StepOutcome["results"] {
    const { batch, which, scalars, part, twin } = step;
    session.writeState(state);
    const options = { scope: part.scope, fetch: true };
    const results = refusing(() => session.step(batch, which.size, scalars, options)) ?? {};
    assertTwin({
      what: "step",
      eager: twin,
      captured: { results, state: session.readState() },
      resultTolerance: stepTolerance,
      roundedSteps: () => roundedSteps(this.#native.binding, part, this.#spec.state, { batch, scalars, state }),
    });
    return results;
  }

  /** Whatever comes first begins at the start, unless it is the step that was tried: that is done already. */
  #begin(next?: StepTry): StepOutcome["results"] | undefined {
    if (this.#tried === undefined) return undefined;
    const { step, start } = this.#tried;
    const done = next && step.resultsOf(next);
    this.#tried = undefined;
    if (done === undefined) this.#loaded().writeState(start);
    return done;
  }

  async run(batch: Batch, size: number, scalars: Scalars, { fetch, variant }: RunOptions) {
    const which = { size, variant };
    const done = this.#begin({ batch, which, scalars });
    if (done !== undefined) return fetch ? done : undefined;
    const session = await this.#sessionFor({ batch, which, scalars });
    return session.step(batch, size, scalars, { scope: scopeOf(which), fetch });
  }

  async predict(batch: Batch, batchSize: number) {
    this.#begin();
    return this.#predictions.of(this.#loaded(), batch, batchSize);
  }

  async readState(): Promise<HostState> {
    this.#begin();
    return this.#loaded().readState();
  }

  async writeState(state: HostState): Promise<void> {
    await this.#eager.writeState(state); // refuses what does not fit
    this.#tried = undefined;
    this.#loaded().writeState(state);
  }

  dispose(): void {
    this.#tried = undefined;
    this.#session?.dispose();
    this.#session = undefined;
    this.#eager.dispose();
  }

  #loaded(): StepSession {
    if (this.#session === undefined) throw new KdflowError("KDF_INTERNAL", "a step was used after it was disposed");
    return this.#session;
  }

  /** The session with a step in it; a batch size that was not foreseen is recorded now, and all state moves over. */
  async #sessionFor(step: StepTry): Promise<StepSession> {
    const session = this.#loaded();
    if (session.has(scopeOf(step.which))) return session;
    const state = session.readState();
    try {
      await this.#eager.writeState(state);
      const recorded = await this.#record(step, state);
      const next = await this.#checked((made) => this.#assertStep(made, recorded, state));
      next.writeState(state);
      session.dispose();
      this.#session = next;
      return next;
    } catch (error) {
      if (!(error instanceof NotCapturable)) throw error;
      throw new KdflowError(
        "KDF_TENSORS_CAPTURE",
        `the training step changed after it was captured: ${error.message}`,
        {
          hint: "run with KDFLOW_STEP=eager and `--force`, and tell the author of the part that is named",
          cause: error,
        },
      );
    }
  }

  async #load(): Promise<StepSession> {
    const { binding } = this.#native;
    const { state } = this.#spec;
    const parts = this.#faster ? this.#parts.map((part) => fasterPart(part, binding, state)) : this.#parts;
    const graph = writeStepGraph(
      binding,
      state,
      parts.map((part) => withoutIdleOperations(part, state)),
    );
    return StepSession.load(binding, this.#spec, graph, this.#makeFolder);
  }

  async #record(step: StepTry, start: HostState): Promise<RecordedStep> {
    const recorded = await this.#recorder.step(step, start);
    this.#add(recorded.part);
    return recorded;
  }

  #add(part: GraphPart): void {
    this.#parts = [...this.#parts.filter(({ scope }) => scope !== part.scope), part];
  }
}
