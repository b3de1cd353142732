/** By whose rules detections are scored: COCO's, VOC's of 2007 with eleven points, VOC's since 2010; the usual first. */
export const scoreProtocols = ["coco", "voc07", "voc"] as const;

export type ScoreProtocol = (typeof scoreProtocols)[number];
