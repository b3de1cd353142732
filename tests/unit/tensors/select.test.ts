import { describe, expect, test } from "vitest";
import { type Backend, type BackendProbe, defineProvider, KdflowError, type ProviderOf } from "../../../core/index.ts";
import { type BackendChoice, chooseBackend, createBackend } from "../../../core/tensors/select.ts";
import { cpu } from "../../../plugins/backends/cpu.ts";

const available: BackendProbe = { available: true, detail: "here" };
const absent = (reason: string): BackendProbe => ({ available: false, reason });

function provider(
  id: string,
  priority: number,
  probe: BackendProbe,
  create: () => Promise<Backend> = async () => Promise.reject(new Error("must not be created")),
): ProviderOf<"backends"> {
  return defineProvider<"backends", object>("backends", {
    id,
    summary: id,
    cacheVersion: 1,
    numericClass: `${id}-numbers`,
    priority,
    probe: async () => probe,
    create,
  });
}

describe("choosing a backend", () => {
  test("automatically takes the highest priority that is available and says what it passed over", async () => {
    const candidates = [
      provider("low", 1, available),
      provider("high", 3, absent("no addon")),
      provider("mid", 2, available),
    ];

    const choice = await chooseBackend("auto", candidates);

    expect(choice.provider.id).toBe("mid");
    expect(choice).toMatchObject({
      numericClass: "mid-numbers",
      detail: "here",
      automatic: true,
      passedOver: [{ id: "high", reason: "no addon" }],
    });
  });

  test("takes the one that is named, whatever its priority", async () => {
    const choice = await chooseBackend("low", [provider("low", 1, available), provider("high", 3, available)]);

    expect(choice).toMatchObject({ numericClass: "low-numbers", automatic: false, passedOver: [] });
  });

  test("refuses a named one that cannot be used, with the probe's reason and the command that provisions it", async () => {
    const choosing = chooseBackend("high", [provider("low", 1, available), provider("high", 3, absent("no addon"))]);

    await expect(choosing).rejects.toMatchObject({
      code: "KDF_TENSORS_NO_BACKEND",
      message: 'backend "high" cannot be used here',
      hint: ["high: no addon", "run `kdflow setup` to provision it"],
    });
  });

  test("says every reason when nothing can be used", async () => {
    const choosing = chooseBackend("auto", [provider("a", 1, absent("one")), provider("b", 2, absent("two"))]);

    await expect(choosing).rejects.toMatchObject({
      code: "KDF_TENSORS_NO_BACKEND",
      hint: ["b: two", "a: one", "run `kdflow setup` to provision it"],
    });
  });

  test("lists the backends when an unknown one is named", async () => {
    await expect(
      chooseBackend("gpu", [provider("a", 1, available), provider("b", 2, available)]),
    ).rejects.toMatchObject({
      code: "KDF_TENSORS_NO_BACKEND",
      message: '"gpu" is not a backend',
      hint: ["allowed: auto, b, a"],
    });
  });
});

describe("creating the chosen backend", () => {
  test("loads it", async () => {
    const backend = await createBackend(await chooseBackend("cpu", [cpu]));

    expect(backend).toMatchObject({ id: "cpu", numericClass: "cpu" });
  });

  test("fails, rather than change the numeric class, when what was chosen automatically does not load", async () => {
    const broken = provider("high", 2, available, async () => {
      throw new Error("libtensorflow.so: cannot open");
    });
    const choice: BackendChoice = await chooseBackend("auto", [broken, provider("low", 1, available)]);

    await expect(createBackend(choice)).rejects.toMatchObject({
      code: "KDF_TENSORS_NO_BACKEND",
      message: 'backend "high" is there but does not load: libtensorflow.so: cannot open',
      hint: [expect.stringContaining("kdflow setup --backend high"), expect.stringContaining("--backend")],
    });
  });

  test("lets a coded error of the backend through", async () => {
    const coded = new KdflowError("KDF_TENSORS_NO_BACKEND", "own words");
    const broken = provider("high", 2, available, () => Promise.reject(coded));

    await expect(createBackend(await chooseBackend("auto", [broken]))).rejects.toBe(coded);
  });
});
