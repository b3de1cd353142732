import { KdflowError } from "../../errors/kdflow-error.ts";
import { allowedHint } from "../../errors/nearest.ts";
import { scoreDetectionFiles, scoreProtocols } from "../builtins.ts";
import type { Command, CommandArguments } from "../command.ts";

/** `kdflow evaluate`: the scores of a file of detections against a file of ground truth. */
export const command: Command = async (args, output) => {
  const groundTruth = wanted(args, "ground-truth");
  const detections = wanted(args, "detections");
  const named = args.value("protocol") ?? scoreProtocols[0];
  const protocol = scoreProtocols.find((one) => one === named);
  if (protocol === undefined) {
    throw new KdflowError("KDF_CLI_USAGE", `"${named}" is not a protocol`, {
      hint: allowedHint(named, scoreProtocols),
    });
  }
  const { scores, warnings } = await scoreDetectionFiles(groundTruth, detections, protocol);
  for (const warning of warnings) output.say(warning);
  output.result(JSON.stringify(scores));
  return 0;
};

function wanted(args: CommandArguments, option: string): string {
  const value = args.value(option);
  if (value !== undefined) return value;
  throw new KdflowError("KDF_CLI_USAGE", `kdflow evaluate needs --${option}`, {
    hint: "kdflow evaluate --ground-truth instances.json --detections results.json",
  });
}
