import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyMnist } from "../../support/mnist.ts";
import { eventsIn, startKdflow, startScript } from "./command-line.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-cli-"));
  await writeTinyMnist(join(folder, "mnist"), { train: 64, test: 20 });
  await writeFile(
    join(folder, "long.yaml"),
    `kdflow: 1
name: long
stages:
  data: { use: mnist, root: ./mnist }
  teacher:
    use: train
    epochs: 1
    batchSize: 16
    network: { use: classifier, backbone: { use: resnet, depth: 8 } }
`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("an interrupted run", () => {
  const words = ["run", "long.yaml", "--backend", "wasm", "--set", "stages.teacher.epochs=5000", "--set", "name=a b"];

  it("ends the batch at the first Ctrl-C, prints the exact command that resumes it, and exits with 130", async () => {
    const run = startKdflow(words, folder, { npm_command: "" });
    await run.wrote("teacher: epoch 1/");
    run.child.kill("SIGINT");
    const { code, stderr } = await run.done;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain("finishing the batch… (again to stop at once)\n");
    const resume = `index.ts run long.yaml --backend wasm --set stages.teacher.epochs=5000 --set 'name=a b'\n`;
    expect(stderr).toMatch(/\nresume with: node \S+/);
    expect(stderr.endsWith(resume), stderr).toBe(true);
  });

  it("goes on from its checkpoint, not from the start", async () => {
    const run = startKdflow([...words, "--json"], folder);
    await run.wrote('"epochEnd"');
    run.child.kill("SIGTERM");
    const { code, stdout } = await run.done;
    expect(code).toBe(130);
    const events = eventsIn(stdout);
    const epochs = events.filter(({ event }) => event === "epochEnd").map(({ epoch }) => Number(epoch));
    expect(epochs[0]).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({
      event: "runEnd",
      status: "interrupted",
      error: { code: "KDF_RUN_INTERRUPTED" },
    });
  });
});

describe("output that is lost", () => {
  const words = ["run", "long.yaml", "--backend", "wasm", "--set", "stages.teacher.epochs=5000"];
  const statuses = async (): Promise<string> => {
    const { stdout } = await startKdflow(["runs", "list", "--json"], folder).done;
    return String(eventsIn(stdout)[0]?.["status"]);
  };

  it("ends a run without a word where its reader goes away, with a checkpoint and as interrupted", async () => {
    const run = startKdflow([...words, "--json"], folder);
    await run.wrote('"runStart"');
    run.child.stdout?.destroy();
    const { code, stderr } = await run.done;
    expect(code, stderr).toBe(141);
    expect(stderr).not.toContain("KDF_");
    expect(await statuses()).toBe("interrupted");
  });

  it("ends a run like Ctrl-C where its terminal is closed", async () => {
    const run = startKdflow(words, folder);
    await run.wrote("teacher: epoch");
    run.child.kill("SIGHUP");
    const { code, stderr } = await run.done;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain("resume with: ");
    expect(await statuses()).toBe("interrupted");
  });

  it.runIf(process.platform === "linux")("says that a disk is full, with exit code 1 and no stack", async () => {
    const full = await open("/dev/full", "w");
    const { done } = startKdflow(["--help"], folder, {}, full.fd);
    const { code, stderr } = await done;
    await full.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^KDF_CLI_OUTPUT: the output cannot be written: ENOSPC.*\n {2}free some space.*\n$/);
  });
});

describe("a second Ctrl-C", () => {
  it("ends the process at once with 130", async () => {
    const { child, done, wrote } = startScript("wait-for-interrupts.ts", [], folder);
    await wrote("waiting");
    child.kill("SIGINT");
    await wrote("finishing the batch…");
    expect(child.exitCode).toBeNull();
    child.kill("SIGINT");
    expect(await done).toEqual({
      code: 130,
      stdout: "waiting\n",
      stderr: "finishing the batch… (again to stop at once)\n",
    });
  });
});

