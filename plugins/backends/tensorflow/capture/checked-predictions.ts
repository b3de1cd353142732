import type { HostArray, Step } from "../../../../core/index.ts";
import { NotCapturable } from "./not-capturable.ts";
import { refusing } from "./refusals.ts";
import type { StepSession } from "./step-session.ts";
import { assertTwin, type StepOutcome } from "./twin.ts";

type Batch = Readonly<Record<string, HostArray>>;
type Results = StepOutcome["results"];

/** Relative difference that a captured forward pass may have to the eager one. */
const tolerance = 1e-5;

/**
 * Predictions of a captured step. The first is made eagerly as well and held against it: only then is the forward pass
 * needed, and weights that have learned tell more than those of the start. Where they differ all are made eagerly.
 */
export class CheckedPredictions {
  readonly #eager: Step;
  readonly #onEager: (reason: string) => void;
  #checked: "not yet" | "alike" | "differ" = "not yet";

  constructor(eager: Step, onEager: ((reason: string) => void) | undefined) {
    this.#eager = eager;
    this.#onEager = onEager ?? (() => undefined);
  }

  async of(session: StepSession, batch: Batch, size: number): Promise<Results> {
    if (this.#checked === "alike") return session.predict(batch, size);
    await this.#eager.writeState(session.readState());
    const eager = await this.#eager.predict(batch, size);
    return this.#checked === "not yet" ? this.#check(eager, () => session.predict(batch, size)) : eager;
  }

  /** What the graph gives where that will do: the first prediction has the bits that it has in any later place. */
  #check(eager: Results, predict: () => Results): Results {
    try {
      const captured = refusing(predict);
      assertTwin({
        what: "prediction",
        eager: { results: eager, state: new Map() },
        captured: { results: captured, state: new Map() },
        resultTolerance: tolerance,
        roundedStates: () => [],
      });
      this.#checked = "alike";
      return captured;
    } catch (error) {
      if (!(error instanceof NotCapturable)) throw error;
      this.#checked = "differ";
      this.#onEager(error.message);
      return eager;
    }
  }
}
