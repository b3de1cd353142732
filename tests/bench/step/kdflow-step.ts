/** kdflow's training step as `train: distill` runs it; `captured` or `eager`. A process of the step bench. */
import { kdflowRival } from "./kdflow-rival.ts";
import { createTraining } from "./kdflow-training.ts";
import { serveRival } from "./rival-protocol.ts";
import { readBatches, readSetup } from "./step-files.ts";

await serveRival({ readSetup, readBatches }, (request) => kdflowRival(request, createTraining));
