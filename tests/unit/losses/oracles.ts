/** Losses in float64 on plain arrays, written from their papers; for those that no reference program told the numbers of. */
import type { HostInputs } from "../../../core/testing/loss-inputs.ts";
import { logSoftmax64, mean64 } from "./run-term.ts";

type Numbers = readonly number[];
/** Weights of the term's own layers by name, and what it prepared on the host. */
export type Own = Readonly<Record<string, Numbers>>;
export type Options = Readonly<Record<string, number>>;
/** @param values inputs as plain numbers, in row-major order */
export type Oracle = (
  values: Readonly<Record<string, Numbers>>,
  shapes: HostInputs,
  options: Options,
  own: Own,
) => number;

const sum = (values: Numbers): number => values.reduce((total, value) => total + value, 0);
const at = (values: Numbers | undefined, index: number): number => values?.[index] ?? Number.NaN;
const dot = (a: Numbers, b: Numbers): number => sum(a.map((value, i) => value * at(b, i)));
const softmax = (row: Numbers): number[] => logSoftmax64(row).map(Math.exp);
const over = (row: Numbers, divisor = 1): number[] => row.map((value) => value / divisor);
const option = (options: Options, name: string): number => options[name] ?? Number.NaN;

/** Rows along the last axis. */
export function rowsOf(values: Numbers | undefined, shapes: HostInputs, name: string): number[][] {
  const width = shapes[name]?.shape.at(-1) ?? 1;
  const count = (values?.length ?? 0) / width;
  return Array.from({ length: count }, (_, i) => values?.slice(i * width, (i + 1) * width) ?? []);
}

function pearson(a: Numbers, b: Numbers): number {
  const [x, y] = [a, b].map((row) => row.map((value) => value - mean64(row)));
  return x && y ? dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)) : Number.NaN;
}

const columns = (rows: Numbers[]): number[][] => (rows[0] ?? []).map((_, j) => rows.map((row) => at(row, j)));

/** Student's and teacher's rows, and the label of each. */
function logitsOf(values: Readonly<Record<string, Numbers>>, shapes: HostInputs): [number[], number[], number][] {
  const teacher = rowsOf(values["teacherLogits"], shapes, "teacherLogits");
  const rows = rowsOf(values["studentLogits"], shapes, "studentLogits");
  return rows.map((row, i) => [row, teacher[i] ?? [], at(values["labels"] ?? [], i)]);
}

function dist(values: Readonly<Record<string, Numbers>>, shapes: HostInputs, options: Options): number {
  const temperature = option(options, "temperature");
  const rows = logitsOf(values, shapes);
  const student = rows.map(([row]) => softmax(over(row, temperature)));
  const teacher = rows.map(([, row]) => softmax(over(row, temperature)));
  const mean = (a: Numbers[], b: Numbers[]): number => mean64(a.map((row, i) => pearson(row, b[i] ?? [])));
  const inter = option(options, "beta") * (1 - mean(student, teacher));
  const intra = option(options, "gamma") * (1 - mean(columns(student), columns(teacher)));
  return temperature ** 2 * (inter + intra);
}

const nkd: Oracle = (values, shapes, options) => {
  const [gamma, temperature] = [option(options, "gamma"), option(options, "temperature")];
  return mean64(
    logitsOf(values, shapes).map(([student, teacher, label]) => {
      const others = (row: Numbers): number[] =>
        over(
          row.filter((_, j) => j !== label),
          temperature,
        );
      const target = at(softmax(teacher), label) * at(logSoftmax64(student), label);
      return -target - gamma * temperature ** 2 * dot(softmax(others(teacher)), logSoftmax64(others(student)));
    }),
  );
};

const softTargetBce: Oracle = (values, shapes, options) => {
  const temperature = option(options, "temperature");
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const pairs = logitsOf(values, shapes).flatMap(([student, teacher]) =>
    student.map((s, i) => [s, at(teacher, i)] as const),
  );
  const entropies = pairs.map(([s, t]) => {
    const [p, q] = [sigmoid(s / temperature), sigmoid(t / temperature)];
    return -q * Math.log(p) - (1 - q) * Math.log(1 - p);
  });
  return temperature ** 2 * mean64(entropies);
};

