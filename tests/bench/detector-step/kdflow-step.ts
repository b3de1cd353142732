/** kdflow's training step of a detector as `train: distill` runs it; `captured` or `eager`. A process of the bench. */
import { kdflowRival } from "../step/kdflow-rival.ts";
import { serveRival } from "../step/rival-protocol.ts";
import { readBatches, readSetup } from "./detector-files.ts";
import { createDetectorTraining } from "./detector-training.ts";

await serveRival({ readSetup, readBatches }, (request) => kdflowRival(request, createDetectorTraining));
