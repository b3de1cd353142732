import { describe, expect, test } from "vitest";
import { backendProviders, loadBackend } from "../../support/backend.ts";

describe.each(backendProviders.map((provider) => provider.id))("backend %s", (id) => {
  test("multiplies matrices once its probe says that it is there", async (context) => {
    const provider = backendProviders.find((candidate) => candidate.id === id);
    const probe = await provider?.probe();
    if (probe?.available !== true) return context.skip(`${id}: ${probe?.reason}`);
    const { tf, details } = await loadBackend(id);

    const product = tf.matMul(tf.tensor2d([1, 2], [1, 2]), tf.tensor2d([3, 4], [2, 1]));

    expect(tf.getBackend()).toBe(id);
    expect(Array.from(await product.data())).toEqual([1 * 3 + 2 * 4]);
    expect(details).toMatchObject({ tfjs: "4.22.0" });
  });
});