const deitHard: Oracle = (values, shapes) =>
  mean64(
    logitsOf(values, shapes).map(
      ([student, teacher]) => -at(logSoftmax64(student), teacher.indexOf(Math.max(...teacher))),
    ),
  );

const focal: Oracle = (values, shapes, options) =>
  mean64(
    logitsOf(values, shapes).map(([student, , label]) => {
      const p = at(softmax(student), label);
      return -((1 - p) ** option(options, "gamma")) * Math.log(p);
    }),
  );

/** The weight is that of `own.start`, since no gradient flows through it. */
const wsld: Oracle = (values, shapes, options, own) => {
  const temperature = option(options, "temperature");
  const start = rowsOf(own["start"], shapes, "studentLogits");
  return mean64(
    logitsOf(values, shapes).map(([student, teacher, label], i) => {
      const entropy = (row: Numbers): number => -at(logSoftmax64(row), label);
      const weight = 1 - Math.exp(-entropy(start[i] ?? []) / entropy(teacher));
      const cross = -dot(softmax(over(teacher, temperature)), logSoftmax64(over(student, temperature)));
      return temperature ** 2 * weight * cross;
    }),
  );
};

const cwd: Oracle = (values, shapes, options) => {
  const temperature = option(options, "temperature");
  const [batch = 1, height = 1, width = 1] = shapes["studentFeatures"]?.shape ?? [];
  const maps = (name: string): number[][] => {
    const rows = rowsOf(values[name], shapes, name);
    const images = Array.from({ length: batch }, (_, i) => rows.slice(i * height * width, (i + 1) * height * width));
    return images.flatMap(columns).map((map) => logSoftmax64(over(map, temperature)));
  };
  const teacher = maps("teacherFeatures");
  const divergences = maps("studentFeatures").map((student, i) => {
    const reference = teacher[i] ?? [];
    return dot(
      reference.map(Math.exp),
      reference.map((value, j) => value - at(student, j)),
    );
  });
  return temperature ** 2 * mean64(divergences);
};

const cosine: Oracle = (values, shapes) => {
  const teacher = rowsOf(values["teacherFeatures"], shapes, "teacherFeatures");
  const cosines = rowsOf(values["studentFeatures"], shapes, "studentFeatures").map((s, i) => {
    const t = teacher[i] ?? [];
    return dot(s, t) / Math.sqrt(dot(s, s) * dot(t, t));
  });
  return 1 - mean64(cosines);
};

/** Equation 2 of the paper, with its Euclidean norm. */
const attentionPaper: Oracle = (values, shapes) => {
  const [batch = 1] = shapes["studentFeatures"]?.shape ?? [];
  const attention = (name: string): number[][] => {
    const sums = rowsOf(values[name], shapes, name).map((row) => dot(row, row));
    const count = sums.length / batch;
    const maps = Array.from({ length: batch }, (_, i) => sums.slice(i * count, (i + 1) * count));
    return maps.map((map) => over(map, Math.sqrt(dot(map, map))));
  };
  const teacher = attention("teacherFeatures");
  const distances = attention("studentFeatures").map((map, i) => {
    const difference = map.map((value, j) => value - at(teacher[i] ?? [], j));
    return Math.sqrt(dot(difference, difference)) / 2;
  });
  return mean64(distances);
};

/** x W + b, W row by row */
function affine(row: Numbers, kernel: Numbers | undefined, bias: Numbers | undefined): number[] {
  const outputs = bias?.length ?? 0;
  return Array.from(
    { length: outputs },
    (_, j) => at(bias, j) + sum(row.map((x, i) => x * at(kernel, i * outputs + j))),
  );
}

const relu = (row: Numbers): number[] => row.map((value) => Math.max(0, value));

const vid: Oracle = (values, shapes, _options, own) => {
  const layer = (row: Numbers, name: string): number[] => affine(row, own[`${name}/kernel`], own[`${name}/bias`]);
  const variances = (own["scale/scale"] ?? []).map((a) => Math.log1p(Math.exp(a)) + 1e-5);
  const teacher = rowsOf(values["teacherFeatures"], shapes, "teacherFeatures");
  const terms = rowsOf(values["studentFeatures"], shapes, "studentFeatures").flatMap((row, i) => {
    const mu = layer(relu(layer(relu(layer(row, "first")), "second")), "mean");
    return mu.map((m, j) => ((m - at(teacher[i] ?? [], j)) ** 2 / at(variances, j) + Math.log(at(variances, j))) / 2);
  });
  return mean64(terms);
};

