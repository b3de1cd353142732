import type { Model, Teacher } from "../contracts/artifacts.ts";
import type { Backend } from "../contracts/backend.ts";
import type { Log } from "../contracts/log.ts";

/** Our models normalise inside, so pixels go in as they are. */
const preprocessing = "pixels 0…255, bilinear to the input size, normalised by the model";

/** A trained or loaded model as a teacher: its weights never change again. */
export async function teacherOf(model: Model, backend: Backend, log: Log): Promise<Teacher> {
  const predictor = await model.load(backend, log);
  const { task, classNames, imageSize } = model.description;
  return {
    task,
    classNames,
    imageSize,
    outputs: predictor.outputs,
    taps: predictor.taps,
    digest: model.digest,
    preprocessing,
    description: model.description,
    model,
    predict: (pixels, count, names) => predictor.predict(pixels, count, names),
    dispose: () => predictor.dispose(),
  };
}
