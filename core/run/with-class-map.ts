import type { SoftLabels, Teacher } from "../contracts/artifacts.ts";
import type { ClassMap } from "../contracts/classes.ts";

/** The value on a port that speaks for a teacher, with what the pipeline says of its classes; others as they are. */
export function withClassMap(port: string, value: unknown, classMap: ClassMap | undefined): unknown {
  if (classMap === undefined) return value;
  return port === "teacher" ? teacherWith(value as Teacher, classMap) : labelsWith(value as SoftLabels, classMap);
}

// Field by field, because a plugin's value may be an instance of a class; `satisfies` keeps the lists complete.

function teacherWith(teacher: Teacher, classMap: ClassMap): Teacher {
  return {
    classNames: teacher.classNames,
    classMap,
    task: teacher.task,
    outputs: teacher.outputs,
    imageSize: teacher.imageSize,
    digest: teacher.digest,
    preprocessing: teacher.preprocessing,
    description: teacher.description,
    cost: teacher.cost,
    model: teacher.model,
    worksApart: teacher.worksApart ?? false,
    readings: teacher.readings,
    ensemble: teacher.ensemble,
    predict: (pixels, count, names) => teacher.predict(pixels, count, names),
    forward: async (pixels, count) => void (await (teacher.forward?.(pixels, count) ?? teacher.predict(pixels, count))),
    runtime: teacher.runtime,
    taps: teacher.taps,
    dispose: () => teacher.dispose(),
  } satisfies Required<Teacher>;
}

function labelsWith(labels: SoftLabels, classMap: ClassMap): SoftLabels {
  return {
    classNames: labels.classNames,
    classMap,
    task: labels.task,
    content: labels.content,
    outputs: labels.outputs,
    views: labels.views,
    sampleCount: labels.sampleCount,
    teacherDigest: labels.teacherDigest,
    read: (indices, views, out) => labels.read(indices, views, out),
    close: () => labels.close(),
  } satisfies Required<SoftLabels>;
}
