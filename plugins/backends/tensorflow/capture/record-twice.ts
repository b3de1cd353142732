import type { HostArray } from "../../../../core/index.ts";
import { assertSameTrace } from "./compare-traces.ts";
import { pause } from "./pause.ts";
import { type RecordBodyRequest, type Recorded, recordBody } from "./record-body.ts";
import { hasStaticShapes } from "./static-shapes.ts";

export interface OtherInputs {
  readonly batch: Readonly<Record<string, HostArray>>;
  readonly scalars: Readonly<Record<string, number>>;
  /** Called after the body ran, when its state may have changed. */
  restore(): Promise<void>;
}

/**
 * Records a body, and once more with other inputs and numbers to see that it does the same then. The second time
 * nothing is computed where shapes cannot depend on values: a body that reads no value on the host cannot tell.
 *
 * @returns the first recording
 * @throws NotCapturable where the two differ
 */
export async function recordTwice(
  request: RecordBodyRequest & { readonly signal?: AbortSignal | undefined },
  { restore, ...other }: OtherInputs,
): Promise<Recorded> {
  const first = recordBody(request);
  await restore();
  await pause(request.signal);
  const follow = hasStaticShapes(first.ops) ? first.ops : undefined;
  const second = recordBody({ ...request, ...other, follow });
  await restore();
  assertSameTrace(first.trace, second.trace);
  return first;
}
