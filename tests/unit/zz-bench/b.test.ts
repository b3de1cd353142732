import { test } from "vitest";
import { loadBackend } from "../../support/backend.ts";
import { resnet } from "../../../plugins/backbones/resnet.ts";
import { shufflenetV2 } from "../../../plugins/backbones/shufflenet-v2.ts";
test("bench", async () => {
  const B = await loadBackend(process.env.BK ?? "wasm");
  const tf = B.tf as any;
  const bs = 128;
  for (const [name, prov, opt] of [["resnet8", resnet, { depth: 8 }], ["shuffle0.5", shufflenetV2, { width: 0.5, stem: process.env.STEM ?? "imagenet" }]] as any[]) {
    const bb = await prov.create(opt, { tf, backend: B });
    const inp = tf.input({ shape: [28, 28, 1] });
    const { output } = bb.build(inp);
    let x = tf.layers.globalAveragePooling2d({}).apply(output);
    x = tf.layers.dense({ units: 10 }).apply(x);
    const model = tf.model({ inputs: inp, outputs: x });
    const trained = model.trainableWeights.map((w: any) => w.val);
    const vel = trained.map((v: any) => tf.variable(tf.zeros(v.shape), false));
    const state = [...model.weights.map((w: any) => ({ name: w.originalName, variable: w.val })), ...vel.map((v: any, i: number) => ({ name: "v" + i, variable: v }))];
    const step = await B.createStep({
      inputs: { pixels: { shape: [28, 28, 1], dtype: "uint8" }, labels: { shape: [], dtype: "int32" } }, scalars: ["lr"], state,
      body({ pixels, labels }: any, { lr }: any) {
        const { value, grads } = tf.variableGrads(() => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), model.apply(tf.div(tf.cast(pixels, "float32"), 255), { training: true })), trained);
        trained.forEach((p: any, i: number) => { const nv = tf.add(tf.mul(vel[i], 0.9), grads[p.name]); vel[i].assign(nv); p.assign(tf.sub(p, tf.mul(nv, lr))); });
        return { loss: value };
      },
      predictInputs: ["pixels"], predict: ({ pixels }: any) => ({ logits: model.apply(tf.div(tf.cast(pixels, "float32"), 255)) }),
    } as any);
    const pixels = Uint8Array.from({ length: bs * 784 }, (_, i) => (i * 73) % 256), labels = Int32Array.from({ length: bs }, (_, i) => i % 10);
    const run = () => step.run({ pixels, labels }, bs, { lr: 0.01 }, { fetch: true });
    for (let i = 0; i < 3; i++) await run();
    const ts: number[] = [];
    for (let i = 0; i < 6; i++) { const t = performance.now(); await run(); ts.push(performance.now() - t); }
    ts.sort((a, b) => a - b);
    console.log(B.id, name, "params", model.countParams(), "ms/step", ts[3]!.toFixed(0), "img/s", (bs / ts[3]! * 1000).toFixed(0));
    if (process.env.PROF) {
      const times: Record<string, [number, number]> = {};
      const kernels = tf.getKernelsForBackend(B.id);
      const orig = new Map<any, any>(); let depth = 0; let child = [0];
      for (const k of kernels) { orig.set(k, k.kernelFunc); k.kernelFunc = (a: any) => { child.push(0); const t = performance.now(); const r = orig.get(k)(a); const d = performance.now() - t; const c = child.pop()!; child[child.length - 1] += d; const e = (times[k.kernelName] ??= [0, 0]); e[0] += d - c; e[1]++; return r; }; }
      const t = performance.now(); for (let i = 0; i < 3; i++) await run(); const tot = performance.now() - t;
      for (const k of kernels) k.kernelFunc = orig.get(k);
      console.log("total", (tot / 3).toFixed(0)); console.log(Object.entries(times).sort((a, b) => b[1][0] - a[1][0]).slice(0, 16).map(([k, v]) => `${k} ${(v[0] / 3).toFixed(1)}ms x${v[1] / 3}`).join("\n"));
    }
  }
}, 500000);
