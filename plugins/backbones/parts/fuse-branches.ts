import type { HostTensor } from "../../../core/index.ts";

/** The epsilon of our batch norms. */
const epsilon = 1e-5;
const partName = /^(?<part>.+)\/(?:branch\d+|scale|identity)\/norm\/gamma$/u;

/**
 * Sums the branches of re-parameterised convolutions: each batch norm is folded into the kernel before it, 1×1 kernels
 * go to the middle of the larger ones, and an identity is the kernel that gives each channel itself.
 *
 * @param trained weights by name: `<part>/branch1/conv/kernel`, `<part>/scale/norm/gamma`, `<part>/identity/norm/beta` …
 * @returns `<part>/conv/kernel` or `<part>/conv/depthwise_kernel`, and `<part>/conv/bias`
 * @see Ding, Zhang, Ma, Han, Ding, Sun (2021), arXiv:2101.03697, §3.3
 */
export function fuseBranches(trained: ReadonlyMap<string, HostTensor>): ReadonlyMap<string, HostTensor> {
  const parts = new Map<string, string[]>();
  for (const name of trained.keys()) {
    const part = partName.exec(name)?.groups?.["part"];
    if (part !== undefined) parts.set(part, [...(parts.get(part) ?? []), name.slice(0, -"/norm/gamma".length)]);
  }
  return new Map([...parts].flatMap(([part, branches]) => [...fusePart(trained, part, branches)]));
}

function fusePart(
  trained: ReadonlyMap<string, HostTensor>,
  part: string,
  branches: readonly string[],
): Map<string, HostTensor> {
  const first = `${part}/branch1/conv`;
  const depthwise = trained.has(`${first}/depthwise_kernel`);
  const kernelName = depthwise ? "depthwise_kernel" : "kernel";
  const shape = trained.get(`${first}/${kernelName}`)?.shape ?? [];
  const [size = 1, , inputs = 1, filters = 1] = shape;
  const outputs = depthwise ? inputs : filters;
  const kernel = new Float64Array(size * size * inputs * filters);
  const bias = new Float64Array(outputs);
  const middle = ((size * size - 1) / 2) * inputs * filters;
  for (const branch of branches) {
    const { scale, shift } = foldedNorm(trained, branch);
    for (const [channel, value] of shift.entries()) bias[channel] = (bias[channel] ?? 0) + value;
    const own = trained.get(`${branch}/conv/${kernelName}`)?.values ?? identity(inputs, filters);
    const start = own.length === kernel.length ? 0 : middle;
    for (const [i, value] of own.entries()) {
      kernel[start + i] = (kernel[start + i] ?? 0) + value * (scale[i % outputs] ?? 0);
    }
  }
  return new Map([
    [`${part}/conv/${kernelName}`, { shape, values: Float32Array.from(kernel) }],
    [`${part}/conv/bias`, { shape: [outputs], values: Float32Array.from(bias) }],
  ]);
}

/** A batch norm as factor and summand of each channel. */
function foldedNorm(trained: ReadonlyMap<string, HostTensor>, branch: string): { scale: number[]; shift: number[] } {
  const values = (name: string): Float32Array => trained.get(`${branch}/norm/${name}`)?.values ?? new Float32Array();
  const [mean, variance, beta] = [values("moving_mean"), values("moving_variance"), values("beta")];
  const scale = Array.from(values("gamma"), (gamma, i) => gamma / Math.sqrt((variance[i] ?? 0) + epsilon));
  return { scale, shift: scale.map((factor, i) => (beta[i] ?? 0) - factor * (mean[i] ?? 0)) };
}

/** The 1×1 kernel, `[inputs, filters]`, that changes nothing; for a depthwise one, with one filter, all ones. */
function identity(inputs: number, filters: number): Float32Array {
  return Float32Array.from({ length: inputs * filters }, (_, i) =>
    filters === 1 || Math.floor(i / filters) === i % filters ? 1 : 0,
  );
}