describe("kdflow cache verify with a pipeline", () => {
  it("asks the teacher again for a sample of the stored soft labels", async () => {
    const words = ["labels.yaml", "--backend", "wasm", "--store", "labelled"];
    await writeFile(
      join(folder, "labels.yaml"),
      `${await readFile(join(folder, "long.yaml"), "utf8")}  softLabels: logits\n`,
    );
    const ran = await startKdflow(["run", ...words], folder).done;
    expect(ran.code, ran.stderr).toBe(0);
    const { code, stdout, stderr } = await startKdflow(["cache", "verify", ...words], folder).done;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^softLabels: equal, /);
    expect(stderr).toMatch(/\b0 damaged\n$/);
  });
});

describe("kdflow setup and kdflow doctor", () => {
  it("sets up the fallback and says what auto will take", async () => {
    const { code, stdout, stderr } = await startKdflow(["setup", "--backend", "wasm"], folder).done;
    expect(code, stderr).toBe(0);
    expect(stdout).toBe("backend: auto will take wasm\n");
    expect(stderr).toContain("wasm: works, ");
  });

  it("really loads the backend that it reports", async () => {
    const { code, stdout, stderr } = await startKdflow(["doctor", "--json", "--backend", "cpu"], folder).done;
    expect(code, stderr).toBe(0);
    expect(eventsIn(stdout)).toMatchObject([
      {
        event: "doctor",
        backend: "cpu",
        node: process.versions.node,
        backends: [{ id: "cpu", trial: { works: true } }],
      },
    ]);
  });

  it("ends with 2 for a backend that nobody supplies", async () => {
    const { code, stderr } = await startKdflow(["doctor", "--backend", "wams"], folder).done;
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "wasm"?');
  });
});

describe("the process", () => {
  it("loads no tensor library to validate", async () => {
    const trace = join(folder, "trace.mjs");
    await writeFile(
      trace,
      `import Module, { register } from "node:module";
const isHooks = import.meta.url.endsWith("?hooks");
if (!isHooks) register(import.meta.url + "?hooks");
const tell = (name) => name.includes("@tensorflow") && process._rawDebug("loaded " + name);
if (!isHooks) process.on("exit", () => Object.keys(Module._cache).forEach(tell));
export async function resolve(name, context, next) {
  const found = await next(name, context);
  tell(found.url);
  return found;
}
`,
    );
    const env = { NODE_OPTIONS: `--import ${trace}` };
    const { code, stderr } = await startKdflow(["validate", "long.yaml"], folder, env).done;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const control = await startKdflow(["load-backend", "cpu"], folder, env).done;
    expect(control.stderr).toContain("loaded ");
  });

  it("does not end with 0 when a provider's promise never settles", async () => {
    const hanging = `const data = {
  family: "data", task: "classification", id: "hanging", summary: "Never answers.", cacheVersion: 1,
  schema: { type: "object", description: "None.", additionalProperties: false, properties: {} },
  fingerprint: () => new Promise(() => {}), describe: () => new Promise(() => {}),
  run: async () => {}, open: async () => ({}),
};
export const plugin = { name: "hanging", version: "1.0.0", kdflow: "^1", providers: [data] };
`;
    await writeFile(join(folder, "hanging.mjs"), hanging);
    const text = "kdflow: 1\nname: hanging\nplugins: [./hanging.mjs]\nstages:\n  data: hanging\n";
    await writeFile(join(folder, "hanging.yaml"), text);
    const { code, stdout, stderr } = await startKdflow(["validate", "hanging.yaml"], folder).done;
    expect({ code, stdout }).toEqual({ code: 70, stdout: "" });
    expect(stderr).toContain("a promise never settles");
  });

  it("ends quietly when its reader goes away", async () => {
    const run = startKdflow(["plugins", "list"], folder);
    run.child.stdout?.destroy();
    const { stderr } = await run.done;
    expect(stderr).toBe("");
  });
});
