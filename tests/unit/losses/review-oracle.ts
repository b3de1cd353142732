import { convolution, type Oracle, rowsOf } from "./oracles.ts";
import { mean64 } from "./run-term.ts";

type Map64 = number[][];

/** Mean zero and variance one over batch and places, channel by channel; scale one and offset zero, as at the start. */
function normalized(rows: Map64): Map64 {
  const columns = (rows[0] ?? []).map((_, j) => rows.map((row) => row[j] ?? Number.NaN));
  const stats = columns.map((column) => {
    const mean = mean64(column);
    return [mean, Math.sqrt(mean64(column.map((value) => (value - mean) ** 2)) + 1e-5)] as const;
  });
  return rows.map((row) => row.map((value, j) => (value - (stats[j]?.[0] ?? 0)) / (stats[j]?.[1] ?? 1)));
}

function pointwise(
  rows: Map64,
  kernel: readonly number[] | undefined,
  outputs: number,
  bias?: readonly number[],
): Map64 {
  return rows.map((row) =>
    Array.from({ length: outputs }, (_, j) =>
      row.reduce((sum, value, i) => sum + value * (kernel?.[i * outputs + j] ?? Number.NaN), bias?.[j] ?? 0),
    ),
  );
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Means over fields of `side / level` rows and columns, for sides that divide. */
function pooled(rows: Map64, side: number, level: number): Map64 {
  const [field, images] = [side / level, rows.length / side ** 2];
  const result: Map64 = [];
  for (let image = 0; image < images; image++) {
    for (let cell = 0; cell < level ** 2; cell++) {
      const members = Array.from({ length: field ** 2 }, (_, k) => {
        const y = Math.floor(cell / level) * field + Math.floor(k / field);
        const x = (cell % level) * field + (k % field);
        return rows[image * side ** 2 + y * side + x] ?? [];
      });
      result.push((members[0] ?? []).map((_, j) => mean64(members.map((row) => row[j] ?? Number.NaN))));
    }
  }
  return result;
}

function contextDistance(student: Map64, teacher: Map64, side: number): number {
  let [weight, weights, sum] = [1, 0, 0];
  for (const level of [side, ...[4, 2, 1].filter((size) => size < side)]) {
    const [s, t] = [pooled(student, side, level), pooled(teacher, side, level)];
    sum += weight * mean64(s.flatMap((row, i) => row.map((value, j) => (value - (t[i]?.[j] ?? Number.NaN)) ** 2)));
    weights += weight;
    weight /= 2;
  }
  return sum / weights;
}

/** Two pairs, the late one at half the rows and columns of the early one. */
export const reviewKd: Oracle = (values, shapes, options, own) => {
  const channels = options["channels"] ?? Number.NaN;
  const batch = shapes["studentFeatures1"]?.shape[0] ?? 0;
  let later: Map64 | undefined;
  let total = 0;
  for (const number of [2, 1]) {
    const name = `studentFeatures${number}`;
    const side = shapes[name]?.shape[1] ?? 0;
    let mixed = normalized(pointwise(rowsOf(values[name], shapes, name), own[`reduce${number}/kernel`], channels));
    if (later !== undefined) {
      const before = later;
      mixed = mixed.map((row, place) => {
        const image = Math.floor(place / side ** 2);
        const [y, x] = [Math.floor((place % side ** 2) / side), place % side];
        const up = before[image * (side / 2) ** 2 + Math.floor(y / 2) * (side / 2) + Math.floor(x / 2)] ?? [];
        const [weights = []] = pointwise([[...row, ...up]], own[`mix${number}/kernel`], 2, own[`mix${number}/bias`]);
        const [a = 0, b = 0] = weights.map(sigmoid);
        return row.map((value, j) => a * value + b * (up[j] ?? Number.NaN));
      });
    }
    later = mixed;
    const outputs = shapes[`teacherFeatures${number}`]?.shape[3] ?? 0;
    const zeros = Array.from({ length: outputs }, () => 0);
    const images = Array.from({ length: batch }, (_, i) => mixed.slice(i * side ** 2, (i + 1) * side ** 2));
    const restored = images.flatMap((map) => convolution(map, side, own[`restore${number}/kernel`], zeros));
    const teacher = rowsOf(values[`teacherFeatures${number}`], shapes, `teacherFeatures${number}`);
    total += contextDistance(normalized(restored), teacher, side);
  }
  return total;
};
