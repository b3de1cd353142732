import { test } from "vitest";
import type { Backend } from "../../../../core/index.ts";
import { loadBackend, nativeReason } from "../../../support/backend.ts";

const reason = await nativeReason();

/** A test that needs the `tensorflow` backend; skipped, with the reason, where it is not there. */
export function nativeTest(title: string, body: (backend: Backend) => Promise<void>): void {
  test(title, async (context) => {
    if (reason !== undefined) return context.skip(reason);
    await body(await loadBackend("tensorflow"));
  });
}

/** Tensors that the addon holds. */
export function nativeTensors(backend: Backend): number {
  const { binding } = backend.tf.backend() as unknown as { readonly binding: { getNumOfTensors(): number } };
  return binding.getNumOfTensors();
}
