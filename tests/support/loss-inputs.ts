import { type HostInputs, type HostTensor, lossInputs } from "../../core/testing/index.ts";

/**
 * Inputs for losses with kinks (absolute values, relus), which finite differences must not step over, or whose usual
 * value is so small that its rounding is in the way; by loss.
 */
export const smoothInputs: Readonly<Record<string, (batch: number) => HostInputs>> = {
  // 12 numbers instead of 96: the cosines of long random vectors are all near zero
  pkt: (batch) => features([12], [12], batch),
  // no difference is near zero
  "correlation-congruence": (batch) => apart(features([12], [12], batch), (i) => (i % 3 === 0 ? -1.5 : 1)),
  // the student looks at the first half of the places, the teacher at the second
  "factor-transfer": (batch) => lit(features([2, 2, 3], [2, 2, 3], batch)),
  fsp: (batch) => twoPairs([4, 4, 3], [2, 2, 4], batch),
  // a small distance, whose rounding is small too
  "review-kd": (batch) => sized(twoPairs([4, 4, 2], [2, 2, 2], batch), { student: 1, teacher: 0.3 }),
  // few and large numbers, so that no relu is near its kink
  mgd: (batch) => scaled(features([2, 2, 1], [2, 2, 1], batch), 6),
  vid: (batch) => scaled(features([6], [6], batch), 3),
};

/** Options that keep a loss's own tensors small. */
export const smallOptions: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  crd: { samples: 8, negatives: 5, dimensions: 4 },
  "review-kd": { channels: 2 },
};

/**
 * The same for finite differences: where all around a place is hidden, mgd's relu is at its kink; fgd's relation weighs so
 * little by default that its gradients drown in the rounding of the rest.
 */
export const checkedOptions: typeof smallOptions = {
  ...smallOptions,
  mgd: { maskRatio: 0.2 },
  fgd: { relation: 0.001 },
};

function features(student: readonly number[], teacher: readonly number[], batch: number): Pairs {
  const usual = lossInputs(["studentFeatures", "teacherFeatures"], batch) as Pairs;
  const cut = ({ values }: HostTensor, shape: readonly number[]): HostTensor => {
    const size = shape.reduce((product, length) => product * length, batch);
    return { shape: [batch, ...shape], dtype: "float32", values: values.slice(0, size) };
  };
  return { studentFeatures: cut(usual.studentFeatures, student), teacherFeatures: cut(usual.teacherFeatures, teacher) };
}

function twoPairs(early: readonly number[], late: readonly number[], batch: number): HostInputs {
  const [first, second] = [features(early, early, batch), features(late, late, batch)];
  return {
    studentFeatures1: first.studentFeatures,
    teacherFeatures1: first.teacherFeatures,
    studentFeatures2: second.studentFeatures,
    teacherFeatures2: second.teacherFeatures,
  };
}

function sized(inputs: HostInputs, { student, teacher }: { student: number; teacher: number }): HostInputs {
  const all = Object.entries(inputs).map(([name, input]): [string, HostTensor] => {
    const factor = name.startsWith("student") ? student : teacher;
    return [name, { ...input, values: Float32Array.from(input.values, (value) => factor * value) }];
  });
  return Object.fromEntries(all);
}

interface Pairs extends HostInputs {
  readonly studentFeatures: HostTensor;
  readonly teacherFeatures: HostTensor;
}

function apart(pairs: Pairs, offset: (index: number) => number): Pairs {
  const values = Float32Array.from(pairs.teacherFeatures.values, (value, i) => value + offset(i));
  return { ...pairs, studentFeatures: { ...pairs.studentFeatures, values } };
}

function scaled(pairs: Pairs, factor: number): Pairs {
  const values = Float32Array.from(pairs.studentFeatures.values, (value) => factor * value);
  return { ...pairs, studentFeatures: { ...pairs.studentFeatures, values } };
}

function lit(pairs: Pairs): Pairs {
  const part = (tensor: HostTensor, first: boolean): HostTensor => ({
    ...tensor,
    values: Float32Array.from(tensor.values, (_, i) => (i % 12 < 6 === first ? 1 : 0.2) * (1 + (i % 5) / 10)),
  });
  return { studentFeatures: part(pairs.studentFeatures, true), teacherFeatures: part(pairs.teacherFeatures, false) };
}
