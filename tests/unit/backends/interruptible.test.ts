import type { Tensor } from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { watchInterrupts } from "../../../core/cli/interrupt.ts";
import { createOutput } from "../../../core/cli/output.ts";
import { cpu } from "../../../plugins/backends/cpu.ts";

const forwardSpec = {
  inputs: { numbers: { shape: [2], dtype: "float32" } },
  batchSizes: [1],
  forward: ({ numbers }: Readonly<Record<string, Tensor>>) => ({
    sums: (numbers as Tensor).sum(1),
  }),
} as const;

describe("a backend that blocks the event loop", () => {
  it("tells of the first call, whose time nobody knows, and not of those that follow a fast one", async () => {
    const controller = new AbortController();
    const told: string[] = [];
    for (const name of ["blockingStarts", "blockingEnds"]) {
      controller.signal.addEventListener(name, () => told.push(name));
    }
    const backend = await cpu.create({} as never, { signal: controller.signal });
    const forward = backend.createForward(forwardSpec);
    expect(await forward.run({ numbers: Float32Array.of(1, 2) }, 1)).toEqual({ sums: Float32Array.of(3) });
    expect(told).toEqual(["blockingStarts", "blockingEnds"]);
    await forward.run({ numbers: Float32Array.of(3, 4) }, 1);
    expect(told).toHaveLength(2);
    forward.dispose();
  });

  it("does not begin a call of unknown length once the run is interrupted", async () => {
    const controller = new AbortController();
    const backend = await cpu.create({} as never, { signal: controller.signal });
    const forward = backend.createForward(forwardSpec);
    controller.abort(new Error("interrupted"));
    await expect(forward.run({ numbers: Float32Array.of(1, 2) }, 1)).rejects.toThrow("interrupted");
    forward.dispose();
  });

  it("leaves signals to the operating system while it blocks", () => {
    const stream = { write: () => true };
    const output = createOutput({ stdout: stream, stderr: stream, env: {}, exit: () => undefined });
    const before = process.listenerCount("SIGTERM");
    const watch = watchInterrupts(output, "finishing the batch…");
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    watch.signal.dispatchEvent(new Event("blockingStarts"));
    expect(process.listenerCount("SIGTERM")).toBe(before);
    watch.signal.dispatchEvent(new Event("blockingEnds"));
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    watch.close();
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});