/** A 3×3 convolution with zeros around. @param map rows of channels, place by place */
export function convolution(
  map: Numbers[],
  side: number,
  kernel: Numbers | undefined,
  bias: Numbers | undefined,
): number[][] {
  const [inputs, outputs] = [map[0]?.length ?? 0, bias?.length ?? 0];
  return map.map((_, place) => {
    const result = [...(bias ?? [])];
    for (const [offset, dy, dx] of Array.from(
      { length: 9 },
      (_, k) => [k, Math.floor(k / 3) - 1, (k % 3) - 1] as const,
    )) {
      const [y, x] = [Math.floor(place / side) + dy, (place % side) + dx];
      if (y < 0 || x < 0 || y >= side || x >= side) continue;
      const row = map[y * side + x] ?? [];
      for (let j = 0; j < outputs; j++) {
        result[j] = at(result, j) + sum(row.map((value, i) => value * at(kernel, (offset * inputs + i) * outputs + j)));
      }
    }
    return result;
  });
}

const mgd: Oracle = (values, shapes, options, own) => {
  const [batch = 1, side = 1] = shapes["studentFeatures"]?.shape ?? [];
  const places = side * side;
  const masked = rowsOf(values["studentFeatures"], shapes, "studentFeatures").map((row, i) =>
    row.map((value) => value * at(own["mask"], i)),
  );
  const teacher = rowsOf(values["teacherFeatures"], shapes, "teacherFeatures");
  const images = Array.from({ length: batch }, (_, b) => {
    const hidden = convolution(
      masked.slice(b * places, (b + 1) * places),
      side,
      own["first/kernel"],
      own["first/bias"],
    );
    const regained = convolution(hidden.map(relu), side, own["second/kernel"], own["second/bias"]);
    return sum(
      regained.flatMap((row, i) => row.map((value, j) => (value - at(teacher[b * places + i] ?? [], j)) ** 2)),
    );
  });
  return option(options, "alpha") * mean64(images);
};

/** The first step, whose normalisers are of its own batch. */
const crd: Oracle = (values, shapes, options, own) => {
  const [batch = 1] = shapes["studentFeatures"]?.shape ?? [];
  const [n, k, size] = [option(options, "samples"), option(options, "negatives"), option(options, "dimensions")];
  const embed = (flat: Numbers | undefined, name: string): number[][] =>
    Array.from({ length: batch }, (_, i) => {
      const width = (flat?.length ?? 0) / batch;
      const row = affine(flat?.slice(i * width, (i + 1) * width) ?? [], own[`${name}/kernel`], own[`${name}/bias`]);
      return over(row, Math.sqrt(dot(row, row)));
    });
  const side = (now: Numbers[], bank: Numbers | undefined): number => {
    const raw = (rows: Numbers[]): number[][] =>
      rows.map((row, i) =>
        Array.from({ length: k + 1 }, (_, j) => {
          const other = at(own["chosen"], i * (k + 1) + j);
          return Math.exp(
            dot(row, bank?.slice(other * size, (other + 1) * size) ?? []) / option(options, "temperature"),
          );
        }),
      );
    const z = n * mean64(raw(now).flat());
    const terms = raw(now).map(([own = 0, ...others]) => {
      const noise = k / n;
      const paired = Math.log(own / z / (own / z + noise + 1e-7));
      return -paired - sum(others.map((other) => Math.log(noise / (other / z + noise + 1e-7))));
    });
    return mean64(terms);
  };
  const teacher = embed(values["teacherFeatures"], "teacher");
  const student = embed(values["studentFeatures"], "student");
  return side(student, own["teacherBank"]) + side(teacher, own["studentBank"]);
};

const crossEntropy: Oracle = (values, shapes) =>
  mean64(logitsOf(values, shapes).map(([student, , label]) => -at(logSoftmax64(student), label)));

/** By loss; the options with which each is asked are in the table of the test. */
export const oracles: Readonly<Record<string, Oracle>> = {
  "cross-entropy": crossEntropy,
  dist,
  nkd,
  "soft-target-bce": softTargetBce,
  "deit-hard": deitHard,
  focal,
  wsld,
  cwd,
  cosine,
  "attention-transfer": attentionPaper,
  vid,
  mgd,
  crd,
};
