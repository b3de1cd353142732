import type { HostArray, HostState, StateVariable, Step } from "../../../../core/index.ts";
import { NotCapturable } from "./not-capturable.ts";
import { refusing } from "./refusals.ts";
import type { RecordedPrediction } from "./step-recorder.ts";
import type { StepSession } from "./step-session.ts";
import { assertTwin, type StepOutcome } from "./twin.ts";

type Batch = Readonly<Record<string, HostArray>>;
type Results = StepOutcome["results"];

/** Relative difference that a captured forward pass may have to the eager one. */
const tolerance = 1e-5;

/**
 * Predictions of a captured step. Before the first is made the graph must give what the recorded forward pass gave: at
 * the start nothing needs it. It is asked with the weights and the batch of the recording whenever that is, so that a
 * resumed training comes to the same verdict. Where they differ all predictions are made eagerly.
 */
export class CheckedPredictions {
  readonly #eager: Step;
  readonly #onEager: (reason: string) => void;
  /** The recording and the state that it read; gone once it was checked. */
  #recorded: { readonly twin: RecordedPrediction; readonly state: HostState } | undefined;
  #differs = false;

  constructor(eager: Step, onEager: ((reason: string) => void) | undefined) {
    this.#eager = eager;
    this.#onEager = onEager ?? (() => undefined);
  }

  /** @param start what the state was then */
  expect(twin: RecordedPrediction, variables: readonly StateVariable[], start: HostState): void {
    const { ops, results } = twin.part.trace;
    const taken = [...ops.flatMap(({ inputs }) => inputs), ...results.values()];
    const names = new Set(taken.map((source) => (source.from === "state" ? variables[source.state]?.name : undefined)));
    this.#recorded = { twin, state: new Map([...start].filter(([name]) => names.has(name))) };
  }

  async of(session: StepSession, batch: Batch, size: number): Promise<Results> {
    this.#check(session);
    if (!this.#differs) return session.predict(batch, size);
    await this.#eager.writeState(session.readState());
    return this.#eager.predict(batch, size);
  }

  #check(session: StepSession): void {
    if (this.#recorded === undefined) return;
    const { twin, state } = this.#recorded;
    this.#recorded = undefined;
    const now = session.readState();
    session.writeState(new Map([...now, ...state]));
    try {
      assertTwin({
        what: "prediction",
        eager: { results: twin.results, state: new Map() },
        captured: { results: refusing(() => session.predict(twin.batch, twin.part.batchSize)), state: new Map() },
        resultTolerance: tolerance,
        roundedSteps: () => [],
      });
    } catch (error) {
      if (!(error instanceof NotCapturable)) throw error;
      this.#differs = true;
      this.#onEager(error.message);
    } finally {
      session.writeState(now);
    }
  }
}
